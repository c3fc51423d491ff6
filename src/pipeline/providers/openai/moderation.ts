import { z } from 'zod';
import type { Secret } from '../../../db/secret.ts';
import { deadlines } from '../deadlines.ts';
import type { Moderate, Moderation, ModerationInput } from '../moderation.ts';
import { attempt } from '../providerCall.ts';
import { type OpenAiOptions, openAiClient, openAiExchange } from './client.ts';

const answer = z.object({
  results: z.array(z.object({ flagged: z.boolean(), categories: z.record(z.string(), z.boolean().nullable()) })).min(1),
});

/** The names of categories go into the database and onto people's screens, and a compatible service may send anything. */
const categoryName = /^[a-z][a-z0-9_/-]{0,39}$/i;
const maxCategories = 30;
const unnamed = 'other';

/**
 * OpenAI's moderation, which is free and takes text and images. It never throws: a setting decides what to do when it is down. A
 * request takes one image at most, so several are asked about side by side.
 */
export function createOpenAiModeration(options: OpenAiOptions & { model?: string; deadlineMs?: number }): Moderate {
  const model = options.model ?? 'omni-moderation-latest';
  const ask = async (part: Part, call: { key: Secret; signal: AbortSignal }): Promise<Moderation> => {
    const outcome = await attempt(openAiExchange(call, options.deadlineMs ?? deadlines.moderation), async (line) =>
      answer.parse(await (await openAiClient(options, call.key, line)).moderations.create({ model, input: [part] })),
    );
    if (!outcome.ok) return { outcome: 'unreachable', detail: outcome.fault.detail };
    const flagged = outcome.value.results.filter((result) => result.flagged);
    if (flagged.length === 0) return { outcome: 'clean' };
    const hits = flagged.flatMap(({ categories }) =>
      Object.keys(categories).filter((name) => categories[name] === true),
    );
    return { outcome: 'flagged', categories: hits };
  };
  return async (input, call) => together(await Promise.all(partsOf(input).map((part) => ask(part, call))));
}

type Part = { type: 'text'; text: string } | { type: 'image_url'; image_url: { url: string } };

const partsOf = ({ text, images = [] }: ModerationInput): Part[] => [
  ...(text ? [{ type: 'text', text } as const] : []),
  ...images.map(
    ({ bytes, mime }) =>
      ({
        type: 'image_url',
        image_url: { url: `data:${mime};base64,${Buffer.from(bytes).toString('base64')}` },
      }) as const,
  ),
];

/** One flagged part flags the whole. A part about which nothing is known leaves it open whether the whole is clean. */
function together(parts: readonly Moderation[]): Moderation {
  const flagged = parts.filter((part) => part.outcome === 'flagged');
  if (flagged.length > 0) {
    const names = new Set(flagged.flatMap(({ categories }) => categories).filter((name) => categoryName.test(name)));
    return { outcome: 'flagged', categories: names.size > 0 ? [...names].slice(0, maxCategories) : [unnamed] };
  }
  return parts.find((part) => part.outcome === 'unreachable') ?? { outcome: 'clean' };
}
