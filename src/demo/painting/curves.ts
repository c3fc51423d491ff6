import type { Sharp } from 'sharp';
import { type Colour, channels } from './colour.ts';
import type { Curves } from './recipe.ts';

/**
 * The exponents of red, green and blue that bring a picture's mean color two thirds of the way to another one. They are bounded, so
 * that a day stays brighter than a night. Curves keep black and white as they are, so that lights do not take a tint.
 */
export async function curvesTowards(mean: Colour, picture: Sharp): Promise<Curves> {
  const means = (await picture.stats()).channels.map((channel) => channel.mean);
  const wanted = channels(mean);
  const exponent = (index: 0 | 1 | 2) => {
    const share = (value: number) => Math.min(0.95, Math.max(0.05, value / 255));
    const now = means[index] ?? 128;
    const goal = now + (wanted[index] - now) * 0.65;
    return Math.min(1.5, Math.max(0.74, Math.log(share(goal)) / Math.log(share(now))));
  };
  return [exponent(0), exponent(1), exponent(2)];
}

/** Applies curves to pixels in place. A fourth channel is opacity and stays. */
export function bend(pixels: Buffer, channelCount: number, curves: Curves): void {
  const tables = curves.map((exponent) =>
    Uint8Array.from({ length: 256 }, (_, value) => Math.round(255 * (value / 255) ** exponent)),
  );
  for (const [channel, table] of tables.entries()) {
    for (let at = channel; at < pixels.length; at += channelCount) pixels[at] = table[pixels[at] ?? 0] ?? 0;
  }
}
