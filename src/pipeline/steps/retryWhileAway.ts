import { setTimeout as delay } from 'node:timers/promises';
import { isDatabaseAway } from '../../db/failures.ts';
import { StorageError } from '../media/store.ts';
import type { Turn } from '../turnContext.ts';

/**
 * While the database is away, repeats a write whose content exists nowhere else. That is safe because every write of a turn is a
 * compare-and-set: if another worker has taken the run meanwhile, the write ends in {@link LeaseLost}.
 */
export async function retryWhileDatabaseAway<T>(turn: Turn, write: () => Promise<T>): Promise<T> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await write();
    } catch (error) {
      if (!isDatabaseAway(error) || turn.signal.aborted) throw error;
      // Once, not at every attempt: the disk of the log may be the one that is full.
      if (attempt === 1)
        turn.deps.log.warn({ runId: turn.lease.runId, error }, 'the database is away; a result waits to be written');
      await delay(250, undefined, { signal: turn.signal });
    }
  }
}

/** In milliseconds. How long a turn waits for a store that is away, and the pause between attempts. */
const storePatienceMs = 5 * 60_000;
const storePauseMs = 2_000;

/**
 * Repeats work while the store is away. A result that a provider has just made exists nowhere else yet, and a result to deliver
 * is already paid for: an outage must not lose either. The worker goes on renewing the lease meanwhile.
 */
export async function retryWhileStoreAway<T>({ deps, lease, signal }: Turn, work: () => Promise<T>): Promise<T> {
  const until = performance.now() + storePatienceMs;
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await work();
    } catch (error) {
      if (!(error instanceof StorageError && error.isPassing) || performance.now() > until) throw error;
      if (attempt === 1) deps.log.warn({ runId: lease.runId, error }, 'the media store is away; the run waits for it');
      await delay(storePauseMs * (0.5 + deps.random()), undefined, { signal });
    }
  }
}
