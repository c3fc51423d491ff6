/** A job for the bundled ffmpeg. */
export type Job = {
  logLevel: number;
  /**
   * A file to which the job writes the number of finished frames after every few frames, as ffmpeg's `-progress` does. Null for
   * none.
   */
  progress: string | null;
  inputs: Input[];
  /**
   * A filter graph in ffmpeg's syntax. `[0:v]` and `[1:a]` are video and audio of the inputs. Null takes the first input as it
   * is.
   */
  graph: string | null;
  /** A filter chain for the video of the first input. */
  pictureFilter: string | null;
  /** The graph's output labels for video and audio. If empty, the job takes the streams of the first input. */
  maps: string[];
  hasSound: boolean;
  video: Record<string, string>;
  audio: Record<string, string>;
  pixelFormat: string;
  sampleRate: string | null;
  layout: string | null;
  metadata: Record<string, string>;
  container: Record<string, string>;
  /** The maximum number of frames. */
  frames: number;
  /** An MP4, or a PNG with a single frame. */
  target: string;
};

/** An input file. `raw` describes the format of a file of raw frames. The job skips everything before `fromSeconds`. */
type Input = { path: string; raw: Record<string, string> | null; fromSeconds: number };

type Option = [name: string, value: string];

const logLevels: Record<string, number> = { quiet: -8, error: 16, warning: 24, info: 32 };

/** Options of the H.264 encoder, with their names in FFmpeg's libraries. */
const videoOptions: Record<string, string> = {
  '-preset': 'preset',
  '-crf': 'crf',
  '-maxrate': 'maxrate',
  '-bufsize': 'bufsize',
  '-profile:v': 'profile',
  '-refs': 'refs',
  '-bf': 'bf',
  '-x264-params': 'x264-params',
  '-threads': 'threads',
  '-colorspace': 'colorspace',
  '-color_primaries': 'color_primaries',
  '-color_trc': 'color_trc',
  '-color_range': 'color_range',
};

const rawOptions: Record<string, string> = {
  '-pix_fmt': 'pixel_format',
  '-video_size': 'video_size',
  '-framerate': 'framerate',
};

const layouts: Record<string, string> = { '1': 'mono', '2': 'stereo' };

/**
 * Reads the few ffmpeg arguments that our code uses. Arguments before an `-i` are about that input; arguments after the last
 * input are about the output. Throws at any other argument and names it.
 */
export function readArguments(words: readonly string[]): Job {
  const job: Job = {
    logLevel: 32,
    progress: null,
    inputs: [],
    graph: null,
    pictureFilter: null,
    maps: [],
    hasSound: true,
    video: {},
    audio: {},
    pixelFormat: 'yuv420p',
    sampleRate: null,
    layout: null,
    metadata: {},
    container: {},
    frames: Number.POSITIVE_INFINITY,
    target: words.at(-1) ?? '',
  };
  if (job.target.startsWith('-')) throw new Error('the last argument has to be the output file');
  let pending: Option[] = [];
  for (let at = 0; at < words.length - 1; at += 1) {
    const name = words[at] ?? '';
    if (name === '-hide_banner' || name === '-nostdin' || name === '-y') continue;
    if (name === '-an') {
      job.hasSound = false;
      continue;
    }
    at += 1;
    const value = words[at] ?? '';
    if (at === words.length - 1) throw new Error(`${name} has no value`);
    if (name === '-i') {
      job.inputs.push(inputOf(value, pending));
      pending = [];
    } else pending.push([name, value]);
  }
  for (const option of pending) readOption(job, option);
  if (job.inputs.length === 0 && job.graph === null) throw new Error('there is no input');
  return job;

  function inputOf(path: string, options: readonly Option[]): Input {
    const raw: Record<string, string> = {};
    let fromSeconds = 0;
    for (const [name, value] of options) {
      const known = rawOptions[name];
      if (known) raw[known] = value;
      else if (name === '-ss') fromSeconds = Number(value);
      else if (name === '-f' && value !== 'rawvideo') throw new Error(`an input can be rawvideo, not ${value}`);
      // Our decoder always has one thread.
      else if (name !== '-f' && name !== '-threads') readGlobal(job, [name, value]);
    }
    return { path, raw: Object.keys(raw).length > 0 ? raw : null, fromSeconds };
  }
}

function readGlobal(job: Job, [name, value]: Option): void {
  switch (name) {
    case '-v':
    case '-loglevel':
      job.logLevel = logLevels[value] ?? 32;
      return;
    case '-progress':
      job.progress = value;
      return;
    default:
      throw new Error(`the bundled ffmpeg does not know ${name}: install ffmpeg for what it cannot do`);
  }
}

function readOption(job: Job, option: Option): void {
  const [name, value] = option;
  const known = videoOptions[name];
  if (known) {
    job.video[known] = value;
    return;
  }
  switch (name) {
    case '-filter_complex':
      job.graph = value;
      return;
    case '-vf':
      job.pictureFilter = value;
      return;
    case '-map':
      job.maps.push(value);
      return;
    case '-frames:v':
      job.frames = Number(value);
      return;
    case '-pix_fmt':
      job.pixelFormat = value;
      return;
    case '-b:a':
      job.audio.b = value;
      return;
    case '-ar':
      job.sampleRate = value;
      return;
    case '-ac':
      job.layout = layouts[value] ?? `${value}c`;
      return;
    case '-movflags':
      job.container.movflags = value;
      return;
    case '-metadata': {
      const at = value.indexOf('=');
      job.metadata[value.slice(0, at)] = value.slice(at + 1);
      return;
    }
    case '-c:v':
    case '-c:a':
    case '-f':
      if (value !== only[name]) throw new Error(`the bundled ffmpeg writes ${only[name]}, not ${value}`);
      return;
    default:
      readGlobal(job, option);
  }
}

/** The bundled ffmpeg has one choice for each of these. Our code names it for other ffmpegs, which have more. */
const only: Record<string, string> = { '-c:v': 'libx264', '-c:a': 'aac', '-f': 'mp4' };
