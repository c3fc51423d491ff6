import { z } from 'zod';
import type { Secret } from '../../../db/secret.ts';
import { deadlines } from '../deadlines.ts';
import { attempt } from '../providerCall.ts';
import { type OpenAiOptions, openAiClient, openAiExchange } from './client.ts';

type ModerationInput = { text?: string; images?: readonly { bytes: Uint8Array; mime: string }[] };

/** `categories` are OpenAI's own names, for example `violence/graphic`. `unreachable` says nothing about the content. */
type Moderation =
  | { outcome: 'clean' }
  | { outcome: 'flagged'; categories: readonly string[] }
  | { outcome: 'unreachable'; detail: string };

export type Moderate = (input: ModerationInput, call: { key: Secret; signal: AbortSignal }) => Promise<Moderation>;

const answer = z.object({
  results: z.array(z.object({ flagged: z.boolean(), categories: z.record(z.string(), z.boolean().nullable()) })).min(1),
});

/** OpenAI's moderation, which is free and takes text and images. It never throws: a setting decides what to do when it is down. */
export function createOpenAiModeration(options: OpenAiOptions & { model?: string; deadlineMs?: number }): Moderate {
  const model = options.model ?? 'omni-moderation-latest';
  return async (input, call) => {
    const parts = [
      ...(input.text ? [{ type: 'text', text: input.text } as const] : []),
      ...(input.images ?? []).map(
        ({ bytes, mime }) =>
          ({
            type: 'image_url',
            image_url: { url: `data:${mime};base64,${Buffer.from(bytes).toString('base64')}` },
          }) as const,
      ),
    ];
    if (parts.length === 0) return { outcome: 'clean' };
    const outcome = await attempt(openAiExchange(call, options.deadlineMs ?? deadlines.moderation), async (line) =>
      answer.parse(await (await openAiClient(options, call.key, line)).moderations.create({ model, input: parts })),
    );
    if (!outcome.ok) return { outcome: 'unreachable', detail: outcome.fault.detail };
    const flagged = outcome.value.results.filter((result) => result.flagged);
    if (flagged.length === 0) return { outcome: 'clean' };
    const hits = flagged.flatMap(({ categories }) =>
      Object.keys(categories).filter((name) => categories[name] === true),
    );
    return { outcome: 'flagged', categories: [...new Set(hits)] };
  };
}
