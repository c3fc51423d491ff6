import sharp from 'sharp';
import { beforeAll, describe, expect, it } from 'vitest';
import { readingAfter, withEdit } from '../../../../../src/demo/painting/edits/edits.ts';
import { retouch } from '../../../../../src/demo/painting/edits/retouch.ts';
import { paint, paintDepths, paintRecipe } from '../../../../../src/demo/painting/paint.ts';
import { findRecipe, type Recipe } from '../../../../../src/demo/painting/recipe.ts';
import { paintRequest } from '../../../../../src/demo/painting/request.ts';
import type { ImageRequest, Picture } from '../../../../../src/pipeline/providers/provider.ts';
import { imageRequest, statsOf } from '../../../../support/demo/calls.ts';

const size = { width: 320, height: 180 };
const fox: Recipe = { prompt: 'a fox in a forest', style: 'vivid' };

/** A picture without its lowest fifth, where the captions are, as grey or as colours. */
const pixelsOf = async (png: Buffer, grey = false): Promise<Buffer> => {
  const image = sharp(png).resize(size).removeAlpha().extract({ left: 0, top: 0, width: 320, height: 144 });
  return await (grey ? image.greyscale() : image).raw().toBuffer();
};
/** The mean difference of the pixels of two pictures, 0–255. */
async function difference(one: Buffer, other: Buffer): Promise<number> {
  const [a, b] = await Promise.all([pixelsOf(one), pixelsOf(other)]);
  return a.reduce((sum, value, index) => sum + Math.abs(value - (b[index] ?? 0)), 0) / a.length;
}
/** How far the forms of two pictures are the same, whatever their colours: 1 for the same ones. */
async function likenessOf(one: Buffer, other: Buffer): Promise<number> {
  const [a, b] = await Promise.all([pixelsOf(one, true), pixelsOf(other, true)]);
  const mean = (pixels: Buffer) => pixels.reduce((sum, value) => sum + value, 0) / pixels.length;
  const [meanA, meanB] = [mean(a), mean(b)];
  let [both, ownA, ownB] = [0, 0, 0];
  for (const [index, value] of a.entries()) {
    const [x, y] = [value - meanA, (b[index] ?? 0) - meanB];
    both += x * y;
    ownA += x * x;
    ownB += y * y;
  }
  return both / Math.sqrt(ownA * ownB);
}
async function lightOf(png: Buffer) {
  const [red = 0, green = 0, blue = 0] = (await sharp(png).removeAlpha().stats()).channels.map(({ mean }) => mean);
  return { light: (red + green + blue) / 3, red, green, blue };
}
const asPicture = (content: Buffer, { width, height } = size): Picture => ({
  content,
  mime: 'image/png',
  width,
  height,
});
const recipeOf = async (png: Buffer) => findRecipe((await sharp(png).metadata()).exif);

let own: Buffer;
let photo: Buffer;
beforeAll(async () => {
  own = await paintRecipe(fox, size, size);
  // A JPEG has lost its recipe, as a photo never had one.
  photo = await sharp(own).jpeg({ quality: 95 }).toBuffer();
});
const changed = (words: string) => paintRecipe(withEdit(fox, words), size, size);
const retouched = (words: string) => retouch(photo, { how: 'change', words, variant: 1 }, size);

describe.each([
  ['a painting of the studio', changed, () => own],
  ['a photo', retouched, () => photo],
] as const)('an edit of %s', (_name, edited, original) => {
  it.each([
    'night',
    'dusk',
    'dawn',
    'a sunny day',
    'snow',
    'rain',
    'a storm',
    'fog',
    'autumn',
    'spring',
    'brighter',
    'darker',
    'warmer',
    'colder',
    'black and white',
    'sepia',
    'red',
    'give him a hat',
  ])('"%s" is seen, and everything stays where it was', async (words) => {
    const after = await edited(words);
    expect(await difference(original(), after)).toBeGreaterThan(8);
    expect(await likenessOf(original(), after)).toBeGreaterThan(words === 'fog' ? 0.5 : 0.68);
  });

  it('does what the words say', async () => {
    const was = await lightOf(original());
    expect((await lightOf(await edited('make it night'))).light).toBeLessThan(was.light * 0.6);
    expect((await lightOf(await edited('heller'))).light).toBeGreaterThan(was.light * 1.1);
    const warm = await lightOf(await edited('plus chaud'));
    expect(warm.red / warm.blue).toBeGreaterThan((was.red / was.blue) * 1.2);
    const grey = await pixelsOf(await edited('blanco y negro'));
    expect(grey.every((value, at) => at % 3 === 0 || Math.abs(value - (grey[at - (at % 3)] ?? 0)) < 12)).toBe(true);
  });
});

