import { Redis } from 'ioredis';
import { expect, onTestFinished, test } from 'vitest';
import { commands, perform } from '../../../src/bots/commands/all.ts';
import type { CommandRequest } from '../../../src/bots/commands/request.ts';
import { openDatabase } from '../../../src/db/client.ts';
import { workspaceId } from '../../../src/domain.ts';
import { createRateLimit } from '../../../src/pipeline/rateLimit.ts';
import { parseRedisUrl } from '../../../src/pipeline/redis.ts';
import { createTestDatabase } from '../../support/database.ts';
import { createInstallation } from '../../support/program.ts';
import { noRedis, startRedis } from '../../support/redis.ts';
import { openTcpProxy } from '../../support/tcp-proxy.ts';

const here = workspaceId.parse('slack:T1');
const there = workspaceId.parse('slack:T2');
const limits = { member: 3, workspace: 5 };

test('processes count together: of many commands at once exactly those within the limit are taken, of a member and of a workspace', async () => {
  const { db } = await createTestDatabase();
  const [one, two] = [
    await createRateLimit({ db, redis: null }, limits, () => {}),
    await createRateLimit({ db, redis: null }, limits, () => {}),
  ];
  const asked = await Promise.all(
    Array.from({ length: 10 }, (_, index) => (index % 2 === 0 ? one : two).consume(here, 'ada')),
  );
  expect(asked.filter(({ outcome }) => outcome === 'allowed')).toHaveLength(3);
  const refused = asked.find((pace) => pace.outcome === 'limited');
  expect(refused).toMatchObject({ whose: 'member' });
  const others = await Promise.all(['b', 'c', 'd', 'e'].map((member) => two.consume(here, member)));
  expect(others.filter(({ outcome }) => outcome === 'allowed')).toHaveLength(2);
  expect(others.find((pace) => pace.outcome === 'limited')).toMatchObject({ whose: 'workspace' });
});

test('with Redis it is Redis that counts, and when it goes away each process counts on by itself', async ({ skip }) => {
  skip(noRedis !== null, noRedis ?? '');
  const server = await startRedis();
  onTestFinished(server.remove);
  const { db } = await createTestDatabase();
  const redis = parseRedisUrl(server.url);
  const [one, two] = await Promise.all([1, 2].map(() => createRateLimit({ db, redis }, limits, () => {})));
  if (!one || !two) throw new Error('two processes were meant');
  onTestFinished(one.close);
  onTestFinished(two.close);
  // Until it is connected, a process counts for itself.
  await expect
    .poll(async () =>
      (await Promise.all([one.consume(here, 'w'), two.consume(here, 'w')])).map(({ outcome }) => outcome),
    )
    .toEqual(['limited', 'limited']);
  const asked = await Promise.all(
    Array.from({ length: 8 }, (_, index) => (index % 2 === 0 ? one : two).consume(there, 'ada')),
  );
  expect(asked.filter(({ outcome }) => outcome === 'allowed')).toHaveLength(3);
  await server.kill();
  const away = await Promise.all(Array.from({ length: 4 }, () => one.consume(there, 'bob')));
  expect(away.filter(({ outcome }) => outcome === 'limited').length).toBeGreaterThan(0);
});

test('a Redis that swallows what it is asked holds nobody up', async ({ skip }) => {
  skip(noRedis !== null, noRedis ?? '');
  const server = await startRedis();
  onTestFinished(server.remove);
  const proxy = await openTcpProxy(() => ({ host: '127.0.0.1', port: server.port }));
  onTestFinished(proxy.close);
  const { db } = await createTestDatabase();
  const redis = parseRedisUrl(`redis://127.0.0.1:${proxy.port}`);
  const [plenty, tplenty] = [{ ...limits, member: 1_000_000, workspace: 1_000_000 }, new Redis(server.url)];
  onTestFinished(() => tplenty.disconnect());
  const { consume, close } = await createRateLimit({ db, redis }, plenty, () => {});
  onTestFinished(close);
  await expect
    .poll(async () => [await consume(here, 'ada'), await tplenty.dbsize()])
    .toEqual([{ outcome: 'allowed' }, 2]);
  proxy.turn('blackhole');
  expect(await consume(here, 'ada')).toEqual({ outcome: 'allowed' });
});

test('while the store is away each process counts for itself', async () => {
  const away = openDatabase('postgres://nobody@127.0.0.1:1/none');
  const { consume } = await createRateLimit({ db: away.db, redis: null }, limits, () => {});
  const paces = [];
  for (let command = 0; command < 4; command += 1) paces.push(await consume(here, 'ada'));
  expect(paces.map(({ outcome }) => outcome)).toEqual(['allowed', 'allowed', 'allowed', 'limited']);
  await away.close();
});

test('whoever is too fast is told when to come back, and is charged nothing', async () => {
  const database = await createTestDatabase();
  const installation = await createInstallation(database);
  const program = await installation.open({ worker: false, config: { rateLimits: { member: 1, workspace: 9 } } });
  const request: CommandRequest = {
    services: program.services,
    workspace: { id: here, platform: 'slack', name: 'here' },
    member: { id: 'ada', name: 'Ada', isAdmin: false },
    requestKey: 'once',
    conversation: {},
    locale: 'en',
    openImage: async () => null,
    signal: new AbortController().signal,
  };
  const credits = commands.find(({ name }) => name === 'credits');
  const image = commands.find(({ name }) => name === 'image');
  if (!credits || !image) throw new Error('a command is missing');
  expect((await perform(request, credits, {})).kind).toBe('card');
  const refused = await perform(request, image, { prompt: 'a fox' });
  expect(refused).toMatchObject({ kind: 'refusal', refusal: { reason: 'too_fast', whose: 'member' } });
});
