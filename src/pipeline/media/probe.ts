import { open } from 'node:fs/promises';
import { EncodedPacketSink, FilePathSource, Input, MP4, QTFF } from 'mediabunny';
import sharp from 'sharp';
import { decoding, decodingLimit } from './decoding.ts';
import { isWholeMp4 } from './sniff.ts';

export type ProbedImage =
  | { outcome: 'probed'; width: number; height: number }
  | { outcome: 'refused'; reason: 'damaged' | 'too_many_pixels'; detail: string };

export type ProbedVideo =
  | { outcome: 'probed'; width: number; height: number; seconds: number; hasAudio: boolean }
  | { outcome: 'refused'; reason: 'damaged'; detail: string };

/** 12,000 × 8,000: more than any provider delivers, and less than would exhaust a small machine. */
const maxPixels = 96_000_000;

/**
 * Measures an image, upright as people see it. The header alone decides whether it is too large. Only then is every pixel decoded
 * once, because a truncated file may have a correct header.
 */
export async function probeImage(
  path: string,
  limit: { maxSide?: number; isDecodedLater?: boolean } = {},
): Promise<ProbedImage> {
  try {
    const { width, height, autoOrient } = await sharp(path, { limitInputPixels: false }).metadata();
    const side = Math.max(width, height);
    if (width * height > maxPixels || side > (limit.maxSide ?? side)) {
      return { outcome: 'refused', reason: 'too_many_pixels', detail: `${width} × ${height} pixels` };
    }
    if (!limit.isDecodedLater) {
      // Decoding the last pixel requires decoding all pixels before it.
      const last = { left: width - 1, top: height - 1, width: 1, height: 1 };
      const image = sharp(path, { failOn: 'warning', sequentialRead: true }).timeout(decodingLimit);
      await decoding(() => image.extract(last).raw().toBuffer());
    }
    return { outcome: 'probed', width: autoOrient.width, height: autoOrient.height };
  } catch (error) {
    return { outcome: 'refused', reason: 'damaged', detail: oneLine(error) };
  }
}

/** Measures a video from its container, without a decoder: its upright size, its longest track, and whether it has audio. */
export async function probeVideo(path: string): Promise<ProbedVideo> {
  const damaged = (detail: string) => ({ outcome: 'refused', reason: 'damaged', detail }) as const;
  const file = await open(path, 'r');
  try {
    if (!(await isWholeMp4(file))) return damaged('the file breaks off before its end');
  } finally {
    await file.close();
  }
  const input = new Input({ source: new FilePathSource(path), formats: [MP4, QTFF] });
  try {
    const video = await input.getPrimaryVideoTrack();
    if (video === null) return damaged('it holds no video track');
    const last = await new EncodedPacketSink(video).getPacket(Number.POSITIVE_INFINITY);
    if (last === null) return damaged('its video track holds no pictures');
    const seconds = await input.computeDuration();
    const audio = await input.getPrimaryAudioTrack();
    const width = await video.getDisplayWidth();
    const height = await video.getDisplayHeight();
    if (!(seconds > 0 && width > 0 && height > 0)) return damaged('it has no length or no size');
    return { outcome: 'probed', width, height, seconds, hasAudio: audio !== null };
  } catch (error) {
    return damaged(oneLine(error));
  } finally {
    input.dispose();
  }
}

function oneLine(error: unknown): string {
  const message = error instanceof Error ? error.message : String(error);
  return message.replace(/\s+/g, ' ').trim().slice(0, 200);
}
