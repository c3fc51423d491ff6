import { createRequire } from 'node:module';

/** The FFmpeg calls that we use. A negative result is a failure. `checked` turns it into an error. */
export type Native = {
  getFFmpegInfo: () => { version: string };
  FFmpegError: { new (code: number): { message: string }; getAverror: (name: string) => number };
  Log: { setLevel: (level: number) => void };
  Codec: { findEncoderByName: (name: string) => Codec | null };
  FormatContext: new () => FormatContext;
  CodecContext: new () => CodecContext;
  Dictionary: new () => Dictionary;
  FilterGraph: new () => FilterGraph;
  Frame: new () => Frame;
  Packet: new () => Packet;
};

type Rational = { num: number; den: number };
type Codec = { name: string | null };

export type Dictionary = {
  alloc: () => void;
  set: (key: string, value: string, flags: number) => number;
};

export type Frame = {
  alloc: () => void;
  unref: () => void;
  pts: bigint;
  pictType: number;
} & Colours;

/** FFmpeg's numbers for the colour space, range, primaries and transfer of a picture. */
type Colours = { colorSpace: number; colorRange: number; colorPrimaries: number; colorTrc: number };

type Packet = {
  alloc: () => void;
  unref: () => void;
  rescaleTs: (from: Rational, to: Rational) => void;
  streamIndex: number;
  duration: bigint;
};

type Sink = {
  buffersinkGetFrameSync: (frame: Frame) => number;
  buffersinkGetWidth: () => number;
  buffersinkGetHeight: () => number;
  buffersinkGetFormat: () => number;
  buffersinkGetTimeBase: () => Rational;
  buffersinkGetFrameRate: () => Rational;
  buffersinkGetSampleRate: () => number;
  buffersinkGetChannelLayout: () => object;
  buffersinkGetSampleAspectRatio: () => Rational;
};

type FilterGraph = {
  alloc: () => void;
  nbThreads: number;
  parsePtr: (graph: string) => number;
  configSync: () => number;
  getFilter: (name: string) => Sink | null;
};

export type CodecContext = Colours & {
  allocContext3: (codec: Codec) => void;
  open2Sync: (codec: Codec, options: Dictionary) => number;
  sendFrameSync: (frame: Frame | null) => number;
  receivePacketSync: (packet: Packet) => number;
  flags: number;
  timeBase: Rational;
  framerate: Rational;
  sampleAspectRatio: Rational;
  width: number;
  height: number;
  pixelFormat: number;
  sampleRate: number;
  sampleFormat: number;
  channelLayout: object;
};

type Stream = {
  index: number;
  timeBase: Rational;
  codecpar: {
    codecType: number;
    fromContext: (context: CodecContext) => number;
    getCodedSideData: (type: number) => Buffer | null;
  };
};

export type FormatContext = {
  allocContext: () => void;
  allocOutputContext2: (format: null, name: string, path: string) => number;
  openInputSync: (url: string, format: null, options: Dictionary | null) => number;
  findStreamInfoSync: (options: null) => number;
  closeInputSync: () => void;
  streams: Stream[] | null;
  /** Microseconds. */
  startTime: bigint;
  metadata: Dictionary | null;
  newStream: (codec: null) => Stream;
  openOutputSync: () => number;
  writeHeaderSync: (options: Dictionary | null) => number;
  interleavedWriteFrameSync: (packet: Packet) => number;
  writeTrailerSync: () => number;
  closeOutputSync: () => void;
};

/** Loads FFmpeg as a library, from the optional package of this platform. Throws if the package is missing. */
export function loadNative(): Native {
  const require = createRequire(import.meta.url);
  return require(`@seydx/node-av-${process.platform}-${process.arch}/node-av.node`);
}

/** Throws with FFmpeg's own message. */
export function checked(native: Native, code: number, doing: string): number {
  if (code < 0) throw new Error(`${doing}: ${new native.FFmpegError(code).message}`);
  return code;
}

export function dictionaryOf(native: Native, entries: Record<string, string>): Dictionary {
  const made = new native.Dictionary();
  made.alloc();
  for (const [name, value] of Object.entries(entries)) made.set(name, value, 0);
  return made;
}
