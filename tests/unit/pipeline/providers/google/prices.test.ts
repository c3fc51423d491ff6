import { expect, test } from 'vitest';
import {
  googleImageCost,
  googleImagePrices,
  googleTextCost,
  googleTextPrices,
} from '../../../../../src/pipeline/providers/google/prices.ts';
import type { ModelPrices } from '../../../../../src/pipeline/providers/provider.ts';

const imageOf = (prices: ModelPrices | null) => {
  if (prices?.kind !== 'image') throw new Error('no price of images is known');
  return prices;
};

test('the published price covers what an image is reported to have used', () => {
  const banana = imageOf(googleImagePrices('gemini-nano-banana-2.1'));
  const cost = googleImageCost('gemini-nano-banana-2.1', {
    input: 400 + 1_120,
    imageOutput: 1_680,
    textOutput: 100,
  });
  expect(cost.microUsd ?? 0).toBeLessThanOrEqual(banana.perImage.hd.wide + banana.perPicture);
  // Google states $0.0336 for an image at 1K.
  expect(banana.perImage.standard.square).toBeGreaterThanOrEqual(33_600);
});

test('tokens of Gemini cost twice as much from 2027 on, and the price of a call is the one from then on', () => {
  const tokens = { input: 1_000, output: 2_000 };
  const of = (at: string) => googleTextCost('gemini-3.8-flash', tokens, new Date(at));
  expect(of('2026-12-31T23:59:59Z')).toBe(750 + 7_500);
  expect(of('2027-01-01T00:00:00Z')).toBe(1_500 + 15_000);
  expect(googleTextPrices('gemini-3.8-flash')).toEqual({ kind: 'enhance', perCall: 4_000 * 1.5 + 4_000 * 7.5 });
});

test('no price is made up for a model that we do not know', () => {
  expect(googleTextPrices('gemini-9')).toBeNull();
  expect(googleTextCost('gemini-9', { input: 1, output: 1 }, new Date())).toBeNull();
  expect(googleImagePrices('imagen-9')).toBeNull();
});
