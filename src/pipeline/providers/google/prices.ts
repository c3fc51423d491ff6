import type { Quality } from '../../../domain.ts';
import type { ModelPrices, ProviderCost } from '../provider.ts';
import { usualCall } from '../usualCall.ts';
import { googleImageSize } from './models.ts';

/** Millionths of a US dollar per token. That is the same number as US dollars per million tokens. */
type TextPrice = { input: number; output: number };

/**
 * Thoughts count as output. Source: Google's page of prices, read in October 2026. It names both prices, the lower one through 31 December
 * 2026.
 */
const textPricesOf: Record<string, { until: Date; before: TextPrice; after: TextPrice }> = {
  'gemini-3.8-flash': {
    until: new Date('2027-01-01T00:00:00Z'),
    before: { input: 0.75, output: 3.75 },
    after: { input: 1.5, output: 7.5 },
  },
};

/** The published price of an enhancer's call. Where two are published, the higher one: prices in credits should not double overnight. */
export function googleTextPrices(model: string): ModelPrices | null {
  const price = textPricesOf[model]?.after;
  return price ? { kind: 'enhance', perCall: usualCall.read * price.input + usualCall.written * price.output } : null;
}

/** Reported tokens at the published price of a token at that moment. */
export function googleTextCost(model: string, tokens: { input: number; output: number }, at: Date): number | null {
  const prices = textPricesOf[model];
  if (!prices) return null;
  const price = at < prices.until ? prices.before : prices.after;
  return Math.round(tokens.input * price.input + tokens.output * price.output);
}

/** $1.50 in, $7.50 text out, $30 image out per million tokens (LiteLLM's announcement, October 2026). */
const bananaPrices: Record<string, { input: number; textOutput: number; imageOutput: number }> = {
  'gemini-nano-banana-2.1': { input: 1.5, textOutput: 7.5, imageOutput: 30 },
};

/** Reported tokens at the published price of a token. */
export function googleImageCost(
  model: string,
  tokens: { input: number; imageOutput: number; textOutput: number },
): ProviderCost {
  const price = bananaPrices[model];
  if (!price) return { microUsd: null, usage: tokens };
  const microUsd =
    tokens.input * price.input + tokens.imageOutput * price.imageOutput + tokens.textOutput * price.textOutput;
  return { microUsd: Math.round(microUsd), usage: tokens };
}

/**
 * An image has as many tokens at every aspect, and a picture that the model looks at has those of 1K. Source: Google Cloud's page of Gemini
 * 3.1 Flash Image, 2026. For Nano Banana 2.1 it gives the $0.0336 at 1K that Google states.
 */
const imageTokens = { '1K': 1_120, '2K': 1_680 } as const satisfies Record<(typeof googleImageSize)[Quality], number>;

/** A prompt of 250 words and our own words, and a few thoughts: rounded up. */
const otherTokens = { read: 1_000, written: 500 } as const;

/** The published price of an image at the sizes that we ask for. Null for a model whose price we do not know. */
export function googleImagePrices(model: string): ModelPrices | null {
  const price = bananaPrices[model];
  if (!price) return null;
  const other = otherTokens.read * price.input + otherTokens.written * price.textOutput;
  const perAspect = (quality: Quality) => {
    const microUsd = imageTokens[googleImageSize[quality]] * price.imageOutput + other;
    return { wide: microUsd, tall: microUsd, square: microUsd };
  };
  return {
    kind: 'image',
    perImage: { standard: perAspect('standard'), hd: perAspect('hd') },
    perPicture: imageTokens['1K'] * price.input,
  };
}
