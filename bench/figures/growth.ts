import { cpus } from 'node:os';
import { setTimeout as delay } from 'node:timers/promises';
import { sql } from 'drizzle-orm';
import { z } from 'zod';
import type { Program } from '../../src/program.ts';
import { type Figure, numberOf, quantile, type Row, type Settings } from '../figure.ts';
import { simulate } from '../simulation.ts';
import { type Backend, backends, redisCpuMs } from '../stage/backends.ts';
import { openCopier, openSubmitter, sendAllVideos, serverPid, submissionIn, submitOne } from '../stage/people.ts';
import { cpuMsOf, startProcess } from '../stage/processes.ts';
import type { Stage } from '../stage/stage.ts';

const workspaces = 500;
/** By then the processes have started, and the polls that fell due before are over. */
const warmUpMs = 25_000;
const measuredMs = 60_000;

/**
 * Many waiting videos over several workers and bots on one PostgreSQL, with a new run every second. The polls of each video have
 * fixed moments, so any worker knows how late it is.
 */
export const growth: Figure = {
  name: 'growth',
  about: '50,000 videos waiting at providers, over 4 workers and 2 bots on one PostgreSQL',
  patienceMs: 8 * 60_000,
  measure: async (stage, settings) => {
    const asked = settings.get('queue') ?? 'Redis';
    const all = await backends(stage);
    const backend = all.find(({ name }) => name.toLowerCase() === asked.toLowerCase()) ?? all[0];
    if (!backend) throw new Error('no queue');
    return await on(stage, backend, sizesOf(settings));
  },
};

type Sizes = { videos: number; pollAfterMs: number; workers: number; bots: number };

const sizesOf = (settings: Settings): Sizes => ({
  videos: numberOf(settings, 'videos', 50_000),
  pollAfterMs: numberOf(settings, 'every', 50) * 1_000,
  workers: numberOf(settings, 'workers', 4),
  bots: numberOf(settings, 'bots', 2),
});

