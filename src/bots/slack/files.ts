import { setTimeout as delay } from 'node:timers/promises';
import type { MediaStore } from '../../pipeline/media/store.ts';
import { MessengerError } from '../../pipeline/messenger.ts';
import type { CardMedia } from '../card.ts';
import { shortId } from '../runCard.ts';
import { isPassingRefusal, isSlacksFault, refusalOf } from './client.ts';
import type { SharedFile } from './conversation.ts';
import { escaped } from './escape.ts';
import { post, type RunThread } from './runThread.ts';
import { reserveFile, sendBytes, shareFile } from './upload.ts';

/** The outcome of sharing a run's files. `missing` lists the files that Slack took nowhere. */
export type Sharing =
  | { outcome: 'here' }
  | { outcome: 'direct'; reason: string }
  | { outcome: 'refused'; reason: string; missing: CardMedia[] };

/**
 * Puts every file into the run's thread. If the channel refuses files for a lasting reason, this is not a fault: the files go to
 * the member in a direct message. A repeat after a crash continues where the first try stopped.
 */
export async function shareAll(
  runThread: RunThread,
  store: MediaStore,
  media: readonly CardMedia[],
  threadTs: string | null,
): Promise<Sharing> {
  const before = runThread.said().refused;
  if (before === null && threadTs !== null) {
    const here = { channel: runThread.conversation.channel, threadTs };
    const refused = await untilRefused(runThread, () => shareEach(runThread, store, media, here));
    if (refused === null) return { outcome: 'here' };
    await runThread.remember({ refused });
  }
  const reason = runThread.said().refused ?? before ?? 'channel_not_found';
  if (media.length === 0) return { outcome: 'here' };
  const direct = await shareDirectly(runThread, store, media);
  return direct.reason === null
    ? { outcome: 'direct', reason }
    : { outcome: 'refused', reason, missing: direct.missing };
}

/** Sends files to the requester alone. `reason` is Slack's error code if it did not take all of them; then some are `missing`. */
export async function shareDirectly(
  runThread: RunThread,
  store: MediaStore,
  media: readonly CardMedia[],
): Promise<{ reason: string | null; missing: CardMedia[] }> {
  const reason = await untilRefused(runThread, async () => {
    const { channel, ts } = runThread.said().direct ?? (await openDirect(runThread));
    await shareEach(runThread, store, media, { channel, threadTs: ts });
  });
  if (reason === null) return { reason, missing: [] };
  const { files } = runThread.said();
  return { reason, missing: media.filter(({ objectKey }) => files[objectKey]?.state !== 'shared') };
}

/**
 * Returns Slack's error code if it refused for good. Faults that may pass are thrown, except on the last try, because nothing
 * tries again after it.
 */
async function untilRefused({ isLastTry }: RunThread, work: () => Promise<void>): Promise<string | null> {
  try {
    await work();
    return null;
  } catch (error) {
    const refusal = refusalOf(error);
    if (refusal !== null && !isPassingRefusal(refusal)) return refusal;
    if (isLastTry && isSlacksFault(error)) return refusal ?? 'no_answer';
    throw error;
  }
}

async function openDirect(runThread: RunThread): Promise<{ channel: string; ts: string }> {
  const { conversation, text, view } = runThread;
  const words = text.slack.upload.forYou(text.measures.few(view.run.prompt));
  const direct = await post(
    runThread,
    'direct',
    { channel: conversation.userId, threadTs: null },
    { text: escaped(words), blocks: [] },
  );
  await runThread.remember({ direct });
  return direct;
}

async function shareEach(
  runThread: RunThread,
  store: MediaStore,
  media: readonly CardMedia[],
  to: { channel: string; threadTs: string },
): Promise<void> {
  for (const one of media) await shareOne(runThread, store, one, to);
}

async function shareOne(
  runThread: RunThread,
  store: MediaStore,
  media: CardMedia,
  to: { channel: string; threadTs: string },
): Promise<void> {
  const { client, text } = runThread;
  const known = runThread.said().files[media.objectKey];
  if (known?.state === 'shared') return;
  const mark = (file: SharedFile) =>
    runThread.remember({ files: { ...runThread.said().files, [media.objectKey]: file } });

  const fileId = known && known.state !== 'reserved' ? known.fileId : await upload(runThread, store, media, mark);
  const isInDoubt = known?.state === 'sharing';
  if (!isInDoubt || (await lookedFor(runThread, fileId)) !== 'there') {
    await mark({ fileId, state: 'sharing' });
    const size = text.runs.media.size(media.width, media.height, media.seconds, text.measures.bytes(media.bytes));
    const comment = escaped(`${media.label}: ${size}`);
    try {
      await shareFile(client, { fileId, title: media.label, comment }, to);
    } catch (error) {
      const refusal = refusalOf(error);
      // Slack knows no unshared file with that id. So an earlier process shared it and lost the note of Slack's answer.
      if (!(isInDoubt && refusal === 'file_not_found')) {
        if (refusal !== null) await mark({ fileId, state: 'uploaded' });
        throw error;
      }
    }
  }
  await verified(runThread, fileId, mark);
  await mark({ fileId, state: 'shared' });
}

/** Slack shares a file a moment after it confirms that. These are the delays before each check. Milliseconds. */
const looksAfterMs = [0, 300, 700, 1_500, 3_000] as const;

/** Checks that Slack really shared a file, because it may confirm that and not do it. The next try then uploads the file anew. */
async function verified(
  runThread: RunThread,
  fileId: string,
  mark: (file: SharedFile) => Promise<void>,
): Promise<void> {
  for (const afterMs of looksAfterMs) {
    await delay(afterMs, undefined, { signal: runThread.signal });
    if ((await lookedFor(runThread, fileId)) !== 'missing') return;
  }
  await mark({ fileId, state: 'reserved' });
  throw new MessengerError('unavailable', 'Slack took a file and did not show it');
}

async function upload(
  runThread: RunThread,
  store: MediaStore,
  media: CardMedia,
  mark: (file: SharedFile) => Promise<void>,
): Promise<string> {
  const extension = media.objectKey.split('.').at(-1) ?? 'bin';
  const file = { name: `vidgenie-${shortId(runThread.view.run.id)}.${extension}`, bytes: media.bytes };
  const { fileId, uploadUrl } = await reserveFile(runThread.client, {
    ...file,
    description: media.kind === 'image' ? runThread.view.run.prompt : null,
  });
  await mark({ fileId, state: 'reserved' });
  const body = await store.open(media.objectKey);
  await sendBytes(uploadUrl, body, { mime: media.mime, bytes: media.bytes, signal: runThread.signal });
  await mark({ fileId, state: 'uploaded' });
  return fileId;
}

/** Tells whether a file is shared. Without the optional scope `files:read`, Slack does not say. */
async function lookedFor({ client }: RunThread, fileId: string): Promise<'there' | 'missing' | 'unknown'> {
  try {
    const { file } = await client.files.info({ file: fileId });
    return Object.keys({ ...file?.shares?.public, ...file?.shares?.private }).length > 0 ? 'there' : 'missing';
  } catch (error) {
    const refusal = refusalOf(error);
    if (refusal === null || isPassingRefusal(refusal)) throw error;
    return refusal === 'file_not_found' ? 'missing' : 'unknown';
  }
}
