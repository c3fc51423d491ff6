import type { WebClient } from '@slack/web-api';
import type { SlackMessage } from './cardBlocks.ts';
import { isPassingRefusal, refusalOf } from './client.ts';

export type Entry = { outcome: 'in' } | { outcome: 'outside' } | { outcome: 'archived' };

/**
 * Makes sure, before anything is charged, that the bot can put files into a conversation. It joins public channels by itself.
 * Slack tells an outsider nothing about a private one, so we test with an ephemeral message to the member. That message promises
 * nothing, because nothing is stored yet.
 */
export async function enter(
  client: WebClient,
  at: { channel: string; threadTs: string | null; userId: string },
  greeting: SlackMessage,
): Promise<Entry> {
  const joined = await refusedWith(() => client.conversations.join({ channel: at.channel }));
  if (joined === null) return { outcome: 'in' };
  if (joined === 'is_archived') return { outcome: 'archived' };
  const heard = await refusedWith(() =>
    client.chat.postEphemeral({
      channel: at.channel,
      user: at.userId,
      ...(at.threadTs === null ? {} : { thread_ts: at.threadTs }),
      ...greeting,
    }),
  );
  if (heard === null) return { outcome: 'in' };
  return { outcome: heard === 'is_archived' ? 'archived' : 'outside' };
}

async function refusedWith(call: () => Promise<unknown>): Promise<string | null> {
  try {
    await call();
    return null;
  } catch (error) {
    const refusal = refusalOf(error);
    if (refusal === null || isPassingRefusal(refusal)) throw error;
    return refusal;
  }
}
