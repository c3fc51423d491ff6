import type { Database } from '../db/client.ts';
import { isDatabaseAway } from '../db/failures.ts';
import { handBack, heartbeat, type Lease, LeaseLost } from '../db/turns.ts';
import type { TurnQueue } from './queue.ts';
import { startRelay } from './relay.ts';
import { settlesWithin } from './timeout.ts';
import { takeTurn } from './turn.ts';
import type { TurnDeps } from './turnContext.ts';

/** Jobs at a time, and with them turns, but for polls. A turn mostly waits for somebody else's computer. */
const defaultTurnsAtOnce = 8;

/**
 * At a stop, turns under way get this long to finish by themselves; then they are told to end, and a moment later their runs are
 * handed back, whether they ended or not. Together with what else a stop takes this stays below ten seconds. Milliseconds.
 */
const graceMs = 5_000;
const toldMs = 700;
const handBackMs = 800;

export type PipelineWorker = {
  /** Takes no more turns; resolves when those under way are done, or handed back, and in any case in seven seconds. */
  stop: () => Promise<void>;
};

/** Works the runs of a database, beside any number of other workers. */
export async function startWorker(
  needs: Omit<TurnDeps, 'tellings'>,
  database: Database,
  queue: TurnQueue,
  turnsAtOnce = defaultTurnsAtOnce,
): Promise<PipelineWorker> {
  const deps: TurnDeps = { ...needs, tellings: new Map() };
  const resting = new AbortController();
  const stopping = new AbortController();
  let active = 0;
  const relay = startRelay({ ...deps, queue }, () => turnsAtOnce - active);
  await database.listen('vidgenie_due', () => relay.wake());

  const consumer = queue.work(async (leases) => {
    active += 1;
    // Runs that share a job are only asked after: what is done gets a place of its own for the rest of its way.
    const transitions = leases.length > 1 ? 'one' : 'all';
    const ends = { transitions, resting: resting.signal, stopping: stopping.signal } as const;
    try {
      await Promise.all(leases.map((lease) => turnWithLease(deps, lease, ends)));
    } finally {
      active -= 1;
      relay.wake();
    }
  }, turnsAtOnce);

  let stop: Promise<void> | null = null;
  return {
    stop: () => {
      stop ??= (async () => {
        resting.abort();
        // Both at once: a relay that waits for a dead database must not keep the consumer taking turns.
        const rest = Promise.all([relay.stop(), consumer.close()]);
        if (await settlesWithin(graceMs, rest)) return;
        stopping.abort(new Error('the worker stops'));
        if (await settlesWithin(toldMs + handBackMs, rest)) return;
        deps.log.warn(
          { jobs: active },
          'the worker stops without waiting any longer; what it leaves falls due by itself',
        );
      })();
      return stop;
    },
  };
}

/** Renews the lease while a turn lasts, and ends the turn when the lease was lost. Never throws: the run's due moment is its rescue. */
async function turnWithLease(
  deps: TurnDeps,
  lease: Lease,
  { stopping, ...ends }: { transitions: 'all' | 'one'; resting: AbortSignal; stopping: AbortSignal },
): Promise<void> {
  const lost = new AbortController();
  const pulse = setInterval(() => {
    heartbeat(deps.db, lease, deps.visibilityMs)
      .then((kept) => kept || lost.abort(new LeaseLost(`run ${lease.runId} was dispatched again`)))
      .catch((error: unknown) => deps.log.warn({ runId: lease.runId, error }, 'a lease could not be renewed'));
  }, deps.visibilityMs / 3);
  const overstay = overstayed(stopping);
  try {
    await Promise.race([
      takeTurn(deps, lease, { ...ends, signal: AbortSignal.any([lost.signal, stopping]) }),
      overstay.rejects,
    ]);
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
    overstay.forget();
    clearInterval(pulse);
  }
}

/** Rejects a while after the signal: who does not heed it is not waited for. What it still writes is refused once the run is taken up. */
function overstayed(signal: AbortSignal): { rejects: Promise<never>; forget: () => void } {
  let tell = () => {};
  const rejects = new Promise<never>((_, reject) => {
    tell = () => setTimeout(reject, toldMs, signal.reason);
    signal.addEventListener('abort', tell, { once: true });
  });
  return { rejects, forget: () => signal.removeEventListener('abort', tell) };
}
