import type { JsonValue } from '../../../domain.ts';
import type { ProviderCost } from '../provider.ts';
import { textModel } from './models.ts';
import { imagePrice } from './prices.ts';

export type ImageUsage = {
  input_tokens: number;
  output_tokens: number;
  input_tokens_details?: { text_tokens?: number | undefined; image_tokens?: number | undefined } | undefined;
};

/** Reported tokens at the published price of a token. */
export function imageCost(model: string, usage: ImageUsage): ProviderCost {
  const record: JsonValue = { inputTokens: usage.input_tokens, outputTokens: usage.output_tokens };
  const price = imagePrice(model);
  if (!price) return { microUsd: null, usage: record };
  const images = usage.input_tokens_details?.image_tokens ?? 0;
  const words = usage.input_tokens - images;
  const { textInput, imageInput, imageOutput } = price;
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

/** Reported tokens at the published price of a token. */
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
