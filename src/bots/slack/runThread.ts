import { createHash } from 'node:crypto';
import type { WebClient } from '@slack/web-api';
import type { RunView } from '../../db/runs.ts';
import type { RunId } from '../../domain.ts';
import type { Speaking } from '../../pipeline/messenger.ts';
import { type Text, textOf } from '../text.ts';
import type { SlackMessage } from './cardBlocks.ts';
import { refusalOf } from './client.ts';
import type { SlackConnection } from './connections.ts';
import {
  postedMessagesOf,
  type SlackConversation,
  type SlackPostedMessages,
  slackConversation,
} from './conversation.ts';

/** A run and its Slack thread: what it has posted so far, and how to save more. */
export type RunThread = {
  client: WebClient;
  view: RunView;
  conversation: SlackConversation;
  text: Text;
  said: () => SlackPostedMessages;
  /** Adds to what was posted, and saves it before anything else happens. */
  remember: (more: Partial<SlackPostedMessages>) => Promise<void>;
  signal: AbortSignal;
  /** True if nothing will try again what Slack refuses now. */
  isLastTry: boolean;
};

export function openRunThread(
  connection: SlackConnection,
  view: RunView,
  speaking: Speaking & { isLastTry?: boolean },
): RunThread {
  const conversation = slackConversation.parse(view.run.conversation);
  let postedMessages = postedMessagesOf(view.run.postedMessages);
  return {
    client: connection.client,
    view,
    conversation,
    text: textOf(conversation.locale),
    said: () => postedMessages,
    remember: async (more) => {
      postedMessages = { ...postedMessages, ...more };
      await speaking.save(more);
    },
    signal: speaking.signal,
    isLastTry: speaking.isLastTry ?? false,
  };
}

/** The messages that a run posts, each at most once. */
type Post = 'root' | 'progress' | 'direct' | 'outcome' | 'mention';

/**
 * Posts a message and returns its `ts`, which edits and replies need. A repeated post whose answer was lost carries the same id,
 * and Slack answers with the first post's `ts`, as its own clients expect. Slack documents the refusals but does not promise this
 * behaviour. If Slack ignores the id, a lost answer may double a message.
 */
export async function post(
  { client, view }: Pick<RunThread, 'client' | 'view'>,
  what: Post,
  to: { channel: string; threadTs: string | null },
  message: SlackMessage,
): Promise<{ channel: string; ts: string }> {
  const send = (id: { client_msg_id?: string }) =>
    client.chat.postMessage({
      channel: to.channel,
      ...(to.threadTs === null ? {} : { thread_ts: to.threadTs }),
      ...message,
      ...id,
      unfurl_links: false,
      unfurl_media: false,
    });
  const posted = await send({ client_msg_id: postId(view.run.id, what) }).catch((error: unknown) => {
    // Slack knows the first post, but somebody deleted it. Only a new post helps.
    if (!refusalOf(error)?.startsWith('duplicate_')) throw error;
    return send({});
  });
  if (!posted.ts) throw new Error('Slack posted a message without a ts');
  return { channel: posted.channel ?? to.channel, ts: posted.ts };
}

/**
 * An id that every process derives for the same message of a run. It has the shape of a random UUID, as Slack's own clients send
 * it.
 */
function postId(id: RunId, what: Post): string {
  const hex = createHash('sha256').update(`${id} ${what}`).digest('hex');
  return [hex.slice(0, 8), hex.slice(8, 12), `4${hex.slice(13, 16)}`, `a${hex.slice(17, 20)}`, hex.slice(20, 32)].join(
    '-',
  );
}

/** Edits a message. Skips one that somebody deleted, or that can no longer be edited. */
export async function edit(
  client: WebClient,
  at: { channel: string; ts: string },
  message: SlackMessage,
): Promise<void> {
  try {
    await client.chat.update({ ...at, ...message });
  } catch (error) {
    const gone = ['message_not_found', 'cant_update_message', 'edit_window_closed', 'channel_not_found', 'is_archived'];
    if (!gone.includes(refusalOf(error) ?? '')) throw error;
  }
}
