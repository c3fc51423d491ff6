import { setTimeout as delay } from 'node:timers/promises';
import type { Database } from '../db/client.ts';
import { loadRun, type RunView } from '../db/runs.ts';
import { type RunId, runId } from '../domain.ts';

/** In milliseconds. A notification is lost if its connection breaks. This bounds how long a watcher then misses a change. */
const lookAgainMs = 1_000;
const quietMs = 5_000;
/** In milliseconds. Changes within this time are reported together. */
const togetherMs = 250;

const pause = (ms: number, signal: AbortSignal) => delay(ms, undefined, { signal }).catch(() => {});

export type Watcher = {
  /** Yields a run's present state, then the run after every change. It ends after the run was delivered, or with the signal. */
  watch: (id: RunId, signal?: AbortSignal) => AsyncGenerator<RunView>;
  /**
   * Yields the ids of runs of any workspace that changed since the last yield, at most every quarter of a second. An empty list
   * means that changes may have been missed, or that nothing changed for a while.
   */
  changes: (signal: AbortSignal) => AsyncGenerator<readonly RunId[]>;
};

/** Follows runs from any process: the database notifies of a change, and we then read the run. One connection serves all watchers. */
export async function openWatcher(database: Database): Promise<Watcher> {
  const waiting = new Map<string, Set<() => void>>();
  const listeners = new Set<(id: string) => void>();
  const wake = (id: string) => {
    for (const listener of listeners) listener(id);
    for (const [runId, wakers] of waiting) if (id === '' || runId === id) for (const waker of wakers) waker();
  };
  await database.listen('vidgenie_run', wake);

  const changed = (id: RunId, signal?: AbortSignal) =>
    new Promise<void>((resolve) => {
      const wakers = waiting.get(id) ?? new Set();
      waiting.set(id, wakers);
      const done = () => {
        clearTimeout(timer);
        wakers.delete(done);
        signal?.removeEventListener('abort', done);
        if (wakers.size === 0) waiting.delete(id);
        resolve();
      };
      const timer = setTimeout(done, lookAgainMs);
      wakers.add(done);
      signal?.addEventListener('abort', done);
    });

  return {
    async *watch(id, signal) {
      let last = '';
      while (!signal?.aborted) {
        // It starts to wait before it reads, so it does not miss a change in between.
        const change = changed(id, signal);
        const view = await loadRun(database.db, id);
        if (!view) return;
        // A different clock offset is not a change of the run.
        const shown = JSON.stringify({ ...view, clockAheadMs: 0 });
        if (shown !== last) yield view;
        last = shown;
        if (view.run.deliveredAt) return;
        await change;
      }
    },
    async *changes(signal) {
      let heard = new Set<string>();
      let awake = () => {};
      const listener = (id: string) => {
        heard.add(id);
        awake();
      };
      listeners.add(listener);
      try {
        while (!signal.aborted) {
          if (heard.size === 0) {
            const word = new Promise<void>((resolve) => {
              awake = resolve;
            });
            await Promise.race([word, pause(quietMs, signal)]);
          }
          if (signal.aborted) return;
          const ids = [...heard];
          heard = new Set();
          yield ids.includes('') ? [] : ids.map((id) => runId.parse(id));
          await pause(togetherMs, signal);
        }
      } finally {
        listeners.delete(listener);
      }
    },
  };
}
