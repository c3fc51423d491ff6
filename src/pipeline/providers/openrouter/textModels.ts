import { z } from 'zod';
import type { ListedModel } from '../keys.ts';
import { enhancerCapabilities, type ModelPrices, noCapabilities } from '../provider.ts';
import { usualCall } from '../usualCall.ts';
import { microUsdOf, modelId, shutdown, strings, titleOf, usdOf } from './listing.ts';

/** Further facts that a request to a language model needs: how it is told the most tokens, and whether it can think less. */
export const textExtra = z.object({
  limit: z.enum(['max_tokens', 'max_completion_tokens']).nullable(),
  reasoning: z.boolean(),
});

const listing = z.object({
  id: modelId,
  name: z.string().catch(''),
  architecture: z.object({ input_modalities: strings, output_modalities: strings }),
  supported_parameters: strings,
  context_length: z.number().nullish().catch(null),
  pricing: z.record(z.string(), z.unknown()).nullish().catch(null),
  expiration_date: shutdown,
});

/** The instructions, the words, pictures and an answer with thoughts. */
const minContext = 16_000;

/**
 * A model of `GET /models`, reduced to what the enhancer can do with it. Null for one that cannot be held to a JSON schema, or that
 * answers with more than text. OpenRouter's own routers are left out: any model may answer, at any price.
 */
export function textModelOf(raw: unknown): ListedModel | null {
  const model = listing.safeParse(raw).data;
  if (!model || model.id.startsWith('openrouter/')) return null;
  const { input_modalities: input, output_modalities: output } = model.architecture;
  const parameters = new Set(model.supported_parameters);
  const isHeldToSchema = parameters.has('structured_outputs') && parameters.has('response_format');
  const writesText = output.length === 1 && output[0] === 'text' && input.includes('text');
  const hasRoom = (model.context_length ?? minContext) >= minContext;
  if (!isHeldToSchema || !writesText || !hasRoom) return null;
  return {
    id: model.id,
    shutdownAt: model.expiration_date,
    entry: {
      kind: 'enhance',
      title: titleOf(model.name, model.id),
      capabilities: input.includes('image') ? enhancerCapabilities : noCapabilities,
      prices: pricesOf(model.pricing ?? {}),
      extra: { limit: limitOf(parameters), reasoning: parameters.has('reasoning') },
    },
  };
}

function limitOf(parameters: ReadonlySet<string>): z.infer<typeof textExtra>['limit'] {
  if (parameters.has('max_completion_tokens')) return 'max_completion_tokens';
  return parameters.has('max_tokens') ? 'max_tokens' : null;
}

/** OpenRouter lists US dollars for each token, and for each request. */
function pricesOf(pricing: Readonly<Record<string, unknown>>): ModelPrices | null {
  const [prompt, completion, request] = [pricing.prompt, pricing.completion, pricing.request ?? 0].map(usdOf);
  if (prompt == null || completion == null || request == null) return null;
  const perCall = microUsdOf(prompt * usualCall.read + completion * usualCall.written + request);
  return perCall === null ? null : { kind: 'enhance', perCall };
}
