import type { Telemetry } from 'bullmq';
import type { Lease } from '../db/turns.ts';
import { type Turns, turnsJob } from './queue/turns.ts';
import type { RedisAddress } from './redis.ts';
import { resultWithin, settlesWithin } from './timeout.ts';

export type TurnQueue = {
  /** Adds one job: a turn of each of these runs. Resolves when the queue has it; when it fails, the runs simply fall due again. */
  add: (leases: readonly Lease[]) => Promise<void>;
  /** Jobs that wait for a worker. Fails while the queue is away. */
  waiting: () => Promise<number>;
  /** Takes jobs, at most `concurrency` at a time, until closed. `close` waits for those under way. */
  work: (take: (leases: readonly Lease[]) => Promise<void>, concurrency: number) => { close: () => Promise<void> };
  close: () => Promise<void>;
  /** BullMQ's own queue, of whichever backend, for the board that shows it. */
  bull: unknown;
};

export type QueueConfig = { kind: 'postgres'; url: string } | { kind: 'redis'; address: RedisAddress };

/** The queue for turns: in Redis if there is one, else in the database. */
export const queueOf = ({ redis }: { redis: RedisAddress | null }, databaseUrl: string): QueueConfig =>
  redis ? { kind: 'redis', address: redis } : { kind: 'postgres', url: databaseUrl };

/** A queue that does not answer for so long is away. Milliseconds. */
const answerWithinMs = 5_000;
/** The time that BullMQ gets for its own bookkeeping after the last turn. Milliseconds. */
const closeTimeoutMs = 2_000;

/** The one place where queues and workers are made. */
export async function openQueue(
  config: QueueConfig,
  onError: (error: Error) => void,
  telemetry?: Telemetry,
): Promise<TurnQueue> {
  const turns = await openTurns(config, onError, telemetry);
  return {
    add: async (leases) => {
      const options = { attempts: 1, removeOnComplete: true, removeOnFail: true } as const;
      const job = turnsJob.parse({ leases });
      const [{ runId, dispatch }] = job.leases;
      await answered(turns.add(job, { ...options, jobId: `run_${runId}_${dispatch}` }));
    },
    waiting: () => answered(turns.waiting()),
    work: (takeTurns, concurrency) => {
      const underWay = new Set<Promise<void>>();
      const take = async ({ data }: { data: unknown }) => {
        const job = takeTurns(turnsJob.parse(data).leases);
        underWay.add(job);
        await job.finally(() => underWay.delete(job));
      };
      const fetcher = turns.fetch(take, { concurrency, maxStalledCount: 0, drainDelay: 1, runRetryDelay: 1_000 });
      return {
        close: async () => {
          const closed = fetcher.close();
          while (underWay.size > 0) await Promise.allSettled(underWay);
          await resultWithin(closeTimeoutMs, closed);
        },
      };
    },
    close: async () => void (await settlesWithin(closeTimeoutMs, turns.close())),
    bull: turns.bull,
  };
}

/** Each backend's driver is loaded only where it is used. */
async function openTurns(config: QueueConfig, onError: (error: Error) => void, telemetry?: Telemetry): Promise<Turns> {
  switch (config.kind) {
    case 'postgres':
      return await (await import('./queue/postgres.ts')).openPostgresTurns(config.url, onError, telemetry);
    case 'redis':
      return await (await import('./queue/redis.ts')).openRedisTurns(config.address, onError, telemetry);
  }
}

/** A backend that went away may keep a call waiting until it comes back. */
async function answered<T>(call: Promise<T>): Promise<T> {
  const answer = await resultWithin(
    answerWithinMs,
    call.then((value) => ({ value })),
  );
  if (answer === null) throw new Error(`the queue did not answer within ${answerWithinMs} ms`);
  return answer.value;
}