async function on(stage: Stage, backend: Backend, sizes: Sizes): Promise<Row[]> {
  const { videos, pollAfterMs } = sizes;
  const installation = await backend.installation();
  const submitter = await openSubmitter(stage, installation);
  const database = await serverPid(submitter);
  for (let index = 0; index < workspaces; index += 1) await submitOne(submitter, submissionIn(`w${index}`));
  const copy = await openCopier(submitter);
  await copy(videos - workspaces);
  await sendAllVideos(submitter, pollAfterMs);
  const pace = { kind: 'slots', pollAfterMs } as const;
  const workers = await Promise.all(
    Array.from({ length: sizes.workers }, () => startProcess(stage, 'worker', installation, { pace })),
  );
  const bots = await Promise.all(
    Array.from({ length: sizes.bots }, () => startProcess(stage, 'bot', installation, { pace })),
  );
  await delay(warmUpMs);
  const everyone = [...workers, ...bots];
  await Promise.all(everyone.map(({ used }) => used()));
  const [ofDatabase, ofRedis, began] = [cpuMsOf(database), redisCpuMs(backend), performance.now()];
  const since = await now(submitter);
  for (let one = 0; performance.now() - began < measuredMs; one += 1) {
    // Each from a workspace of its own: their videos are never done, and a workspace has only so many at once.
    await submitOne(submitter, submissionIn(`newcomer${one}`));
    await delay(1_000);
  }
  const used = await Promise.all(workers.map((worker) => worker.used()));
  const ofBots = await Promise.all(bots.map((bot) => bot.used()));
  const wallMs = performance.now() - began;
  const databaseMs = cpuMsOf(database) - ofDatabase;
  const redisMs = redisCpuMs(backend) - ofRedis;
  const connections = await connectionsOf(submitter);
  const starts = await startsSince(submitter, since);
  for (const { kill } of everyone) await kill();

  const lateMs = used.flatMap((one) => one.lateMs);
  if (lateMs.length === 0) throw new Error('no video was asked for');
  const sum = (values: readonly number[]) => values.reduce((total, value) => total + value, 0);
  const workerMs = sum(used.map(({ cpuMs }) => cpuMs));
  const share = (ms: number) => (ms / wallMs) * 100;
  const perPoll = (ms: number) => ms / lateMs.length;
  const costs = { worker: perPoll(workerMs), database: perPoll(databaseMs), redis: perPoll(redisMs) };
  const wholePoll = costs.worker + costs.database + costs.redis;
  const told = simulate({
    pollsPerSecond: videos / (pollAfterMs / 1_000),
    costs,
    machine: { cores: cpus().length, workers: sizes.workers },
  });
  const name = `${videos.toLocaleString('en')} videos, a poll every ${pollAfterMs / 1_000} s, queue in ${backend.name}`;
  return [
    {
      what: `lateness of a poll, p95: ${name}`,
      value: quantile(lateMs, 0.95) / 1_000,
      unit: 's',
      goal: { atMost: 1 },
      beside: [
        { what: 'median', value: quantile(lateMs, 0.5) / 1_000, unit: 's' },
        { what: 'simulated p95', value: told.lateMs.p95 / 1_000, unit: 's' },
        { what: 'simulated median', value: told.lateMs.p50 / 1_000, unit: 's' },
        { what: 'polls', value: (lateMs.length / wallMs) * 1_000, unit: '/s' },
        { what: 'due', value: videos / (pollAfterMs / 1_000), unit: '/s' },
        { what: 'a new run starts after, p95', value: quantile(starts, 0.95), unit: 's' },
      ],
    },
    {
      what: 'processor time of all workers',
      value: share(workerMs),
      unit: '% of a core',
      goal: null,
      beside: [
        { what: 'PostgreSQL', value: share(databaseMs), unit: '% of a core' },
        { what: 'Redis', value: share(redisMs), unit: '% of a core' },
        { what: 'bots', value: share(sum(ofBots.map(({ cpuMs }) => cpuMs))), unit: '% of a core' },
      ],
    },
    {
      what: 'processor time of a poll',
      value: wholePoll,
      unit: 'ms',
      goal: null,
      beside: [
        { what: 'worker', value: costs.worker, unit: 'ms' },
        { what: 'PostgreSQL', value: costs.database, unit: 'ms' },
        { what: 'Redis', value: costs.redis, unit: 'ms' },
        { what: 'with a poll every 15 s', value: (wholePoll * videos) / 15_000, unit: 'cores' },
      ],
    },
    {
      what: 'connections to PostgreSQL',
      value: sum(connections.map(({ count }) => count)),
      unit: '',
      // What the embedded server allows.
      goal: { atMost: 97 },
      beside: connections.map(({ name: what, count }) => ({ what, value: count, unit: '' })),
    },
    {
      what: 'the most memory of a worker',
      value: Math.max(...used.map(({ peakMb }) => peakMb)),
      unit: 'MB',
      goal: { atMost: 350 },
      beside: [{ what: 'of a bot', value: Math.max(...ofBots.map(({ peakMb }) => peakMb)), unit: 'MB' }],
    },
  ];
}

const moments = z.array(z.object({ at: z.string() }));

async function now({ database }: Program): Promise<string> {
  const [row] = moments.parse(await database.db.execute(sql`SELECT now()::text AS at`));
  return row?.at ?? '';
}

const waits = z.array(z.object({ seconds: z.number() }));

/** How long the runs since `moment` waited until a worker began them, in seconds. */
async function startsSince({ database }: Program, moment: string): Promise<number[]> {
  const rows = await database.db.execute(sql`
    SELECT extract(epoch FROM coalesce(started_at, now()) - created_at)::float8 AS seconds FROM runs
    WHERE created_at > ${moment}::timestamptz`);
  return waits.parse(rows).map(({ seconds }) => seconds);
}

const grouped = z.array(z.object({ name: z.string(), count: z.coerce.number() }));

/** The connections of all processes but this one. */
async function connectionsOf({ database }: Program): Promise<{ name: string; count: number }[]> {
  const rows = await database.db.execute(sql`
    SELECT CASE application_name WHEN '' THEN 'queue' ELSE application_name END AS name, count(*) AS count FROM pg_stat_activity
    WHERE datname = current_database() AND pid <> pg_backend_pid() GROUP BY 1 ORDER BY 2 DESC`);
  return grouped.parse(rows);
}
