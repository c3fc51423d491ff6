import type { REST } from '@discordjs/rest';
import { Routes } from 'discord-api-types/v10';
import type { RunView } from '../../db/runs.ts';
import { textOf } from '../text.ts';
import { discordPlace, discordSpeech, rootOf } from './place.ts';
import { codeOf, codes, sendMessage } from './rest.ts';
import { deletedMessage } from './runMessages.ts';

/** Takes back what was said about a deleted run, where anything was said here: the result goes, and the other messages say who deleted it. */
export async function takeBack(rest: REST, view: RunView, by: string, signal: AbortSignal): Promise<void> {
  const known = discordPlace.safeParse(view.run.place);
  if (!known.success) return;
  const place = known.data;
  const speech = discordSpeech.parse(view.run.speech);
  const body = { ...deletedMessage(by, textOf(place.locale)), attachments: [] };
  const rootId = rootOf(place, speech);
  const channelId = speech.threadId ?? place.channelId;
  const { resultId, progressId } = speech;
  if (speech.threadId) await unarchive(rest, speech.threadId, signal);
  if (resultId) await rest.delete(Routes.channelMessage(channelId, resultId), { signal }).catch(goneAlready);
  const messages = [
    ...(speech.threadId && progressId ? [Routes.channelMessage(channelId, progressId)] : []),
    ...(rootId ? [Routes.channelMessage(place.channelId, rootId)] : []),
  ];
  for (const route of messages) await sendMessage(rest, { method: 'PATCH', route, body, signal }).catch(goneAlready);
}

async function unarchive(rest: REST, threadId: string, signal: AbortSignal): Promise<void> {
  await rest.patch(Routes.channel(threadId), { body: { archived: false }, signal }).catch(goneAlready);
}

/** What somebody else has removed, or locked, needs no removing. */
function goneAlready(error: unknown): void {
  const known: readonly number[] = [
    ...[codes.unknownMessage, codes.unknownChannel, codes.threadArchived, codes.threadLocked],
    ...[codes.missingAccess, codes.missingPermissions],
  ];
  if (!known.includes(codeOf(error) ?? 0)) throw error;
}
