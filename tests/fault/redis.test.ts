import { randomUUID } from 'node:crypto';
import { Redis } from 'ioredis';
import { beforeEach, expect, onTestFinished, test } from 'vitest';
import type { Database } from '../../src/db/client.ts';
import { checkInvariants } from '../../src/db/invariants.ts';
import { newKeyring } from '../../src/db/keyring.ts';
import { type RunId, runId } from '../../src/domain.ts';
import type { Failpoint } from '../../src/pipeline/failpoints.ts';
import { openQueue } from '../../src/pipeline/queue.ts';
import { parseRedisUrl } from '../../src/pipeline/redis.ts';
import type { Program } from '../../src/program.ts';
import { newcomer, vidgenie } from '../support/command-line.ts';
import { createTestDatabase, createWorkspace } from '../support/database.ts';
import { startWorkerProcess } from '../support/processes.ts';
import { createInstallation, delivered, submitsOf, submitted, until } from '../support/program.ts';
import { noRedis, type RedisServer, startRedis } from '../support/redis.ts';
import { openTcpProxy } from '../support/tcp-proxy.ts';

beforeEach(({ skip }) => skip(noRedis !== null, noRedis ?? ''));

async function ownRedis(words: readonly string[] = []): Promise<RedisServer> {
  const redis = await startRedis(words);
  onTestFinished(redis.remove);
  return redis;
}

const slowly = { submitMs: 150, pollsUntilDone: 5 };

/** Every run was delivered, charged once, and submitted no more often than an interruption allows. Here nothing was interrupted. */
async function expectUnharmed(program: Program, journal: string, ids: readonly RunId[]): Promise<void> {
  for (const id of ids) {
    expect((await delivered(program, id)).run).toMatchObject({ state: 'succeeded', capturedCredits: 24 });
    expect(submitsOf(journal, id)).toEqual({ enhance: 1, image: 1, video: 1 });
  }
  expect(await checkInvariants(program.database.db, { atRest: true })).toEqual([]);
}

async function submitMany(program: Program, database: Database, count: number): Promise<RunId[]> {
  const workspace = await createWorkspace(database, 1_000);
  return await Promise.all(Array.from({ length: count }, () => submitted(program, { workspace })));
}

const wounds: Record<string, (redis: RedisServer) => Promise<void>> = {
  'emptied (FLUSHALL)': (redis) => redis.flush(),
  'killed and started again, empty': async (redis) => {
    await redis.kill();
    await redis.start();
  },
};

test.for(Object.entries(wounds))('a Redis that is %s in the middle costs seconds, not runs', async ([, wound]) => {
  const redis = await ownRedis();
  const database = await createTestDatabase();
  const installation = await createInstallation(database, { redisUrl: redis.url });
  const worker = await installation.open({ worker: true, vendor: slowly });
  const ids = await submitMany(worker, database, 12);
  const [first] = ids;
  if (!first) throw new Error('nothing was submitted');
  await until(worker, first, (view) => view.steps[0]?.state === 'done');
  await wound(redis);
  await until(worker, first, (view) => view.steps[1]?.state === 'done');
  await wound(redis);
  await expectUnharmed(worker, installation.journal, ids);
});

test('a Redis that is absent at the start and gone at the end keeps nobody from starting, working in between, or stopping', async () => {
  const redis = await ownRedis();
  await redis.kill();
  const database = await createTestDatabase();
  const installation = await createInstallation(database, { redisUrl: redis.url });
  const worker = await installation.open({ worker: true });
  const ids = await submitMany(worker, database, 3);
  await redis.start();
  await expectUnharmed(worker, installation.journal, ids);
  await redis.kill();
  await submitted(worker, { workspace: await createWorkspace(database, 0) });
  await worker.stop();
});

test('a Redis whose network swallows everything, and then forgets the connections, is found again', async () => {
  const redis = await ownRedis();
  const proxy = await openTcpProxy(() => ({ host: '127.0.0.1', port: redis.port }));
  onTestFinished(proxy.close);
  const database = await createTestDatabase();
  const installation = await createInstallation(database, { redisUrl: `redis://127.0.0.1:${proxy.port}` });
  const worker = await installation.open({ worker: true, vendor: slowly });
  const ids = await submitMany(worker, database, 4);
  const [first] = ids;
  if (!first) throw new Error('nothing was submitted');
  await until(worker, first, (view) => view.steps[0]?.state === 'done');
  proxy.halfOpen();
  await expectUnharmed(worker, installation.journal, ids);
});

const killedAt: { failpoint: Failpoint; step?: 'image' | 'video'; video: number; captured: number }[] = [
  { failpoint: 'turn_claimed', video: 1, captured: 24 },
  { failpoint: 'step_sent', step: 'video', video: 1, captured: 6 },
  { failpoint: 'step_submitted', step: 'video', video: 1, captured: 24 },
];

