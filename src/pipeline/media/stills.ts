import { randomUUID } from 'node:crypto';
import { mkdir, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { runChild } from '../../childProcess.ts';
import { decoding, decodingLimit } from './decoding.ts';
import { findFfmpeg } from './ffmpeg.ts';
import { LastFrameError, lastFrame } from './lastFrame.ts';
import type { ReceivedFile } from './receive.ts';

/** A small copy of an image or of a frame, by which moderation judges it. */
export type Still = { bytes: Buffer; mime: 'image/jpeg' };

type Work = { directory: string; signal: AbortSignal };

/** In pixels, at the longer side. Moderation sees enough of it, and it is sent in a moment. */
const maxSide = 1_024;

/** `from`: the path of an image file, or its content. */
export async function smallStill(from: string | Buffer): Promise<Still> {
  // Loaded only to look at a picture: sharp is large.
  const { default: sharp } = await import('sharp');
  const small = () =>
    sharp(from)
      .resize({ width: maxSide, height: maxSide, fit: 'inside', withoutEnlargement: true })
      .flatten({ background: '#ffffff' })
      .jpeg({ quality: 85 })
      .timeout(decodingLimit)
      .toBuffer();
  return { bytes: await decoding(small), mime: 'image/jpeg' };
}

/** The first, the middle and the last frame of a film from a second on. Throws {@link LastFrameError} if it cannot be decoded. */
export async function stillsOfFilm(
  { path, seconds }: Pick<ReceivedFile, 'path' | 'seconds'>,
  fromSeconds: number,
  work: Work,
): Promise<Still[]> {
  const last = await lastFrame(path, work);
  const middle = (fromSeconds + (seconds ?? fromSeconds)) / 2;
  const frames = [await frameAt(path, fromSeconds, work), await frameAt(path, middle, work), last.content];
  return await Promise.all(frames.filter((frame) => frame !== null).map(smallStill));
}

/** Null if the film has no frame at that second or after it. */
async function frameAt(path: string, second: number, { directory, signal }: Work): Promise<Buffer | null> {
  const ffmpeg = await findFfmpeg();
  if (!ffmpeg) throw new LastFrameError('there is no ffmpeg that can decode the video');
  await mkdir(directory, { recursive: true, mode: 0o700 });
  const picture = join(directory, `still-${randomUUID()}.png`);
  const input = [
    '-hide_banner',
    '-nostdin',
    '-v',
    'error',
    '-y',
    '-threads',
    '1',
    '-ss',
    second.toFixed(3),
    '-i',
    path,
  ];
  const scale = `scale=w=${maxSide}:h=${maxSide}:force_original_aspect_ratio=decrease`;
  try {
    await runChild(ffmpeg.path, [...input, '-an', '-vf', scale, '-frames:v', '1', picture], { signal, niceness: 5 });
    return await readFile(picture).catch(() => null);
  } catch (error) {
    signal.throwIfAborted();
    throw new LastFrameError('the video has a frame that cannot be read', { cause: error });
  } finally {
    await rm(picture, { force: true });
  }
}
