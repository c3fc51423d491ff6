import { loadRun, type RunView } from '../db/runs.ts';
import type { TurnLease } from '../db/turnWrite.ts';
import { type JsonValue, platformOf } from '../domain.ts';
import type { PartialImage } from './messenger.ts';
import { createSteadyLook, type Look } from './progress.ts';
import { savePosted } from './savePosted.ts';
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

/** `known` is the run as its turn knows it. A call may take minutes, so the narrator reads the run again before it posts by itself. */
export function createNarrator(deps: Needs, lease: TurnLease, known: () => RunView, signal: AbortSignal): Narrator {
  const { tellings } = deps;
  const abandoned = new AbortController();
  const ends = AbortSignal.any([signal, abandoned.signal]);
  const look = createSteadyLook();
  const partials = new Map<number, PartialImage>();
  let isOver = false;
  let isTold = false;
  let loop: Promise<void> | null = null;
  let wake = () => {};

  async function tellOn(): Promise<void> {
    while (!isOver && !ends.aborted) {
      if (!(await othersAreOver())) return;
      // Somebody may have asked to stop the run since the turn last wrote.
      const read = isTold ? async () => known() : () => loadRun(deps.db, lease.runId);
      isTold = false;
      const telling = updateOnce(deps, lease, { read, look, partials: [...partials.values()] }, { signal, ends });
      tellings.set(lease.runId, telling);
      await telling;
      if (tellings.get(lease.runId) === telling) tellings.delete(lease.runId);
      if (!isOver && !isTold) await pause();
    }
  }

  /** False if the turn ended first. */
  async function othersAreOver(): Promise<boolean> {
    for (;;) {
      const before = tellings.get(lease.runId);
      if (!before) return true;
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
  const tell = () => {
    isTold = true;
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
      await end();
      await over(maxUpdateMs);
      return known();
    },
  };
}

/** Never rejects: a failed update must not affect the run. */
async function updateOnce(
  deps: Needs,
  lease: TurnLease,
  { read, look, partials }: { read: () => Promise<RunView | null>; look: Look; partials: readonly PartialImage[] },
  { signal: turnSignal, ends }: { signal: AbortSignal; ends: AbortSignal },
): Promise<void> {
  const late = new AbortController();
  const timer = setTimeout(() => late.abort(new Error('showing progress took too long')), maxUpdateMs);
  const signal = AbortSignal.any([ends, late.signal]);
  // A messenger may save again after the update, when it edits a message. A repeated save could then undo a newer one of the same
  // keys.
  const over = new AbortController();
  const saving = AbortSignal.any([turnSignal, late.signal, over.signal]);
  const save = async (posted: JsonValue) => {
    // We save the ids of posted messages even if nothing more will be posted.
    await savePosted(deps.db, lease, posted, saving);
    signal.throwIfAborted();
  };
  try {
    const view = await read();
    if (!view) return;
    const progress = look(view, deps.now());
    await deps
      .messengerOf(platformOf(view.run))
      .update(view, { progress, save, signal, ...(partials.length > 0 ? { partials } : {}) });
  } catch (error) {
    if (!signal.aborted) deps.log.warn({ runId: lease.runId, error }, 'progress could not be shown');
  } finally {
    clearTimeout(timer);
    over.abort();
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
