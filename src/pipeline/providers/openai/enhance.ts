import type OpenAI from 'openai';
import { z } from 'zod';
import { answersAtOnce } from '../at-once.ts';
import { deadlines } from '../deadlines.ts';
import { type EnhanceTask, taskOf } from '../enhancePrompt.ts';
import {
  type Call,
  type EnhanceRequest,
  enhancerCapabilities,
  type Provider,
  ProviderError,
  type Submitted,
} from '../provider.ts';
import { exchange } from '../providerCall.ts';
import { type OpenAiOptions, openAiClient, openAiExchange, requireOpenAiKey } from './client.ts';
import { textCost } from './costs.ts';
import { defaultEnhanceModel, textModel } from './models.ts';
import { textPrices } from './prices.ts';

/** The parts of an answer that we rely on. A model's refusal is a content part of its own. */
const answer = z.object({
  status: z.string().nullish(),
  incomplete_details: z.object({ reason: z.string().nullish() }).nullish(),
  output: z.array(
    z.object({ content: z.array(z.object({ type: z.string(), refusal: z.string().optional() })).nullish() }),
  ),
  output_parsed: z.unknown(),
  usage: z
    .object({
      input_tokens: z.number(),
      output_tokens: z.number(),
      input_tokens_details: z.object({ cached_tokens: z.number().optional() }).optional(),
    })
    .nullish(),
});

/** Prompt enhancement with OpenAI's Responses API. One call returns all prompts. */
export function createOpenAiEnhance(
  options: OpenAiOptions & { model?: string; deadlineMs?: number },
): Provider<'enhance'> {
  const model = options.model ?? defaultEnhanceModel;
  return {
    id: 'openai',
    vendor: 'openai',
    step: 'enhance',
    model,
    capabilities: enhancerCapabilities,
    prices: textPrices(model),
    expectedMs: () => 5_000,
    submit: (request, call) => enhance(options, model, request, call),
    ...answersAtOnce,
  };
}

async function enhance(
  options: OpenAiOptions & { deadlineMs?: number },
  model: string,
  request: EnhanceRequest,
  call: Call,
): Promise<Submitted<'enhance'>> {
  const key = requireOpenAiKey(call.key);
  const { reasoning } = textModel(model);
  const task = await taskOf(request);
  return await exchange(openAiExchange(call, options.deadlineMs ?? deadlines.enhance), async (line) => {
    const { zodTextFormat } = await import('openai/helpers/zod');
    const response = await (await openAiClient(options, key, line)).responses.parse({
      model,
      instructions: task.instructions,
      input: inputOf(task),
      text: { format: zodTextFormat(task.schema, task.name) },
      ...(reasoning && { reasoning: { effort: reasoning } }),
      max_output_tokens: task.maxOutputTokens,
      store: false,
      safety_identifier: call.memberHash,
    });
    return read(model, task, answer.parse(response));
  });
}

function inputOf({ briefing, pictures }: EnhanceTask): string | OpenAI.Responses.ResponseInput {
  if (pictures.length === 0) return briefing;
  const images = pictures.map(({ content, mime }) => {
    const image_url = `data:${mime};base64,${content.toString('base64')}`;
    return { type: 'input_image', detail: 'auto', image_url } as const;
  });
  return [{ role: 'user', content: [...images, { type: 'input_text', text: briefing }] }];
}

function read(model: string, task: EnhanceTask, response: z.infer<typeof answer>): Submitted<'enhance'> {
  const refusal = response.output.flatMap((item) => item.content ?? []).find((part) => part.type === 'refusal');
  if (refusal || response.incomplete_details?.reason === 'content_filter') {
    throw new ProviderError('refused', `OpenAI's safety system did not allow this. ${refusal?.refusal ?? ''}`.trim());
  }
  const output = task.read(response.output_parsed);
  if (!output) throw new ProviderError('no_output', 'OpenAI sent no improved prompt.');
  return { outcome: 'finished', output, ...(response.usage && { cost: textCost(model, response.usage) }) };
}
