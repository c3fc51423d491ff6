/** A job for the bundled ffmpeg. */
export type Job = {
  logLevel: number;
  /** A file that is told after every few frames how many are done, as ffmpeg's `-progress` does it; null: none. */
  progress: string | null;
  inputs: Input[];
  /** A graph in ffmpeg's language, in which `[0:v]` and `[1:a]` are pictures and sound of the inputs; null: the first input as it is. */
  graph: string | null;
  /** A chain of filters for the pictures of the first input. */
  pictureFilter: string | null;
  /** Labels of the graph: the first for pictures, the second for sound. Empty without a graph: what the first input has. */
  maps: string[];
  /** False: the output is sound alone, and the only label is for sound. */
  hasPictures: boolean;
  hasSound: boolean;
  video: Record<string, string>;
  audio: Record<string, string>;
  pixelFormat: string;
  sampleRate: string | null;
  layout: string | null;
  metadata: Record<string, string>;
  container: Record<string, string>;
  /** How many pictures at most. */
  frames: number;
  maxSeconds: number;
  target: string;
  /** A film, or a single picture. Null where neither an argument nor the name of the target says it. */
  format: 'mp4' | 'png' | null;
};

/** A file; `raw` says what it holds where it is nothing but pictures. What lies outside of the given part is left out. */
export type Input = { path: string; raw: Record<string, string> | null; fromSeconds: number; maxSeconds: number };

const logLevels: Record<string, number> = { quiet: -8, error: 16, warning: 24, info: 32 };
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

const withoutValue = ['-hide_banner', '-nostdin', '-y', '-vn', '-an'];

/**
 * Reads the few of ffmpeg's own arguments that our code uses: what stands before an `-i` is about that input, what stands after the last
 * one is about the output. Throws at any other, and says which.
 */
export function readArguments(words: readonly string[]): Job {
  const job: Job = {
    logLevel: 32,
    progress: null,
    inputs: [],
    graph: null,
    pictureFilter: null,
    maps: [],
    hasPictures: true,
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
    if (name === '-vn') job.hasPictures = false;
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

function refuseContradictions(job: Job): void {
  if (job.target === '') throw new Error('the last argument has to be the output file');
  if (job.format === null) throw new Error(`the bundled ffmpeg writes .mp4 and .png, not ${job.target}`);
  if (job.inputs.length === 0 && job.graph === null) throw new Error('there is no input');
  if ((job.graph === null) !== (job.maps.length === 0)) throw new Error('-filter_complex and -map go together');
  if (!job.hasSound && job.maps.length > 1) throw new Error('-an contradicts a -map of sound');
  if (!job.hasPictures && job.maps.length > 1) throw new Error('-vn contradicts a -map of pictures');
  if (!job.hasPictures && (!job.hasSound || job.format === 'png')) throw new Error('-vn leaves nothing to write');
}

const unknown = (name: string) =>
  new Error(`the bundled ffmpeg does not know ${name} there: install ffmpeg for what it cannot do`);

function numberOf(name: string, value: string): number {
  const number = Number(value);
  if (value === '' || !(number >= 0)) throw new Error(`${name} takes a number, not ${value}`);
  return number;
}

function readLogLevel(job: Job, value: string): void {
  job.logLevel = logLevels[value] ?? 32;
}
