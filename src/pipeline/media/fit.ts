import { randomUUID } from 'node:crypto';
import { rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { runChild } from '../../childProcess.ts';
import { findFfmpeg } from '../providers/demo/ffmpeg.ts';

/** A copy of a video that has at most `maxBytes`, or null when that cannot be done here. The caller owns the file. */
export async function fitVideo(
  path: string,
  limit: { maxBytes: number; seconds: number; directory: string; signal: AbortSignal },
): Promise<string | null> {
  const ffmpeg = await findFfmpeg();
  if (!ffmpeg) return null;
  return await oneAtATime(() => encode(ffmpeg.path, path, limit));
}

const audioKbit = 96;

/** A tenth for the container, and for rate control that is not exact to the last frame. */
const usableShare = 0.9;

/**
 * One pass whose peak rate the limit allows for: measured on 33 MB of 1080p, 7 to 8 seconds on two cores and 330 MB of memory. Short
 * or restless films overshoot; they get a second pass, with as much less as the first was too large.
 */
async function encode(ffmpeg: string, path: string, limit: Parameters<typeof fitVideo>[1]): Promise<string | null> {
  const { maxBytes, seconds, directory, signal } = limit;
  let targetBytes = maxBytes * usableShare;
  for (let pass = 0; pass < 2; pass += 1) {
    const kbit = Math.floor((targetBytes * 8) / 1000 / Math.max(1, seconds)) - audioKbit;
    if (kbit < 150) return null;
    const fitted = join(directory, `fit-${randomUUID()}.mp4`);
    const rate = ['-crf', '20', '-maxrate', `${kbit}k`, '-bufsize', `${kbit}k`];
    const picture = ['-c:v', 'libx264', '-preset', 'veryfast', ...rate, '-pix_fmt', 'yuv420p'];
    const rest = ['-c:a', 'aac', '-b:a', `${audioKbit}k`, '-movflags', '+faststart'];
    try {
      await runChild(ffmpeg, ['-v', 'error', '-y', '-i', path, ...picture, ...rest, fitted], { signal });
      const { size } = await stat(fitted);
      if (size <= maxBytes) return fitted;
      targetBytes *= (maxBytes / size) * usableShare;
    } catch {
      await rm(fitted, { force: true });
      // What cannot be encoded is told with a link instead.
      signal.throwIfAborted();
      return null;
    }
    await rm(fitted, { force: true });
  }
  return null;
}

/** Of two encoders side by side each would take twice as long, with twice the memory. */
let queue: Promise<unknown> = Promise.resolve();
function oneAtATime<T>(work: () => Promise<T>): Promise<T> {
  const mine = queue.then(work);
  queue = mine.catch(() => {});
  return mine;
}

/** A JPEG copy of an image, at most `maxSide` pixels wide and high. The caller owns the file. */
export async function smallerImage(path: string, limit: { maxSide: number; directory: string }): Promise<string> {
  const { default: sharp } = await import('sharp');
  const copy = join(limit.directory, `small-${randomUUID()}.jpg`);
  const size = { width: limit.maxSide, height: limit.maxSide, fit: 'inside', withoutEnlargement: true } as const;
  await sharp(path).resize(size).flatten({ background: '#ffffff' }).jpeg({ quality: 88 }).toFile(copy);
  return copy;
}
