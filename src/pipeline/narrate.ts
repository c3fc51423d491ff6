import { loadRun } from '../db/runs.ts';
import { saveSpeech } from '../db/turns.ts';
import { faceOf, type Opaque } from '../db/vocabulary.ts';
import { type Progress, progressOf } from './progress.ts';
import type { Turn } from './turn.ts';

/** How often a call that takes long is told about. Milliseconds. */
const narrateEveryMs = 4_000;

/**
 * Does some work while the run's messenger is told where it stands: at the start, and again and again while it lasts. Resolves after
 * the last word was sent, so that nothing is said about a turn after it ended and an old word never overwrites a newer one.
 */
async function during<T>(turn: Turn, work: () => Promise<T>): Promise<T> {
  const stop = new AbortController();
  const telling = tell(turn, stop.signal);
  try {
    return await work();
  } finally {
    stop.abort();
    await telling;
  }
}

async function tell(turn: Turn, stop: AbortSignal): Promise<void> {
  const { deps, lease } = turn;
  const messenger = deps.messengerOf(faceOf(turn.view.run.workspaceId));
  const signal = AbortSignal.any([turn.signal, AbortSignal.timeout(60_000)]);
  const save = (speech: Opaque) => saveSpeech(deps.db, lease, speech);
  while (!stop.aborted && !turn.signal.aborted) {
    try {
      const view = await loadRun(deps.db, lease.runId);
      if (view) await messenger.update(view, { progress: progressOf(view, deps.providers, deps.now()), save, signal });
    } catch (error) {
      deps.log.warn({ runId: lease.runId, error }, 'progress could not be shown');
    }
    await pause(narrateEveryMs, stop);
  }
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
