import { createRedisBackend, Queue, type Telemetry, Worker } from 'bullmq';
import { connectRedis, type RedisAddress } from '../redis.ts';
import { queueName } from './name.ts';
import type { Turns } from './turns.ts';

/** The braces make a cluster keep all keys of the queue on one node, where the queue's scripts can reach them. */
const prefix = '{vidgenie}';

/** In milliseconds. How long a start waits for the server. Later the client finds the server by itself. */
const patienceMs = 2_000;

/**
 * BullMQ on Redis or Valkey. The server may be absent at the start, and may lose all its data at any time: the runs fall due
 * again in the database, and the next job recreates what BullMQ needs.
 */
export async function openRedisTurns(
  address: RedisAddress,
  onError: (error: Error) => void,
  telemetry?: Telemetry,
): Promise<Turns> {
  const traced = telemetry ? { telemetry } : {};
  const client = await connectRedis(address, onError);
  // A cluster's client works from `connect` on.
  const isThere = () => client.status === 'ready' || (address.isCluster && client.status === 'connect');
  if (!isThere()) {
    await new Promise<void>((resolve) => {
      setTimeout(resolve, patienceMs).unref();
      client.once(address.isCluster ? 'connect' : 'ready', () => resolve());
    });
  }
  const there = () => {
    if (!isThere()) throw new Error('the queue is away: Redis cannot be reached');
  };
  const queue = new Queue(
    queueName,
    { connection: client, prefix, streams: { events: { maxLen: 1000 } }, ...traced },
    createRedisBackend,
  );
  queue.on('error', onError);
  const fetchers = new Set<{ disconnect: () => Promise<void> }>();
  return {
    add: async (job, options) => {
      there();
      await queue.add('turns', job, options);
    },
    waiting: async () => {
      there();
      const jobs = await queue.getJobCountByTypes('waiting', 'prioritized');
      // BullMQ wakes one fetcher with each marker, and a fetcher whose connection breaks takes its marker along. After an error a
      // fetcher then sleeps for ten seconds beside jobs that wait. The relay asks this several times a second.
      if (jobs > 0) await client.zadd(queue.toKey('marker'), 0, '0');
      return jobs;
    },
    fetch: (take, options) => {
      // It waits on its own connection, which BullMQ makes with the same settings.
      const worker = new Worker(
        queueName,
        take,
        { connection: client, prefix, ...options, ...traced },
        createRedisBackend,
      );
      worker.on('error', onError);
      fetchers.add(worker);
      worker.once('closed', () => fetchers.delete(worker));
      return worker;
    },
    close: async () => {
      // While Redis does not answer, BullMQ's `close` would never resolve.
      if (isThere()) await queue.close();
      client.disconnect();
      for (const fetcher of fetchers) await fetcher.disconnect();
    },
    bull: queue,
  };
}
