import type { REST } from '@discordjs/rest';
import { Routes } from 'discord-api-types/v10';
import type { RunView } from '../../db/runs.ts';
import type { Speaking } from '../../pipeline/messenger.ts';
import { type Text, textOf } from '../text.ts';
import {
  type DiscordConversation,
  type DiscordPostedMessages,
  discordConversation,
  discordPostedMessages,
  rootOf,
  snowflake,
} from './conversation.ts';
import { codeOf, codes, sendMessage } from './rest.ts';
import { findOrPostRoot } from './root.ts';
import { nonceOf, progressMessage } from './runMessages.ts';
import { addToThread, openThread } from './thread.ts';

/** The conversation in which a run posts, and what it has posted there. */
export type RunThread = {
  conversation: DiscordConversation;
  postedMessages: DiscordPostedMessages;
  /** The message in the channel that everything else belongs to. Null: there is only the thread. */
  rootId: string | null;
  /** The thread, or the channel if there is none. */
  channelId: string;
  /** Null: no message shows the progress. */
  progressId: string | null;
  /** True if the progress message was posted just now and shows the run's current state. */
  isNew: boolean;
  text: Text;
};

/**
 * Finds or creates a run's root message, thread and progress message. Each id is saved before the next call, and the posts carry
 * a nonce. So after a crash at any point they are found again, and there is one of each.
 */
export async function ensureThread(rest: REST, view: RunView, speaking: Speaking): Promise<RunThread> {
  const conversation = discordConversation.parse(view.run.conversation);
  const text = textOf(conversation.locale);
  let postedMessages = discordPostedMessages.parse(view.run.postedMessages);
  const save = async (more: Partial<DiscordPostedMessages>) => {
    postedMessages = { ...postedMessages, ...more };
    await speaking.save(more);
  };
  const addAsker = async (threadId: string) => {
    const { memberId } = view.run;
    if (!conversation.mentions || !snowflake.safeParse(memberId).success) return;
    await addToThread(rest, threadId, memberId, speaking.signal);
  };
  if (
    rootOf(conversation, postedMessages) === null &&
    postedMessages.threadId === null &&
    !postedMessages.staysInPlace
  ) {
    const found = await findOrPostRoot(rest, view, conversation, speaking);
    await save(found);
    // Only its id finds a thread without a root message again, so the id is saved first.
    if (found.threadId) await addAsker(found.threadId);
  }
  const rootId = rootOf(conversation, postedMessages);
  if (conversation.opensThread && rootId !== null && postedMessages.threadId === null && !postedMessages.staysInPlace) {
    const threadId = await openThread(rest, { ...conversation, rootId }, view.run.prompt, speaking.signal);
    // Before the thread's id is saved, so that a crash repeats it. The thread itself is found again.
    if (threadId !== null) await addAsker(threadId);
    await save({ threadId, staysInPlace: threadId === null });
  }
  const { threadId } = postedMessages;
  const runThread = {
    conversation,
    postedMessages,
    rootId,
    channelId: threadId ?? conversation.channelId,
    isNew: false,
    text,
  };
  // Without a thread, the answer to the command shows the progress.
  if (threadId === null || postedMessages.progressId)
    return { ...runThread, progressId: postedMessages.progressId ?? rootId };
  try {
    const body = {
      ...progressMessage(view, speaking.progress, text),
      nonce: nonceOf('p', view.run.id),
      enforce_nonce: true,
    };
    const { id } = await sendMessage(rest, {
      method: 'POST',
      route: Routes.channelMessages(runThread.channelId),
      body,
      signal: speaking.signal,
    });
    await save({ progressId: id });
    return { ...runThread, postedMessages, progressId: id, isNew: true };
  } catch (error) {
    if (!isShut(error)) throw error;
    // The thread was deleted or locked, or the bot lost access to it. The channel is still there.
    await save({ threadId: null, staysInPlace: true });
    return { ...runThread, postedMessages, channelId: conversation.channelId, progressId: rootId };
  }
}

const shut: readonly number[] = [
  codes.unknownChannel,
  codes.missingAccess,
  codes.missingPermissions,
  codes.threadLocked,
];

/** Returns true if a thread will not take a message, now or later. */
export const isShut = (error: unknown): boolean => shut.includes(codeOf(error) ?? 0);
