import type { Input, Job } from './arguments.ts';
import type { Contents } from './contents.ts';

/**
 * The whole way from files to frames, in the language of FFmpeg's filters: every input is a source within the graph, and its pictures and
 * its sound end in sinks named `video` and `audio`.
 */
export function graphOf(job: Job, contents: readonly Contents[]): string {
  const sources: string[] = [];
  const source = (index: number, kind: Kind): string => {
    const [input, content] = [job.inputs[index], contents[index]];
    if (!input || !content) throw new Error(`there is no input ${index}`);
    const label = `[source${sources.length}]`;
    sources.push(`${[sourceOf(input, kind), ...partOf(input, content, kind)].join(',')}${label}`);
    return label;
  };
  const { graph, maps } = job;
  // A file is opened once for each place that it is used in.
  const parts =
    graph === null
      ? []
      : [graph.replace(/\[(\d+):([va])(?::0)?\]/g, (_, index: string, kind: Kind) => source(Number(index), kind))];
  const isPicture = job.format === 'png';
  const isMapped = maps.length > 0;
  const [picture, sound] = isMapped
    ? [maps[0], maps[1]]
    : [
        contents[0]?.hasVideo ? source(0, 'v') : undefined,
        contents[0]?.hasAudio && job.hasSound && !isPicture ? source(0, 'a') : undefined,
      ];
  const end = Number.isFinite(job.maxSeconds) ? `trim=end=${job.maxSeconds}` : null;
  if (picture !== undefined) {
    const chain = [
      ...(job.pictureFilter ? [job.pictureFilter] : []),
      ...(end ? [end] : []),
      `format=pix_fmts=${isPicture ? 'rgb24' : job.pixelFormat}`,
    ];
    parts.push(`${picture}${chain.join(',')},buffersink@video`);
  }
  if (sound !== undefined) {
    const rate = job.sampleRate === null ? '' : `:sample_rates=${job.sampleRate}`;
    const layout = job.layout === null ? '' : `:channel_layouts=${job.layout}`;
    const chain = [
      ...(end ? [`a${end}`] : []),
      `aformat=sample_fmts=fltp${rate}${layout}`,
      // A file may count the time of its sound in other units than samples, such as milliseconds.
      'asettb=1/sr',
      // AAC takes blocks of 1,024 samples.
      'asetnsamples=n=1024:p=0',
    ];
    parts.push(`${sound}${chain.join(',')},abuffersink@audio`);
  }
  return [...sources, ...parts].join(';');
}

type Kind = 'v' | 'a';

/** Filters that leave the wanted part of a file, beginning at zero, and upright. */
function partOf({ fromSeconds, maxSeconds }: Input, { startSeconds, turn }: Contents, kind: Kind): string[] {
  const [trim, setpts] = kind === 'v' ? ['trim', 'setpts'] : ['atrim', 'asetpts'];
  const start = startSeconds + fromSeconds;
  const cut = [
    ...(fromSeconds > 0 ? [`start=${start}`] : []),
    ...(Number.isFinite(maxSeconds) ? [`end=${start + maxSeconds}`] : []),
  ];
  return [
    ...(cut.length > 0 ? [`${trim}=${cut.join(':')}`] : []),
    ...(start !== 0 ? [`${setpts}=PTS-(${start})/TB`] : []),
    ...(kind === 'v' && turn !== null ? [turn] : []),
  ];
}

function sourceOf({ path, raw }: Input, kind: Kind): string {
  const filter = kind === 'v' ? 'movie' : 'amovie';
  if (raw === null) {
    // A file that names other files, or addresses, is not followed anywhere.
    return `${filter}=filename=${quoted(`file:${path}`)}:format_opts=${quoted('protocol_whitelist=file')}`;
  }
  const options = Object.entries(raw).map(([name, value]) => `${name}=${value}`);
  return `${filter}=filename=${quoted(path)}:format_name=rawvideo:format_opts=${quoted(options.join(':'))}`;
}

/** A value within a graph is read twice, as an option of its filter and as a part of the graph, and is quoted for both. */
function quoted(value: string): string {
  const asOption = value.replace(/[\\':]/g, '\\$&');
  return asOption.replace(/[\\'[\],;]/g, '\\$&');
}
