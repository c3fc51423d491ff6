import { createReadStream } from 'node:fs';
import { rm } from 'node:fs/promises';
import { setTimeout as delay } from 'node:timers/promises';
import { finishMedia } from '../../db/turns.ts';
import { dropSound } from '../media/mute.ts';
import { type ReceivedFile, type ReceiveOptions, receiveMedia } from '../media/receive.ts';
import { StorageError } from '../media/store.ts';
import { type MediaStream, ProviderError } from '../providers/provider.ts';
import type { Turn } from '../turn.ts';
import { insist, type StepWork } from './step.ts';

/** The largest result taken from a provider. A minute of 4k video at 60 Mbit/s is 450 MB. */
const largestBytes = { image: 64 * 1024 * 1024, video: 512 * 1024 * 1024 } as const;

/** Receives an image or a video, measures it, stores it, and writes it down: in this order, so that what is written down exists. */
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
      // The key names the content too: a worker that lost the run cannot replace what its successor stored.
      const objectKey = `runs/${lease.runId}/${step.kind}-${asset.sha256.slice(0, 8)}.${extension}`;
      await putPatiently(turn, objectKey, media);
      deps.reach('object_stored', { runId: lease.runId, step: step.kind });
      await insist(turn, () => finishMedia(deps.db, lease, step.kind, { ...asset, objectKey }, cost));
      deps.reach('step_done', { runId: lease.runId, step: step.kind });
    } finally {
      await rm(path, { force: true });
    }
  };

/** How long a result that was paid for waits in its worker for a store that is away, and the pause between tries. Milliseconds. */
const storePatienceMs = 5 * 60_000;
const storePauseMs = 2_000;

/** What a provider made at once exists nowhere else yet: a store that is away for a while must not cost it. The lease goes on meanwhile. */
async function putPatiently({ deps, lease, signal }: Turn, key: string, media: ReceivedFile): Promise<void> {
  const until = performance.now() + storePatienceMs;
  for (;;) {
    try {
      return await deps.store.put(key, media, signal);
    } catch (error) {
      if (!(error instanceof StorageError && error.isPassing) || performance.now() > until) throw error;
      deps.log.warn({ runId: lease.runId, error }, 'the media store is away; the result waits for it');
      await delay(storePauseMs * (0.5 + deps.random()), undefined, { signal });
    }
  }
}

/** Drops the sound that a member did not want from a model that has no switch for it, without encoding the pictures again. */
async function asAsked(turn: Turn, media: ReceivedFile, options: ReceiveOptions): Promise<ReceivedFile> {
  if (!media.hasAudio || turn.view.run.options.audio) return media;
  const silent = `${media.path}.silent`;
  try {
    await dropSound(media.path, silent);
    const measured = await receiveMedia(createReadStream(silent), options);
    if (measured.outcome === 'refused')
      throw new Error(`the video was damaged when its sound was dropped: ${measured.detail}`);
    return measured.media;
  } finally {
    await rm(silent, { force: true });
    await rm(media.path, { force: true });
  }
}
