import { createReadStream } from 'node:fs';
import { rm } from 'node:fs/promises';
import type { Step } from '../../db/runs.ts';
import { finishMedia } from '../../db/turns.ts';
import { assetOf, sourceOf } from '../graph.ts';
import { cutTo, exactPart } from '../media/aspect.ts';
import { joinClips } from '../media/join.ts';
import { dropSound } from '../media/mute.ts';
import { type ReceivedFile, type ReceiveOptions, receiveMedia } from '../media/receive.ts';
import { type MediaStream, type ProviderCost, ProviderError } from '../providers/provider.ts';
import type { Turn } from '../turnContext.ts';
import { asJoinFailure, clipOnDisk } from './clips.ts';
import { inheritedFlags, verdictOnMedia, withhold } from './moderate.ts';
import { retryWhileDatabaseAway, retryWhileStoreAway } from './retryWhileAway.ts';
import type { StepWork } from './step.ts';

/** The largest result that we accept from a provider, in bytes. A minute of 4k video at 60 Mbit/s is 450 MB. */
const largestBytes = { image: 64 * 1024 * 1024, video: 512 * 1024 * 1024 } as const;

/** Receives an image or a video, measures it, stores it, and writes its row last, so that every row names an existing object. */
export const keepMedia =
  <Kind extends 'image' | 'video'>(kind: Kind): StepWork<Kind>['keep'] =>
  async (turn, step, output: MediaStream, cost) => {
    const { deps } = turn;
    const options = { directory: deps.temporaryDirectory, kind, maxBytes: largestBytes[kind], signal: turn.signal };
    const received = await receiveMedia(output.body, options);
    if (received.outcome === 'refused') {
      throw new ProviderError('no_output', `the provider sent no usable ${kind}: ${received.detail}`);
    }
    const media = await asAsked(turn, received.media, options);
    const whole = await appended(turn, step, media, options).catch((error: unknown) => discard(media, error));
    // Before it is stored, so that nothing of a withheld result remains.
    const verdict = await verdictOnMedia(turn, step, whole).catch((error: unknown) => discard(whole, error));
    if (verdict.outcome === 'withheld') {
      await rm(whole.path, { force: true });
      return await withhold(turn, step, verdict.failure, cost);
    }
    await keep(turn, step, whole, { cost, isAppended: whole !== media, flagged: verdict.flagged });
    return 'kept';
  };

async function discard({ path }: ReceivedFile, error: unknown): Promise<never> {
  await rm(path, { force: true });
  throw error;
}

/** Stores a film that this process has made. The caller owns the file. */
export async function keepFile(turn: Turn, step: Step, path: string): Promise<void> {
  const options = {
    directory: turn.deps.temporaryDirectory,
    kind: 'video',
    maxBytes: largestBytes.video,
    signal: turn.signal,
  } as const;
  const received = await receiveMedia(createReadStream(path), options);
  if (received.outcome === 'refused') throw new Error(`the film is not usable: ${received.detail}`);
  await keep(turn, step, received.media, { cost: null, isAppended: false, flagged: null });
}

async function keep(
  turn: Turn,
  step: Step,
  media: ReceivedFile,
  { cost, isAppended, flagged }: { cost: ProviderCost | null; isAppended: boolean; flagged: readonly string[] | null },
): Promise<void> {
  const { deps, lease } = turn;
  const { path, extension, hasAudio: _, ...asset } = media;
  const at = { runId: lease.runId, step: step.kind, number: step.number };
  try {
    // The key contains a hash of the content, so a worker that lost its lease cannot replace the object of the next worker.
    const name = `${step.kind}-${step.number}-${asset.sha256.slice(0, 8)}.${extension}`;
    const objectKey = `runs/${lease.runId}/${name}`;
    await retryWhileStoreAway(turn, () => deps.store.put(objectKey, media, turn.signal));
    deps.reachFailpoint('object_stored', at);
    const categories = [...new Set([...inheritedFlags(turn.view, step), ...(flagged ?? [])])];
    const kept = { ...asset, objectKey, flagged: categories.length > 0 ? categories : null };
    await retryWhileDatabaseAway(turn, () => finishMedia(deps.db, lease, step.number, kept, { cost, isAppended }));
    deps.reachFailpoint('step_done', at);
  } finally {
    await rm(path, { force: true });
  }
}

/** In seconds. A model may make a clip that much longer than it was asked to. */
const overrun = 0.5;

/**
 * The result of an extension is the whole clip. If a model sends only the seconds that it added, or if the step began from the last
 * frame because the clip was gone, we append them to the clip before. The file decides which it is. We cut off what a model had to make
 * besides, because it makes only some lengths at once.
 */
async function appended(turn: Turn, step: Step, media: ReceivedFile, options: ReceiveOptions): Promise<ReceivedFile> {
  const source = step.isExtension ? sourceOf(turn.view, step) : null;
  if (!source || media.seconds === null) return media;
  const before = assetOf(turn.view, source)?.seconds ?? 0;
  const added = step.seconds ?? 0;
  if (Math.abs(media.seconds - before - added) <= Math.abs(media.seconds - added)) return media;
  const clip = await clipOnDisk(turn, source);
  try {
    const { audio } = turn.view.run.options;
    const clips = [
      { path: clip.path, label: 'the clip' },
      {
        path: media.path,
        label: 'its extension',
        ...(media.seconds > added + overrun ? { maxSeconds: added } : {}),
      },
    ];
    const whole = { cut: 'hard', audio, directory: options.directory, signal: options.signal } as const;
    const path = await joinClips(clips, whole).catch(asJoinFailure);
    await rm(media.path, { force: true });
    const measured = await receiveMedia(createReadStream(path), options).finally(() => rm(path, { force: true }));
    if (measured.outcome === 'refused') throw new Error(`the longer clip is not usable: ${measured.detail}`);
    return measured.media;
  } finally {
    await clip.dispose();
  }
}

/** Changes that the member asked for and the model cannot make: a video without sound, an image of an exact shape. */
async function asAsked(turn: Turn, media: ReceivedFile, options: ReceiveOptions): Promise<ReceivedFile> {
  const { audio, aspect } = turn.view.run.options;
  if (media.kind === 'video') {
    // This does not encode the frames again.
    return media.hasAudio && !audio ? await changed(media, options, (target) => dropSound(media.path, target)) : media;
  }
  const part = exactPart(media, aspect);
  return part ? await changed(media, options, (target) => cutTo(media.path, media, part, target)) : media;
}

/** Replaces a received file with a changed copy, and measures the copy like any received file. */
async function changed(
  media: ReceivedFile,
  options: ReceiveOptions,
  change: (target: string) => Promise<unknown>,
): Promise<ReceivedFile> {
  const target = `${media.path}.changed`;
  try {
    await change(target);
    const measured = await receiveMedia(createReadStream(target), options);
    if (measured.outcome === 'refused') {
      throw new Error(`the ${media.kind} was damaged when it was changed to what was asked for: ${measured.detail}`);
    }
    return measured.media;
  } finally {
    await rm(target, { force: true });
    await rm(media.path, { force: true });
  }
}
