import sharp from 'sharp';
import type { Aspect } from '../../domain.ts';
import { ratios, type Size } from './ratios.ts';

/**
 * The largest part of an image that has exactly this aspect, in pixels. Null if the whole image has it, or if it has too few
 * pixels.
 */
export function exactPart({ width, height }: Size, aspect: Aspect): Size | null {
  const [across, down] = ratios[aspect];
  if (width * down === height * across) return null;
  const unit = Math.floor(Math.min(width / across, height / down));
  return unit < 1 ? null : { width: unit * across, height: unit * down };
}

/** Crops an image to a part around its center and keeps its format. */
export async function cutTo(path: string, whole: Size, part: Size, target: string): Promise<void> {
  const left = Math.floor((whole.width - part.width) / 2);
  const top = Math.floor((whole.height - part.height) / 2);
  const cut = sharp(path, { failOn: 'warning' }).extract({ left, top, ...part });
  await cut
    .withIccProfile('srgb')
    .jpeg({ quality: 95, force: false })
    .webp({ quality: 95, force: false })
    .toFile(target);
}
