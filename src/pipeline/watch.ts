import type { Database } from '../db/client.ts';
import { loadRun, type RunView } from '../db/runs.ts';
import type { RunId } from '../db/vocabulary.ts';

/** Notifications can be lost with their connection; this bounds what a watcher then misses. Milliseconds. */
const lookAgainMs = 1_000;

export type Watcher = {
  /** Yields a run whenever it changed, its present state first, and ends after it was delivered. Ends early with the signal. */
  watch: (id: RunId, signal?: AbortSignal) => AsyncGenerator<RunView>;
};

/** Follows runs from any process: the database says that something changed, and is asked what. One connection serves all watchers. */
export async function openWatcher(database: Database): Promise<Watcher> {
  const waiting = new Map<string, Set<() => void>>();
  const wake = (id: string) => {
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
        // Waits from before the look, so that a change between the two is not missed.
        const change = changed(id, signal);
        const view = await loadRun(database.db, id);
        if (!view) return;
        const shown = JSON.stringify(view);
        if (shown !== last) yield view;
        last = shown;
        if (view.run.deliveredAt) return;
        await change;
      }
    },
  };
}
