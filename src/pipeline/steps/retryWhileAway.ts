import { setTimeout as delay } from 'node:timers/promises';
import { isDatabaseAway } from '../../db/failures.ts';
import { StorageError } from '../media/store.ts';
import type { Turn } from '../turnContext.ts';

/**
 * Repeats a write whose content exists nowhere else while the database is away. Safe because every write of a turn is a
 * compare-and-set: when somebody else took the run up meanwhile, it ends in {@link LeaseLost}.
 */
export async function retryWhileDatabaseAway<T>(turn: Turn, write: () => Promise<T>): Promise<T> {
  for (;;) {
    try {
      return await write();
    } catch (error) {
      if (!isDatabaseAway(error) || turn.signal.aborted) throw error;
      turn.deps.log.warn({ runId: turn.lease.runId }, 'the database is away; a result waits to be written');
      await delay(250, undefined, { signal: turn.signal });
    }
  }
}

/** How long a turn waits for a store that is away, and the pause between tries. Milliseconds. */
const storePatienceMs = 5 * 60_000;
const storePauseMs = 2_000;

/**
 * Repeats what can be repeated while the store is away. What a provider made at once exists nowhere else yet, and what is to be sent
 * is paid for already: an outage must not cost either. The lease goes on meanwhile.
 */
export async function retryWhileStoreAway<T>({ deps, lease, signal }: Turn, work: () => Promise<T>): Promise<T> {
  const until = performance.now() + storePatienceMs;
  for (;;) {
    try {
      return await work();
    } catch (error) {
      if (!(error instanceof StorageError && error.isPassing) || performance.now() > until) throw error;
      deps.log.warn({ runId: lease.runId, error }, 'the media store is away; the run waits for it');
      await delay(storePauseMs * (0.5 + deps.random()), undefined, { signal });
    }
  }
}
