import {
  ALL_FORMATS,
  EncodedAudioPacketSource,
  type EncodedPacket,
  EncodedPacketSink,
  EncodedVideoPacketSource,
  FilePathSource,
  FilePathTarget,
  Input,
  Mp4OutputFormat,
  Output,
} from 'mediabunny';
import { type Clip, unreadable } from './clip.ts';

/** In bytes. Several chunks wait in memory until they are written. */
const chunkSize = 1024 * 1024;

/** The pictures of a clip, and how long they last in the film. */
export type Part = { clip: Clip; seconds: number };

/**
 * Writes the packets of the parts, one part after the other, and of the sound into a new MP4. It decodes nothing, and it holds
 * only a few packets in memory: the place for the index before them is reserved, which needs their number. The parts must be
 * encoded alike.
 */
export async function writeFilm(
  target: string,
  { parts, sound, signal }: { parts: readonly Part[]; sound: string | null; signal: AbortSignal },
): Promise<void> {
  const encoding = parts[0]?.clip.encoding;
  if (!encoding) throw new Error('a film has at least one part');
  const { codec, decoderConfig, transformationMatrix } = encoding;
  const output = new Output({
    format: new Mp4OutputFormat({ fastStart: 'reserve' }),
    target: new FilePathTarget(target, { chunkSize }),
  });
  try {
    await using audio = sound === null ? null : await openSound(sound);
    const pictures = new EncodedVideoPacketSource(codec);
    const maximumPacketCount = parts.reduce((sum, { clip }) => sum + clip.packets, 0);
    output.addVideoTrack(pictures, { transformationMatrix, maximumPacketCount });
    if (audio) output.addAudioTrack(audio.source, { maximumPacketCount: audio.packets });
    await output.start();
    for await (const packet of picturesOf(parts, signal)) {
      await audio?.addUntil(packet.timestamp);
      await pictures.add(packet, { decoderConfig });
    }
    await audio?.addUntil(Number.POSITIVE_INFINITY);
    signal.throwIfAborted();
    await output.finalize();
  } catch (error) {
    await output.cancel().catch(() => undefined);
    throw error;
  }
}

/** The packets of all parts in the order of decoding. Each part begins where the last picture of the one before it ends. */
async function* picturesOf(parts: readonly Part[], signal: AbortSignal): AsyncGenerator<EncodedPacket> {
  let start = 0;
  for (const { clip, seconds } of parts) {
    using input = new Input({ source: new FilePathSource(clip.path), formats: ALL_FORMATS });
    const packets = packetsOf(input, clip);
    let left = clip.packets;
    for (;;) {
      signal.throwIfAborted();
      const { value: packet, done } = await packets.next().catch((error: unknown) => {
        throw unreadable(clip.label, error);
      });
      if (done) break;
      left -= 1;
      const timestamp = start + packet.timestamp - clip.start;
      // In MP4 a picture lasts until the next one in the order of decoding. The end of the last one is the end of the film.
      const duration = left === 0 ? seconds - (clip.last - clip.start) : packet.duration;
      yield packet.clone({ timestamp, duration });
    }
    start += seconds;
  }
}

/** `EncodedPacketSink.packets` would read ahead as many packets as were taken in the last second, however large they are. */
async function* packetsOf(input: Input, { path }: Clip): AsyncGenerator<EncodedPacket, undefined> {
  const track = await input.getPrimaryVideoTrack();
  if (!track) throw new Error(`${path} has no pictures any more`);
  const sink = new EncodedPacketSink(track);
  for (let packet = await sink.getFirstPacket(); packet; packet = await sink.getNextPacket(packet)) yield packet;
}

/** Opens a file of AAC for copying. `addUntil` copies the packets that begin up to a second. */
async function openSound(path: string) {
  const input = new Input({ source: new FilePathSource(path), formats: ALL_FORMATS });
  try {
    const track = await input.getPrimaryAudioTrack();
    const decoderConfig = await track?.getDecoderConfig();
    if (!track || !decoderConfig) throw new Error('the encoded sound cannot be read');
    const source = new EncodedAudioPacketSource('aac');
    const { packetCount } = await track.computePacketStats();
    const packets = new EncodedPacketSink(track).packets();
    let next = await packets.next();
    const addUntil = async (second: number) => {
      while (!next.done && next.value.timestamp <= second) {
        await source.add(next.value, { decoderConfig });
        next = await packets.next();
      }
    };
    const dispose = async () => {
      await packets.return();
      input.dispose();
    };
    return { source, packets: packetCount, addUntil, [Symbol.asyncDispose]: dispose };
  } catch (error) {
    input.dispose();
    throw error;
  }
}
