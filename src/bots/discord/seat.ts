import type { REST } from '@discordjs/rest';
import { Routes } from 'discord-api-types/v10';
import type { RunView } from '../../db/runs.ts';
import type { Speaking } from '../../pipeline/messenger.ts';
import { type Text, textOf } from '../text.ts';
import { type DiscordPlace, type DiscordSpeech, discordPlace, discordSpeech, rootOf } from './place.ts';
import { codeOf, codes, sendMessage } from './rest.ts';
import { findOrPostRoot } from './root.ts';
import { nonceOf, progressMessage } from './runMessages.ts';
import { openThread } from './thread.ts';

/** Where a run speaks and what it has said there. */
export type Seat = {
  place: DiscordPlace;
  speech: DiscordSpeech;
  /** The message in the channel under which all of it hangs; null: there is only the thread. */
  rootId: string | null;
  /** The thread, or the channel where there is none. */
  channelId: string;
  /** Null: nothing shows the progress. */
  progressId: string | null;
  /** True when the progress message was posted just now and shows the run as it stands. */
  isNew: boolean;
  text: Text;
};

/**
 * Finds or makes the message, the thread and the progress message of a run. Each is saved before the next call, and the posts carry a
 * nonce: after a crash at any point they are found again, and there is one of each.
 */
export async function takeSeat(rest: REST, view: RunView, speaking: Speaking): Promise<Seat> {
  const place = discordPlace.parse(view.run.place);
  const text = textOf(place.locale);
  let speech = discordSpeech.parse(view.run.speech);
  const save = async (more: Partial<DiscordSpeech>) => {
    speech = { ...speech, ...more };
    await speaking.save(speech);
  };
  if (rootOf(place, speech) === null && speech.threadId === null && !speech.staysInPlace) {
    await save(await findOrPostRoot(rest, view, place, speaking));
  }
  const rootId = rootOf(place, speech);
  if (place.opensThread && rootId !== null && speech.threadId === null && !speech.staysInPlace) {
    const threadId = await openThread(rest, { ...place, rootId }, view.run.prompt, speaking.signal);
    await save({ threadId, staysInPlace: threadId === null });
  }
  const { threadId } = speech;
  const seat = { place, speech, rootId, channelId: threadId ?? place.channelId, isNew: false, text };
  // Without a thread the answer to the command itself shows the progress.
  if (threadId === null || speech.progressId) return { ...seat, progressId: speech.progressId ?? rootId };
  try {
    const body = {
      ...progressMessage(view, speaking.progress, text, null),
      ...{ nonce: nonceOf('p', view.run.id), enforce_nonce: true },
    };
    const { id } = await sendMessage(rest, {
      ...{ method: 'POST', route: Routes.channelMessages(seat.channelId), body, signal: speaking.signal },
    });
    await save({ progressId: id });
    return { ...seat, speech, progressId: id, isNew: true };
  } catch (error) {
    if (!isShut(error)) throw error;
    // The thread was deleted, locked or closed to us: the channel is still there.
    await save({ threadId: null, staysInPlace: true });
    return { ...seat, speech, channelId: place.channelId, progressId: rootId };
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
