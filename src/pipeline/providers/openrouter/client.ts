import { z } from 'zod';
import type { Secret } from '../../../db/secret.ts';
import type { JsonValue } from '../../../domain.ts';
import { type Endpoint, type HttpRequest, requestJson } from '../http.ts';
import { type ProviderCost, ProviderError } from '../provider.ts';
import { classify, vendorName, withoutErrorInside } from './errors.ts';

export type OpenRouterOptions = {
  /** Another address of OpenRouter's API, with the version in its path. */
  baseUrl?: string;
};

const ownBaseUrl = 'https://openrouter.ai/api/v1';

export const baseUrlOf = ({ baseUrl = ownBaseUrl }: OpenRouterOptions): string => baseUrl.replace(/\/+$/, '');

/** A request of our own to OpenRouter. Its models can be listed without a key. */
export async function ask<T>(
  options: OpenRouterOptions,
  key: Secret | null,
  request: HttpRequest,
  shape: z.ZodType<T>,
): Promise<T> {
  const endpoint: Endpoint = { vendor: vendorName, baseUrl: baseUrlOf(options), key, classify };
  return await requestJson(endpoint, request, withoutErrorInside(shape));
}

export function requireOpenRouterKey(key: Secret | null): Secret {
  if (key) return key;
  throw new ProviderError('bad_key', 'No OpenRouter key is at hand.', { nothingGenerated: true });
}

const dataUrlOf = ({ content, mime }: { content: Buffer; mime: string }): string =>
  `data:${mime};base64,${content.toString('base64')}`;

/** A picture in a request. */
export const imagePartOf = (picture: { content: Buffer; mime: string }) => ({
  type: 'image_url' as const,
  image_url: { url: dataUrlOf(picture) },
});

const usd = z.number().min(0).max(1e6);

/** The cost of a call, as OpenRouter reports it. A cost that cannot be true counts as missing. */
export const usageShape = z
  .looseObject({
    cost: usd.nullish().catch(null),
    is_byok: z.boolean().nullish().catch(null),
    cost_details: z
      .object({ upstream_inference_cost: usd.nullish().catch(null) })
      .nullish()
      .catch(null),
  })
  .nullish()
  .catch(null);
export type Usage = z.infer<typeof usageShape>;

/**
 * The cost that OpenRouter reports. With a provider's key of the account's own (`is_byok`), OpenRouter charges only its fee, and the
 * provider charges the rest. Without a report it is the published price, in millionths of a US dollar, null if there is none.
 */
export function costOf(
  usage: Usage,
  published: number | null,
  facts: Readonly<Record<string, JsonValue>>,
): ProviderCost {
  const reported = reportedUsd(usage);
  if (reported !== null) {
    return { microUsd: Math.round(reported * 1e6), usage: { ...facts, costUsd: reported } };
  }
  return published === null
    ? { microUsd: null, usage: facts }
    : { microUsd: Math.round(published), usage: facts, isEstimate: true };
}

function reportedUsd(usage: Usage): number | null {
  const cost = usage?.cost ?? null;
  if (cost === null || !usage?.is_byok) return cost;
  const upstream = usage.cost_details?.upstream_inference_cost ?? null;
  return upstream === null ? null : cost + upstream;
}
