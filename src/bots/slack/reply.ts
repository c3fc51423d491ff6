import type { WebClient } from '@slack/web-api';
import type { SlackMessage } from './cardBlocks.ts';
import { refusalOf } from './client.ts';
import type { Requester } from './requester.ts';

/** Milliseconds. */
const replyTimeoutMs = 2_500;

/**
 * Replies to the requester alone: with the acknowledgement of the request; else at the response address that Slack gave for it;
 * else in the conversation; else in a direct message. `client` is null if the app has no token there, and then only the response
 * address is left.
 */
export async function reply(client: WebClient | null, requester: Requester, message: SlackMessage): Promise<void> {
  if (await requester.acknowledge?.(message)) return;
  if (
    requester.responseUrl !== null &&
    (await respond(requester.responseUrl, message, requester.replacesQuestion ?? false))
  )
    return;
  if (!client) return;
  const { channel, threadTs, userId: user } = requester;
  if (channel !== null) {
    const thread = threadTs === null ? {} : { thread_ts: threadTs };
    try {
      await client.chat.postEphemeral({ channel, user, ...thread, ...message });
      return;
    } catch (error) {
      // If the bot may not post in the conversation, it can still write to the member.
      if (refusalOf(error) === null) throw error;
    }
  }
  await client.chat.postMessage({ channel: user, ...message });
}

/** Returns false if Slack did not take it. A response address works five times within half an hour. */
async function respond(address: string, message: SlackMessage, replaces: boolean): Promise<boolean> {
  const answer = await fetch(address, {
    method: 'POST',
    headers: { 'content-type': 'application/json; charset=utf-8' },
    body: JSON.stringify({ response_type: 'ephemeral', replace_original: replaces, ...message }),
    redirect: 'error',
    signal: AbortSignal.timeout(replyTimeoutMs),
  }).catch(() => null);
  await answer?.body?.cancel();
  return answer?.ok === true;
}
