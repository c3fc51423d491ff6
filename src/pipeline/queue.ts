import type { Telemetry } from 'bullmq';
import type { Lease } from '../db/turnWrite.ts';
import { type Turns, turnsJob } from './queue/turns.ts';
import type { RedisAddress } from './redis.ts';
import { resultWithin, settlesWithin } from './timeout.ts';

export type TurnQueue = {
  /** Adds one job with a turn for each of these runs. Resolves when the queue has it. If it fails, the runs fall due again. */
  add: (leases: readonly Lease[]) => Promise<void>;
  /** The number of jobs that wait for a worker. Fails while the queue is away. */
  waiting: () => Promise<number>;
  /** Takes jobs, at most `concurrency` at a time, until closed. `close` waits for the jobs in progress. */
  work: (take: (leases: readonly Lease[]) => Promise<void>, concurrency: number) => Consumer;
  /** Fails while the queue is away, or takes no jobs: a Redis whose memory is full still answers. */
  check: () => Promise<void>;
  close: () => Promise<void>;
  /** BullMQ's own queue on either backend, for the board that shows it. */
  bull: unknown;
};

type Consumer = {
  /** Takes no more jobs until called with false. Jobs in progress go on. */
  rest: (isResting: boolean) => void;
  close: () => Promise<void>;
};

export type QueueConfig = { kind: 'postgres'; url: string } | { kind: 'redis'; address: RedisAddress };

/** The queue for turns: in Redis if it is configured, else in the database. */
export const queueOf = ({ redis }: { redis: RedisAddress | null }, databaseUrl: string): QueueConfig =>
  redis ? { kind: 'redis', address: redis } : { kind: 'postgres', url: databaseUrl };

/** In milliseconds. A queue that does not answer for this long is away. */
const answerWithinMs = 5_000;
/** In milliseconds. How long BullMQ may take for its own bookkeeping after the last turn. */
const closeTimeoutMs = 2_000;

/** In milliseconds. A queue that refused a job counts as out of order for this long, unless it takes another one before. */
const refusedForMs = 10_000;

/** Queues and workers are made only here. */
export async function openQueue(
  config: QueueConfig,
  onError: (error: Error) => void,
  telemetry?: Telemetry,
): Promise<TurnQueue> {
  const turns = await openTurns(config, onError, telemetry);
  let refused: { at: number; error: unknown } | null = null;
  return {
    add: async (leases) => {
      const options = { attempts: 1, removeOnComplete: true, removeOnFail: true } as const;
      const job = turnsJob.parse({ leases });
      const [{ runId, dispatch }] = job.leases;
      try {
        await answered(turns.add(job, { ...options, jobId: `run_${runId}_${dispatch}` }));
        refused = null;
      } catch (error) {
        refused = { at: performance.now(), error };
        throw error;
      }
    },
    check: async () => {
      await answered(turns.waiting());
      if (refused && performance.now() - refused.at < refusedForMs) throw refused.error;
    },
    waiting: () => answered(turns.waiting()),
    work: (takeTurns, concurrency) => {
      const underWay = new Set<Promise<void>>();
      const take = async ({ data }: { data: unknown }) => {
        const job = takeTurns(turnsJob.parse(data).leases);
        underWay.add(job);
        await job.finally(() => underWay.delete(job));
      };
      const open = () => turns.fetch(take, { concurrency, maxStalledCount: 0, drainDelay: 1, runRetryDelay: 1_000 });
      let fetcher: ReturnType<typeof open> | null = open();
      const shut = async () => {
        const closed = fetcher?.close();
        fetcher = null;
        await closed;
      };
      return {
        rest: (isResting) => {
          if (isResting) shut().catch(onError);
          else fetcher ??= open();
        },
        close: async () => {
          const closed = shut();
          while (underWay.size > 0) await Promise.allSettled(underWay);
          await resultWithin(closeTimeoutMs, closed);
        },
      };
    },
    close: async () => void (await settlesWithin(closeTimeoutMs, turns.close())),
    bull: turns.bull,
  };
}

/** Loads only the driver of the configured backend. */
async function openTurns(config: QueueConfig, onError: (error: Error) => void, telemetry?: Telemetry): Promise<Turns> {
  switch (config.kind) {
    case 'postgres':
      return await (await import('./queue/postgres.ts')).openPostgresTurns(config.url, onError, telemetry);
    case 'redis':
      return await (await import('./queue/redis.ts')).openRedisTurns(config.address, onError, telemetry);
  }
}

/** A backend that went away may keep a call waiting until it comes back. This limits the wait. */
async function answered<T>(call: Promise<T>): Promise<T> {
  const answer = await resultWithin(
    answerWithinMs,
    call.then((value) => ({ value })),
  );
  if (answer === null) throw new Error(`the queue did not answer within ${answerWithinMs} ms`);
  return answer.value;
}
