import { appendFileSync } from 'node:fs';
import type { Job } from './arguments.ts';
import { contentsOf } from './contents.ts';
import { graphOf } from './graph.ts';
import { type CodecContext, checked, dictionaryOf, type FormatContext, type Frame, type Native } from './native.ts';

const globalHeader = 1 << 22;
/** FFmpeg's own sign for the end of a stream. */
const endOfFile = -541_478_725;
const framesPerReport = 6;

/** Does what is asked for, frame by frame, in this thread. Throws in FFmpeg's words. */
export function transcode(native: Native, job: Job): void {
  native.Log.setLevel(job.logLevel);
  const graph = new native.FilterGraph();
  graph.alloc();
  // Each thread of a filter keeps frames of its own.
  graph.nbThreads = 1;
  const contents = job.inputs.map((input) => contentsOf(native, input));
  checked(native, graph.parsePtr(graphOf(job, contents)), 'the filters could not be made');
  checked(native, graph.configSync(), 'the filters could not be joined');

  const output = new native.FormatContext();
  const isPicture = job.format === 'png';
  checked(
    native,
    output.allocOutputContext2(null, isPicture ? 'image2' : 'mp4', job.target),
    'there is no such output',
  );
  const picture = graph.getFilter('buffersink@video');
  const sound = graph.getFilter('abuffersink@audio');
  const tracks = [
    ...(picture ? [trackOf(native, output, 'video', picture, job)] : []),
    ...(sound ? [trackOf(native, output, 'audio', sound, job)] : []),
  ];
  if (Object.keys(job.metadata).length > 0) output.metadata = dictionaryOf(native, job.metadata);
  checked(native, output.openOutputSync(), job.target);
  checked(native, output.writeHeaderSync(dictionaryOf(native, job.container)), 'the film could not be begun');
  let frames = 0;
  const report = (state: 'continue' | 'end') => {
    if (job.progress !== null) appendFileSync(job.progress, `frame=${frames}\nprogress=${state}\n`);
  };
  // Whichever is behind is next, so that nothing piles up between them.
  for (
    let left = tracks;
    left.length > 0;
    left = left.filter(({ atSeconds }) => atSeconds() < Number.POSITIVE_INFINITY)
  ) {
    const next = left.reduce((min, track) => (track.atSeconds() < min.atSeconds() ? track : min));
    const isFrame = next.advance();
    if (!isFrame || next.kind !== 'video') continue;
    frames += 1;
    if (frames % framesPerReport === 0) report('continue');
  }
  checked(native, output.writeTrailerSync(), 'the film could not be finished');
  output.closeOutputSync();
  report('end');
}

type Track = { kind: 'video' | 'audio'; atSeconds: () => number; advance: () => boolean };
type Sink = NonNullable<ReturnType<InstanceType<Native['FilterGraph']>['getFilter']>>;

/** Takes frames from a sink, encodes them, and writes them into the output. `advance` is false at the end of the stream. */
function trackOf(native: Native, output: FormatContext, kind: 'video' | 'audio', sink: Sink, job: Job): Track {
  const frame = new native.Frame();
  frame.alloc();
  const take = (): boolean => {
    const code = sink.buffersinkGetFrameSync(frame);
    if (code !== endOfFile) checked(native, code, `the ${kind} could not be read`);
    return code !== endOfFile;
  };
  // An encoder has to know the colours before it begins, and the first frame tells them.
  let first: boolean | null = take();
  const encoder = encoderOf(native, kind, sink, frame, job);
  const stream = output.newStream(null);
  checked(native, stream.codecpar.fromContext(encoder), 'the stream could not be described');
  stream.timeBase = encoder.timeBase;
  const packet = new native.Packet();
  packet.alloc();
  const wantsMore = native.FFmpegError.getAverror('EAGAIN');
  const { num, den } = encoder.timeBase;
  const { num: perSecond, den: inSeconds } = encoder.framerate;
  const frameLasts = perSecond > 0 ? BigInt(Math.round((den * inSeconds) / (num * perSecond))) : 0n;
  let atSeconds = 0;
  let framesLeft = kind === 'video' ? job.frames : Number.POSITIVE_INFINITY;

  const writeWhatIsReady = () => {
    for (;;) {
      const code = encoder.receivePacketSync(packet);
      if (code === wantsMore || code === endOfFile) return;
      checked(native, code, `the ${kind} could not be encoded`);
      // The last one lasts as long as any other.
      if (kind === 'video' && packet.duration === 0n) packet.duration = frameLasts;
      packet.rescaleTs(encoder.timeBase, stream.timeBase);
      packet.streamIndex = stream.index;
      checked(native, output.interleavedWriteFrameSync(packet), 'the film could not be written');
    }
  };
  const advance = () => {
    const isFrame = framesLeft > 0 && (first ?? take());
    first = null;
    framesLeft -= 1;
    atSeconds = isFrame ? (Number(frame.pts) * num) / den : Number.POSITIVE_INFINITY;
    // Which kind of frame it was where it came from is nothing to the encoder.
    if (isFrame) frame.pictType = 0;
    checked(native, encoder.sendFrameSync(isFrame ? frame : null), `the ${kind} could not be encoded`);
    frame.unref();
    writeWhatIsReady();
    return isFrame;
  };
  return { kind, atSeconds: () => atSeconds, advance };
}

function encoderOf(native: Native, kind: Track['kind'], sink: Sink, frame: Frame, job: Job): CodecContext {
  const name = kind === 'audio' ? 'aac' : job.format === 'png' ? 'png' : 'libx264';
  const codec = native.Codec.findEncoderByName(name);
  if (!codec) throw new Error(`this build has no ${name}`);
  const encoder = new native.CodecContext();
  encoder.allocContext3(codec);
  if (kind === 'video') {
    encoder.width = sink.buffersinkGetWidth();
    encoder.height = sink.buffersinkGetHeight();
    encoder.pixelFormat = sink.buffersinkGetFormat();
    encoder.framerate = sink.buffersinkGetFrameRate();
    encoder.sampleAspectRatio = sink.buffersinkGetSampleAspectRatio();
    encoder.colorSpace = frame.colorSpace;
    encoder.colorRange = frame.colorRange;
    encoder.colorPrimaries = frame.colorPrimaries;
    encoder.colorTrc = frame.colorTrc;
  } else {
    encoder.sampleRate = sink.buffersinkGetSampleRate();
    encoder.sampleFormat = sink.buffersinkGetFormat();
    encoder.channelLayout = sink.buffersinkGetChannelLayout();
  }
  encoder.timeBase = sink.buffersinkGetTimeBase();
  encoder.flags |= globalHeader;
  const options = kind === 'video' ? job.video : job.audio;
  checked(native, encoder.open2Sync(codec, dictionaryOf(native, options)), `${name} refuses its options`);
  return encoder;
}
