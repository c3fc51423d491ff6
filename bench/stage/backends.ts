import { createPostgresBackend, Queue, Worker } from 'bullmq';
import type { Row } from '../figure.ts';
import type { Place, Stage } from './stage.ts';

/** A queue's backend, and the settings with which our process uses it. */
export type Backend = {
  name: 'PostgreSQL' | 'Redis';
  installation: () => Promise<Place>;
  /** The process whose processor time belongs to the backend alone. Null: the database's. */
  pid: number | null;
  /** BullMQ without our code, on this backend, with `jobs` waiting jobs. Its worker has not started. */
  open: (queueName: string, jobs: number, work: () => Promise<void>) => Promise<Ready>;
};

type Ready = { begin: () => void; close: () => Promise<void> };

const concurrency = 16;
const deaf = () => {};

/** Leaves Redis out if there is no `redis-server`. */
async function backends(stage: Stage): Promise<Backend[]> {
  const redis = await stage.redis();
  const { url } = await stage.installation();
  const onPostgres: Backend = {
    name: 'PostgreSQL',
    installation: stage.installation,
    pid: null,
    open: async (name, jobs, work) => {
      const connection = { connectionString: url, max: 4, options: '-c synchronous_commit=off', migrate: false };
      const queue = new Queue(name, { connection }, createPostgresBackend).on('error', deaf);
      const worker = new Worker(name, work, { connection, concurrency, autorun: false }, createPostgresBackend);
      worker.on('error', deaf);
      await queue.addBulk(noops(jobs));
      return { begin: () => void worker.run(), close: () => Promise.all([worker.close(), queue.close()]).then(deaf) };
    },
  };
  if (!redis) return [onPostgres];
  const { hostname: host, port } = new URL(redis.url);
  const onRedis: Backend = {
    name: 'Redis',
    pid: redis.pid,
    installation: async () => {
      const installation = await stage.installation();
      return { ...installation, environment: { ...installation.environment, REDIS_URL: redis.url } };
    },
    open: async (name, jobs, work) => {
      const connection = { host, port: Number(port), maxRetriesPerRequest: null };
      const queue = new Queue(name, { connection }).on('error', deaf);
      const worker = new Worker(name, work, { connection, concurrency, autorun: false });
      worker.on('error', deaf);
      await queue.addBulk(noops(jobs));
      return { begin: () => void worker.run(), close: () => Promise.all([worker.close(), queue.close()]).then(deaf) };
    },
  };
  return [onPostgres, onRedis];
}

/** The rows of a figure on each backend, one after the other. */
export async function onEachBackend(
  stage: Stage,
  on: (stage: Stage, backend: Backend) => Promise<Row[]>,
): Promise<Row[]> {
  const rows: Row[] = [];
  for (const backend of await backends(stage)) rows.push(...(await on(stage, backend)));
  return rows;
}

const noopJobs = 1_500;
const once = { attempts: 1, removeOnComplete: true, removeOnFail: true };
const noops = (count: number) => Array.from({ length: count }, () => ({ name: 'noop', data: {}, opts: once }));

/** Empty jobs a second, from the first start to the last end, at concurrency 16. */
export async function noopRate({ open }: Backend): Promise<number> {
  let done = 0;
  let [began, ended] = [0, 0];
  let finish = () => {};
  const finished = new Promise<void>((resolve) => {
    finish = resolve;
  });
  const work = async () => {
    began ||= performance.now();
    done += 1;
    if (done < noopJobs) return;
    ended = performance.now();
    finish();
  };
  const { begin, close } = await open(`noop-${crypto.randomUUID()}`, noopJobs, work);
  begin();
  await finished;
  await close();
  return (noopJobs / (ended - began)) * 1_000;
}