test.for(killedAt)(
  'on Redis too, a worker killed at $failpoint $step leaves a run that ends right, once',
  async (at) => {
    const redis = await ownRedis();
    const database = await createTestDatabase();
    const installation = await createInstallation(database, { redisUrl: redis.url });
    const bot = await installation.open({ worker: false });
    const id = await submitted(bot, { workspace: await createWorkspace(database, 100) });
    const { failpoint, step, video, captured } = at;
    const doomed = startWorkerProcess(installation, { at: { failpoint, how: 'kill', ...(step ? { step } : {}) } });
    expect((await doomed.exited).signal).toBe('SIGKILL');
    const survivor = await installation.open({ worker: true });
    expect((await delivered(survivor, id)).run.capturedCredits).toBe(captured);
    expect(submitsOf(installation.journal, id)).toEqual({ enhance: 1, image: 1, video });
    expect(await checkInvariants(database.db, { atRest: true })).toEqual([]);
  },
);

test('a cluster hands turns round like a single server', async () => {
  const redis = await ownRedis(['--cluster-enabled', 'yes', '--cluster-announce-ip', '127.0.0.1']);
  const admin = new Redis(redis.port);
  await admin.call('CLUSTER', 'ADDSLOTSRANGE', '0', '16383');
  await expect.poll(() => admin.call('CLUSTER', 'INFO'), { timeout: 20_000 }).toMatch(/cluster_state:ok/);
  admin.disconnect();
  const database = await createTestDatabase();
  const installation = await createInstallation(database, { redisUrl: `${redis.url}?cluster=true` });
  const worker = await installation.open({ worker: true });
  await expectUnharmed(worker, installation.journal, await submitMany(worker, database, 3));
});

test('a queue that is away says so at once', async () => {
  const redis = await ownRedis();
  const address = parseRedisUrl(redis.url);
  if (!address) throw new Error('the address is wrong');
  const queue = await openQueue({ kind: 'redis', address }, () => {});
  expect(await queue.waiting()).toBe(0);
  await redis.kill();
  await expect.poll(() => queue.waiting().catch(String)).toMatch(/away/);
  await queue.close();
});

test('a job whose marker went to a fetcher that is gone is fetched at the next look of a relay', async () => {
  const redis = await ownRedis();
  const address = parseRedisUrl(redis.url);
  if (!address) throw new Error('the address is wrong');
  const queue = await openQueue({ kind: 'redis', address }, () => {});
  const admin = new Redis(redis.port);
  const gone = new Redis(redis.port);
  onTestFinished(async () => {
    admin.disconnect();
    gone.disconnect();
    await queue.close();
  });
  const begun = Promise.withResolvers<void>();
  const consumer = queue.work(async () => begun.resolve(), 8);
  const blocked = async () => {
    const clients = String(await admin.client('LIST')).split('\n');
    return clients.filter((line) => line.includes('cmd=bzpopmin')).map((line) => /^id=(\d+)/.exec(line)?.[1] ?? '');
  };
  await expect.poll(blocked).toHaveLength(1);
  const stolen = gone.bzpopmin('{vidgenie}:turns:marker', 0);
  await expect.poll(blocked).toHaveLength(2);
  // The fetcher gets an error and waits again, now for ten seconds, behind the one that will be gone.
  const [fetcher] = (await blocked()).sort((a, b) => Number(a) - Number(b));
  await admin.call('CLIENT', 'UNBLOCK', String(fetcher), 'ERROR');
  await expect.poll(blocked).toHaveLength(2);
  await queue.add([{ runId: runId.parse(randomUUID()), dispatch: 1 }]);
  await stolen;
  expect(await queue.waiting()).toBe(1);
  await begun.promise;
  await consumer.close();
}, 8_000);

test('the doctor says what to change at a Redis that forgets or evicts, and shows no password', async () => {
  const redis = await ownRedis(['--requirepass', 'correct horse', '--maxmemory-policy', 'allkeys-lru']);
  const database = await createTestDatabase();
  const { environment } = await newcomer();
  const REDIS_URL = redis.url.replace('//', '//:correct%20horse@');
  const asked = { ...environment, REDIS_URL, DATABASE_URL: database.url, VIDGENIE_KEYRING: newKeyring() };
  const ill = vidgenie(['doctor'], asked);
  expect(await ill.exit).toBe(1);
  expect(ill.stdout()).toMatch(/Redis .*maxmemory-policy allkeys-lru\): set maxmemory-policy noeviction/);
  expect(ill.stdout()).toMatch(/Redis .*set appendonly yes/);
  const admin = new Redis(redis.port, { password: 'correct horse' });
  await admin.config('SET', 'maxmemory-policy', 'noeviction');
  await admin.config('SET', 'appendonly', 'yes');
  admin.disconnect();
  const well = vidgenie(['doctor'], asked);
  expect(`${await well.exit} ${well.stdout()}`).toMatch(/^0 [\s\S]*evicts nothing and writes to disk/);
  await redis.kill();
  const gone = vidgenie(['doctor'], asked);
  expect(`${await gone.exit} ${gone.stdout()}`).toMatch(
    /^1 [\s\S]*Redis +it cannot be reached: .*ECONNREFUSED[\s\S]*Queue +it cannot be reached/,
  );
  for (const said of [ill, well, gone]) expect(`${said.stdout()}${said.stderr()}`).not.toMatch(/correct/);
});
