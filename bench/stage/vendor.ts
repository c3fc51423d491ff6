import { createReadStream, readFileSync } from 'node:fs';
import { Readable } from 'node:stream';
import { setTimeout as delay } from 'node:timers/promises';
import { z } from 'zod';
import type { JsonValue } from '../../src/domain.ts';
import {
  type Capabilities,
  noCapabilities,
  type Provider,
  ProviderError,
} from '../../src/pipeline/providers/provider.ts';
import { createProviders, fixedSource, type Providers } from '../../src/pipeline/providers/registry.ts';

export type MediaFiles = { image: string; video: string };

/**
 * `instant` is done at the first poll. `waiting` is polled again after `pollAfterMs` and is never done, unless its handle says
 * when. With `hooks` its videos are those of a vendor that calls when one is over, if their handles say so. `slots` is polled at its
 * first poll's moment and every `pollAfterMs` from there, so any process knows when a poll was due. `stuck` never answers.
 */
export type VendorPace =
  | { kind: 'instant' }
  | { kind: 'stuck' }
  | { kind: 'slots'; pollAfterMs: number }
  | { kind: 'waiting'; pollAfterMs: number; hooks?: boolean | undefined };

/** The optional content of a handle for a video that was recorded, but not sent: when it is done, and when its first poll was due. */
const timed = z.object({
  doneAt: z.number().default(Number.POSITIVE_INFINITY),
  firstPollAt: z.number().optional(),
  hook: z.boolean().default(false),
});

const can: Capabilities = {
  ...noCapabilities,
  qualities: ['standard', 'hd'],
  durations: [3, 5, 8, 15],
  resolutions: ['720p', '1080p'],
};

/** A vendor that takes no time of its own. `onLate` gets the delay of each poll, in milliseconds. */
export function createVendor(media: MediaFiles, pace: VendorPace, onLate: (ms: number) => void = () => {}): Providers {
  const picture = readFileSync(media.image);
  const dueAt = new Map<string, number>();
  const common = { id: 'bench', vendor: null, capabilities: can, prices: null, expectedMs: () => 100 };
  const never = async () => {
    throw new ProviderError('invalid_request', 'this step answers at once');
  };
  const enhance: Provider<'enhance'> = {
    ...common,
    step: 'enhance',
    model: 'bench-words',
    poll: never,
    download: never,
    cancel: async () => {},
    submit: async ({ prompt, scenes }, { signal }) => {
      if (pace.kind === 'stuck') await delay(600_000, undefined, { signal });
      const shot = { image: prompt, motion: prompt };
      const shots = scenes.map(() => shot);
      return { outcome: 'finished', output: { ...shot, ...(shots.length > 0 ? { shots } : {}) } };
    },
  };
  const image: Provider<'image'> = {
    ...common,
    step: 'image',
    model: 'bench-image',
    poll: never,
    download: never,
    cancel: async () => {},
    submit: async () => ({ outcome: 'finished', output: { body: Readable.from([picture], { objectMode: false }) } }),
  };
  const video: Provider<'video'> = {
    ...common,
    step: 'video',
    model: 'bench-video',
    ...(pace.kind === 'waiting' && pace.hooks
      ? { vendor: 'google', awaitsHook: (handle: JsonValue) => timed.parse(handle).hook }
      : {}),
    cancel: async () => {},
    submit: async (_request, { runId }) => ({
      outcome: 'accepted',
      handle: { runId },
      pollAfterMs: 'pollAfterMs' in pace ? pace.pollAfterMs : 0,
    }),
    poll: async (handle, { runId, stepNumber }) => {
      if (!('pollAfterMs' in pace)) return { outcome: 'finished' };
      const { doneAt, firstPollAt } = timed.parse(handle);
      const now = Date.now();
      if (pace.kind === 'slots' && firstPollAt !== undefined) {
        const since = (now - firstPollAt) % pace.pollAfterMs;
        onLate(since);
        return { outcome: 'working', fraction: 0.5, pollAfterMs: pace.pollAfterMs - since };
      }
      const clip = `${runId} ${stepNumber}`;
      const due = dueAt.get(clip) ?? firstPollAt;
      if (due !== undefined) onLate(now - due);
      if (now >= doneAt) return { outcome: 'finished' };
      dueAt.set(clip, now + pace.pollAfterMs);
      return { outcome: 'working', fraction: 0.5, pollAfterMs: pace.pollAfterMs };
    },
    download: async () => ({ body: createReadStream(media.video) }),
  };
  return createProviders([fixedSource([enhance, image, video])], [], new Set());
}