describe('a painting of the studio', () => {
  it('keeps the words of its edits, so that a film of it looks like it and has its weather', async () => {
    const night = await changed('make it night, with snow');
    expect(await recipeOf(night)).toEqual({ ...fox, edits: ['make it night, with snow'] });
    expect(readingAfter(withEdit(fox, 'make it night, with snow'))).toMatchObject({ time: 'night', weather: ['snow'] });
    const [depth] = await Array.fromAsync(paintDepths(withEdit(fox, 'make it night'), size, size));
    const [plain] = await Array.fromAsync(paintDepths(fox, size, size));
    const mean = (pixels?: { data: Buffer }) => pixels?.data.reduce((sum, value) => sum + value, 0) ?? 0;
    expect(mean(depth)).toBeLessThan(mean(plain) * 0.8);
  });

  it('says in the picture that the demo cannot make a change', async () => {
    const large = { width: 640, height: 360 };
    const noteIn = async (words: string) => {
      const png = await paintRecipe(withEdit(fox, words), large, large);
      return (await statsOf(png, { left: 10, top: 322, width: 200, height: 11 })).channels[0]?.max ?? 0;
    };
    expect(await noteIn('give him a hat')).toBeGreaterThan((await noteIn('darker')) + 60);
  });

  it('remembers eight edits, each of 200 characters', () => {
    const many = Array.from({ length: 12 }, (_, index) => `${index} ${'x'.repeat(400)}`).reduce(withEdit, fox);
    expect(many.edits).toHaveLength(8);
    expect(many.edits?.every((words) => words.length === 200)).toBe(true);
    expect(many.edits?.at(-1)).toMatch(/^11 /);
  });
});

describe('a request for another version', () => {
  const wish = (changes: Partial<ImageRequest>): ImageRequest => ({ ...imageRequest(fox.prompt), ...changes });

  it('"better" is the same picture in hd, also when the animator paints it again', async () => {
    const sheet = { width: 1280, height: 720 };
    const standard = await paint(fox.prompt, { ...sheet, style: 'vivid' });
    const edit = { how: 'better', picture: asPicture(standard, sheet) } as const;
    const better = await paintRequest(wish({ quality: 'hd', edit }));
    expect(await sharp(better).metadata()).toMatchObject({ width: 1920, height: 1080 });
    expect(await difference(standard, better)).toBeLessThan(3);
    expect(await recipeOf(better)).toEqual({ ...fox, sheet });
  });

  it('"vary" is another picture of the same thing, and two of them differ', async () => {
    const made = await Promise.all(
      [1, 2].map((variant) => paintRequest(wish({ variant, edit: { how: 'vary', picture: asPicture(own) } }))),
    );
    const [one = own, other = own] = made;
    expect(await difference(own, one)).toBeGreaterThan(8);
    expect(await difference(one, other)).toBeGreaterThan(8);
    expect(await recipeOf(one)).toMatchObject({ prompt: fox.prompt, variant: 6 });
  });

  it('of a photo is turned for "vary" and crisper for "better", in the size that was asked for', async () => {
    const version = (how: 'vary' | 'better', variant: number) =>
      retouch(photo, { how, words: 'a fox', variant }, { width: 640, height: 360 });
    const [one, other, better] = await Promise.all([version('vary', 1), version('vary', 2), version('better', 1)]);
    expect(await difference(one, other)).toBeGreaterThan(8);
    expect(await likenessOf(photo, better)).toBeGreaterThan(0.98);
    expect(await difference(photo, better)).toBeGreaterThan(0.3);
    expect(await sharp(better).metadata()).toMatchObject({ width: 640, height: 360 });
  });

  it('of what is no picture is refused, and has generated nothing', async () => {
    const picture = asPicture(Buffer.from('no picture'));
    const asked = paintRequest(wish({ edit: { how: 'change', picture } }));
    await expect(asked).rejects.toMatchObject({ kind: 'invalid_request', nothingGenerated: true });
  });
});
