import type { Input, Job } from './arguments.ts';
import type { Contents } from './contents.ts';

/**
 * The whole path from files to frames as an FFmpeg filter graph. Every input is a source within the graph. Video and audio end in
 * sinks named `video` and `audio`.
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
  // Opens a file once for each use.
  const parts =
    graph === null
      ? []
      : [graph.replace(/\[(\d+):([va])(?::0)?\]/g, (_, index: string, kind: Kind) => source(Number(index), kind))];
  const isPicture = job.format === 'png';
  const isMapped = maps.length > 0;
  const [picture, sound] = isMapped
    ? job.hasPictures
      ? [maps[0], maps[1]]
      : [undefined, maps[0]]
    : [
        contents[0]?.hasVideo && job.hasPictures ? source(0, 'v') : undefined,
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
    // This whitelist blocks every other file or address that a file names.
    return `${filter}=filename=${quoted(`file:${path}`)}:format_opts=${quoted('protocol_whitelist=file')}`;
  }
  const options = Object.entries(raw).map(([name, value]) => `${name}=${value}`);
  return `${filter}=filename=${quoted(path)}:format_name=rawvideo:format_opts=${quoted(options.join(':'))}`;
}

/** FFmpeg parses a value in a graph twice, as part of the graph and as an option of its filter. This quotes it for both. */
function quoted(value: string): string {
  const asOption = value.replace(/[\\':]/g, '\\$&');
  return asOption.replace(/[\\'[\],;]/g, '\\$&');
}
