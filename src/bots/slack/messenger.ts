import type { Db } from '../../db/client.ts';
import { pauseEdits, takeEdit } from '../../db/editBudget.ts';
import type { RunView } from '../../db/runs.ts';
import { settingsOf } from '../../db/workspaces.ts';
import type { WorkspaceId } from '../../domain.ts';
import type { MediaStore } from '../../pipeline/media/store.ts';
import type { Delivering, Messenger, Speaking } from '../../pipeline/messenger.ts';
import { MessengerError } from '../../pipeline/messenger.ts';
import type { Meter } from '../../pipeline/meter.ts';
import type { Card, CardMedia } from '../card.ts';
import type { AddressOf } from '../mediaAddress.ts';
import { mediaOf, runCard } from '../runCard.ts';
import { lostWith, unreachedSteps } from '../unreached.ts';
import { picturesOf } from './buttons.ts';
import type { SlackMessage } from './cardBlocks.ts';
import { createCarousels } from './carousels.ts';
import { askedPauseMs, asMessengerError, isPassingRefusal, refusalOf } from './client.ts';
import type { SlackConnections } from './connections.ts';
import { postedMessagesOf } from './conversation.ts';
import { deleteMessages } from './deleteMessages.ts';
import { type Sharing, shareAll, shareDirectly } from './files.ts';
import { mentionMessage, type Notes, nothing, progressMessage, rootMessage } from './runMessages.ts';
import { edit, openRunThread, post, type RunThread } from './runThread.ts';

/**
 * Slack takes about 50 edits a minute from an app in a workspace. We leave the rest for calls that do not use this token bucket.
 */
const pace = { perMinute: 45, burst: 12, kept: 4 } as const;

/** A signed address has several hundred characters, and the whole of it must fit into a paragraph. */
const maxUrl = 2_000;

type Needs = {
  db: Db;
  store: MediaStore;
  addressOf: AddressOf;
  /** Whether members can open the page. */
  hasPage: boolean;
  meter: Meter;
  connections: SlackConnections;
};

type Noted = { notes: Notes; lost: number[] };

const joined = (one: Noted, other: Noted): Noted => ({
  notes: {
    sentences: [...one.notes.sentences, ...other.notes.sentences],
    links: [...one.notes.links, ...other.notes.links],
  },
  lost: [...one.lost, ...other.lost],
});

