import { z } from 'zod';
import type { EnhancedPrompt } from '../../../domain.ts';
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
import { type GoogleOptions, googleClient, googleExchange, inlineOf, onePost, requireGoogleKey } from './client.ts';
import { modelStatus, retirementOf } from './modelStatus.ts';
import { defaultGoogleTextModel } from './models.ts';
import { googleTextCost, googleTextPrices } from './prices.ts';

const answer = z.object({
  promptFeedback: z.object({ blockReason: z.string().nullish() }).nullish(),
  candidates: z
    .array(
      z.object({
        finishReason: z.string().nullish(),
        content: z
          .object({
            parts: z.array(z.object({ thought: z.boolean().nullish(), text: z.string().nullish() })).nullish(),
          })
          .nullish(),
      }),
    )
    .nullish(),
  usageMetadata: z
    .object({
      promptTokenCount: z.number().nullish(),
      candidatesTokenCount: z.number().nullish(),
      thoughtsTokenCount: z.number().nullish(),
    })
    .nullish()
    .catch(null),
  modelStatus,
});

type GoogleEnhanceOptions = GoogleOptions & {
  model?: string;
  deadlineMs?: number;
  /** Milliseconds since the epoch. The price of a token depends on it. */
  now?: () => number;
};

/** Prompt enhancement by Gemini, so that a Google key alone is enough for every workflow. */
export function createGoogleEnhance(options: GoogleEnhanceOptions): Provider<'enhance'> {
  const model = options.model ?? defaultGoogleTextModel;
  return {
    id: 'google',
    vendor: 'google',
    step: 'enhance',
    model,
    capabilities: enhancerCapabilities,
    prices: googleTextPrices(model),
    expectedMs: () => 5_000,
    submit: (request, call) => enhance(options, model, request, call),
    ...answersAtOnce,
  };
}

async function enhance(
  options: GoogleEnhanceOptions,
  model: string,
  request: EnhanceRequest,
  call: Call,
): Promise<Submitted<'enhance'>> {
  const key = requireGoogleKey(call.key);
  const task = await taskOf(request);
  const response = await exchange(googleExchange(call, options.deadlineMs ?? deadlines.enhance), async (line) =>
    answer.parse(
      await (await googleClient(options, key, line)).models.generateContent({
        model,
        contents: [{ role: 'user', parts: [...task.pictures.map(inlineOf), { text: task.briefing }] }],
        config: {
          ...onePost,
          systemInstruction: task.instructions,
          responseMimeType: 'application/json',
          responseJsonSchema: z.toJSONSchema(task.schema),
        },
      }),
    ),
  );
  const output = read(task, response);
  const { usageMetadata } = response;
  const tokens = {
    input: usageMetadata?.promptTokenCount ?? 0,
    output: (usageMetadata?.candidatesTokenCount ?? 0) + (usageMetadata?.thoughtsTokenCount ?? 0),
  };
  const usage = { ...tokens, ...retirementOf(response.modelStatus) };
  const microUsd = googleTextCost(model, tokens, new Date((options.now ?? Date.now)()));
  return { outcome: 'finished', output, ...(usageMetadata && { cost: { microUsd, usage } }) };
}

function read(task: EnhanceTask, response: z.infer<typeof answer>): EnhancedPrompt {
  const blocked = response.promptFeedback?.blockReason;
  if (blocked) throw new ProviderError('refused', `Google's safety system did not allow this prompt (${blocked}).`);
  const [candidate] = response.candidates ?? [];
  const text = (candidate?.content?.parts ?? []).flatMap((part) => (part.thought ? [] : [part.text ?? ''])).join('');
  const output = task.read(jsonOf(text));
  if (output) return output;
  const reason = candidate?.finishReason ?? '';
  const refused = ['SAFETY', 'PROHIBITED_CONTENT', 'BLOCKLIST', 'SPII'].includes(reason);
  if (refused) throw new ProviderError('refused', `Google's safety system held the words back (${reason}).`);
  throw new ProviderError('no_output', `Google sent no improved prompt${reason && ` (${reason})`}.`);
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
