import fc from 'fast-check';
import { expect, test } from 'vitest';
import { aspects, maxVideoSeconds, qualities, resolutions, runOptions, workflows } from '../../../src/domain.ts';
import { listPrices } from '../../../src/pipeline/listPrices.ts';
import { priceImage, priceVideo, splitPrice, total } from '../../../src/pipeline/pricing.ts';

const priced = (over: object) => runOptions.parse(over);

test('complete at its defaults costs 24: 1 for the words, 5 for the image, 18 for the video', () => {
  expect(listPrices('complete', priced({})).map((step) => step.priceCredits)).toEqual([1, 5, 18]);
  expect(total(listPrices('complete', priced({ aspect: 'tall' })))).toBe(24);
});

test.for([
  ['standard', 'square', 2],
  ['standard', 'wide', 3],
  ['standard', 'tall', 3],
  ['hd', 'square', 3],
  ['hd', 'wide', 5],
  ['hd', 'tall', 5],
] as const)('an image in %s, %s costs %i', ([quality, aspect, credits]) => {
  expect(priceImage(priced({ quality, aspect }))).toBe(credits);
});

test.for([
  [5, '720p', 8, 10],
  [6, '720p', 10, 12],
  [8, '1080p', 15, 18],
  [9, '1080p', 25, 30],
  [15, '4k', 50, 60],
  [16, '720p', 35, 42],
  [60, '4k', 200, 240],
] as const)('%i seconds in %s cost %i, with sound %i', ([duration, resolution, silent, sounding]) => {
  expect(priceVideo(priced({ duration, resolution, audio: false }))).toBe(silent);
  expect(priceVideo(priced({ duration, resolution, audio: true }))).toBe(sounding);
});

test('every permitted combination has a positive whole price', () => {
  const options = fc.record({
    quality: fc.constantFrom(...qualities),
    aspect: fc.constantFrom(...aspects),
    resolution: fc.constantFrom(...resolutions),
    duration: fc.integer({ min: 1, max: maxVideoSeconds }),
    audio: fc.boolean(),
  });
  fc.assert(
    fc.property(options, fc.constantFrom(...workflows), (chosen, workflow) => {
      const price = total(listPrices(workflow, priced(chosen)));
      expect(Number.isInteger(price) && price > 0).toBe(true);
    }),
  );
});

test('longer than a minute has no price', () => {
  expect(() => priceVideo({ ...priced({}), duration: 61 })).toThrow(RangeError);
});

test('a price is split to the last credit, in proportion, whatever the parts', () => {
  const parts = fc.array(fc.integer({ min: 1, max: 60 }), { minLength: 1, maxLength: 16 });
  fc.assert(
    fc.property(fc.nat({ max: 300 }), parts, (price, weights) => {
      const split = splitPrice(price, weights);
      expect(split.reduce((sum, part) => sum + part, 0)).toBe(price);
      const whole = weights.reduce((sum, weight) => sum + weight, 0);
      for (const [at, part] of split.entries()) {
        expect(Math.abs(part - (price * (weights[at] ?? 0)) / whole)).toBeLessThan(1);
      }
    }),
  );
});
