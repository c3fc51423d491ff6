import type { Row } from '../figure.ts';
import { cpuMsOf } from './processes.ts';
import type { Place, Stage } from './stage.ts';

/** A queue's backend, and the settings with which our process uses it. */
export type Backend = {
  name: 'PostgreSQL' | 'Redis';
  installation: () => Promise<Place>;
  /** The process whose processor time belongs to the backend alone. Null: the database's. */
  pid: number | null;
};

/** Leaves Redis out if there is no `redis-server`. */
export async function backends(stage: Stage): Promise<Backend[]> {
  const redis = await stage.redis();
  const onPostgres: Backend = { name: 'PostgreSQL', pid: null, installation: stage.installation };
  if (!redis) return [onPostgres];
  const onRedis: Backend = {
    name: 'Redis',
    pid: redis.pid,
    installation: async () => {
      const installation = await stage.installation();
      return { ...installation, environment: { ...installation.environment, REDIS_URL: redis.url } };
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

/** Milliseconds of processor time that Redis has used. 0 where the queue is in the database. */
export const redisCpuMs = ({ pid }: Backend): number => (pid === null ? 0 : cpuMsOf(pid));
