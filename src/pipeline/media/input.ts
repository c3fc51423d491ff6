import { createHash, randomUUID } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { open, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import sharp from 'sharp';
import { decoding, decodingLimit } from './decoding.ts';
import { type ReceivedFile, type RefusedMedia, receiveMedia } from './receive.ts';
import { isAnimatedPng } from './sniff.ts';

/** The limits of an image that a member gives to `video <image>`. Platforms show these numbers. */
export const inputImageLimits = { maxBytes: 10 * 1024 * 1024, maxSide: 4096 } as const;

export type AcceptedImage =
  | { outcome: 'accepted'; image: ReceivedFile }
  | { outcome: 'refused'; reason: RefusedMedia['reason'] | 'missing' | 'animated'; detail: string };

/**
 * Takes a member's image (a path, bytes or a stream) and writes a clean copy into `directory`: upright, sRGB, one frame, and
 * without the EXIF data that would tell a vendor where and when it was taken. The caller owns the file.
 */
export async function acceptImage(
  source: string | Uint8Array | Readable,
  options: { directory: string; signal: AbortSignal },
): Promise<AcceptedImage> {
  const stream = await streamOf(source);
  if (stream === null) return { outcome: 'refused', reason: 'missing', detail: 'there is no such file' };
  const received = await receiveMedia(stream, { ...options, ...inputImageLimits, kind: 'image', isDecodedLater: true });
  if (received.outcome === 'refused') return received;
  const original = received.media;
  try {
    const { pages = 1, hasAlpha } = await sharp(original.path).metadata();
    if (pages > 1 || (original.mime === 'image/png' && (await animated(original.path)))) {
      return { outcome: 'refused', reason: 'animated', detail: 'it is an animation, not a still image' };
    }
    options.signal.throwIfAborted();
    const image = await decoding(async () => {
      options.signal.throwIfAborted();
      return await normalise(original, hasAlpha, options.directory).catch(async (error: unknown) => {
        // Decoding needs less than writing a new image. This finds out whether the image or our disk is at fault.
        if (await isWhole(original.path)) throw error;
        return null;
      });
    });
    return image
      ? { outcome: 'accepted', image }
      : { outcome: 'refused', reason: 'damaged', detail: 'it cannot be decoded to its end' };
  } finally {
    await rm(original.path, { force: true });
  }
}

async function streamOf(source: string | Uint8Array | Readable): Promise<Readable | null> {
  if (source instanceof Readable) return source;
  if (source instanceof Uint8Array) return Readable.from(source.length === 0 ? [] : [source], { objectMode: false });
  const found = await stat(source).catch(() => null);
  // A pipe or a device could send bytes for ever, or none.
  return found?.isFile() ? createReadStream(source) : null;
}

async function animated(path: string): Promise<boolean> {
  const file = await open(path, 'r');
  try {
    return await isAnimatedPng(file);
  } finally {
    await file.close();
  }
}

/** PNG stays PNG while it is small enough to be sent on. An image without transparency may become JPEG. */
async function normalise(original: ReceivedFile, hasAlpha: boolean, directory: string): Promise<ReceivedFile> {
  const path = join(directory, `input-${randomUUID()}`);
  const upright = () =>
    sharp(original.path, { failOn: 'warning' }).timeout(decodingLimit).autoOrient().toColourspace('srgb');
  const asPng = async () => ({
    ...(await upright().png({ compressionLevel: 9 }).toFile(path)),
    mime: 'image/png',
    extension: 'png',
  });
  const asJpeg = async () => ({
    ...(await upright().flatten({ background: '#ffffff' }).jpeg({ quality: 93, mozjpeg: true }).toFile(path)),
    mime: 'image/jpeg',
    extension: 'jpg',
  });
  try {
    const first = hasAlpha || original.mime === 'image/png' ? await asPng() : await asJpeg();
    const written = first.size > inputImageLimits.maxBytes ? await asJpeg() : first;
    const { width, height, size: bytes, mime, extension } = written;
    const sha256 = await digest(path);
    return { path, kind: 'image', mime, extension, width, height, seconds: null, hasAudio: null, bytes, sha256 };
  } catch (error) {
    await rm(path, { force: true });
    throw error;
  }
}

const isWhole = (path: string): Promise<boolean> =>
  sharp(path, { failOn: 'warning' })
    .timeout(decodingLimit)
    .raw()
    .toBuffer()
    .then(
      () => true,
      () => false,
    );

async function digest(path: string): Promise<string> {
  const hash = createHash('sha256');
  await pipeline(createReadStream(path), hash);
  return hash.digest('hex');
}
