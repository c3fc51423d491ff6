import { z } from 'zod';
import { answersAtOnce } from '../at-once.ts';
import { deadlines } from '../deadlines.ts';
import { type EnhanceTask, taskOf } from '../enhancePrompt.ts';
import { parseJson } from '../http.ts';
import { type Call, type EnhanceRequest, type Provider, ProviderError, type Submitted } from '../provider.ts';
import { ask, costOf, imagePartOf, type OpenRouterOptions, requireOpenRouterKey, usageShape } from './client.ts';
import { errorInside } from './errors.ts';
import type { KnownModel } from './models.ts';
import { textExtra } from './textModels.ts';

const answer = z.object({
  choices: z.array(
    z.object({
      finish_reason: z.string().nullish(),
      error: z.unknown().optional(),
      message: z.object({ content: z.string().nullish(), refusal: z.string().nullish() }).nullish(),
    }),
  ),
  usage: usageShape,
});

/** Prompt enhancement with any language model of OpenRouter that can be held to a JSON schema. */
export function createOpenRouterEnhance(
  options: OpenRouterOptions & { deadlineMs?: number },
  known: KnownModel,
): Provider<'enhance'> {
  return {
    id: 'openrouter',
    vendor: 'openrouter',
    step: 'enhance',
    ...known.shown,
    expectedMs: () => 5_000,
    submit: (request, call) => enhance(options, known, request, call),
    ...answersAtOnce,
  };
}

async function enhance(
  options: OpenRouterOptions & { deadlineMs?: number },
  { shown, extra }: KnownModel,
  request: EnhanceRequest,
  call: Call,
): Promise<Submitted<'enhance'>> {
  const key = requireOpenRouterKey(call.key);
  const task = await taskOf(request);
  const { limit = null, reasoning = false } = textExtra.safeParse(extra).data ?? {};
  const body = {
    model: shown.model,
    messages: [
      { role: 'system', content: task.instructions },
      { role: 'user', content: contentOf(task) },
    ],
    response_format: {
      type: 'json_schema',
      json_schema: { name: task.name, strict: true, schema: z.toJSONSchema(task.schema) },
    },
    // Without it OpenRouter may choose a provider that ignores the schema.
    provider: { require_parameters: true },
    ...(limit !== null && { [limit]: task.maxOutputTokens }),
    // The task is small.
    ...(reasoning && { reasoning: { effort: 'low' } }),
    user: call.memberHash,
  };
  const deadlineMs = options.deadlineMs ?? deadlines.enhance;
  const path = '/chat/completions';
  const { signal } = call;
  const response = await ask(options, key, { method: 'POST', path, body: { json: body }, deadlineMs, signal }, answer);
  return {
    outcome: 'finished',
    output: read(task, response),
    cost: costOf(response.usage, shown.prices?.kind === 'enhance' ? shown.prices.perCall : null, {}),
  };
}

function contentOf({ briefing, pictures }: EnhanceTask) {
  if (pictures.length === 0) return briefing;
  return [...pictures.map(imagePartOf), { type: 'text', text: briefing }];
}

function read(task: EnhanceTask, { choices }: z.infer<typeof answer>) {
  const [choice] = choices;
  if (choice?.error) throw errorInside(choice.error);
  const refusal = choice?.message?.refusal;
  if (refusal || choice?.finish_reason === 'content_filter') {
    throw new ProviderError('refused', `The provider behind OpenRouter did not allow this. ${refusal ?? ''}`.trim());
  }
  const output = task.read(parseJson(choice?.message?.content ?? ''));
  if (!output) throw new ProviderError('no_output', 'OpenRouter sent no improved prompt.');
  return output;
}
