import type { REST } from '@discordjs/rest';
import { Routes } from 'discord-api-types/v10';
import type { RunView } from '../../db/runs.ts';
import { assetOf } from '../../pipeline/graph.ts';
import type { MediaStore } from '../../pipeline/media/store.ts';
import { ConversationGone, type Messenger, type Speaking } from '../../pipeline/messenger.ts';
import type { Meter } from '../../pipeline/meter.ts';
import type { CardMedia } from '../card.ts';
import { createEditThrottle, defaultPaceMs, type Edit, systemClock } from '../editThrottle.ts';
import type { AddressOf } from '../mediaAddress.ts';
import type { Text } from '../text.ts';
import { unreachedSteps } from '../unreached.ts';
import { type DiscordPostedMessages, discordPostedMessages } from './conversation.ts';
import { deleteMessages } from './deleteMessages.ts';
import { ensureThread, isShut, type RunThread } from './ensureThread.ts';
import { preview, previewName } from './media.ts';
import { attachmentsOf, codeOf, codes, createRest, type DiscordAddress, sendMessage } from './rest.ts';
import { postResult } from './result.ts';
import { finalProgress, outcomeMessage, progressMessage } from './runMessages.ts';
import { unfinishedPictures } from './unfinished.ts';
import { createUploadLimit } from './uploadLimit.ts';

type MessengerLog = { debug: (facts: object, message: string) => void };

export type DiscordMessengerOptions = {
  address: DiscordAddress;
  store: MediaStore;
  addressOf: AddressOf;
  /** Whether members can open the page. */
  hasPage: boolean;
  /** The folder for copies of media that fit an upload. */
  temporaryDirectory: string;
  log: MessengerLog;
  meter: Meter;
};

/** The rate of edits that a channel takes without delay. Discord's own bucket is five in five seconds. */
const channelBudget = { windowMs: 5_000, max: 4, kept: 1 };
const maxEditMs = 30_000;

/** Posts the messages of runs in Discord over REST alone. The worker needs no gateway. */
export function createDiscordMessenger(options: DiscordMessengerOptions): Messenger & { close: () => Promise<void> } {
  const rest = createRest(options.address, 'worker');
  const uploadLimit = createUploadLimit(rest, Date.now);
  const throttle = createEditThrottle({
    clock: systemClock,
    budget: channelBudget,
    paceMs: defaultPaceMs,
    onFault: (error, { key }) =>
      options.log.debug({ runId: key, code: codeOf(error) }, 'progress could not be shown in Discord'),
    onOutcome: (outcome) => options.meter.edited('discord', outcome),
  });
  const edit = (view: RunView, runThread: RunThread, send: () => Promise<void>): Edit => ({
    key: view.run.id,
    scope: runThread.channelId,
    since: view.run.createdAt.getTime(),
    send,
  });

  return {
    update: async (view, speaking) => {
      const runThread = await ensureThread(rest, view, speaking);
      if (runThread.isNew || runThread.progressId === null) return;
      throttle.offer(
        edit(view, runThread, async () => {
          // This adds nothing. It fails if another worker holds the run by now, because what that worker posted is newer.
          await speaking.save({});
          await showProgress(rest, view, runThread, speaking, options);
        }),
      );
    },
    deliver: async (view, speaking) => {
      const runThread = await ensureThread(rest, view, speaking);
      const save = async (more: Partial<DiscordPostedMessages>) => {
        runThread.postedMessages = { ...runThread.postedMessages, ...more };
        await speaking.save(more);
      };
      const { store, addressOf, temporaryDirectory: directory } = options;
      const delivery = { rest, view, runThread, speaking, store, addressOf, directory, save, uploadLimit };
      await postResult(delivery).catch(explained);
      const { progress, signal } = speaking;
      const told = delivery.view;
      const overwrite = async (channelId: string, messageId: string, body: object) => {
        const route = Routes.channelMessage(channelId, messageId);
        await sendMessage(rest, { method: 'PATCH', route, body: { ...body, attachments: [] }, signal }).catch(spared);
      };
      const { threadId, postedRoot: isPosted } = runThread.postedMessages;
      const { rootId, progressId } = runThread;
      const outcome = outcomeMessage(told, progress, runThread.text, { threadId, isPosted });
      const final = threadId === null ? outcome : finalProgress(told, progress, runThread.text);
      const last = async () => {
        if (progressId !== null) await overwrite(runThread.channelId, progressId, final);
      };
      await throttle.last(edit(view, runThread, last));
      if (threadId !== null && rootId !== null) await overwrite(runThread.conversation.channelId, rootId, outcome);
      return runThread.postedMessages;
    },
    takeBack: (view, { signal }) => deleteMessages(rest, view, null, signal),
    // The result is one message. It was posted with everything not given up on before, or not at all.
    unreached: (view) => {
      const { resultId } = discordPostedMessages.parse(view.run.postedMessages);
      return unreachedSteps(view, { isReceived: () => resultId !== null, hasPage: options.hasPage });
    },
    close: throttle.close,
  };
}

