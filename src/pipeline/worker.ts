import { claim } from '../db/claim.ts';
import type { Database } from '../db/client.ts';
import { isDatabaseAway } from '../db/failures.ts';
import { handBack, heartbeat } from '../db/turns.ts';
import { type Lease, LeaseLost } from '../db/turnWrite.ts';
import type { TurnQueue } from './queue.ts';
import { startRelay } from './relay.ts';
import type { Space } from './space.ts';
import { settlesWithin } from './timeout.ts';
import { takeTurn } from './turn.ts';
import type { TurnDeps } from './turnContext.ts';

/** How many jobs a worker takes at a time. A job is one turn, except for polls. A turn mostly waits for other servers. */
const defaultTurnsAtOnce = 8;

/**
 * In milliseconds. At a stop, turns in progress may finish by themselves for `graceMs`. Then the worker aborts them, and `toldMs`
 * later hands their runs back, finished or not. Together with the rest of a stop this stays below ten seconds.
 */
const graceMs = 5_000;
const toldMs = 700;
const handBackMs = 800;

export type PipelineWorker = {
  /** Takes no more turns. Resolves when the turns in progress are done or handed back, at the latest after seven seconds. */
  stop: () => Promise<void>;
};

/** Works the runs of a database, beside any number of other workers. */
export async function startWorker(
  needs: Omit<TurnDeps, 'tellings'>,
  { database, queue, space }: { database: Database; queue: TurnQueue; space: Pick<Space, 'room' | 'onChange'> },
  turnsAtOnce = defaultTurnsAtOnce,
): Promise<PipelineWorker> {
  const deps: TurnDeps = { ...needs, tellings: new Map() };
  const resting = new AbortController();
  const stopping = new AbortController();
  let active = 0;
  const hasRoom = () => space.room() !== 'critical';
  const relay = startRelay({ ...deps, queue }, () => (hasRoom() ? turnsAtOnce - active : null));
  await database.listen('vidgenie_due', () => relay.wake());

  const consumer = queue.work(async (leases) => {
    active += 1;
    // Runs that share a job are only polled. A finished one gets a slot of its own for the rest of its transitions.
    const transitions = leases.length > 1 ? 'one' : 'all';
    const ends = { transitions, resting: resting.signal, stopping: stopping.signal } as const;
    try {
      const claiming = claim(deps.db, leases, deps.visibilityMs);
      await Promise.all(leases.map((lease) => turnWithLease(deps, lease, claiming, ends)));
    } finally {
      active -= 1;
      relay.wake();
    }
  }, turnsAtOnce);
  // A worker that cannot store results must not ask vendors for any, nor take the turns of workers that can.
  const heedRoom = () => {
    consumer.rest(!hasRoom());
    relay.wake();
  };
  heedRoom();
  const unheed = space.onChange(heedRoom);

  let stop: Promise<void> | null = null;
  return {
    stop: () => {
      stop ??= (async () => {
        resting.abort();
        unheed();
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

/**
 * Renews the lease while a turn lasts, and ends the turn if the worker loses the lease. Never throws: a run without a renewed
 * lease falls due again.
 */
async function turnWithLease(
  deps: TurnDeps,
  lease: Lease,
  claiming: ReturnType<typeof claim>,
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
      takeTurn(deps, lease, claiming, { ...ends, signal: AbortSignal.any([lost.signal, stopping]) }),
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

/**
 * Rejects a while after the signal, so we do not wait for work that ignores the signal. PostgreSQL refuses later writes of that
 * work once another worker has claimed the run.
 */
function overstayed(signal: AbortSignal): { rejects: Promise<never>; forget: () => void } {
  let tell = () => {};
  const rejects = new Promise<never>((_, reject) => {
    tell = () => setTimeout(reject, toldMs, signal.reason);
    signal.addEventListener('abort', tell, { once: true });
  });
  return { rejects, forget: () => signal.removeEventListener('abort', tell) };
}
