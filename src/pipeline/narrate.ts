import { loadRun, type RunView } from '../db/runs.ts';
import { type Lease, savePostedMessages } from '../db/turns.ts';
import { type JsonValue, platformOf } from '../domain.ts';
import type { PartialImage } from './messenger.ts';
import { createSteadyLook, type Look } from './progress.ts';
import { settlesWithin } from './timeout.ts';
import type { Narrator, TurnDeps } from './turnContext.ts';

/** In milliseconds. How often to post progress during a long call. */
const narrateEveryMs = 4_000;
/**
 * In milliseconds. `maxUpdateMs` limits one update of a conversation; `maxWaitMs` limits how long a turn with nothing else to do
 * waits for it.
 */
const maxUpdateMs = 60_000;
const maxWaitMs = 10_000;

type Needs = Pick<TurnDeps, 'db' | 'messengerOf' | 'providers' | 'now' | 'log' | 'tellings'>;

export function createNarrator(deps: Needs, lease: Lease, signal: AbortSignal): Narrator {
  const { tellings } = deps;
  const abandoned = new AbortController();
  const ends = AbortSignal.any([signal, abandoned.signal]);
  const look = createSteadyLook();
  const partials = new Map<number, PartialImage>();
  let isOver = false;
  let hasTold = false;
  let next: { known: RunView | null } | null = null;
  let loop: Promise<void> | null = null;
  let wake = () => {};

  async function tellOn(): Promise<void> {
    while (!isOver && !ends.aborted) {
      if (!(await othersAreOver())) return;
      // If an update was posted since, `known` is out of date: it lacks the ids of those messages.
      const known = hasTold ? null : (next?.known ?? null);
      next = null;
      hasTold = true;
      const telling = updateOnce(deps, lease, { known, look, partials: [...partials.values()] }, ends);
      tellings.set(lease.runId, telling);
      await telling;
      if (tellings.get(lease.runId) === telling) tellings.delete(lease.runId);
      if (!isOver && next === null) await pause();
    }
  }

  /** False if the turn ended first. */
  async function othersAreOver(): Promise<boolean> {
    for (;;) {
      const before = tellings.get(lease.runId);
      if (!before) return true;
      hasTold = true;
      if (!(await orAborted(before, ends)) || isOver) return false;
    }
  }

  const pause = () =>
    new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, narrateEveryMs);
      wake = () => {
        clearTimeout(timer);
        resolve();
      };
    });

  const hush = () => {
    if (tellings.has(lease.runId)) return false;
    stop();
    return true;
  };
  const stop = () => {
    isOver = true;
    wake();
  };
  const over = async (maxMs: number) => {
    const telling = tellings.get(lease.runId);
    if (telling) await settlesWithin(maxMs, orAborted(telling, signal));
  };
  const end = async () => {
    stop();
    if (!tellings.has(lease.runId)) return;
    await over(maxWaitMs);
    abandon();
  };
  const abandon = () => {
    isOver = true;
    abandoned.abort(new Error('the turn ends'));
    wake();
  };
  const tell: Narrator['tell'] = (known) => {
    next = { known: known ?? null };
    if (loop) wake();
    else loop = tellOn();
  };
  return {
    tell,
    showPartial: (step, partial) => {
      if (!partial) return void partials.delete(step);
      partials.set(step, partial);
      tell();
    },
    hush,
    abandon,
    end,
    silence: async () => {
      hasTold ||= tellings.has(lease.runId);
      await end();
      await over(maxUpdateMs);
      return hasTold;
    },
  };
}

/** Never rejects: a failed update must not affect the run. */
async function updateOnce(
  deps: Needs,
  lease: Lease,
  { known, look, partials }: { known: RunView | null; look: Look; partials: readonly PartialImage[] },
  ends: AbortSignal,
): Promise<void> {
  const late = new AbortController();
  const timer = setTimeout(() => late.abort(new Error('showing progress took too long')), maxUpdateMs);
  const signal = AbortSignal.any([ends, late.signal]);
  const save = async (postedMessages: JsonValue) => {
    // We save the ids of posted messages even if nothing more will be posted.
    await savePostedMessages(deps.db, lease, postedMessages);
    signal.throwIfAborted();
  };
  try {
    const view = known ?? (await loadRun(deps.db, lease.runId));
    if (!view) return;
    const progress = look(view, deps.now());
    await deps
      .messengerOf(platformOf(view.run))
      .update(view, { progress, save, signal, ...(partials.length > 0 ? { partials } : {}) });
  } catch (error) {
    if (!signal.aborted) deps.log.warn({ runId: lease.runId, error }, 'progress could not be shown');
  } finally {
    clearTimeout(timer);
  }
}

/** False if the signal came first. */
function orAborted(work: Promise<void>, signal: AbortSignal): Promise<boolean> {
  return new Promise((resolve, reject) => {
    const leave = () => resolve(false);
    if (signal.aborted) return leave();
    signal.addEventListener('abort', leave, { once: true });
    work.then(() => resolve(true), reject).finally(() => signal.removeEventListener('abort', leave));
  });
}
