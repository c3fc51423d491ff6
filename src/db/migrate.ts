import { setTimeout as pause } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { sql } from 'drizzle-orm';
import { type MigrationMeta, readMigrationFiles } from 'drizzle-orm/migrator';
import { z } from 'zod';
import { type Db, openDatabase, patienceOfServer, type Tx } from './client.ts';

const migrationsFolder = fileURLToPath(new URL('../../drizzle', import.meta.url));
/** Any number, as long as every process uses the same one. */
const migrationLock = 7_431_002;
/** The lock of the process that runs a migration online. Another number, so that nobody waits for it inside a transaction. */
const onlineLock = 7_431_003;

/** In milliseconds. The limit for one statement of a transaction, and for the wait until earlier processes have migrated. */
export const migratingWithinMs = 60_000;
/**
 * In milliseconds. A process that is silent for this long during its migration is gone. The server then lets the next process
 * migrate.
 */
export const silentTurnMs = 5_000;
/**
 * In milliseconds. A statement that has waited for a lock for this long gives up and is tried again: everybody who comes after it
 * waits behind it.
 */
const lockWithinMs = 1_000;

const versions = z.tuple([z.object({ version: z.int() })]);

/**
 * Migrates the database to the newest schema, or leaves it as it was. Returns the server's `server_version_num`. Processes that
 * start together migrate one after the other.
 *
 * A migration whose file begins with `-- online` is carried out statement by statement, each in its own transaction, while bots and
 * workers go on. Such a file may be repeated from its beginning at any time. Every other migration is one transaction.
 *
 * `through` ends with the migration of that time (see {@link migrationTimes}): a backup may be of an older schema.
 */
export async function migrateDatabase(url: string, { through = Number.POSITIVE_INFINITY } = {}): Promise<number> {
  const { db, close } = openDatabase(url, { connections: 1, silenceMs: migratingWithinMs });
  try {
    const rows = await db.execute(sql`SELECT current_setting('server_version_num')::int AS version`);
    const [{ version }] = versions.parse([...rows]);
    const limits = {
      ...patienceOfServer(migratingWithinMs, version),
      idle_in_transaction_session_timeout: silentTurnMs,
    };
    for (const migration of readMigrationFiles({ migrationsFolder })) {
      if (migration.folderMillis > through) break;
      if (await isApplied(db, migration)) continue;
      if (isOnline(migration)) await migrateOnline(url, migration);
      else await migrateWhole(db, migration, limits);
    }
    return version;
  } finally {
    await close();
  }
}

/** The times of all migrations that this version brings, the oldest first. Each stands for its migration. */
export const migrationTimes = (): number[] =>
  readMigrationFiles({ migrationsFolder }).map(({ folderMillis }) => folderMillis);

const isOnline = ({ sql: [first = ''] }: MigrationMeta): boolean => first.startsWith('-- online');

const found = z.tuple([z.object({ found: z.boolean() })]);

/** By the rule of drizzle-kit: the newest applied migration stands for all before it. */
async function isApplied(tx: Tx, { folderMillis }: MigrationMeta): Promise<boolean> {
  const [table] = found.parse([
    ...(await tx.execute(sql`SELECT to_regclass('drizzle.__drizzle_migrations') IS NOT NULL AS found`)),
  ]);
  if (!table.found) return false;
  const [row] = found.parse([
    ...(await tx.execute(
      sql`SELECT EXISTS (SELECT FROM drizzle.__drizzle_migrations WHERE created_at >= ${folderMillis}) AS found`,
    )),
  ]);
  return row.found;
}

const note = (tx: Tx, { hash, folderMillis }: MigrationMeta) =>
  tx.execute(sql`INSERT INTO drizzle.__drizzle_migrations (hash, created_at) VALUES (${hash}, ${folderMillis})`);

async function migrateWhole(db: Db, migration: MigrationMeta, limits: Record<string, number>): Promise<void> {
  await untilUnlocked(() =>
    db.transaction(async (tx) => {
      for (const [name, ms] of Object.entries(limits)) await tx.execute(sql.raw(`SET LOCAL ${name} = ${ms}`));
      await tx.execute(sql`SELECT pg_advisory_xact_lock(${migrationLock})`);
      if (await isApplied(tx, migration)) return;
      await tx.execute(sql.raw(`SET LOCAL lock_timeout = ${lockWithinMs}`));
      await tx.execute(sql`CREATE SCHEMA IF NOT EXISTS drizzle`);
      await tx.execute(sql`CREATE TABLE IF NOT EXISTS drizzle.__drizzle_migrations (
        id serial PRIMARY KEY, hash text NOT NULL, created_at bigint)`);
      for (const statement of migration.sql) await tx.execute(sql.raw(statement));
      await note(tx, migration);
    }),
  );
}

async function migrateOnline(url: string, migration: MigrationMeta): Promise<void> {
  const { db, close } = openDatabase(url, { connections: 1, applicationName: 'vidgenie migrate' });
  const tryLock = async () =>
    found.parse([...(await db.execute(sql`SELECT pg_try_advisory_lock(${onlineLock}) AS found`))])[0].found;
  try {
    // To wait for the lock in a statement would hold up the very index that the other process builds.
    while (!(await tryLock())) await pause(200);
    if (await isApplied(db, migration)) return;
    await dropUnfinished(db, migration);
    for (const statement of migration.sql) {
      // An index that is built concurrently blocks nobody while it waits.
      const patience = /CONCURRENTLY/.test(statement) ? 0 : lockWithinMs;
      await db.execute(sql.raw(`SET lock_timeout = ${patience}`));
      await untilUnlocked(() => db.execute(sql.raw(statement)));
    }
    await note(db, migration);
  } finally {
    await close();
  }
}

const names = z.array(z.object({ name: z.string() }));

/** A process that was killed leaves an index that is not valid. `IF NOT EXISTS` would take it for the index. */
async function dropUnfinished(db: Db, migration: MigrationMeta): Promise<void> {
  const rows = await db.execute(sql`
    SELECT c.relname AS name FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid
    WHERE NOT i.indisvalid AND c.relnamespace = 'public'::regnamespace`);
  for (const { name } of names.parse([...rows])) {
    if (!migration.sql.some((statement) => statement.includes(name))) continue;
    await db.execute(sql`DROP INDEX CONCURRENTLY IF EXISTS ${sql.identifier(name)}`);
  }
}

/** PostgreSQL's codes for a lock that was not to be had in time, and for processes that wait for each other. */
const locked = z.object({ cause: z.object({ code: z.enum(['55P03', '40P01']) }) });

async function untilUnlocked(work: () => Promise<unknown>): Promise<void> {
  const until = Date.now() + migratingWithinMs;
  for (;;) {
    try {
      await work();
      return;
    } catch (error) {
      if (Date.now() > until || !locked.safeParse(error).success) throw error;
      await pause(500);
    }
  }
}
