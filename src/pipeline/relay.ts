import type { Db } from '../db/client.ts';
import { type Dispatched, dispatchDue, giveBack } from '../db/turns.ts';
import type { Lease } from '../db/turnWrite.ts';
import type { RunLimits } from '../domain.ts';
import type { Logger } from '../observability/log.ts';
import type { ReachFailpoint } from './failpoints.ts';
import type { TurnQueue } from './queue.ts';

/** In milliseconds. How often the relay looks for due runs without a notification: as often as polls fall due together. */
const lookEveryMs = 250;

/** In milliseconds. The pauses between looks while they fail double from the first to the second. */
const [pauseMs, maxPauseMs] = [250, 2_000];

/** Jobs that may wait in the queue beyond the free slots, so that a slot never waits for the relay. */
const reserve = 2;

export type RelayDeps = {
  db: Db;
  queue: TurnQueue;
  log: Logger;
  reachFailpoint: ReachFailpoint;
  visibilityMs: number;
  limits: RunLimits;
};

export type Relay = {
  /** Looks at once. */
  wake: () => void;
  /** Stops looking. Resolves when the last look is over. */
  stop: () => Promise<void>;
};

/**
 * Moves due runs into the queue, no more than `freeSlots` can take soon. The backlog stays in the database, which schedules it
 * fairly and cheaply. No job waits in the queue for longer than its lease. `freeSlots` is null if this worker takes no turns at all.
 */
export function startRelay(deps: RelayDeps, freeSlots: () => number | null): Relay {
  let stopped = false;
  let looking: Promise<void> | null = null;
  let lookAgain = false;
  let isAway = false;
  let failures = 0;
  let restsUntil = 0;

  async function look(): Promise<void> {
    do {
      lookAgain = false;
      const free = freeSlots();
      if (free === null) return;
      const room = free + reserve - (await deps.queue.waiting());
      if (room <= 0) return;
      const dispatched = await dispatchDue(deps.db, room, deps.visibilityMs, deps.limits);
      const added = await Promise.allSettled(jobsOf(dispatched, room).map(add));
      const refused = added.find((one) => one.status === 'rejected');
      if (refused) throw refused.reason;
    } while (lookAgain && !stopped);
  }

  async function add(leases: readonly Lease[]): Promise<void> {
    try {
      await deps.queue.add(leases);
    } catch (error) {
      // The runs need not wait for the end of their leases. If the queue took the job after all, it finds nothing to claim.
      await giveBack(deps.db, leases, pauseAfter(failures + 1)).catch(() => undefined);
      throw error;
    }
    for (const { runId } of leases) deps.reachFailpoint('run_dispatched', { runId });
  }

  function wake(): void {
    if (stopped) return;
    lookAgain = true;
    // A queue or a database that is full or overloaded does not get four more calls a second from every worker.
    if (performance.now() < restsUntil) return;
    // A failed look loses nothing: the runs are still due, or fall due when their lease ends.
    looking ??= look()
      .then(
        () => {
          if (isAway) deps.log.info({}, 'the relay finds due runs again');
          isAway = false;
          failures = 0;
        },
        (error: unknown) => {
          // Log the outage once, not at every look.
          if (!isAway) deps.log.warn({ error }, 'the relay cannot look for due runs');
          isAway = true;
          failures += 1;
          restsUntil = performance.now() + pauseAfter(failures);
        },
      )
      .finally(() => {
        looking = null;
      });
  }

  const ticker = setInterval(() => wake(), lookEveryMs);
  wake();
  return {
    wake,
    stop: async () => {
      stopped = true;
      clearInterval(ticker);
      await looking;
    },
  };
}

const pauseAfter = (failures: number): number => Math.min(maxPauseMs, pauseMs * 2 ** Math.min(failures - 1, 8));

/**
 * Gives every run a job of its own while there is room. Beyond that, polls share jobs: at most `pollsInAJob` in one, because
 * `dispatchDue` leases no more.
 */
function jobsOf(dispatched: readonly Dispatched[], room: number): readonly (readonly Lease[])[] {
  const polls = dispatched.filter(({ isPoll }) => isPoll);
  const alone = dispatched.filter(({ isPoll }) => !isPoll).map((lease) => [lease]);
  const each = Math.ceil(polls.length / Math.max(1, room - alone.length));
  const shared = [];
  for (let at = 0; at < polls.length; at += each) shared.push(polls.slice(at, at + each));
  return [...alone, ...shared];
}