/** If only the thread was deleted, the run can use the channel. If the channel was deleted, nothing is left. */
function explained(error: unknown): never {
  if (codeOf(error) === codes.unknownChannel) throw new ConversationGone('The channel was deleted.', { cause: error });
  throw error;
}

/**
 * The result is already posted. A fault of an older message (deleted, or too old to be edited often) must not post the result
 * again.
 */
function spared(error: unknown): void {
  const code = codeOf(error) ?? 0;
  const passing: readonly number[] = [codes.unknownMessage, codes.tooManyOldEdits, codes.threadArchived];
  if (!passing.includes(code) && !isShut(error)) throw error;
}

type Files = Pick<DiscordMessengerOptions, 'store' | 'temporaryDirectory'>;

async function showProgress(
  rest: REST,
  view: RunView,
  runThread: RunThread,
  speaking: Speaking,
  files: Files,
): Promise<void> {
  if (runThread.progressId === null) return;
  const route = Routes.channelMessage(runThread.channelId, runThread.progressId);
  const signal = AbortSignal.timeout(maxEditMs);
  const { previews } = runThread.postedMessages;
  const { spoilers } = runThread.conversation;
  const made = picturesOf(view, runThread.text, spoilers);
  const images = [...made, ...unfinishedPictures(speaking.partials ?? [], made, runThread.text, spoilers)];
  const shown = images.filter(({ step }) => previews.some((one) => one.step === step));
  const added = images.filter((image) => !shown.includes(image));
  const kept = previews.filter(({ step }) => images.some((one) => one.step === step)).map(({ id }) => id);
  const { store, temporaryDirectory: directory } = files;
  const copies: Awaited<ReturnType<typeof preview>>[] = [];
  try {
    for (const image of added) {
      copies.push(await preview(image, { store, directory, signal, text: runThread.text, spoilers }));
    }
    const uploads = copies.map(({ file }) => file);
    const body = {
      ...progressMessage(view, speaking.progress, runThread.text, images),
      ...(images.length > 0 || previews.length > 0 ? attachmentsOf(uploads, kept) : {}),
    };
    const sent = await sendMessage(rest, { method: 'PATCH', route, body, files: uploads, signal });
    if (added.length === 0) return;
    const posted = images.flatMap(({ step }) => {
      const id = sent.attachments.find(({ filename }) => filename.replace(/^SPOILER_/, '') === previewName(step))?.id;
      return id === undefined ? [] : [{ step, id }];
    });
    await speaking.save({ previews: posted });
  } finally {
    await Promise.all(copies.map(({ dispose }) => dispose()));
  }
}

/** The images that a run has made, those of scenes too. */
const picturesOf = (view: RunView, text: Text, spoilers: boolean): (CardMedia & { isSpoiler: boolean })[] =>
  view.steps.flatMap((step) => {
    const asset = assetOf(view, step);
    if (step.kind !== 'image' || !asset || asset.removedAt) return [];
    const { objectKey, mime, width, height, seconds, bytes, flagged } = asset;
    return [
      {
        step: step.number,
        kind: 'image' as const,
        label: text.runs.media.image,
        objectKey,
        mime,
        width,
        height,
        seconds,
        bytes,
        isSpoiler: spoilers || flagged !== null,
      },
    ];
  });
