import { createPostgresBackend, Queue, runMigrations, type Telemetry, Worker } from 'bullmq';
import pg from 'pg';
import { asLibpqReadsIt } from '../../db/libpqAddress.ts';
import { migratingWithinMs, silentTurnMs } from '../../db/migrate.ts';
import { settlesWithin } from '../timeout.ts';
import { queueName } from './name.ts';
import type { Turns } from './turns.ts';

/** In milliseconds. BullMQ's queries take a few. */
const answerWithinMs = 5_000;

/** A broken connection fails the statements on it and nothing more. Without this listener it would also end the process. */
class QuietClient extends pg.Client {
  constructor(config?: string | pg.ClientConfig) {
    super(config);
    this.on('error', () => {});
  }
}

const closeTimeoutMs = 2_000;

/** In milliseconds. The pause between a fetcher's attempts to get its first connection. */
const againMs = 1_000;

/**
 * Without these limits either side of a dead connection would wait for a quarter of an hour or for hours, and the server would
 * keep its locks.
 */
const withoutWaitingForEver = (statementMs: number, betweenStatementsMs: number) => ({
  keepAlive: true,
  connectionTimeoutMillis: answerWithinMs,
  query_timeout: statementMs,
  statement_timeout: statementMs,
  idle_in_transaction_session_timeout: betweenStatementsMs,
});

/** BullMQ on PostgreSQL. Fails if the database cannot be reached. */
export async function openPostgresTurns(
  url: string,
  onError: (error: Error) => void,
  telemetry?: Telemetry,
): Promise<Turns> {
  const traced = telemetry ? { telemetry } : {};
  await migrateQueue(url);
  const connection = {
    connectionString: asLibpqReadsIt(url),
    max: 4,
    migrate: false,
    Client: QuietClient,
    // BullMQ's rows are hints that may be lost, so a commit need not wait for the disk.
    options: '-c synchronous_commit=off',
    ...withoutWaitingForEver(answerWithinMs, answerWithinMs),
  };
  const queue = new Queue(
    queueName,
    { connection, streams: { events: { maxLen: 1000 } }, ...traced },
    createPostgresBackend,
  );
  queue.on('error', onError);
  // BullMQ never forgets that its first connection failed. Its worker then asks for the connection without a pause and blocks the
  // process. So we close a queue or worker without a connection before it starts.
  await queue.waitUntilReady().catch(async (error: unknown) => {
    await queue.close();
    throw error;
  });
  return {
    add: (job, options) => queue.add('turns', job, options),
    waiting: () => queue.getJobCountByTypes('waiting', 'prioritized'),
    fetch: (take, options) => {
      let current: { close: () => Promise<void> } | null = null;
      let isClosed = false;
      const start = async () => {
        if (isClosed) return;
        const settings = { connection, autorun: false, ...options, ...traced };
        const worker = new Worker(queueName, take, settings, createPostgresBackend);
        worker.on('error', onError);
        current = worker;
        const failure = await worker.waitUntilReady().then(
          () => null,
          (error: Error) => error,
        );
        if (failure) {
          onError(failure);
          await worker.close(true);
          setTimeout(() => void start(), againMs).unref();
        } else if (!isClosed) {
          worker.run().catch(onError);
        }
      };
      void start();
      return {
        close: async () => {
          isClosed = true;
          await current?.close();
        },
      };
    },
    close: () => queue.close(),
    bull: queue,
  };
}

/** Migrates BullMQ's own tables. */
export async function migrateQueue(url: string): Promise<void> {
  const client = new QuietClient({
    connectionString: asLibpqReadsIt(url),
    ...withoutWaitingForEver(migratingWithinMs, silentTurnMs),
  });
  await client.connect();
  try {
    await runMigrations(client);
  } finally {
    // A server that is gone does not answer the end of the connection either.
    await settlesWithin(closeTimeoutMs, client.end());
  }
}
