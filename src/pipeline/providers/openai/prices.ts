import type { Aspect, Quality } from '../../../domain.ts';
import type { ModelPrices } from '../provider.ts';
import { usualCall } from '../usualCall.ts';
import { gptQuality, imageSize, textModel } from './models.ts';

/** The published price of an enhancer's call. Null for a model whose price we do not know. */
export function textPrices(model: string): ModelPrices | null {
  const { price } = textModel(model);
  if (!price) return null;
  return { kind: 'enhance', perCall: usualCall.read * price.input + usualCall.written * price.output };
}

/** Millionths of a US dollar per token. That is the same number as US dollars per million tokens. */
type ImagePrice = { textInput: number; imageInput: number; imageOutput: number };

/**
 * $5, $8 and $30 per million tokens for GPT Image 2 to 2.6. Source: OpenAI's pages of these models, as they are quoted in October and
 * November 2026.
 */
const gptImage2: ImagePrice = { textInput: 5, imageInput: 8, imageOutput: 30 };

/** The price of a token. Null for a model whose price we do not know. */
export const imagePrice = (model: string): ImagePrice | null => (model.startsWith('gpt-image-2') ? gptImage2 : null);

/** A prompt of 250 words, our own words, and the names of the pictures: rounded up. */
const promptTokens = 1_000;

/** OpenAI scales a picture to at most 1,536 patches, and counts a token for each. Source: measurements of June 2026 in OpenAI's forum. */
const maxPictureTokens = 1_536;

/** Source: the SDK's documentation of `partial_images`. */
const tokensOfPartial = 100;

/** The published price of an image at the sizes that we ask for. Null for a model whose price we do not know. */
export function imagePrices(model: string, partialImages: number): ModelPrices | null {
  const price = imagePrice(model);
  if (!price) return null;
  const other = promptTokens * price.textInput + partialImages * tokensOfPartial * price.imageOutput;
  const of = (quality: Quality, aspect: Aspect) =>
    outputTokens(model, quality, imageSize('gpt', aspect, quality)) * price.imageOutput + other;
  const perAspect = (quality: Quality) => ({
    wide: of(quality, 'wide'),
    tall: of(quality, 'tall'),
    square: of(quality, 'square'),
  });
  return {
    kind: 'image',
    perImage: { standard: perAspect('standard'), hd: perAspect('hd') },
    perPicture: maxPictureTokens * price.imageInput,
  };
}

/** How finely an image is drawn along its longer side. */
const fineness = { medium: 48, high: 96 } as const satisfies Record<(typeof gptQuality)[Quality], number>;

/**
 * The output tokens of an image: 1,756 and 7,024 for a square at medium and high. Source: OpenAI's own calculator for GPT Image 2, as
 * OpenAI's forum has put it down in June 2026. It agrees with the prices in OpenAI's guide ($0.053 and $0.211).
 *
 * GPT Image 2.5 counts like 2. 2.6 takes three to four times the tokens at medium and as many at high. Source: a reseller that forwards to
 * OpenAI, November 2026. We reckon with four.
 */
function outputTokens(model: string, quality: Quality, size: string): number {
  const [width = 0, height = 0] = size.split('x').map(Number);
  const level = gptQuality[quality];
  const long = fineness[level];
  const short = Math.round((long * Math.min(width, height)) / Math.max(width, height));
  const tokens = Math.ceil((long * short * (2_000_000 + width * height)) / 4_000_000);
  return level === 'medium' && model.startsWith('gpt-image-2.6') ? 4 * tokens : tokens;
}
