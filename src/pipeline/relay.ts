import type { Db } from '../db/client.ts';
import { type Dispatched, dispatchDue } from '../db/turns.ts';
import type { Lease } from '../db/turnWrite.ts';
import type { RunLimits } from '../domain.ts';
import type { Logger } from '../observability/log.ts';
import type { ReachFailpoint } from './failpoints.ts';
import type { TurnQueue } from './queue.ts';

/** In milliseconds. How often the relay looks for due runs without a notification: as often as polls fall due together. */
const lookEveryMs = 250;

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
 * fairly and cheaply. No job waits in the queue for longer than its lease.
 */
export function startRelay(deps: RelayDeps, freeSlots: () => number): Relay {
  let stopped = false;
  let looking: Promise<void> | null = null;
  let lookAgain = false;
  let isAway = false;

  async function look(): Promise<void> {
    do {
      lookAgain = false;
      const room = freeSlots() + reserve - (await deps.queue.waiting());
      if (room <= 0) return;
      const dispatched = await dispatchDue(deps.db, room, deps.visibilityMs, deps.limits);
      await Promise.all(
        jobsOf(dispatched, room).map(async (leases) => {
          await deps.queue.add(leases);
          for (const { runId } of leases) deps.reachFailpoint('run_dispatched', { runId });
        }),
      );
    } while (lookAgain && !stopped);
  }

  function wake(): void {
    if (stopped) return;
    lookAgain = true;
    // A failed look loses nothing: the runs are still due, or fall due when their lease ends.
    looking ??= look()
      .then(
        () => {
          if (isAway) deps.log.info({}, 'the relay finds due runs again');
          isAway = false;
        },
        (error: unknown) => {
          // Log the outage once, not at every look.
          if (!isAway) deps.log.warn({ error }, 'the relay cannot look for due runs');
          isAway = true;
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
