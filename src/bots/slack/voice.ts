import type { WebClient } from '@slack/web-api';
import type { RunView } from '../../db/runs.ts';
import type { Speaking } from '../../pipeline/messenger.ts';
import { type Text, textOf } from '../text.ts';
import type { SlackMessage } from './cardBlocks.ts';
import { refusalOf } from './client.ts';
import type { SlackConnection } from './connections.ts';
import { type SlackPlace, type SlackSpeech, slackPlace, speechOf } from './place.ts';

/** One run speaking in its place: what it said so far, and how to remember more. */
export type Voice = {
  client: WebClient;
  view: RunView;
  place: SlackPlace;
  text: Text;
  said: () => SlackSpeech;
  /** Adds to what was said, and saves it before anything else happens. */
  remember: (more: Partial<SlackSpeech>) => Promise<void>;
  signal: AbortSignal;
};

export function createVoice(connection: SlackConnection, view: RunView, speaking: Speaking): Voice {
  const place = slackPlace.parse(view.run.place);
  let speech = speechOf(view.run.speech);
  return {
    client: connection.client,
    view,
    place,
    text: textOf(place.locale),
    said: () => speech,
    remember: async (more) => {
      speech = { ...speech, ...more };
      await speaking.save(speech);
    },
    signal: speaking.signal,
  };
}

/** Posts a message and gives its `ts`, by which it is edited and answered. Slack knows no way to post twice as once. */
export async function post(
  client: WebClient,
  to: { channel: string; threadTs: string | null },
  message: SlackMessage,
): Promise<{ channel: string; ts: string }> {
  const posted = await client.chat.postMessage({
    channel: to.channel,
    ...(to.threadTs === null ? {} : { thread_ts: to.threadTs }),
    ...message,
    unfurl_links: false,
    unfurl_media: false,
  });
  if (!posted.ts) throw new Error('Slack posted a message without a ts');
  return { channel: posted.channel ?? to.channel, ts: posted.ts };
}

/** Edits a message. One that somebody deleted, or that may not be edited any more, is left in peace. */
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
