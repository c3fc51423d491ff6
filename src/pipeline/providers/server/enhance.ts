import { z } from 'zod';
import { answersAtOnce } from '../at-once.ts';
import type { OwnServer } from '../config.ts';
import { deadlines } from '../deadlines.ts';
import { type EnhanceTask, taskOf } from '../enhancePrompt.ts';
import { type Endpoint, messageIn, requestJson } from '../http.ts';
import { noCapabilities, type Provider, ProviderError, type Submitted } from '../provider.ts';
import { jsonIn } from './answerText.ts';
import { createModelName, endpointOf } from './endpoint.ts';

const count = z.number().nullish().catch(null);
const answer = z.object({
  choices: z
    .tuple([
      z.object({
        message: z.object({ content: z.string().nullish(), refusal: z.string().nullish() }),
        finish_reason: z.string().nullish(),
      }),
    ])
    .rest(z.unknown()),
  usage: z.object({ prompt_tokens: count, completion_tokens: count }).nullish().catch(null),
});
type Answer = z.infer<typeof answer>;

export type ServerEnhanceOptions = OwnServer & { model: string };

/**
 * Prompts by chat completions of a server of the operator's own (Ollama, vLLM, LM Studio). Whether its model can look at pictures is not
 * known, so it is shown none. A server that refuses to hold its model to a form is remembered for as long as the process runs, and the
 * form is then in the instructions alone.
 */
export function createServerEnhance(options: ServerEnhanceOptions): Provider<'enhance'> {
  const { model } = options;
  const server = endpointOf('enhance', options);
  const nameOf = createModelName(server, model);
  let takesFormat = true;
  return {
    id: 'server',
    vendor: null,
    step: 'enhance',
    model,
    capabilities: noCapabilities,
    prices: null,
    expectedMs: () => 15_000,
    submit: async (request, { signal }) => {
      const [task, name] = [await taskOf(request), await nameOf(signal)];
      const hasFormat = takesFormat;
      const lacking = lackingFormat(server, () => {
        takesFormat = false;
      });
      const body = { json: bodyOf(task, name, hasFormat) };
      const post = { method: 'POST', path: '/chat/completions', body, deadlineMs: deadlines.enhance, signal } as const;
      return read(server, task, await requestJson(hasFormat ? lacking : server, post, answer));
    },
    ...answersAtOnce,
  };
}

/**
 * A server that notes a refusal of the form. It has generated nothing, and the same step is tried again without the form, if the server says
 * that the form was the reason.
 */
const lackingFormat = (server: Endpoint, note: () => void): Endpoint => ({
  ...server,
  classify: (rejection) => {
    const fault = server.classify(rejection);
    if (rejection.status !== 400 && rejection.status !== 422) return fault;
    note();
    if (!isAboutFormat(rejection.body)) return fault;
    const detail = `${server.vendor} cannot hold its model to a form. VidGenie asks again without one.`;
    return { kind: 'unavailable', detail, nothingGenerated: true };
  },
});

/** Whether an error speaks of the form. Some servers name the field only in a list of what they could not read. */
const isAboutFormat = (body: string): boolean =>
  /response_format|json_?schema|structured|guided|grammar/i.test(`${messageIn(body)} ${body.slice(0, 4_000)}`);

function bodyOf(
  { instructions, briefing, schema, name, maxOutputTokens }: EnhanceTask,
  model: string | null,
  hasFormat: boolean,
) {
  const form = z.toJSONSchema(schema);
  const inWords = `Answer with one JSON object and nothing else. It has this form:\n${JSON.stringify(form)}`;
  return {
    ...(model !== null && { model }),
    messages: [
      { role: 'system', content: hasFormat ? instructions : `${instructions}\n\n${inWords}` },
      { role: 'user', content: briefing },
    ],
    max_tokens: maxOutputTokens,
    stream: false,
    ...(hasFormat && {
      response_format: { type: 'json_schema', json_schema: { name, schema: form, strict: true } },
    }),
  };
}

/**
 * Whether a server holds its model to a form. Null if that cannot be told now. The question is a short answer of the model, which costs
 * nothing on a machine of one's own.
 */
export async function holdsToFormat(options: ServerEnhanceOptions, signal: AbortSignal): Promise<boolean | null> {
  let isRefused = false;
  const server = lackingFormat(endpointOf('enhance', options), () => {
    isRefused = true;
  });
  const shape = z.object({ word: z.string() });
  const json = {
    model: (await createModelName(server, options.model)(signal)) ?? undefined,
    messages: [{ role: 'user', content: 'Answer with {"word": "yes"}.' }],
    max_tokens: 16,
    stream: false,
    response_format: {
      type: 'json_schema',
      json_schema: { name: 'word', schema: z.toJSONSchema(shape), strict: true },
    },
  };
  const post = {
    method: 'POST',
    path: '/chat/completions',
    body: { json },
    deadlineMs: deadlines.check,
    signal,
  } as const;
  const answered = await requestJson(server, post, z.unknown()).then(
    () => true,
    () => false,
  );
  return answered ? true : isRefused ? false : null;
}

function read({ vendor }: Endpoint, task: EnhanceTask, { choices, usage }: Answer): Submitted<'enhance'> {
  const [{ message, finish_reason: reason }] = choices;
  if (message.refusal || reason === 'content_filter') {
    throw new ProviderError(
      'refused',
      `The model of the prompt server did not allow this. ${message.refusal ?? ''}`.trim(),
    );
  }
  for (const found of jsonIn(message.content ?? '')) {
    const output = task.read(found);
    if (output) return { outcome: 'finished', output, cost: costOf(usage) };
  }
  throw new ProviderError('no_output', `${vendor} sent no improved prompt.`);
}

/** The operator's own GPU charges nothing. */
const costOf = (usage: Answer['usage']) => ({
  microUsd: 0,
  usage: { inputTokens: usage?.prompt_tokens ?? null, outputTokens: usage?.completion_tokens ?? null },
});
