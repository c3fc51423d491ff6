import { sql } from 'drizzle-orm';
import { beforeEach, expect, onTestFinished, test } from 'vitest';
import { checkDatabase } from '../../src/cli/doctor/environment.ts';
import { type Database, openDatabase } from '../../src/db/client.ts';
import { checkInvariants } from '../../src/db/invariants.ts';
import { missingLimits } from '../../src/db/pooler.ts';
import { testConfig } from '../support/config.ts';
import { createTestDatabase, createWorkspace } from '../support/database.ts';
import { noPgBouncer, startPgBouncer } from '../support/pgbouncer.ts';
import { startWorkerProcess } from '../support/processes.ts';
import { allDelivered, createInstallation, delivered, submitsOf, submitted } from '../support/program.ts';
import { temporaryDirectory } from '../support/temporary.ts';

beforeEach(({ skip }) => skip(noPgBouncer !== null, noPgBouncer ?? ''));

/** What docs/operations.md tells operators to do. */
async function giveLimits({ db, url }: Database): Promise<void> {
  const { username, pathname } = new URL(url);
  for (const setting of [
    'statement_timeout = 30000',
    'idle_in_transaction_session_timeout = 30000',
    'transaction_timeout = 60000',
  ])
    await db.execute(sql.raw(`ALTER ROLE ${username} IN DATABASE ${pathname.slice(1)} SET ${setting}`));
}

test('a session behind a pooler prepares nothing, has its time limits from the role, and is noticed without them', async () => {
  const database = await createTestDatabase();
  const bouncer = await startPgBouncer(database.url, 2);
  const pooled = openDatabase(bouncer.url, { directUrl: database.url, silenceMs: 30_000, serverVersion: 180_000 });
  onTestFinished(pooled.close);
  const all = ['idle_in_transaction_session_timeout', 'statement_timeout', 'transaction_timeout'];
  expect(await missingLimits(pooled.db, 180_000)).toEqual(all);
  expect(await missingLimits(pooled.db, 150_000)).toEqual(all.slice(0, 2));
  // A statement that one session prepares is unknown to another.
  expect([...(await pooled.db.execute(sql`SELECT name FROM pg_prepared_statements WHERE ${1}::int = 1`))]).toEqual([]);
  await giveLimits(database);
  await bouncer.kill();
  await bouncer.start();
  await expect.poll(() => missingLimits(pooled.db, 180_000).catch(String)).toEqual([]);
});

test('the doctor looks through the pooler, and at the server itself', async () => {
  const database = await createTestDatabase();
  const bouncer = await startPgBouncer(database.url, 2);
  const look = async (direct: string) => {
    const config = testConfig(bouncer.url, await temporaryDirectory(), { DATABASE_DIRECT_URL: direct });
    const { findings, isReady, close } = await checkDatabase(config);
    await close();
    return { isReady, wrong: findings.filter(({ isFine }) => !isFine).map(({ says }) => says) };
  };
  expect(await look(database.url)).toEqual({ isReady: true, wrong: [] });
  const away = await look('postgres://vidgenie:secret@127.0.0.1:1/vidgenie');
  expect(away).toMatchObject({ isReady: false, wrong: [expect.stringContaining('DATABASE_DIRECT_URL')] });
});

test('a whole installation works through PgBouncer in transaction mode, with few connections, and outlives its death', async () => {
  const database = await createTestDatabase();
  await giveLimits(database);
  const workspace = await createWorkspace(database, 10_000);
  const bouncer = await startPgBouncer(database.url, 6);
  const installation = await createInstallation({ ...database, url: bouncer.url });
  const orders = { environment: { DATABASE_DIRECT_URL: database.url }, onlyModerates: true, pollsUntilDone: 3 };
  const workers = [startWorkerProcess(installation, orders), startWorkerProcess(installation, orders)];
  const bot = await installation.open({ worker: false, config: { databaseDirectUrl: database.url } });
  const told = new Set<string>();
  await bot.database.listen('vidgenie_run', (id) => told.add(id));
  await Promise.all(workers.map(({ reached }) => reached('ready')));

  // Through the pooler alone, nobody is ever told anything.
  const first = await submitted(bot, { workspace });
  const view = await delivered(bot, first);
  expect(view.run).toMatchObject({ state: 'succeeded', capturedCredits: 24 });
  expect(told).toContain(first);

  const ids = await Promise.all(Array.from({ length: 6 }, () => submitted(bot, { workspace })));
  await Promise.all(workers.map(({ moments }) => moments(12)));
  await bouncer.kill();
  await bouncer.start();
  await expect.poll(() => allDelivered(bot).then(() => 'delivered', String), { timeout: 60_000 }).toBe('delivered');
  for (const id of ids) {
    expect(submitsOf(installation.journal, id).video).toBe(1);
    expect(submitsOf(installation.journal, id).image).toBeLessThanOrEqual(2);
  }
  expect(told).toEqual(new Set([...told, ...ids]));
  const states = await database.db.execute(sql`SELECT DISTINCT state::text FROM runs`);
  expect([...states]).toEqual([{ state: 'succeeded' }]);
  expect(await checkInvariants(database.db, { atRest: true })).toEqual([]);
});
