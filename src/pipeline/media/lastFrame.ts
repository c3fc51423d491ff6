import { randomUUID } from 'node:crypto';
import { mkdir, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import {
  ALL_FORMATS,
  type EncodedPacket,
  EncodedPacketSink,
  EncodedVideoPacketSource,
  FilePathSource,
  FilePathTarget,
  Input,
  Mp4OutputFormat,
  Output,
} from 'mediabunny';
import { runChild } from '../../childProcess.ts';
import { colourMatrix } from './colours.ts';
import { findFfmpeg } from './ffmpeg.ts';

/** A video has no last frame, or there is no ffmpeg that could decode it. */
export class LastFrameError extends Error {
  override readonly name = 'LastFrameError';
}

export type LastFrame = { content: Buffer; mime: 'image/png'; width: number; height: number };

type Work = { directory: string; signal: AbortSignal };

/**
 * Decodes the frame with which a video ends, upright and in square pixels. It decodes only what follows the last key frame, or
 * the whole video if that does not suffice. Throws {@link LastFrameError}.
 */
export async function lastFrame(path: string, { directory, signal }: Work): Promise<LastFrame> {
  signal.throwIfAborted();
  const ffmpeg = await findFfmpeg();
  if (!ffmpeg) throw new LastFrameError('there is no ffmpeg that can decode the video');
  await mkdir(directory, { recursive: true, mode: 0o700 });
  const decode = (from: From) => decodeLast(ffmpeg.path, path, from, { directory, signal });
  try {
    return await decode('last key frame').catch((error: unknown) => {
      signal.throwIfAborted();
      // FFmpeg 5 loses the last frame of some open groups of pictures if it begins to decode at their key frame.
      if (error instanceof NoPicture) return decode('start');
      throw error;
    });
  } catch (error) {
    signal.throwIfAborted();
    throw new LastFrameError('the video has no last frame that can be read', { cause: error });
  }
}

type From = 'last key frame' | 'start';

/** FFmpeg decoded the video, but not its last frame. */
class NoPicture extends Error {
  override readonly name = 'NoPicture';
}

async function decodeLast(ffmpeg: string, path: string, from: From, { directory, signal }: Work): Promise<LastFrame> {
  const name = `last-${randomUUID()}`;
  const [end, picture] = [join(directory, `${name}.mp4`), join(directory, `${name}.png`)];
  try {
    const { second, width, height, matrix } = await copyEnd(path, from, end, signal);
    const scale = `scale=${width}:${height}:in_color_matrix=${matrix}:flags=bicubic+accurate_rnd+full_chroma_int`;
    const filters = [`select=gte(t\\,${second.toFixed(6)})`, 'setpts=0', scale, 'setsar=1', 'format=rgb24'];
    const input = ['-hide_banner', '-nostdin', '-v', 'error', '-y', '-threads', '1', '-i', end];
    const args = [...input, '-an', '-vf', filters.join(','), '-frames:v', '1', picture];
    await runChild(ffmpeg, args, { signal, niceness: 5 });
    const content = await readFile(picture).catch((error: unknown) => {
      throw new NoPicture('no picture was written', { cause: error });
    });
    return { content, mime: 'image/png', width, height };
  } finally {
    await Promise.all([rm(end, { force: true }), rm(picture, { force: true })]);
  }
}

/** Copies the pictures from a key frame on. `second` lies shortly before the last frame of the copy. */
async function copyEnd(path: string, from: From, target: string, signal: AbortSignal) {
  using input = new Input({ source: new FilePathSource(path), formats: ALL_FORMATS });
  const track = await input.getPrimaryVideoTrack();
  const codec = await track?.getCodec();
  const decoderConfig = await track?.getDecoderConfig();
  if (!track || !codec || !decoderConfig) throw new Error('it has no pictures that can be decoded');
  const sink = new EncodedPacketSink(track);
  const last = await sink.getPacket(Number.POSITIVE_INFINITY, { metadataOnly: true });
  const key =
    from === 'start'
      ? await sink.getFirstPacket()
      : await sink.getKeyPacket(Number.POSITIVE_INFINITY, { verifyKeyPackets: true });
  if (!last || !key) throw new Error('it has no pictures');
  const format = new Mp4OutputFormat({ fastStart: false });
  const output = new Output({ format, target: new FilePathTarget(target) });
  try {
    const source = new EncodedVideoPacketSource(codec);
    output.addVideoTrack(source, { transformationMatrix: await track.getTransformationMatrix() });
    await output.start();
    let secondLast = Number.NEGATIVE_INFINITY;
    for (let packet: EncodedPacket | null = key; packet; packet = await sink.getNextPacket(packet)) {
      signal.throwIfAborted();
      // Frames that are shown before the key frame may need others that are not in the copy.
      if (packet.timestamp < key.timestamp) continue;
      if (packet.timestamp < last.timestamp) secondLast = Math.max(secondLast, packet.timestamp);
      await source.add(packet.clone({ timestamp: packet.timestamp - key.timestamp }), { decoderConfig });
    }
    await output.finalize();
    const before = Math.max(secondLast, key.timestamp - 1);
    return {
      second: (before + last.timestamp) / 2 - key.timestamp,
      width: await track.getDisplayWidth(),
      height: await track.getDisplayHeight(),
      matrix: colourMatrix(await track.getColorSpace(), await track.getCodedHeight()),
    };
  } catch (error) {
    await output.cancel().catch(() => undefined);
    throw error;
  }
}
