import { loadRun, type RunView } from '../db/runs.ts';
import { saveSpeech } from '../db/turns.ts';
import { faceOf, type Opaque } from '../db/vocabulary.ts';
import { type Progress, progressOf } from './progress.ts';
import type { Turn } from './turn.ts';

/** How often a call that takes long is told about. Milliseconds. */
const narrateEveryMs = 4_000;
const longestUpdateMs = 60_000;

/**
 * Does some work while the run's messenger is told where it stands: at the start, and again and again while it lasts. Resolves after
 * the last word was sent, so that nothing is said about a turn after it ended and an old word never overwrites a newer one. `known` is
 * how the run stands at the start, where the turn has not changed it yet.
 */
async function during<T>(turn: Turn, work: () => Promise<T>, known: RunView | null = null): Promise<T> {
  const stop = new AbortController();
  const telling = tell(turn, known, stop.signal);
  try {
    return await work();
  } finally {
    stop.abort();
    await telling;
  }
}

async function tell(turn: Turn, known: RunView | null, stop: AbortSignal): Promise<void> {
  const { deps, lease } = turn;
  const messenger = deps.messengerOf(faceOf(turn.view.run));
  const save = (speech: Opaque) => saveSpeech(deps.db, lease, speech);
  let first = known;
  while (!stop.aborted && !turn.signal.aborted) {
    try {
      const view = first ?? (await loadRun(deps.db, lease.runId));
      first = null;
      if (view) {
        const progress = progressOf(view, deps.providers, deps.now());
        await limited(turn.signal, (signal) => messenger.update(view, { progress, save, signal }));
      }
    } catch (error) {
      deps.log.warn({ runId: lease.runId, error }, 'progress could not be shown');
    }
    await pause(narrateEveryMs, stop);
  }
}

/** Ends work that takes too long. What was in time leaves no timer behind: thousands of polls a minute would add up. */
async function limited(outer: AbortSignal, work: (signal: AbortSignal) => Promise<void>): Promise<void> {
  const late = new AbortController();
  const timer = setTimeout(() => late.abort(new Error('showing progress took too long')), longestUpdateMs);
  await work(AbortSignal.any([outer, late.signal])).finally(() => clearTimeout(timer));
}

const pause = (ms: number, stop: AbortSignal) =>
  new Promise<void>((resolve) => {
    if (stop.aborted) return resolve();
    const timer = setTimeout(resolve, ms);
    stop.addEventListener('abort', () => {
      clearTimeout(timer);
      resolve();
    });
  });

const progress = (turn: Turn): Progress => progressOf(turn.view, turn.deps.providers, turn.deps.now());

export const narrate = { during, progress };
