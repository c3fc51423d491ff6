import type { Job } from './arguments.ts';

type Has = { video: boolean; audio: boolean };

/**
 * The whole path from files to frames as an FFmpeg filter graph. Every input is a source within the graph. Video and audio end in
 * sinks named `video` and `audio`.
 */
export function graphOf(job: Job, has: Has): string {
  const sources: string[] = [];
  const source = (index: number, kind: string): string => {
    const input = job.inputs[index];
    if (!input) throw new Error(`there is no input ${index}`);
    const label = `[source${sources.length}]`;
    const cut = input.fromSeconds > 0 ? `,${kind === 'v' ? 'trim' : 'atrim'}=start=${input.fromSeconds}` : '';
    sources.push(`${sourceOf(input, kind)}${cut}${label}`);
    return label;
  };
  const { graph, maps } = job;
  // Opens a file once for each use.
  const parts =
    graph === null
      ? []
      : [graph.replace(/\[(\d+):([va])(?::0)?\]/g, (_, index: string, kind: string) => source(Number(index), kind))];
  const isPicture = job.target.endsWith('.png');
  const isMapped = maps.length > 0;
  const [picture, sound] = isMapped
    ? [maps[0], maps[1]]
    : [has.video ? source(0, 'v') : undefined, has.audio && job.hasSound && !isPicture ? source(0, 'a') : undefined];
  if (picture !== undefined) {
    const chain = [
      ...(job.pictureFilter ? [job.pictureFilter] : []),
      `format=pix_fmts=${isPicture ? 'rgb24' : job.pixelFormat}`,
    ];
    parts.push(`${picture}${chain.join(',')},buffersink@video`);
  }
  if (sound !== undefined) {
    const rate = job.sampleRate === null ? '' : `:sample_rates=${job.sampleRate}`;
    const layout = job.layout === null ? '' : `:channel_layouts=${job.layout}`;
    // AAC takes blocks of 1,024 samples.
    parts.push(`${sound}aformat=sample_fmts=fltp${rate}${layout},asetnsamples=n=1024:p=0,abuffersink@audio`);
  }
  return [...sources, ...parts].join(';');
}

function sourceOf({ path, raw }: Job['inputs'][number], kind: string): string {
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
