import type { REST } from '@discordjs/rest';
import { Routes } from 'discord-api-types/v10';
import type { RunView } from '../../db/runs.ts';
import type { Speaking } from '../../pipeline/messenger.ts';
import { type Text, textOf } from '../text.ts';
import { type DiscordPlace, type DiscordSpeech, discordPlace, discordSpeech } from './place.ts';
import { codeOf, codes, sendMessage } from './rest.ts';
import { nonceOf, progressMessage } from './runMessages.ts';
import { openThread } from './thread.ts';

/** Where a run speaks and what it has said there. */
export type Seat = {
  place: DiscordPlace;
  speech: DiscordSpeech;
  /** The thread, or the channel where there is none. */
  channelId: string;
  progressId: string;
  /** True when the progress message was posted just now and shows the run as it stands. */
  isNew: boolean;
  text: Text;
};

/**
 * Finds or makes the thread and the progress message of a run. Each is saved before the next call, and the post carries a nonce: after
 * a crash at any point they are found again, and there is one of each.
 */
export async function takeSeat(rest: REST, view: RunView, speaking: Speaking): Promise<Seat> {
  const place = discordPlace.parse(view.run.place);
  const text = textOf(place.locale);
  let speech = discordSpeech.parse(view.run.speech);
  const save = async (more: Partial<DiscordSpeech>) => {
    speech = { ...speech, ...more };
    await speaking.save(speech);
  };
  if (place.opensThread && speech.threadId === null && !speech.staysInPlace) {
    const threadId = await openThread(rest, place, view.run.prompt, speaking.signal);
    await save({ threadId, staysInPlace: threadId === null });
  }
  const { threadId } = speech;
  const channelId = threadId ?? place.channelId;
  // Without a thread the answer to the command itself shows the progress.
  if (threadId === null)
    return { place, speech, channelId, progressId: speech.progressId ?? place.rootId, isNew: false, text };
  if (speech.progressId) return { place, speech, channelId, progressId: speech.progressId, isNew: false, text };
  try {
    const body = {
      ...progressMessage(view, speaking.progress, text, null),
      ...{ nonce: nonceOf('p', view.run.id), enforce_nonce: true },
    };
    const { id } = await sendMessage(rest, {
      ...{ method: 'POST', route: Routes.channelMessages(channelId), body, signal: speaking.signal },
    });
    await save({ progressId: id });
    return { place, speech, channelId, progressId: id, isNew: true, text };
  } catch (error) {
    if (!isShut(error)) throw error;
    // The thread was deleted, locked or closed to us: the channel is still there.
    await save({ threadId: null, staysInPlace: true });
    return { place, speech, channelId: place.channelId, progressId: place.rootId, isNew: false, text };
  }
}

const shut: readonly number[] = [
  codes.unknownChannel,
  codes.missingAccess,
  codes.missingPermissions,
  codes.threadLocked,
];

/** True when a thread will not take a message, now or later. */
export const isShut = (error: unknown): boolean => shut.includes(codeOf(error) ?? 0);
