import {
  ALL_FORMATS,
  EncodedAudioPacketSource,
  EncodedPacketSink,
  EncodedVideoPacketSource,
  FilePathSource,
  FilePathTarget,
  Input,
  type InputAudioTrack,
  type InputVideoTrack,
  Mp4OutputFormat,
  Output,
} from 'mediabunny';
import { filmComment, framesPerSecond } from './operation.ts';

/**
 * Writes the pictures of `before` and then those of `after` to `target`, with the sound of `after`, which covers both. It copies
 * packets and encodes nothing. Returns false and writes nothing if one decoder could not read both, for example because ffmpeg
 * was replaced between the two.
 */
export async function joinFilms(before: string, after: string, target: string): Promise<boolean> {
  using first = new Input({ source: new FilePathSource(before), formats: ALL_FORMATS });
  using second = new Input({ source: new FilePathSource(after), formats: ALL_FORMATS });
  const earlier = await first.getPrimaryVideoTrack();
  const later = await second.getPrimaryVideoTrack();
  const sound = await second.getPrimaryAudioTrack();
  if (earlier === null || later === null || !(await oneDecoder(earlier, later))) return false;
  const counts = { earlier: await countOf(earlier), later: await countOf(later) };

  // Reserved space brings the index to the front without holding the film in memory.
  const output = new Output({
    format: new Mp4OutputFormat({ fastStart: 'reserve' }),
    target: new FilePathTarget(target),
  });
  output.setMetadataTags({ comment: filmComment });
  const pictures = new EncodedVideoPacketSource('avc');
  output.addVideoTrack(pictures, {
    frameRate: framesPerSecond,
    maximumPacketCount: counts.earlier + counts.later,
  });
  const sounds = sound === null ? null : new EncodedAudioPacketSource('aac');
  if (sounds !== null && sound !== null) output.addAudioTrack(sounds, { maximumPacketCount: await countOf(sound) });
  await output.start();
  const copied = [copy(earlier, pictures, 0).then(() => copy(later, pictures, counts.earlier))];
  if (sounds !== null && sound !== null) copied.push(copySound(sound, sounds));
  await Promise.all(copied);
  await output.finalize();
  return true;
}

async function oneDecoder(one: InputVideoTrack, other: InputVideoTrack): Promise<boolean> {
  const [a, b] = [await one.getDecoderConfig(), await other.getDecoderConfig()];
  return a !== null && b !== null && a.codec === b.codec && bytesOf(a.description).equals(bytesOf(b.description));
}

function bytesOf(description: VideoDecoderConfig['description']): Buffer {
  if (description === undefined) return Buffer.alloc(0);
  return ArrayBuffer.isView(description)
    ? Buffer.from(description.buffer, description.byteOffset, description.byteLength)
    : Buffer.from(description);
}

async function countOf(track: InputVideoTrack | InputAudioTrack): Promise<number> {
  let count = 0;
  for await (const _ of new EncodedPacketSink(track).packets(undefined, undefined, { metadataOnly: true })) count++;
  return count;
}

/** Numbers the pictures instead of adding up times, so that no rounding can move one. */
async function copy(track: InputVideoTrack, to: EncodedVideoPacketSource, from: number): Promise<void> {
  const decoderConfig = (await track.getDecoderConfig()) ?? undefined;
  let index = from;
  for await (const packet of new EncodedPacketSink(track).packets()) {
    const moved = packet.clone({ timestamp: index / framesPerSecond, duration: 1 / framesPerSecond });
    await to.add(moved, decoderConfig && { decoderConfig });
    index++;
  }
  if (from > 0) to.close();
}

async function copySound(track: InputAudioTrack, to: EncodedAudioPacketSource): Promise<void> {
  const decoderConfig = (await track.getDecoderConfig()) ?? undefined;
  for await (const packet of new EncodedPacketSink(track).packets()) {
    await to.add(packet, decoderConfig && { decoderConfig });
  }
  to.close();
}
