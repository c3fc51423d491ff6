import type { REST } from '@discordjs/rest';
import { Routes } from 'discord-api-types/v10';
import type { Run, RunView } from '../../db/runs.ts';
import type { MediaStore } from '../../pipeline/media/store.ts';
import type { Delivering } from '../../pipeline/messenger.ts';
import type { AddressOf } from '../mediaAddress.ts';
import { resultCard } from '../resultCard.ts';
import { mediaOf } from '../runCard.ts';
import { lostWith } from '../unreached.ts';
import { type DiscordConversation, type DiscordPostedMessages, snowflake } from './conversation.ts';
import { isShut, type RunThread } from './ensureThread.ts';
import { attach } from './media.ts';
import { messageOf } from './render.ts';
import { attachmentsOf, codeOf, codes, sendMessage, statusOf } from './rest.ts';
import { nonceOf } from './runMessages.ts';
import { smallestLimitBytes } from './uploadLimit.ts';

type Delivery = {
  rest: REST;
  /** Read again whenever a try gives up on some of the media. */
  view: RunView;
  runThread: RunThread;
  speaking: Delivering;
  store: MediaStore;
  addressOf: AddressOf;
  directory: string;
  save: (more: Partial<DiscordPostedMessages>) => Promise<void>;
  uploadLimit: (guildId: string | null) => Promise<number>;
};

/** Posts the result once. A later try finds it by its saved id or by its nonce. */
export async function postResult(delivery: Delivery): Promise<void> {
  const { runThread, save, uploadLimit } = delivery;
  if (runThread.postedMessages.resultId) return;
  const limit = await uploadLimit(runThread.conversation.guildId);
  // If Discord refuses the files as too large, we try the smallest limit, and then links.
  const limits = [...new Set([limit, smallestLimitBytes, 0])];
  for (const limitBytes of limits) {
    try {
      await save({ resultId: await postOpened(delivery, limitBytes) });
      return;
    } catch (error) {
      if (!isTooLarge(error) || limitBytes === 0) throw error;
    }
  }
}

const isTooLarge = (error: unknown) =>
  codeOf(error) === codes.tooLarge || codeOf(error) === codes.fileTooLarge || statusOf(error) === 413;

/** The thread may have been archived, locked or deleted since. */
async function postOpened(delivery: Delivery, limitBytes: number): Promise<string> {
  const { rest, runThread, save } = delivery;
  try {
    return await post(delivery, limitBytes);
  } catch (error) {
    const { threadId } = runThread.postedMessages;
    if (!threadId) throw error;
    if (codeOf(error) === codes.threadArchived) {
      await rest.patch(Routes.channel(threadId), { body: { archived: false }, signal: delivery.speaking.signal });
      return await post(delivery, limitBytes);
    }
    if (!isShut(error)) throw error;
    await save({ threadId: null, staysInPlace: true });
    runThread.channelId = runThread.conversation.channelId;
    runThread.progressId = runThread.rootId;
    return await post(delivery, limitBytes);
  }
}

/**
 * Returns the member to mention. The requester has waited for minutes, but a member who canceled the run has not, and the result of
 * a deleted run is taken back at once. Only a new message notifies anybody; an edit does not.
 */
function calledBy({ state, deletedAt, memberId }: Run, { mentions }: DiscordConversation): string | null {
  return mentions && state !== 'canceled' && !deletedAt && snowflake.safeParse(memberId).success ? memberId : null;
}

async function post(delivery: Delivery, limitBytes: number): Promise<string> {
  const { rest, runThread, speaking, store, addressOf, directory } = delivery;
  const { text, conversation, channelId } = runThread;
  const { signal } = speaking;
  const { spoilers } = conversation;
  const { run } = delivery.view;
  const limits = { runId: run.id, limitBytes, givenUp: run.unreached ?? [] };
  const surroundings = { store, addressOf, directory, signal, text, spoilers };
  const attachments = await attach(mediaOf(delivery.view, text), limits, surroundings);
  try {
    if (attachments.unreached.length > 0)
      delivery.view = await speaking.giveUpOn(lostWith(delivery.view, attachments.unreached, () => false));
    const known = { balance: await speaking.balance(), prices: await speaking.prices() };
    const card = resultCard(delivery.view, speaking.progress, text, known);
    const files = attachments.files.map(({ file }) => file);
    const body = {
      ...messageOf(card, text, {
        pictures: attachments.files,
        lines: attachments.lines,
        mentions: calledBy(run, conversation),
      }),
      ...attachmentsOf(files),
      nonce: nonceOf('r', run.id),
      enforce_nonce: true,
      ...(channelId === conversation.channelId && runThread.rootId !== null
        ? { message_reference: { message_id: runThread.rootId, fail_if_not_exists: false } }
        : {}),
    };
    const sent = await sendMessage(rest, {
      method: 'POST',
      route: Routes.channelMessages(channelId),
      body,
      files,
      signal,
    });
    return sent.id;
  } finally {
    await attachments.dispose();
  }
}
