import { z } from 'zod';
import type { EnhancedPrompt } from '../../../domain.ts';
import { answersAtOnce } from '../at-once.ts';
import { deadlines } from '../deadlines.ts';
import { briefing, clip, instructions, prompts } from '../enhancePrompt.ts';
import { type Call, type EnhanceRequest, type Provider, ProviderError, type Submitted } from '../provider.ts';
import { exchange } from '../providerCall.ts';
import { type OpenAiOptions, openAiClient, openAiExchange, requireOpenAiKey } from './client.ts';
import { defaultEnhanceModel, textCost, textModel } from './models.ts';

/** The parts of an answer that we rely on. A model's refusal is a content part of its own. */
const answer = z.object({
  status: z.string().nullish(),
  incomplete_details: z.object({ reason: z.string().nullish() }).nullish(),
  output: z.array(
    z.object({ content: z.array(z.object({ type: z.string(), refusal: z.string().optional() })).nullish() }),
  ),
  output_parsed: prompts.nullish(),
  usage: z
    .object({
      input_tokens: z.number(),
      output_tokens: z.number(),
      input_tokens_details: z.object({ cached_tokens: z.number().optional() }).optional(),
    })
    .nullish(),
});

/** Prompt enhancement with OpenAI's Responses API. One call returns both prompts. */
export function createOpenAiEnhance(
  options: OpenAiOptions & { model?: string; deadlineMs?: number },
): Provider<'enhance'> {
  const model = options.model ?? defaultEnhanceModel;
  return {
    id: 'openai',
    vendor: 'openai',
    step: 'enhance',
    model,
    capabilities: {
      aspects: ['wide', 'tall', 'square'],
      qualities: ['standard', 'hd'],
      durations: [],
      resolutions: [],
    },
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
  return await exchange(openAiExchange(call, options.deadlineMs ?? deadlines.enhance), async (line) => {
    const { zodTextFormat } = await import('openai/helpers/zod');
    const response = await (await openAiClient(options, key, line)).responses.parse({
      model,
      instructions,
      input: briefing(request),
      text: { format: zodTextFormat(prompts, 'prompts') },
      ...(reasoning && { reasoning: { effort: reasoning } }),
      max_output_tokens: 4_000,
      store: false,
      safety_identifier: call.memberHash,
    });
    return read(model, answer.parse(response));
  });
}

function read(model: string, response: z.infer<typeof answer>): Submitted<'enhance'> {
  const refusal = response.output.flatMap((item) => item.content ?? []).find((part) => part.type === 'refusal');
  if (refusal || response.incomplete_details?.reason === 'content_filter') {
    throw new ProviderError('refused', `OpenAI's safety system did not allow this. ${refusal?.refusal ?? ''}`.trim());
  }
  const image = clip(response.output_parsed?.image ?? '');
  const motion = clip(response.output_parsed?.motion ?? '');
  if (!image || !motion) throw new ProviderError('no_output', 'OpenAI sent no improved prompt.');
  const output: EnhancedPrompt = { image, motion };
  return { outcome: 'finished', output, ...(response.usage && { cost: textCost(model, response.usage) }) };
}
