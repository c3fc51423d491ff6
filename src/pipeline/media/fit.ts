import { randomUUID } from 'node:crypto';
import { rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { runChild } from '../../childProcess.ts';
import { decoding, decodingLimit } from './decoding.ts';
import { withEncoder } from './encoder.ts';
import { findFfmpeg } from './ffmpeg.ts';
import { probeVideo } from './probe.ts';

export type Fit = {
  maxBytes: number;
  directory: string;
  signal: AbortSignal;
  /** The limit for both passes together. */
  maxMs?: number;
};

/**
 * Makes a copy of a video that has at most `maxBytes`. Null if that is not possible here: there is no ffmpeg, the video would be
 * unwatchable, or it takes too long. The caller owns the file. Throws `EncoderBusy`.
 */
export async function fitVideo(path: string, fit: Fit): Promise<string | null> {
  const ffmpeg = await findFfmpeg();
  if (!ffmpeg) return null;
  return await withEncoder(async () => {
    const film = await probeVideo(path).catch(() => null);
    return film?.outcome === 'probed' ? await encode(ffmpeg.path, path, film, fit) : null;
  });
}

const audioKbit = 96;
/** A tenth is left for the container, and for rate control that is not exact to the last frame. */
const usableShare = 0.9;
/** In milliseconds. A minute of 4K takes about two minutes of CPU time. */
const maxEncodingMs = 240_000;

type Film = { width: number; height: number; seconds: number };

/**
 * Encodes with a peak rate that fits the limit. Short or fast-moving videos may still be too large. They get a second pass with a
 * target reduced by the excess of the first. Decoder and encoder have one thread each: more would take more memory, and the bot's
 * CPU cores.
 */
async function encode(ffmpeg: string, path: string, film: Film, fit: Fit): Promise<string | null> {
  const { maxBytes, directory, signal, maxMs = maxEncodingMs } = fit;
  const giveUpAt = Date.now() + maxMs;
  let targetBytes = maxBytes * usableShare;
  for (let pass = 0; pass < 2; pass += 1) {
    const kbit = Math.floor((targetBytes * 8) / 1000 / Math.max(1, film.seconds)) - audioKbit;
    const timeoutMs = giveUpAt - Date.now();
    if (kbit < 150 || timeoutMs <= 0) return null;
    const fitted = join(directory, `fit-${randomUUID()}.mp4`);
    try {
      await runChild(ffmpeg, encoding(path, film, kbit, fitted), { signal, timeoutMs, niceness: 5 });
      const { size } = await stat(fitted);
      if (size <= maxBytes) return fitted;
      targetBytes *= (maxBytes / size) * usableShare;
    } catch {
      await rm(fitted, { force: true });
      // The caller posts a link instead.
      signal.throwIfAborted();
      return null;
    }
    await rm(fitted, { force: true });
  }
  return null;
}

function encoding(path: string, film: Film, kbit: number, target: string): string[] {
  const { width, height } = scaled(film, kbit);
  const input = ['-hide_banner', '-nostdin', '-v', 'error', '-y', '-threads', '1', '-i', path];
  const rate = ['-crf', '20', '-maxrate', `${kbit}k`, '-bufsize', `${kbit}k`];
  const picture = ['-vf', `scale=${width}:${height}`, '-pix_fmt', 'yuv420p', '-c:v', 'libx264', '-preset', 'veryfast'];
  const rest = ['-c:a', 'aac', '-b:a', `${audioKbit}k`, '-threads', '1', '-movflags', '+faststart'];
  return [...input, ...picture, ...rate, ...rest, target];
}

/** The longer sides to which a video may be scaled down. The first is the largest, because encoding 4K takes most of a gigabyte. */
const sides = [1_920, 1_280, 960, 640] as const;
/** Bits per pixel at 24 frames a second. Below this, a smaller frame looks better than a larger one with blocks. */
const leastBits = 0.04;

/** The size in which a video looks best at so many kilobits a second: never larger than the original, both sides even. */
function scaled({ width, height }: { width: number; height: number }, kbit: number) {
  const sizes = sides.map((side) => {
    const factor = Math.min(1, side / Math.max(width, height));
    const even = (length: number) => Math.max(2, Math.round((length * factor) / 2) * 2);
    return { width: even(width), height: even(height) };
  });
  const looksWell = (size: { width: number; height: number }) =>
    (kbit * 1_000) / (size.width * size.height * 24) >= leastBits;
  return sizes.find(looksWell) ?? sizes[sizes.length - 1] ?? { width, height };
}

/** Makes a JPEG copy of an image, at most `maxSide` pixels wide and high. The caller owns the file. */
export async function smallerImage(path: string, limit: { maxSide: number; directory: string }): Promise<string> {
  const { default: sharp } = await import('sharp');
  const copy = join(limit.directory, `small-${randomUUID()}.jpg`);
  const size = { width: limit.maxSide, height: limit.maxSide, fit: 'inside', withoutEnlargement: true } as const;
  await decoding(() =>
    sharp(path)
      .resize(size)
      .flatten({ background: '#ffffff' })
      .jpeg({ quality: 88 })
      .timeout(decodingLimit)
      .toFile(copy),
  );
  return copy;
}
