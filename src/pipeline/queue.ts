import { createPostgresBackend, Queue, runMigrations, Worker } from 'bullmq';
import pg from 'pg';
import { z } from 'zod';
import type { Lease } from '../db/turns.ts';
import { runId } from '../db/vocabulary.ts';

/** What a job carries: a run and a dispatch, nothing else. The truth about both is in the database. */
const turnJob = z.object({ runId, dispatch: z.int().positive() });

const queueName = 'turns';

export type TurnQueue = {
  /** Adds a turn. Resolves when the queue has it; when it fails, the run simply falls due again. */
  add: (lease: Lease) => Promise<void>;
  /** Turns that wait for a worker. */
  waiting: () => Promise<number>;
  /** Takes turns, at most `concurrency` at a time, until closed. `close` waits for those under way. */
  work: (takeTurn: (lease: Lease) => Promise<void>, concurrency: number) => { close: () => Promise<void> };
  close: () => Promise<void>;
};

export type QueueConfig = { kind: 'postgres'; url: string };

/** The one place where queues and workers are made. The database must be up: a BullMQ worker that started without it never recovers. */
export async function openQueue(config: QueueConfig, onError: (error: Error) => void): Promise<TurnQueue> {
  await migrateQueue(config.url);
  // What BullMQ keeps is a hint that can be lost, so it need not wait for the disk.
  const connection = { connectionString: config.url, max: 4, options: '-c synchronous_commit=off', migrate: false };
  const backend = createPostgresBackend;
  const queue = new Queue(queueName, { connection, streams: { events: { maxLen: 1000 } } }, backend);
  queue.on('error', onError);
  return {
    add: async (lease) => {
      const options = { attempts: 1, removeOnComplete: true, removeOnFail: true };
      await queue.add('turn', lease, { ...options, jobId: `run_${lease.runId}_${lease.dispatch}` });
    },
    waiting: () => queue.getJobCountByTypes('waiting', 'prioritized'),
    work: (takeTurn, concurrency) => {
      const worker = new Worker(
        queueName,
        (job) => takeTurn(turnJob.parse(job.data)),
        { connection, concurrency, maxStalledCount: 0, drainDelay: 1 },
        backend,
      );
      worker.on('error', onError);
      return { close: () => worker.close() };
    },
    close: () => queue.close(),
  };
}

/** Brings BullMQ's own tables up to date. */
export async function migrateQueue(url: string): Promise<void> {
  const client = new pg.Client({ connectionString: url });
  // A connection that breaks while idle must not end the process.
  client.on('error', () => {});
  await client.connect();
  try {
    await runMigrations(client);
  } finally {
    await client.end();
  }
}
