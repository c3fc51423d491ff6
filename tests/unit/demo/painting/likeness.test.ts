import sharp from 'sharp';
import { describe, expect, it } from 'vitest';
import { likenessOf, recalled } from '../../../../src/demo/painting/likeness.ts';
import { paint } from '../../../../src/demo/painting/paint.ts';
import { readPrompt } from '../../../../src/demo/painting/reading.ts';
import { findRecipe } from '../../../../src/demo/painting/recipe.ts';

const sheet = { width: 320, height: 180, style: 'vivid' } as const;

async function paintedLike(prompt: string, pictures: readonly Buffer[]): Promise<Buffer> {
  const likeness = await likenessOf(prompt, pictures);
  return paint(prompt, sheet, likeness === null ? {} : { likeness });
}

async function pixelsOf(png: Buffer): Promise<Buffer> {
  return sharp(png).removeAlpha().raw().toBuffer();
}

/** The distance between the mean colors of two pictures, 0–442. */
async function meanDistance(one: Buffer, other: Buffer): Promise<number> {
  const means = async (png: Buffer) => (await sharp(png).removeAlpha().stats()).channels.map(({ mean }) => mean);
  const [a, b] = await Promise.all([means(one), means(other)]);
  return Math.hypot(...a.map((mean, index) => mean - (b[index] ?? 0)));
}

/** The mean difference of the pixels of two pictures, 0–255. */
async function difference(one: Buffer, other: Buffer): Promise<number> {
  const [a, b] = await Promise.all([pixelsOf(one), pixelsOf(other)]);
  return a.reduce((sum, value, index) => sum + Math.abs(value - (b[index] ?? 0)), 0) / a.length;
}

describe('a picture painted with a reference', () => {
  it.each([
    ['a car in the city', 'a fox in the snow at night'],
    ['a whale underwater', 'a desert at sunset'],
    ['a fox in the forest', 'mountains in the fog'],
    ['a castle by a lake', 'a whale underwater'],
  ])('"%s" comes much nearer to the colors of "%s", and stays another picture', async (prompt, other) => {
    const reference = await paint(other, sheet);
    const alone = await paint(prompt, sheet);
    const alike = await paintedLike(prompt, [reference]);
    expect(await meanDistance(alike, reference)).toBeLessThan(0.7 * (await meanDistance(alone, reference)));
    expect(await difference(alike, reference)).toBeGreaterThan(8);
  });

  it('also takes the colors of a photo, which has no recipe', async () => {
    const photo = await sharp({ create: { ...sheet, channels: 3, background: '#7a2f86' } })
      .jpeg()
      .toBuffer();
    const prompt = 'a house in a meadow';
    const alike = await paintedLike(prompt, [photo]);
    expect(await meanDistance(alike, photo)).toBeLessThan(
      0.7 * (await meanDistance(await paint(prompt, sheet), photo)),
    );
  });

  it('shows the same figure again if the prompt names it, also from reference to reference', async () => {
    const first = await paint('a purple fox in the snow', sheet);
    const second = await paintedLike('a fox on the beach', [first]);
    const figure = findRecipe((await sharp(second).metadata()).exif)?.likeness?.figure ?? null;
    expect(figure).toBe('a purple fox in the snow');
    expect(recalled(readPrompt('a fox on the beach'), figure).colours).toEqual(['purple']);
    expect((await likenessOf('the fox at sea', [second]))?.figure).toBe(figure);
    expect((await likenessOf('a car at sea', [second]))?.figure).toBeNull();
    const boat = await likenessOf('the boat on the sea', [await paint('a paper boat on a lake', sheet)]);
    expect(recalled(readPrompt('the boat on the sea'), boat?.figure ?? null).words.has('paper')).toBe(true);
  });

  it('lets the prompt decide about a color that it names', () => {
    expect(recalled(readPrompt('a green fox'), 'a purple fox').colours).toEqual(['green']);
  });
});

describe('variants of a picture', () => {
  it('the first is what it was without variants, and the others differ visibly', async () => {
    const prompt = 'a lighthouse in a storm';
    const variants = await Promise.all(
      [1, 2, 3, 4].map((variant) => paint(prompt, sheet, variant === 1 ? {} : { variant })),
    );
    for (const [index, one] of variants.entries()) {
      for (const other of variants.slice(index + 1)) expect(await difference(one, other)).toBeGreaterThan(5);
    }
  });

  it('are in the recipe, so that the animator repaints the same one', async () => {
    const { exif } = await sharp(await paint('a fox', sheet, { variant: 3 })).metadata();
    expect(findRecipe(exif)).toEqual({ prompt: 'a fox', style: 'vivid', variant: 3 });
  });
});
