import type { Db } from '../../db/client.ts';
import { refund } from '../../db/credits.ts';
import { pauseEdits, takeEdit } from '../../db/editBudget.ts';
import type { RunView } from '../../db/runs.ts';
import type { WorkspaceId } from '../../db/vocabulary.ts';
import type { MediaStore } from '../../pipeline/media/store.ts';
import type { Delivering, Messenger, Speaking } from '../../pipeline/messenger.ts';
import type { Meter } from '../../pipeline/meter.ts';
import { ProviderError } from '../../pipeline/providers/provider.ts';
import type { AddressOf } from '../mediaAddress.ts';
import { mediaOf, runCard } from '../runCard.ts';
import { askedPauseMs, asPipelineFault, isPassingRefusal, refusalOf } from './client.ts';
import type { SlackConnections } from './connections.ts';
import { type Sharing, shareAll } from './files.ts';
import { type Notes, nothing, progressMessage, rootMessage } from './runMessages.ts';
import { createVoice, edit, post, type Voice } from './voice.ts';

/** Slack takes about 50 edits a minute from an app in a workspace; the rest is room for what does not go through this purse. */
const pace = { perMinute: 45, burst: 12, kept: 4 } as const;

/** A signed address has several hundred characters, and must fit a paragraph whole. */
const longestUrl = 2_000;

type Needs = { db: Db; store: MediaStore; addressOf: AddressOf; meter: Meter; connections: SlackConnections };

/** Speaks for runs in Slack: one root message, one message that follows the work in its thread, and the files. */
export function createSlackMessenger({ db, store, addressOf, meter, connections }: Needs): Messenger {
  async function voiceOf(view: RunView, speaking: Speaking): Promise<Voice> {
    const connection = await connections.of(view.run.workspaceId);
    if (!connection) throw new ProviderError('bad_key', 'VidGenie is not installed in this Slack workspace');
    return createVoice(connection, view, speaking);
  }

  return {
    update: (view, speaking) =>
      faultsTold(db, view.run.workspaceId, async () => {
        const voice = await voiceOf(view, speaking);
        const threadTs = await openThread(voice, speaking);
        const message = progressMessage(view, speaking.progress, voice.text);
        const { progressTs } = voice.said();
        if (progressTs === null) {
          const { ts } = await post(voice, 'progress', { channel: voice.place.channel, threadTs }, message);
          await voice.remember({ progressTs: ts });
        } else if (await takeEdit(db, view.run.workspaceId, 'progress', pace)) {
          await edit(voice.client, { channel: voice.place.channel, ts: progressTs }, message);
          meter.edited('slack', 'sent');
        } else {
          meter.edited('slack', 'dropped');
        }
        // What is made is shown while the rest is at work. Not during a paid call: its handle is saved once we have spoken.
        if (view.steps.some(({ state }) => state === 'submitting')) return;
        await shareAll(voice, store, mediaOf(view, voice.text), threadTs);
      }),
    deliver: (view, speaking) =>
      faultsTold(db, view.run.workspaceId, async () => {
        const voice = await voiceOf(view, speaking);
        const threadTs = await openThread(voice, speaking).catch(nullWhenRefused);
        const sharing = await shareAll(voice, store, mediaOf(view, voice.text), threadTs);
        const notes = await tellOf(voice, sharing);
        if (threadTs === null) await tellDirectly(voice, speaking, notes);
        else await tellHere(voice, speaking, { threadTs, notes });
        return voice.said();
      }),
  };

  /** What is said about files that are not where they were expected. What nobody can fetch costs nothing. */
  async function tellOf(voice: Voice, sharing: Sharing): Promise<Notes> {
    const { upload } = voice.text.slack;
    if (sharing.outcome === 'here') return nothing;
    if (sharing.outcome === 'direct') return { sentences: [upload.direct(sharing.reason)], links: [] };
    const { reason, missing } = sharing;
    const links = await Promise.all(
      missing.map(async ({ label, objectKey }) => ({ label, link: await addressOf(objectKey) })),
    );
    const found = links.flatMap(({ label, link }) =>
      link && link.url.length <= longestUrl ? [{ label, ...link }] : [],
    );
    if (found.length === missing.length) return { sentences: [upload.link(reason)], links: found };
    const { run, steps, assets } = voice.view;
    const lost = new Set(missing.map(({ objectKey }) => objectKey));
    const unreceived = assets.filter(({ objectKey }) => lost.has(objectKey)).map(({ step }) => step);
    const amount = steps.reduce(
      (sum, { kind, priceCredits }) => sum + (unreceived.includes(kind) ? priceCredits : 0),
      0,
    );
    const { outcome } = await refund(db, run, amount, `undelivered:${run.id}`);
    const isGivenBack = outcome === 'refunded' || outcome === 'repeated';
    return { sentences: [upload.kept(reason), ...(isGivenBack ? [upload.givenBack(amount)] : [])], links: [] };
  }

  async function tellHere(
    voice: Voice,
    { progress, balance }: Delivering,
    told: { threadTs: string; notes: Notes },
  ): Promise<void> {
    const { client, place, view, text } = voice;
    const { channel } = place;
    const message = progressMessage(view, progress, text, { notes: told.notes, balance: await balance() });
    if (voice.said().progressTs === null) {
      const { ts } = await post(voice, 'progress', { channel, threadTs: told.threadTs }, message);
      await voice.remember({ progressTs: ts });
    }
    // Edited even when it was posted just now: it may be an older post, whose answer was lost.
    const { progressTs, rootTs } = voice.said();
    if (progressTs !== null) {
      await takeEdit(db, view.run.workspaceId, 'final', pace);
      await edit(client, { channel, ts: progressTs }, message);
    }
    if (rootTs === null) return;
    await takeEdit(db, view.run.workspaceId, 'final', pace);
    // Links stay in the thread; that files went elsewhere, or credits back, is part of the outcome.
    const notes = told.notes.links.length > 0 ? [] : told.notes.sentences;
    const root = rootMessage(view, runCard(view, progress, text), text, notes);
    await edit(client, { channel, ts: rootTs }, root);
    await rememberPermalink(voice, rootTs);
  }
}

