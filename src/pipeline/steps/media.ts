import { createReadStream } from 'node:fs';
import { rm } from 'node:fs/promises';
import { finishMedia } from '../../db/turns.ts';
import { cutTo, exactPart } from '../media/aspect.ts';
import { dropSound } from '../media/mute.ts';
import { type ReceivedFile, type ReceiveOptions, receiveMedia } from '../media/receive.ts';
import { type MediaStream, ProviderError } from '../providers/provider.ts';
import type { Turn } from '../turnContext.ts';
import { retryWhileDatabaseAway, retryWhileStoreAway } from './retryWhileAway.ts';
import type { StepWork } from './step.ts';

/** The largest result that we accept from a provider, in bytes. A minute of 4k video at 60 Mbit/s is 450 MB. */
const largestBytes = { image: 64 * 1024 * 1024, video: 512 * 1024 * 1024 } as const;

/** Receives an image or a video, measures it, stores it, and writes its row last, so that every row names an existing object. */
export const keepMedia =
  <Kind extends 'image' | 'video'>(kind: Kind): StepWork<Kind>['keep'] =>
  async (turn, step, output: MediaStream, cost) => {
    const { deps, lease } = turn;
    const options = { directory: deps.temporaryDirectory, kind, maxBytes: largestBytes[kind], signal: turn.signal };
    const received = await receiveMedia(output.body, options);
    if (received.outcome === 'refused') {
      throw new ProviderError('no_output', `the provider sent no usable ${kind}: ${received.detail}`);
    }
    const media = await asAsked(turn, received.media, options);
    const { path, extension, hasAudio: _, ...asset } = media;
    try {
      // The key contains a hash of the content, so a worker that lost its lease cannot replace the object of the next worker.
      const objectKey = `runs/${lease.runId}/${step.kind}-${asset.sha256.slice(0, 8)}.${extension}`;
      await retryWhileStoreAway(turn, () => deps.store.put(objectKey, media, turn.signal));
      deps.reachFailpoint('object_stored', { runId: lease.runId, step: step.kind });
      await retryWhileDatabaseAway(turn, () => finishMedia(deps.db, lease, step.kind, { ...asset, objectKey }, cost));
      deps.reachFailpoint('step_done', { runId: lease.runId, step: step.kind });
    } finally {
      await rm(path, { force: true });
    }
  };

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
