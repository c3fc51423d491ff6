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
  /** A film, or a single picture. Null where neither an argument nor the name of the target says it. */
  format: 'mp4' | 'png' | null;
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

type Read<Subject> = (subject: Subject, value: string, name: string) => void;

/** Puts a value under the name that FFmpeg's libraries have for it. */
const videoOption =
  (known: string): Read<Job> =>
  (job, value) => {
    job.video[known] = value;
  };
const rawOption =
  (known: string): Read<Input> =>
  (input, value) => {
    input.raw = { ...input.raw, [known]: value };
  };

/** There is one choice of these. They are named for ffmpegs that have others. */
const only =
  (expected: string, what: string): Read<unknown> =>
  (_, value) => {
    if (value !== expected) throw new Error(`the bundled ffmpeg ${what} ${expected}, not ${value}`);
  };

/** Arguments that may stand anywhere. */
const globalArguments: Record<string, Read<Job>> = {
  '-v': readLogLevel,
  '-loglevel': readLogLevel,
  '-progress': (job, value) => {
    job.progress = value;
  },
};

/** Arguments that stand before an `-i`. */
const inputArguments: Record<string, Read<Input>> = {
  '-f': only('rawvideo', 'is only ever told that an input is'),
  '-pix_fmt': rawOption('pixel_format'),
  '-video_size': rawOption('video_size'),
  '-framerate': rawOption('framerate'),
  // A decoder of ours has one thread.
  '-threads': () => {},
  '-ss': (input, value, name) => {
    input.fromSeconds = numberOf(name, value);
  },
  '-t': (input, value, name) => {
    input.maxSeconds = numberOf(name, value);
  },
};

/** Arguments that stand after the last `-i`. */
const outputArguments: Record<string, Read<Job>> = {
  '-filter_complex': (job, value) => {
    job.graph = value;
  },
  '-vf': (job, value) => {
    job.pictureFilter = value;
  },
  '-map': (job, value) => {
    if (!/^\[\w+\]$/.test(value)) throw new Error(`the bundled ffmpeg maps labels of -filter_complex, not ${value}`);
    if (job.maps.length === 2) throw new Error('the bundled ffmpeg maps one label for pictures and then one for sound');
    job.maps.push(value);
  },
  '-t': (job, value, name) => {
    job.maxSeconds = numberOf(name, value);
  },
  '-frames:v': (job, value, name) => {
    job.frames = numberOf(name, value);
  },
  '-pix_fmt': (job, value) => {
    job.pixelFormat = value;
  },
  '-b:a': (job, value) => {
    job.audio.b = value;
  },
  '-ar': (job, value) => {
    job.sampleRate = value;
  },
  '-ac': (job, value) => {
    job.layout = layouts[value] ?? `${value}c`;
  },
  '-movflags': (job, value) => {
    job.container.movflags = value;
  },
  '-metadata': (job, value) => {
    const at = value.indexOf('=');
    job.metadata[value.slice(0, at)] = value.slice(at + 1);
  },
  '-c:v': only('libx264', 'writes'),
  '-c:a': only('aac', 'writes'),
  '-f': (job, value, name) => {
    only('mp4', 'writes')(job, value, name);
    job.format = 'mp4';
  },
  '-preset': videoOption('preset'),
  '-crf': videoOption('crf'),
  '-maxrate': videoOption('maxrate'),
  '-bufsize': videoOption('bufsize'),
  '-profile:v': videoOption('profile'),
  '-refs': videoOption('refs'),
  '-bf': videoOption('bf'),
  '-x264-params': videoOption('x264-params'),
  '-threads': videoOption('threads'),
  '-colorspace': videoOption('colorspace'),
  '-color_primaries': videoOption('color_primaries'),
  '-color_trc': videoOption('color_trc'),
  '-color_range': videoOption('color_range'),
};

const withoutValue = ['-hide_banner', '-nostdin', '-y', '-an'];

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
    maxSeconds: Number.POSITIVE_INFINITY,
    target: '',
    format: null,
  };
  let pending: Option[] = [];
  for (let at = 0; at < words.length; at += 1) {
    const name = words[at] ?? '';
    if (!name.startsWith('-')) {
      if (at < words.length - 1) throw new Error(`the output file is the last argument, and ${name} is not`);
      job.target = name;
      job.format = name.endsWith('.png') ? 'png' : name.endsWith('.mp4') ? 'mp4' : null;
      continue;
    }
    if (name === '-an') job.hasSound = false;
    if (withoutValue.includes(name)) continue;
    if (![globalArguments, inputArguments, outputArguments, { '-i': null }].some((known) => Object.hasOwn(known, name)))
      throw unknown(name);
    at += 1;
    const value = words[at];
    if (value === undefined) throw new Error(`${name} has no value`);
    if (name === '-i') {
      job.inputs.push(inputOf(job, value, pending));
      pending = [];
    } else pending.push({ name, value });
  }
  for (const { name, value } of pending) reading(name, outputArguments, globalArguments)(job, value, name);
  refuseContradictions(job);
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

type Option = { name: string; value: string };

function inputOf(job: Job, path: string, options: readonly Option[]): Input {
  const input: Input = { path, raw: null, fromSeconds: 0, maxSeconds: Number.POSITIVE_INFINITY };
  for (const { name, value } of options) {
    const read = inputArguments[name];
    if (read) read(input, value, name);
    else reading(name, globalArguments)(job, value, name);
  }
  return input;
}

function reading(name: string, ...tables: Record<string, Read<Job>>[]): Read<Job> {
  for (const table of tables) {
    const read = table[name];
    if (read) return read;
  }
  throw unknown(name);
}

/** The bundled ffmpeg has one choice for each of these. Our code names it for other ffmpegs, which have more. */
const only: Record<string, string> = { '-c:v': 'libx264', '-c:a': 'aac', '-f': 'mp4' };