/** Posts the messages of runs in Slack: one root message, one progress message in its thread, and the files. */
export function createSlackMessenger({ db, store, addressOf, hasPage, meter, connections }: Needs): Messenger {
  const carousels = createCarousels();

  async function voiceOf(view: RunView, speaking: Speaking): Promise<RunThread> {
    const connection = await connections.of(view.run.workspaceId);
    if (!connection) throw new MessengerError('bad_key', 'VidGenie is not installed in this Slack workspace');
    return openRunThread(connection, view, speaking);
  }

  return {
    update: (view, speaking) =>
      faultsTold(db, view.run.workspaceId, async () => {
        const runThread = await voiceOf(view, speaking);
        const threadTs = await openThread(runThread, speaking);
        const { progressTs } = runThread.said();
        if (progressTs === null) {
          await postProgress(runThread, speaking, threadTs);
        } else if (await takeEdit(db, view.run.workspaceId, 'progress', pace)) {
          const message = progressMessage(view, speaking.progress, runThread.text);
          await edit(runThread.client, { channel: runThread.conversation.channel, ts: progressTs }, message);
          meter.edited('slack', 'sent');
        } else {
          meter.edited('slack', 'dropped');
        }
        // Shows finished images while the other steps still run. Clips wait: they may become part of a film.
        const images = mediaOf(view, runThread.text).filter(({ kind, isSpoiler }) => kind === 'image' && !isSpoiler);
        await shareAll(runThread, store, images, threadTs);
      }),
    deliver: (view, speaking) =>
      faultsTold(db, view.run.workspaceId, async () => {
        const runThread = await voiceOf(view, speaking);
        const threadTs = await openThread(runThread, speaking).catch(nullWhenRefused);
        // If no worker lived long enough to show any progress, the files would come first.
        if (threadTs !== null && runThread.said().progressTs === null)
          await postProgress(runThread, speaking, threadTs).catch(nullWhenRefused);
        const givenUp = view.run.unreached ?? [];
        const media = mediaOf(view, runThread.text).filter(({ step }) => !givenUp.includes(step));
        const open = media.filter(({ isSpoiler }) => !isSpoiler);
        const sharing = await shareAll(runThread, store, open, threadTs);
        const flagged = media.filter(({ isSpoiler }) => isSpoiler);
        const { notes, lost } = joined(await noteOf(runThread, sharing), await noteOfFlagged(runThread, flagged));
        const isShared = (key: string) => runThread.said().files[key]?.state === 'shared';
        const told = lost.length > 0 ? await speaking.giveUpOn(lostWith(view, lost, isShared)) : view;
        const last = { ...runThread, view: told };
        if (threadTs === null) await tellDirectly(last, speaking, notes);
        else await tellHere(last, speaking, { threadTs, notes });
        return runThread.said();
      }),
    takeBack: (view, { progress }) =>
      faultsTold(db, view.run.workspaceId, async () => {
        const connection = await connections.of(view.run.workspaceId);
        // Slack lets an app delete nothing in a workspace that has removed it.
        if (connection) await deleteMessages(connection.client, view, progress);
      }),
    unreached: (view) => {
      const { files, linked } = postedMessagesOf(view.run.postedMessages);
      const isReceived = (key: string) => files[key]?.state === 'shared' || linked.includes(key);
      return unreachedSteps(view, { isReceived, hasPage });
    },
  };

  /** Returns the notes about files that are not where the member expects them, and the steps whose media nobody can fetch. */
  async function noteOf(runThread: RunThread, sharing: Sharing): Promise<Noted> {
    const { upload } = runThread.text.slack;
    // An earlier try may have given up on some files and said so.
    const before = runThread.view.run.unreached ?? [];
    const kept = before.length > 0 ? [upload.kept(runThread.said().refused ?? '')] : [];
    if (sharing.outcome === 'here') return { notes: { ...nothing, sentences: kept }, lost: [] };
    if (sharing.outcome === 'direct') {
      return { notes: { ...nothing, sentences: [upload.direct(sharing.reason), ...kept] }, lost: [] };
    }
    const { reason, missing } = sharing;
    const { found, lost } = await linksTo(missing);
    const sentences = [
      ...(found.length > 0 ? [upload.link(reason)] : []),
      ...(lost.length > 0 || before.length > 0 ? [upload.kept(reason)] : []),
    ];
    return { notes: { sentences, links: found }, lost: lost.map(({ step }) => step) };
  }

  /** The addresses of media, and the media that have none. */
  async function linksTo(media: readonly CardMedia[]): Promise<{ found: Notes['links']; lost: CardMedia[] }> {
    const links = await Promise.all(media.map(async (one) => ({ one, address: await addressOf(one.objectKey) })));
    const found = links.flatMap(({ one, address }) =>
      address && address.url.length <= maxUrl ? [{ label: one.label, objectKey: one.objectKey, ...address }] : [],
    );
    return { found, lost: media.filter(({ objectKey }) => !found.some((link) => link.objectKey === objectKey)) };
  }

  /**
   * Slack hides no image until somebody wants to see it. So a link leads to media that moderation flagged. Without a public address
   * the requester alone gets them.
   */
  async function noteOfFlagged(runThread: RunThread, flagged: readonly CardMedia[]): Promise<Noted> {
    const { upload } = runThread.text.slack;
    const { found, lost: unlinked } = await linksTo(flagged);
    const linked: Noted = { notes: { sentences: found.length > 0 ? [upload.flagged] : [], links: found }, lost: [] };
    if (unlinked.length === 0) return linked;
    const { reason, missing } = await shareDirectly(runThread, store, unlinked);
    const sentences = reason === null ? [upload.flaggedDirect] : [upload.kept(reason)];
    return joined(linked, { notes: { ...nothing, sentences }, lost: missing.map(({ step }) => step) });
  }

  async function tellHere(
    runThread: RunThread,
    { progress, balance, prices }: Delivering,
    told: { threadTs: string; notes: Notes },
  ): Promise<void> {
    const { client, conversation, view, text } = runThread;
    const { channel } = conversation;
    const known = { balance: await balance(), prices: await prices() };
    const { progressTs: postedTs } = runThread.said();
    const shown = { notes: told.notes, ...known };
    const pictures = picturesOf(runCard(view, progress, text, known), runThread.said());
    const either = {
      plain: progressMessage(view, progress, text, shown),
      withCarousel: pictures && progressMessage(view, progress, text, { ...shown, pictures }),
    };
    const send = <Sent>(sending: (message: SlackMessage) => Promise<Sent>) =>
      carousels.send(view.run.workspaceId, either, sending);
    if (postedTs === null) {
      const to = { channel, threadTs: told.threadTs };
      const { ts } = await send((message) => post(runThread, 'progress', to, message));
      await runThread.remember({ progressTs: ts });
    }
    // We edit this message even if we posted it just now: after a lost answer it may be an older post.
    const { progressTs, rootTs } = runThread.said();
    if (progressTs !== null) {
      await takeEdit(db, view.run.workspaceId, 'final', pace);
      await send((message) => edit(client, { channel, ts: progressTs }, message));
      await rememberLinks(runThread, told.notes);
    }
    if (rootTs === null) return;
    await takeEdit(db, view.run.workspaceId, 'final', pace);
    // Links stay in the thread. The root message says that files went elsewhere or that credits came back, as part of the
    // outcome.
    const notes = told.notes.links.length > 0 ? [] : told.notes.sentences;
    const root = rootMessage(view, runCard(view, progress, text), text, notes);
    await edit(client, { channel, ts: rootTs }, root);
    await callRequester(runThread, { channel, threadTs: told.threadTs }, runCard(view, progress, text));
    await rememberPermalink(runThread, rootTs);
  }

  /**
   * Mentions the requester, who has waited for minutes. A member who canceled the run has not, and gets no mention. Nor does anybody
   * whose run was deleted.
   */
  async function callRequester(
    runThread: RunThread,
    to: { channel: string; threadTs: string },
    card: Card,
  ): Promise<void> {
    const { run } = runThread.view;
    const message = mentionMessage(runThread.view, card);
    if (runThread.said().mentionTs !== null || run.state === 'canceled' || run.deletedAt || message === null) return;
    const { mentions } = await settingsOf(db, run.workspaceId);
    if (!mentions) return;
    const posted = await post(runThread, 'mention', to, message).catch(nullWhenRefused);
    if (posted) await runThread.remember({ mentionTs: posted.ts });
  }
}

