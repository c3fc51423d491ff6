import { z } from 'zod';
import { answersAtOnce } from '../at-once.ts';
import { deadlines } from '../deadlines.ts';
import { briefing, clip, instructions, prompts } from '../enhancePrompt.ts';
import { type Call, type EnhanceRequest, type Provider, ProviderError, type Submitted } from '../provider.ts';
import { exchange } from '../providerCall.ts';
import { type GoogleOptions, googleClient, googleExchange, onePost, requireGoogleKey } from './client.ts';
import { modelStatus, retirementOf } from './modelStatus.ts';
import { defaultGoogleTextModel } from './models.ts';

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
    .object({ promptTokenCount: z.number().nullish(), candidatesTokenCount: z.number().nullish() })
    .nullish()
    .catch(null),
  modelStatus,
});

/** Prompt enhancement by Gemini, so that a Google key alone is enough for every workflow. */
export function createGoogleEnhance(
  options: GoogleOptions & { model?: string; deadlineMs?: number },
): Provider<'enhance'> {
  const model = options.model ?? defaultGoogleTextModel;
  return {
    id: 'google',
    vendor: 'google',
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
  options: GoogleOptions & { deadlineMs?: number },
  model: string,
  request: EnhanceRequest,
  call: Call,
): Promise<Submitted<'enhance'>> {
  const key = requireGoogleKey(call.key);
  const response = await exchange(googleExchange(call, options.deadlineMs ?? deadlines.enhance), async (line) =>
    answer.parse(
      await (await googleClient(options, key, line)).models.generateContent({
        model,
        contents: [{ role: 'user', parts: [{ text: briefing(request) }] }],
        config: {
          ...onePost,
          systemInstruction: instructions,
          responseMimeType: 'application/json',
          responseJsonSchema: z.toJSONSchema(prompts),
        },
      }),
    ),
  );
  const output = read(response);
  const usage = {
    input: response.usageMetadata?.promptTokenCount ?? 0,
    output: response.usageMetadata?.candidatesTokenCount ?? 0,
    ...retirementOf(response.modelStatus),
  };
  return { outcome: 'finished', output, ...(response.usageMetadata && { cost: { microUsd: null, usage } }) };
}

function read(response: z.infer<typeof answer>) {
  const blocked = response.promptFeedback?.blockReason;
  if (blocked) throw new ProviderError('refused', `Google's safety system did not allow this prompt (${blocked}).`);
  const [candidate] = response.candidates ?? [];
  const text = (candidate?.content?.parts ?? []).flatMap((part) => (part.thought ? [] : [part.text ?? ''])).join('');
  const parsed = prompts.safeParse(jsonOf(text));
  const [image, motion] = [clip(parsed.data?.image ?? ''), clip(parsed.data?.motion ?? '')];
  if (image && motion) return { image, motion };
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
