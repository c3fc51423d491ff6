import { rm } from 'node:fs/promises';
import { Readable } from 'node:stream';
import type { Step } from '../../db/runs.ts';
import { receiveMedia } from '../media/receive.ts';
import { settlesWithin } from '../timeout.ts';
import type { Turn } from '../turnContext.ts';

/** In bytes. An unfinished picture has at most the size of the finished one. */
const maxBytes = 64 * 1024 * 1024;

/** In milliseconds. The image is stored by now, and its run waits no longer than this for a store that is away. */
const maxErasingMs = 5_000;

export type Partials = {
  /** Left out if nobody may see unfinished pictures. */
  show?: (content: Buffer) => void;
  /** Erases what was shown. */
  end: () => Promise<void>;
};

/**
 * Shows the unfinished pictures of an image. They are no results: no row names them, and they are erased when the step ends. What a
 * killed worker leaves is replaced by the next attempt, or removed as a stray. Where results are moderated, nobody may see a picture
 * before moderation has.
 */
export function partialsOf(turn: Turn, step: Step): Partials {
  const { deps, lease, narrator, signal } = turn;
  if (step.kind !== 'image' || turn.standing().settings.results !== 'off') return { end: async () => {} };
  const objectKey = `runs/${lease.runId}/partial-${step.number}.png`;
  let version = 0;
  let isOver = false;
  let last: Promise<void> | null = null;

  const show = async (content: Buffer): Promise<void> => {
    const options = { directory: deps.temporaryDirectory, kind: 'image', maxBytes, signal } as const;
    const received = await receiveMedia(Readable.from([content]), options);
    if (received.outcome === 'refused') return;
    const { path, mime, width, height, bytes } = received.media;
    try {
      if (isOver) return;
      await deps.store.put(objectKey, received.media, signal);
      version += 1;
      if (!isOver)
        narrator.showPartial(step.number, { step: step.number, version, objectKey, mime, width, height, bytes });
    } finally {
      await rm(path, { force: true });
    }
  };

  /** An unfinished picture is a help. Its failure must not affect the image. */
  const unharmed = (work: Promise<void>) =>
    work.catch((error: unknown) => {
      if (!signal.aborted)
        deps.log.warn({ runId: lease.runId, step: step.kind, error }, 'an unfinished picture was not shown');
    });

  return {
    show: (content) => {
      const before = last ?? Promise.resolve();
      last = unharmed(before.then(() => show(content)));
    },
    end: async () => {
      isOver = true;
      narrator.showPartial(step.number, null);
      if (!last) return;
      const erased = last.then(() => unharmed(deps.store.remove(objectKey)));
      await settlesWithin(maxErasingMs, erased);
    },
  };
}
