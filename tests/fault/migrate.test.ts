import { sql } from 'drizzle-orm';
import { migrate } from 'drizzle-orm/postgres-js/migrator';
import { expect, onTestFinished, test } from 'vitest';
import { withSnapshot } from '../../src/backup/snapshot.ts';
import { appliedMigrations } from '../../src/cli/schemaState.ts';
import { type Database, openDatabase } from '../../src/db/client.ts';
import { type MigratingOptions, migrateDatabase } from '../../src/db/migrate.ts';
import { newestApplied } from '../../src/db/migrations.ts';
import { createEmptyDatabase } from '../support/database.ts';
import { migrationsUntil, rowsOf, tags } from '../support/schemas.ts';
import { openTcpProxy } from '../support/tcp-proxy.ts';

/** A database of the released version with a few runs. */
async function releasedDatabase(): Promise<Database> {
  const database = await createEmptyDatabase();
  await migrateDatabase(database.url, { folder: await migrationsUntil(1) });
  await database.db.execute(sql.raw(await rowsOf(tags[0] ?? '')));
  return database;
}

/** What is told, and a promise of the first line that matches. */
function listener() {
  const lines: string[] = [];
  const add = (facts: object, message: string) => void lines.push(`${message} ${JSON.stringify(facts)}`);
  const log: MigratingOptions['log'] = { info: add, warn: add };
  return { log, lines };
}

/** A transaction that lasts until it is told to end. An index that is built concurrently waits for it, whatever it has read. */
async function openTransaction(
  { url }: Database,
  statement: string,
): Promise<{ pid: number; run: (statement: string) => Promise<void>; end: () => Promise<void> }> {
  const { db, close } = openDatabase(url, { connections: 1, applicationName: 'nightly report' });
  onTestFinished(close);
  let pid = 0;
  let run = async (_: string) => {};
  let end = () => {};
  const isOpen = Promise.withResolvers<void>();
  const over = db.transaction(
    async (tx) => {
      await tx.execute(sql.raw(statement));
      const [row] = await tx.execute(sql`SELECT pg_backend_pid() AS pid`);
      pid = Number(row?.pid);
      run = async (next) => void (await tx.execute(sql.raw(next)));
      isOpen.resolve();
      await new Promise<void>((resolve) => {
        end = resolve;
      });
    },
    { isolationLevel: 'repeatable read' },
  );
  await Promise.race([isOpen.promise, over]);
  return {
    pid,
    run,
    end: async () => {
      end();
      await over;
    },
  };
}

/** Resolves when the statement of a migration that begins like this is at work. */
async function atWork({ db }: Database, beginning: string): Promise<number> {
  const look = async () => {
    const rows = await db.execute(sql`
      SELECT pid FROM pg_stat_activity
      WHERE datname = current_database() AND application_name LIKE 'vidgenie migrate%' AND state = 'active'
        AND query LIKE ${`${beginning}%`} AND wait_event_type = 'Lock'`);
    return rows.length;
  };
  await expect.poll(look).toBe(1);
  const [row] = await db.execute(sql`
    SELECT pid FROM pg_stat_activity WHERE application_name LIKE 'vidgenie migrate%' AND query LIKE ${`${beginning}%`}`);
  return Number(row?.pid);
}

/** The processes for which a process waits. */
async function blockersOf({ db }: Database, pid: number): Promise<number[]> {
  const rows = await db.execute(sql`SELECT unnest(pg_blocking_pids(${pid})) AS pid`);
  return rows.map((row) => Number(row.pid));
}

async function expectNewest({ db }: Database): Promise<void> {
  expect(await db.execute(sql`SELECT 1 FROM drizzle.__drizzle_migrations`)).toHaveLength(tags.length);
  expect([...(await db.execute(sql`SELECT indexrelid::regclass::text FROM pg_index WHERE NOT indisvalid`))]).toEqual(
    [],
  );
  const primary = await db.execute(
    sql`SELECT conname::text FROM pg_constraint WHERE conrelid = 'steps'::regclass AND contype = 'p'`,
  );
  expect([...primary]).toEqual([{ conname: 'steps_run_id_number_pk' }]);
}

const firstIndex = 'CREATE UNIQUE INDEX CONCURRENTLY IF NOT EXISTS "steps_run_id_number_pk"';

test('processes that start together carry out each migration once', async () => {
  const database = await releasedDatabase();
  await Promise.all(Array.from({ length: 4 }, () => migrateDatabase(database.url)));
  await expectNewest(database);
});

