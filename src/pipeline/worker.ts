import type { Database } from '../db/client.ts';
import { isDatabaseAway } from '../db/failures.ts';
import { handBack, heartbeat, type Lease, LeaseLost } from '../db/turns.ts';
import type { TurnQueue } from './queue.ts';
import { startRelay } from './relay.ts';
import { type TurnDeps, takeTurn } from './turn.ts';

/** Turns at a time. A turn mostly waits for somebody else's computer. */
const concurrency = 8;

/** At a stop, turns under way get this long to finish by themselves before they are handed back. Milliseconds. */
const graceMs = 4_000;

export type PipelineWorker = { stop: () => Promise<void> };

/** Works the runs of a database, beside any number of other workers. */
export async function startWorker(deps: TurnDeps, database: Database, queue: TurnQueue): Promise<PipelineWorker> {
  const stopping = new AbortController();
  let active = 0;
  const relay = startRelay({ ...deps, queue }, () => concurrency - active);
  await database.listen('vidgenie_due', () => relay.wake());

  const consumer = queue.work(async (lease) => {
    active += 1;
    try {
      await turnWithLease(deps, lease, stopping.signal);
    } finally {
      active -= 1;
      relay.wake();
    }
  }, concurrency);

  return {
    stop: async () => {
      await relay.stop();
      const grace = setTimeout(() => stopping.abort(new Error('the worker stops')), graceMs);
      await consumer.close();
      clearTimeout(grace);
    },
  };
}

/** Renews the lease while a turn lasts, and ends the turn when the lease was lost. Never throws: the run's due moment is its rescue. */
async function turnWithLease(deps: TurnDeps, lease: Lease, stopping: AbortSignal): Promise<void> {
  const lost = new AbortController();
  const pulse = setInterval(() => {
    heartbeat(deps.db, lease, deps.visibilityMs)
      .then((kept) => kept || lost.abort(new LeaseLost(`run ${lease.runId} was dispatched again`)))
      .catch((error: unknown) => deps.log.warn({ runId: lease.runId, error }, 'a lease could not be renewed'));
  }, deps.visibilityMs / 3);
  try {
    await takeTurn(deps, lease, AbortSignal.any([lost.signal, stopping]));
  } catch (error) {
    if (error instanceof LeaseLost || lost.signal.aborted) {
      deps.log.info({ runId: lease.runId, dispatch: lease.dispatch }, 'the run was taken up by another worker');
    } else if (stopping.aborted) {
      await handBack(deps.db, lease).catch((failure: unknown) =>
        deps.log.warn({ runId: lease.runId, error: failure }, 'a run could not be handed back'),
      );
    } else if (isDatabaseAway(error)) {
      deps.log.warn({ runId: lease.runId }, 'the database went away during a turn; the run resumes when it is back');
    } else {
      deps.log.error({ runId: lease.runId, error }, 'a turn failed');
    }
  } finally {
    clearInterval(pulse);
  }
}
