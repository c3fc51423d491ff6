import type { Aspect, JsonValue, Quality } from '../../../domain.ts';
import type { Capabilities, ProviderCost } from '../provider.ts';

export const defaultEnhanceModel = 'gpt-6-luna';
export const defaultImageModel = 'gpt-image-2.6-flare';

/** Millionths of a US dollar per token. That is the same number as US dollars per million tokens. */
type TextPrice = { input: number; cachedInput: number; output: number };
type ImagePrice = { textInput: number; imageInput: number; imageOutput: number };

type TextModel = { reasoning: 'none' | 'low' | null; price: TextPrice | null };

/** Models that reason get a low effort, because the task is small. Price: the vendor's page of gpt-6-luna, read in November 2026. */
const textModels: Record<string, TextModel> = {
  'gpt-6-luna': { reasoning: 'low', price: { input: 0.1, cachedInput: 0.01, output: 0.5 } },
};
const textFamilies: readonly (readonly [prefix: string, model: TextModel])[] = [
  ['gpt-6', { reasoning: 'low', price: null }],
  ['gpt-5.', { reasoning: 'low', price: null }],
];

export function textModel(id: string): TextModel {
  return (
    textModels[id] ?? textFamilies.find(([prefix]) => id.startsWith(prefix))?.[1] ?? { reasoning: null, price: null }
  );
}

/**
 * The request format of a model. `gpt` is the GPT Image family from 2 on, which takes any size in steps of 16. `gpt-fixed` is its
 * predecessors with three sizes. `dall-e` is the model that compatible services still serve under that name.
 */
export type ImageShape = 'gpt' | 'gpt-fixed' | 'dall-e';

export function imageShape(id: string): ImageShape {
  if (id.startsWith('dall-e')) return 'dall-e';
  return /^gpt-image-1|^chatgpt-image/.test(id) ? 'gpt-fixed' : 'gpt';
}

const fixedSizes = { wide: '1536x1024', tall: '1024x1536', square: '1024x1024' } as const;
const dallESizes = { wide: '1792x1024', tall: '1024x1792', square: '1024x1024' } as const;

/**
 * Exact 16:9 and 9:16 if a model takes any size, so that an image can be a first frame; at hd as large as a 1080p frame.
 * Otherwise the nearest fixed sizes, and the receiver crops the rest. Source of the sizes: the vendor's guide to GPT Image 2,
 * November 2026.
 */
const sizes = {
  gpt: {
    standard: { wide: '1536x864', tall: '864x1536', square: '1024x1024' },
    hd: { wide: '2048x1152', tall: '1152x2048', square: '1024x1024' },
  },
  'gpt-fixed': { standard: fixedSizes, hd: fixedSizes },
  'dall-e': { standard: dallESizes, hd: dallESizes },
} as const satisfies Record<ImageShape, Record<Quality, Record<Aspect, string>>>;

export function imageSize<Shape extends ImageShape>(shape: Shape, aspect: Aspect, quality: Quality) {
  return sizes[shape][quality][aspect];
}

export const gptQuality = { standard: 'medium', hd: 'high' } as const satisfies Record<Quality, string>;

export const imageCapabilities: Capabilities = {
  aspects: ['wide', 'tall', 'square'],
  qualities: ['standard', 'hd'],
  durations: [],
  resolutions: [],
};

/**
 * The usual duration of a GPT Image in milliseconds, by quality. Source: third-party reports of 8–12 s for flare at medium,
 * doubled for hd.
 */
export const imageUsualMs = { standard: 15_000, hd: 30_000 } as const satisfies Record<Quality, number>;

/** $5, $8 and $30 per million tokens for GPT Image 2 to 2.6. Source: resellers' statements of OpenAI's list price, November 2026. */
const gptImage2: ImagePrice = { textInput: 5, imageInput: 8, imageOutput: 30 };

export type ImageUsage = {
  input_tokens: number;
  output_tokens: number;
  input_tokens_details?: { text_tokens?: number | undefined; image_tokens?: number | undefined } | undefined;
};

export function imageCost(model: string, usage: ImageUsage): ProviderCost {
  const record: JsonValue = { inputTokens: usage.input_tokens, outputTokens: usage.output_tokens };
  if (!model.startsWith('gpt-image-2')) return { microUsd: null, usage: record };
  const images = usage.input_tokens_details?.image_tokens ?? 0;
  const words = usage.input_tokens - images;
  const { textInput, imageInput, imageOutput } = gptImage2;
  return {
    microUsd: Math.round(words * textInput + images * imageInput + usage.output_tokens * imageOutput),
    usage: record,
  };
}

export type TextUsage = {
  input_tokens: number;
  output_tokens: number;
  input_tokens_details?: { cached_tokens?: number | undefined } | undefined;
};

export function textCost(model: string, usage: TextUsage): ProviderCost {
  const cached = usage.input_tokens_details?.cached_tokens ?? 0;
  const record: JsonValue = {
    inputTokens: usage.input_tokens,
    cachedTokens: cached,
    outputTokens: usage.output_tokens,
  };
  const { price } = textModel(model);
  if (!price) return { microUsd: null, usage: record };
  const fresh = usage.input_tokens - cached;
  return {
    microUsd: Math.round(fresh * price.input + cached * price.cachedInput + usage.output_tokens * price.output),
    usage: record,
  };
}
