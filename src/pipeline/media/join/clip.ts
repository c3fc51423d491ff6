import { ALL_FORMATS, EncodedPacketSink, FilePathSource, Input, type InputVideoTrack } from 'mediabunny';
import { colourMatrix } from '../colours.ts';
import { probeVideo } from '../probe.ts';

/** The clips cannot be joined. The message names the clip that is the reason. */
export class JoinError extends Error {
  override readonly name = 'JoinError';
}

export const unreadable = (label: string, cause: unknown): JoinError =>
  new JoinError(`${label} cannot be read`, { cause });

/** The facts about a clip that decide how it is joined to others. Times are seconds of the clip's own clock. */
export type Clip = {
  path: string;
  label: string;
  /** How its pictures are encoded. Clips for which this is equal can follow each other without being encoded again. */
  encoding: {
    codec: NonNullable<Awaited<ReturnType<InputVideoTrack['getCodec']>>>;
    decoderConfig: NonNullable<Awaited<ReturnType<InputVideoTrack['getDecoderConfig']>>>;
    transformationMatrix: Awaited<ReturnType<InputVideoTrack['getTransformationMatrix']>>;
  };
  /** Whether other pictures can precede and follow its packets as they are. */
  canBeCopied: boolean;
  /** The upright size in square pixels. */
  width: number;
  height: number;
  colourMatrix: string;
  framesPerSecond: number;
  packets: number;
  /** When the first picture begins. */
  start: number;
  /** When the last picture begins. */
  last: number;
  /** The length of its pictures. */
  seconds: number;
  sound: { start: number; channels: number } | null;
};

/** Reads the index of a clip. Throws {@link JoinError} if it is not a whole video. */
export async function readClip({ path, label }: { path: string; label: string }): Promise<Clip> {
  try {
    const probed = await probeVideo(path);
    if (probed.outcome === 'refused') throw new Error(probed.detail);
    using input = new Input({ source: new FilePathSource(path), formats: ALL_FORMATS });
    const track = await input.getPrimaryVideoTrack();
    const codec = await track?.getCodec();
    const decoderConfig = await track?.getDecoderConfig();
    if (!track || !codec || !decoderConfig) throw new Error('it has no pictures that can be decoded');
    const times = await timesOf(track);
    const sound = await input.getPrimaryAudioTrack();
    return {
      path,
      label,
      encoding: { codec, decoderConfig, transformationMatrix: await track.getTransformationMatrix() },
      ...times,
      width: probed.width,
      height: probed.height,
      colourMatrix: colourMatrix(await track.getColorSpace(), await track.getCodedHeight()),
      framesPerSecond: times.packets > 1 ? (await track.computeFrameRateMetrics()).bestGuessFrameRate : 0,
      sound: sound && {
        // A decoder drops what precedes zero. It is the silence with which an encoder begins.
        start: Math.max(0, await sound.getFirstTimestamp()),
        channels: await sound.getNumberOfChannels(),
      },
    };
  } catch (error) {
    throw unreadable(label, error);
  }
}

async function timesOf(track: InputVideoTrack) {
  const sink = new EncodedPacketSink(track);
  const firstPacket = await sink.getFirstPacket({ verifyKeyPackets: true });
  const seen = new Set<number>();
  let packets = 0;
  let first = Number.POSITIVE_INFINITY;
  let last = Number.NEGATIVE_INFINITY;
  let end = 0;
  for await (const { timestamp, duration } of sink.packets(undefined, undefined, { metadataOnly: true })) {
    packets += 1;
    seen.add(timestamp);
    first = Math.min(first, timestamp);
    if (timestamp >= last) end = timestamp + duration;
    last = Math.max(last, timestamp);
  }
  // Players do not show what precedes zero.
  const start = Math.max(0, first);
  const seconds = end - start;
  if (!(seconds > 0)) throw new Error('its pictures have no length');
  const beginsWithKey = firstPacket?.type === 'key' && firstPacket.timestamp === first;
  return { packets, start, last, seconds, canBeCopied: beginsWithKey && first >= 0 && seen.size === packets };
}