/** Posts the root message unless it is there, and gives the `ts` under which the run's thread hangs. */
async function openThread(voice: Voice, { progress }: Speaking): Promise<string> {
  const { place, text, view } = voice;
  const { rootTs } = voice.said();
  if (rootTs !== null) return place.threadTs ?? rootTs;
  const message = rootMessage(view, runCard(view, progress, text), text);
  const { ts } = await post(voice, 'root', { channel: place.channel, threadTs: place.threadTs }, message);
  await voice.remember({ rootTs: ts });
  return place.threadTs ?? ts;
}

/** The conversation is gone, or the bot was sent away: the member hears of it directly. */
async function tellDirectly(voice: Voice, { progress, balance }: Delivering, notes: Notes): Promise<void> {
  const { place, text, view } = voice;
  const { direct, progressTs } = voice.said();
  if (progressTs !== null) return;
  const message = progressMessage(view, progress, text, { notes, balance: await balance() });
  const to = direct ? { channel: direct.channel, threadTs: direct.ts } : { channel: place.userId, threadTs: null };
  const { ts } = await post(voice, 'outcome', to, message);
  await voice.remember({ progressTs: ts });
}

/** Where the thread is, for App Home. A run is told whether or not Slack says so. */
async function rememberPermalink(voice: Voice, rootTs: string): Promise<void> {
  try {
    const { permalink } = await voice.client.chat.getPermalink({ channel: voice.place.channel, message_ts: rootTs });
    if (permalink) await voice.remember({ permalink });
  } catch (error) {
    if (refusalOf(error) === null && askedPauseMs(error) === null) throw error;
  }
}

function nullWhenRefused(error: unknown): null {
  const refusal = refusalOf(error);
  if (refusal === null || isPassingRefusal(refusal)) throw error;
  return null;
}

/** Slack's faults in the pipeline's words; a wish for silence is passed on to every process. */
async function faultsTold<T>(db: Db, id: WorkspaceId, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    const pauseMs = askedPauseMs(error);
    if (pauseMs !== null) await pauseEdits(db, id, pauseMs);
    throw asPipelineFault(error);
  }
}
