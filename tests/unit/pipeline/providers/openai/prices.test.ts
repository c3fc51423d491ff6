import { expect, test } from 'vitest';
import { imageCost } from '../../../../../src/pipeline/providers/openai/costs.ts';
import { imagePrices, textPrices } from '../../../../../src/pipeline/providers/openai/prices.ts';
import type { ModelPrices } from '../../../../../src/pipeline/providers/provider.ts';

const imageOf = (prices: ModelPrices | null) => {
  if (prices?.kind !== 'image') throw new Error('no price of images is known');
  return prices;
};

/** The words of a prompt, rounded up: 1,000 tokens at $5 per million. */
const words = 5_000;

test('an image of GPT Image 2 costs what the vendor publishes, and its words', () => {
  const { perImage, perPicture } = imageOf(imagePrices('gpt-image-2', 0));
  // The vendor's guide has $0.053 and $0.211 for a square.
  expect(perImage.standard.square).toBe(1_756 * 30 + words);
  expect(perImage.hd.square).toBe(7_024 * 30 + words);
  expect(perImage.standard.wide).toBe(perImage.standard.tall);
  expect(perImage.hd.wide).toBe(5_650 * 30 + words);
  expect(perPicture).toBe(1_536 * 8);
});

test('GPT Image 2.6 takes more tokens at medium, and each unfinished picture costs a hundred', () => {
  const old = imageOf(imagePrices('gpt-image-2.5-flare', 0)).perImage;
  const { perImage } = imageOf(imagePrices('gpt-image-2.6-flare', 0));
  expect(perImage.standard.square).toBe(4 * 1_756 * 30 + words);
  expect(perImage.hd).toEqual(old.hd);
  const partial = imageOf(imagePrices('gpt-image-2.6-flare', 3)).perImage;
  expect(partial.hd.square - perImage.hd.square).toBe(3 * 100 * 30);
});

test('the published price covers what an image is reported to have used', () => {
  const { perImage, perPicture } = imageOf(imagePrices('gpt-image-2', 0));
  const usage = {
    input_tokens: 400 + 2 * 1_536,
    output_tokens: 1_756,
    input_tokens_details: { text_tokens: 400, image_tokens: 2 * 1_536 },
  };
  const { microUsd, isEstimate } = imageCost('gpt-image-2', usage);
  expect(isEstimate ?? false).toBe(false);
  expect(microUsd).toBe(400 * 5 + 2 * 1_536 * 8 + 1_756 * 30);
  expect(microUsd ?? 0).toBeLessThanOrEqual(perImage.standard.square + 2 * perPicture);
});

test('no price is made up for a model that we do not know', () => {
  expect(textPrices('gpt-7-nova')).toBeNull();
  expect(imagePrices('dall-e-3', 0)).toBeNull();
  expect(imagePrices('our-own-painter', 0)).toBeNull();
});
