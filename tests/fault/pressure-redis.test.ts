import { beforeEach, expect, onTestFinished, test } from 'vitest';
import { checkRedis } from '../../src/cli/doctor/redis.ts';
import { checkInvariants } from '../../src/db/invariants.ts';
import { workspaceId } from '../../src/domain.ts';
import { parseRedisUrl } from '../../src/pipeline/redis.ts';
import { createTestDatabase, createWorkspace } from '../support/database.ts';
import { createInstallation, delivered, submitsOf, submitted } from '../support/program.ts';
import { noRedis, startRedis } from '../support/redis.ts';

beforeEach(({ skip }) => skip(noRedis !== null, noRedis ?? ''));

test('a Redis whose memory is full delays runs and loses none; commands are taken, and it is over by itself within seconds', async () => {
  const redis = await startRedis(['--maxmemory-policy', 'noeviction']);
  onTestFinished(redis.remove);
  const database = await createTestDatabase();
  const installation = await createInstallation(database, { redisUrl: redis.url });
  // Nothing here waits for the end of a lease.
  const program = await installation.open({ worker: true, visibilityMs: 120_000 });
  const workspace = await createWorkspace(database, 1_000);
  await delivered(program, await submitted(program, { workspace }));
  const queue = async () => await program.checks.queue?.(AbortSignal.timeout(5_000)).then(() => 'ready', String);
  expect(await queue()).toBe('ready');

  await redis.limitMemory(1);
  const ids = await Promise.all(Array.from({ length: 12 }, () => submitted(program, { workspace })));
  await expect.poll(queue).toMatch(/OOM/);
  const address = parseRedisUrl(redis.url);
  if (!address) throw new Error('the address is wrong');
  const told = (await checkRedis(address)).map(({ says }) => says);
  expect(told).toContainEqual(expect.stringMatching(/takes no jobs when that is full: raise maxmemory/));
  // Commands are counted by this process alone.
  expect(await program.services.consumeRateLimit(workspaceId.parse('terminal:test'), 'ada')).toEqual({
    outcome: 'allowed',
  });

  await redis.limitMemory(0);
  for (const id of ids) {
    expect((await delivered(program, id)).run).toMatchObject({ state: 'succeeded', capturedCredits: 24 });
    expect(submitsOf(installation.journal, id)).toEqual({ enhance: 1, image: 1, video: 1 });
  }
  expect(await queue()).toBe('ready');
  expect(await checkInvariants(database.db, { atRest: true })).toEqual([]);
});
