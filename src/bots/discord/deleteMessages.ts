import type { REST } from '@discordjs/rest';
import { Routes } from 'discord-api-types/v10';
import type { RunView } from '../../db/runs.ts';
import { textOf } from '../text.ts';
import { discordConversation, discordPostedMessages, rootOf } from './conversation.ts';
import { codeOf, codes, sendMessage } from './rest.ts';
import { deletedMessage } from './runMessages.ts';

/**
 * Takes back what a deleted run posted, if it posted here: deletes the result, and edits the other messages to say who deleted
 * it. `by` is null if that is not known.
 */
export async function deleteMessages(rest: REST, view: RunView, by: string | null, signal: AbortSignal): Promise<void> {
  const known = discordConversation.safeParse(view.run.conversation);
  if (!known.success) return;
  const conversation = known.data;
  const postedMessages = discordPostedMessages.parse(view.run.postedMessages);
  const body = { ...deletedMessage(by, textOf(conversation.locale)), attachments: [] };
  const rootId = rootOf(conversation, postedMessages);
  const channelId = postedMessages.threadId ?? conversation.channelId;
  const { resultId, progressId } = postedMessages;
  if (postedMessages.threadId) await unarchive(rest, postedMessages.threadId, signal);
  if (resultId) await rest.delete(Routes.channelMessage(channelId, resultId), { signal }).catch(goneAlready);
  const messages = [
    ...(postedMessages.threadId && progressId ? [Routes.channelMessage(channelId, progressId)] : []),
    ...(rootId ? [Routes.channelMessage(conversation.channelId, rootId)] : []),
  ];
  for (const route of messages) await sendMessage(rest, { method: 'PATCH', route, body, signal }).catch(goneAlready);
}

async function unarchive(rest: REST, threadId: string, signal: AbortSignal): Promise<void> {
  await rest.patch(Routes.channel(threadId), { body: { archived: false }, signal }).catch(goneAlready);
}

/** Ignores a message that somebody else has already removed or locked, and an old one that Discord lets nobody edit any more. */
function goneAlready(error: unknown): void {
  const known: readonly number[] = [
    ...[codes.unknownMessage, codes.unknownChannel, codes.threadArchived, codes.threadLocked],
    ...[codes.missingAccess, codes.missingPermissions, codes.tooManyOldEdits],
  ];
  if (!known.includes(codeOf(error) ?? 0)) throw error;
}