test('an index that a killed process left unfinished is built anew, and until then nothing is copied', async () => {
  const database = await releasedDatabase();
  const reader = await openTransaction(database, 'SELECT 1');
  const killed = migrateDatabase(database.url).catch((error: unknown) => error);
  const pid = await atWork(database, firstIndex);
  await database.db.execute(sql`SELECT pg_terminate_backend(${pid})`);
  expect(await killed).toBeInstanceOf(Error);
  const [left] = await database.db.execute(
    sql`SELECT indisvalid FROM pg_index WHERE indexrelid = 'steps_run_id_number_pk'::regclass`,
  );
  expect(left).toEqual({ indisvalid: false });
  const copied = (isLocked = false) => withSnapshot(database.url, { isLocked }, async ({ migration }) => migration);
  await expect(copied()).rejects.toThrow('An upgrade of the database has begun and is not finished');
  await expect(copied(true)).rejects.toThrow(
    'with DATABASE_URL and DATABASE_DIRECT_URL unset, start the newer VidGenie',
  );
  expect(await appliedMigrations(database.db)).toEqual({ applied: 1, known: tags.length });
  await reader.end();
  await migrateDatabase(database.url);
  await expectNewest(database);
  expect(await copied()).toBe(await newestApplied(database.db));
});

test('a process that vanishes while it builds an index leaves the rest to the next, which waits for the index', async () => {
  const database = await releasedDatabase();
  const url = new URL(database.url);
  const port = Number(url.port);
  const proxy = await openTcpProxy(() => ({ host: '127.0.0.1', port }));
  onTestFinished(proxy.close);
  url.port = String(proxy.port);
  const reader = await openTransaction(database, 'SELECT 1');
  const vanished = migrateDatabase(url.href).catch((error: unknown) => error);
  await atWork(database, firstIndex);
  proxy.turn('cut');
  expect(await vanished).toBeInstanceOf(Error);
  const next = migrateDatabase(database.url);
  await reader.end();
  await next;
  await expectNewest(database);
});

test('while an index is built, a process of the version before starts, and a process of this version waits and says for what', async () => {
  const database = await releasedDatabase();
  const reader = await openTransaction(database, 'SELECT 1');
  const first = migrateDatabase(database.url);
  await atWork(database, firstIndex);
  // As the released version does.
  await database.db.transaction(async (tx) => {
    await tx.execute(sql`SELECT pg_advisory_xact_lock(7431002)`);
    await migrate(tx, { migrationsFolder: await migrationsUntil(1) });
  });
  const { log, lines } = listener();
  const second = migrateDatabase(database.url, { log });
  await expect.poll(() => lines.join('\n')).toMatch(/the database is being migrated .*steps_run_id_number_pk/);
  await reader.end();
  await Promise.all([first, second]);
  await expectNewest(database);
});

test('a migration that meets a long transaction lets others work, says who is in the way, and goes on when it ends', async () => {
  const database = await releasedDatabase();
  const { db } = database;
  const writer = await openTransaction(database, 'UPDATE assets SET bytes = bytes');
  const { log, lines } = listener();
  const migrated = migrateDatabase(database.url, { log });
  await expect.poll(() => lines.length).toBeGreaterThan(0);
  expect(lines[0]).toMatch(/tries again .*ALTER TABLE assets ADD COLUMN/);
  expect(lines[0]).toContain(`"pid":${writer.pid}`);
  expect(lines[0]).toContain('nightly report');
  await expect.poll(() => lines.length, { timeout: 60_000 }).toBeGreaterThan(2);
  for (let attempts = 0; attempts < 20; attempts += 1) {
    await db.transaction(async (tx) => {
      await tx.execute(sql`SET LOCAL lock_timeout = 1000`);
      await tx.execute(sql`SELECT count(*) FROM assets`);
    });
  }
  await writer.end();
  await migrated;
  await expectNewest(database);
});

test('a migration that ends in a deadlock lets the other transaction have its lock, and goes on when it ends', async () => {
  const database = await releasedDatabase();
  const { db } = database;
  const [one, other] = [await openTransaction(database, 'SELECT 1'), await openTransaction(database, 'SELECT 1')];
  const { log, lines } = listener();
  const migrated = migrateDatabase(database.url, { log });
  const migrator = await atWork(database, firstIndex);
  // The index waits for one reader after the other, in an order of its own.
  await expect.poll(() => blockersOf(database, migrator)).toHaveLength(1);
  const [awaited] = await blockersOf(database, migrator);
  const [first, second] = awaited === one.pid ? [one, other] : [other, one];
  // Whoever waits last closes the circle, and is the first to look for one.
  await second.run(`SET LOCAL deadlock_timeout = '1h'`);
  const locked = second.run('LOCK TABLE steps IN SHARE UPDATE EXCLUSIVE MODE');
  await expect.poll(() => blockersOf(database, second.pid)).toEqual([migrator]);
  await first.end();
  await locked;
  await expect.poll(() => lines.join('\n')).toMatch(/tries again .*steps_run_id_number_pk/);
  await second.end();
  await migrated;
  await expectNewest(database);
  const deadlocks = () =>
    db.execute(sql`SELECT deadlocks::int FROM pg_stat_database WHERE datname = current_database()`);
  await expect.poll(async () => [...(await deadlocks())]).toEqual([{ deadlocks: 1 }]);
});
