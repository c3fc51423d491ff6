import type { WebClient } from '@slack/web-api';
import type { SlackMessage } from './cardBlocks.ts';
import { refusalOf } from './client.ts';
import type { Requester } from './requester.ts';

/** Milliseconds. */
const replyTimeoutMs = 2_500;

/**
 * Tells something to the asker alone: with the acknowledgement of the request, else by the address that Slack gave for it, else in the
 * conversation, else directly.
 * `client` is null when the app has no token there, and then only the address is left.
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
      // If the bot may not post here, it can still write to the member.
      if (refusalOf(error) === null) throw error;
    }
  }
  await client.chat.postMessage({ channel: user, ...message });
}

/** False when Slack did not take it: such an address serves five times within half an hour. */
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