/** Posts the root message if there is none yet. Returns the `ts` of the message that the run's thread belongs to. */
async function openThread(runThread: RunThread, { progress }: Speaking): Promise<string> {
  const { conversation, text, view } = runThread;
  const { rootTs } = runThread.said();
  if (rootTs !== null) return conversation.threadTs ?? rootTs;
  const message = rootMessage(view, runCard(view, progress, text), text);
  const { ts } = await post(
    runThread,
    'root',
    { channel: conversation.channel, threadTs: conversation.threadTs },
    message,
  );
  await runThread.remember({ rootTs: ts });
  return conversation.threadTs ?? ts;
}

async function postProgress(runThread: RunThread, { progress }: Speaking, threadTs: string): Promise<void> {
  const { conversation, view, text } = runThread;
  const to = { channel: conversation.channel, threadTs };
  const { ts } = await post(runThread, 'progress', to, progressMessage(view, progress, text));
  await runThread.remember({ progressTs: ts });
}

/** Tells the member in a direct message, because the conversation is gone or the bot was removed from it. */
async function tellDirectly(
  runThread: RunThread,
  { progress, balance, prices }: Delivering,
  notes: Notes,
): Promise<void> {
  const { conversation, text, view } = runThread;
  const { direct, progressTs } = runThread.said();
  if (progressTs !== null) return;
  const known = { balance: await balance(), prices: await prices() };
  const message = progressMessage(view, progress, text, { notes, ...known });
  const to = direct
    ? { channel: direct.channel, threadTs: direct.ts }
    : { channel: conversation.userId, threadTs: null };
  const { ts } = await post(runThread, 'outcome', to, message);
  await runThread.remember({ progressTs: ts, linked: notes.links.map(({ objectKey }) => objectKey) });
}

/**
 * Saves that a message links to these files. A member can fetch them through the link whatever else fails, so they count as
 * received when delivery is given up.
 */
async function rememberLinks(runThread: RunThread, { links }: Notes): Promise<void> {
  if (links.length > 0) await runThread.remember({ linked: links.map(({ objectKey }) => objectKey) });
}

/** Saves the thread's address for App Home. A failure here never fails the delivery. */
async function rememberPermalink(runThread: RunThread, rootTs: string): Promise<void> {
  try {
    const { permalink } = await runThread.client.chat.getPermalink({
      channel: runThread.conversation.channel,
      message_ts: rootTs,
    });
    if (permalink) await runThread.remember({ permalink });
  } catch (error) {
    if (refusalOf(error) === null && askedPauseMs(error) === null) throw error;
  }
}

function nullWhenRefused(error: unknown): null {
  const refusal = refusalOf(error);
  if (refusal === null || isPassingRefusal(refusal)) throw error;
  return null;
}

/** Turns Slack's faults into the pipeline's errors, and tells every process when Slack asks for a pause. */
async function faultsTold<T>(db: Db, id: WorkspaceId, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    const pauseMs = askedPauseMs(error);
    if (pauseMs !== null) await pauseEdits(db, id, pauseMs);
    throw asMessengerError(error);
  }
}
