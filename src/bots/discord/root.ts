import type { REST } from '@discordjs/rest';
import { MessageFlags, Routes } from 'discord-api-types/v10';
import { z } from 'zod';
import type { RunView } from '../../db/runs.ts';
import type { Speaking } from '../../pipeline/messenger.ts';
import { textOf } from '../text.ts';
import type { DiscordConversation, DiscordPostedMessages } from './conversation.ts';
import { codeOf, codes, sendMessage } from './rest.ts';
import { nonceOf, rootMessage } from './runMessages.ts';
import { openBareThread } from './thread.ts';

/**
 * Gives a run a root message, because the process that took its command died before it saved which message answered. That answer
 * may exist all the same, and then the run uses it.
 */
export async function findOrPostRoot(
  rest: REST,
  view: RunView,
  conversation: DiscordConversation,
  { progress, signal }: Speaking,
): Promise<Partial<DiscordPostedMessages>> {
  const found = await findAnswer(rest, conversation, signal);
  if (found !== null) return { rootId: found };
  const { id, prompt } = view.run;
  try {
    const body = {
      ...rootMessage(view, progress, textOf(conversation.locale)),
      nonce: nonceOf('a', id),
      enforce_nonce: true,
    };
    const route = Routes.channelMessages(conversation.channelId);
    return { rootId: (await sendMessage(rest, { method: 'POST', route, body, signal })).id, postedRoot: true };
  } catch (error) {
    // The bot may answer a command without permission to post in the channel. Opening a thread needs another permission.
    if (codeOf(error) !== codes.missingPermissions || !conversation.opensThread) throw error;
    return { threadId: await openBareThread(rest, conversation.channelId, prompt, signal) };
  }
}

const answers = z.array(
  z.object({ id: z.string(), flags: z.int().default(0), interaction_metadata: z.object({ id: z.string() }).nullish() }),
);

/** An answer comes within seconds of its command, so it is among the first messages after it. */
const furthest = 100;

/** Finds the message that answered a command. "Thinking…" does not count: it turns into an error by itself. */
async function findAnswer(
  rest: REST,
  { channelId, interactionId }: DiscordConversation,
  signal: AbortSignal,
): Promise<string | null> {
  if (interactionId === null) return null;
  const query = new URLSearchParams({ after: interactionId, limit: String(furthest) });
  try {
    const messages = answers.parse(await rest.get(Routes.channelMessages(channelId), { query, signal }));
    const answer = messages.find(({ interaction_metadata: command }) => command?.id === interactionId);
    return answer && (answer.flags & MessageFlags.Loading) === 0 ? answer.id : null;
  } catch (error) {
    const unreadable: readonly number[] = [codes.missingAccess, codes.missingPermissions];
    if (unreadable.includes(codeOf(error) ?? 0)) return null;
    throw error;
  }
}
