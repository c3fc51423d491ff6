import sharp from 'sharp';
import { markOver } from '../painting/credits.ts';
import { readingAfter } from '../painting/edits/edits.ts';
import { paintCredits, paintDepths } from '../painting/paint.ts';
import type { Reading } from '../painting/reading.ts';
import { findRecipe } from '../painting/recipe.ts';
import { type Layer, layerFrom } from './frame.ts';

/** How much larger than the frame the plates are, approximately, so that an enlarged view stays sharp. */
export const plateScale = 1.08;

/** Multiples of eight, because the compositor works on words of four pixels, and color has half the pixels. */
function plateSize({ width, height }: { width: number; height: number }): { width: number; height: number } {
  return { width: Math.round((width * plateScale) / 8) * 8, height: Math.round((height * plateScale) / 8) * 8 };
}

export type Plates = {
  /** From the back to the front. A single layer if the studio did not paint the image. */
  layers: Layer[];
  /** Drawn over every frame without movement. */
  credits: Layer;
  /** The reading of an image that the studio painted. */
  reading: Reading | null;
};

/** The image is damaged, or sharp cannot read its format. */
export class UnreadableImageError extends Error {
  override readonly name = 'UnreadableImageError';
}

/** Prepares an image for the camera: our own in the depths it was painted in, any other as it is. */
export async function preparePlates(path: string, size: { width: number; height: number }): Promise<Plates> {
  try {
    return await prepare(path, size);
  } catch (error) {
    const detail = error instanceof Error ? error.message : String(error);
    throw new UnreadableImageError(`its image cannot be read (${detail})`, { cause: error });
  }
}

async function prepare(path: string, size: { width: number; height: number }): Promise<Plates> {
  const { exif, width, height } = await sharp(path).metadata();
  const recipe = findRecipe(exif);
  const sameShape = Math.abs(width / height - size.width / size.height) < 0.01;
  if (recipe !== null && sameShape) {
    const layers: Layer[] = [];
    const sheet = recipe.sheet ?? { width, height };
    for await (const painted of paintDepths(recipe, sheet, plateSize(size))) {
      layers.push(layerFrom(painted.data, painted.width, painted.height));
    }
    const { data } = await paintCredits(recipe, sheet, size);
    return { layers, credits: layerFrom(data, size.width, size.height), reading: readingAfter(recipe) };
  }
  const plate = plateSize(size);
  const cover = sharp(path, { failOn: 'error' })
    .autoOrient()
    .resize({ ...plate, fit: 'cover', kernel: 'lanczos3' });
  const flat = await cover.toColourspace('srgb').flatten({ background: '#000000' }).ensureAlpha().raw().toBuffer();
  return { layers: [layerFrom(flat, plate.width, plate.height)], credits: await markOnly(size), reading: null };
}

async function markOnly(size: { width: number; height: number }): Promise<Layer> {
  const pixels = await sharp(Buffer.from(markOver(size)))
    .ensureAlpha()
    .raw()
    .toBuffer();
  return layerFrom(pixels, size.width, size.height);
}
