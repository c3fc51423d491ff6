import { setTimeout as pause } from 'node:timers/promises';
import { sql } from 'drizzle-orm';
import { z } from 'zod';
import type { Logger } from '../observability/log.ts';
import { type Db, openDatabase, patienceOfServer, type Tx } from './client.ts';
import { type Migration, newestApplied, readMigrations } from './migrations.ts';
import { headOf } from './statementLocks.ts';
import { transactionsInTheWay } from './transactionsInTheWay.ts';

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
 * waits behind it. The pauses between the attempts grow, so that others get their turn.
 */
const lockWithinMs = 250;
const pausesMs = { first: 500, longest: 5_000 };
/** In milliseconds. How often a migration that takes long says where it is. */
const tellEveryMs = 5_000;

/** Lifts a limit for whole transactions that the role may have. Only PostgreSQL 17 and newer know it. */
const noTransactionTimeout = (
  isLocal: boolean,
): string => `CASE WHEN current_setting('server_version_num')::int >= 170000
  THEN set_config('transaction_timeout', '0', ${isLocal}) END`;
export const withoutTransactionTimeout = (isLocal: boolean): string => `SELECT ${noTransactionTimeout(isLocal)}`;

export type MigratingOptions = {
  /** The folder with the migrations, if it is not the program's own. */
  folder?: string;
  /** Says what a migration does that takes long, and for whom it waits. */
  log?: Tell;
  /** The {@link Migration.madeAt} of the last migration to carry out. */
  through?: number;
};

const versions = z.tuple([z.object({ version: z.int() })]);

/**
 * Migrates the database to the newest schema, or leaves it as it was. Returns the server's `server_version_num`. Processes that
 * start together migrate one after the other. `url` must lead to the server itself, because a pooler in transaction mode gives
 * no session.
 *
 * A migration whose file begins with `-- online` is carried out statement by statement, each in its own transaction, while bots and
 * workers go on. Such a file may be repeated from its beginning at any time. Every other migration is one transaction. Neither
 * waits for a lock for long at a time. Both try until they get it, and tell who is in the way.
 */
export async function migrateDatabase(url: string, options: MigratingOptions = {}): Promise<number> {
  const { folder, log = silent, through = Number.POSITIVE_INFINITY } = options;
  const { db, close } = openDatabase(url, { connections: 1, silenceMs: migratingWithinMs });
  try {
    const rows = await db.execute(sql`SELECT current_setting('server_version_num')::int AS version`);
    const [{ version }] = versions.parse([...rows]);
    const limits = {
      ...patienceOfServer(migratingWithinMs, version),
      idle_in_transaction_session_timeout: silentTurnMs,
    };
    for (const migration of await readMigrations(folder)) {
      if (migration.madeAt > through) break;
      if (await isApplied(db, migration)) continue;
      if (migration.isOnline) await migrateOnline(url, migration, log);
      else await migrateWhole(db, migration, limits, log);
    }
    return version;
  } finally {
    await close();
  }
}

type Tell = Pick<Logger, 'info' | 'warn'>;
const silent: Tell = { info: () => {}, warn: () => {} };

const isApplied = async (tx: Tx, { madeAt }: Migration): Promise<boolean> => (await newestApplied(tx)) >= madeAt;

const note = (tx: Tx, { hash, madeAt }: Migration) =>
  tx.execute(sql`
    WITH begun AS (DELETE FROM drizzle.__drizzle_migrations WHERE created_at = ${-madeAt})
    INSERT INTO drizzle.__drizzle_migrations (hash, created_at) VALUES (${hash}, ${madeAt})`);

/**
 * Notes that an online migration has begun: until it is over, even if this process dies, the schema is between two versions and no
 * backup can be taken. Every version looks for the newest moment, so a negative one means nothing to those that do not know it.
 */
const noteBegun = (tx: Tx, { hash, madeAt }: Migration) =>
  tx.execute(sql`
    INSERT INTO drizzle.__drizzle_migrations (hash, created_at) SELECT ${hash}::text, ${-madeAt}::bigint
    WHERE NOT EXISTS (SELECT FROM drizzle.__drizzle_migrations WHERE created_at = ${-madeAt}::bigint)`);

async function migrateWhole(db: Db, migration: Migration, limits: Record<string, number>, log: Tell): Promise<void> {
  await untilUnlocked(db, { migration: migration.tag }, log, () =>
    db.transaction(async (tx) => {
      for (const [name, ms] of Object.entries(limits)) await tx.execute(sql.raw(`SET LOCAL ${name} = ${ms}`));
      await tx.execute(sql`SELECT pg_advisory_xact_lock(${migrationLock})`);
      await tx.execute(sql.raw(`SET LOCAL lock_timeout = ${lockWithinMs}`));
      if (await isApplied(tx, migration)) return;
      await tx.execute(sql`CREATE SCHEMA IF NOT EXISTS drizzle`);
      await tx.execute(sql`CREATE TABLE IF NOT EXISTS drizzle.__drizzle_migrations (
        id serial PRIMARY KEY, hash text NOT NULL, created_at bigint)`);
      for (const statement of migration.statements) await tx.execute(sql.raw(statement));
      await note(tx, migration);
    }),
  );
}

const locks = z.tuple([z.object({ locked: z.boolean(), pid: z.int() })]);

async function migrateOnline(url: string, migration: Migration, log: Tell): Promise<void> {
  const { db, close } = openDatabase(url, { connections: 1, applicationName: 'vidgenie migrate' });
  // Looks on while the other connection is busy.
  const beside = openDatabase(url, { connections: 1 });
  const stop = tellRegularly(beside.db, migration, log);
  try {
    for (;;) {
      // To wait for the lock in a statement would hold up the very index that the other process builds. An index takes as long as it
      // takes. A machine that vanishes must not keep the session's lock for hours. A commit need not wait for the disk: if the last ones
      // are lost, the file is repeated.
      const rows = await db.execute(sql`
        SELECT pg_try_advisory_lock(${onlineLock}) AS locked, pg_backend_pid() AS pid, set_config('statement_timeout', '0', false), ${sql.raw(noTransactionTimeout(false))},
          set_config('synchronous_commit', 'off', false),
          set_config('tcp_keepalives_idle', '10', false), set_config('tcp_keepalives_interval', '5', false),
          set_config('tcp_keepalives_count', '3', false)`);
      const [{ locked, pid }] = locks.parse([...rows]);
      if (await isApplied(db, migration)) return;
      if (!locked) await pause(200);
      else if (await isCarriedOut(db, migration, pid, beside.db, log)) return void (await note(db, migration));
    }
  } finally {
    await stop();
    await close();
    await beside.close();
  }
}

const sessions = z.tuple([z.object({ pid: z.int() })]);

/** False if the session was replaced meanwhile, and with it the lock. Then the file is repeated from its beginning. */
async function isCarriedOut(db: Db, migration: Migration, session: number, beside: Db, log: Tell): Promise<boolean> {
  const { tag, statements } = migration;
  await noteBegun(db, migration);
  for (const statement of statements) {
    // An index that is built concurrently blocks nobody while it waits.
    const isConcurrent = /\bCONCURRENTLY\b/.test(statement);
    const waitMs = String(isConcurrent ? 0 : lockWithinMs);
    const rows = await db.execute(sql`SELECT pg_backend_pid() AS pid, set_config('lock_timeout', ${waitMs}, false)`);
    if (sessions.parse([...rows])[0].pid !== session) return false;
    await untilUnlocked(beside, { migration: tag, statement: headOf(statement) }, log, async () => {
      if (isConcurrent) await dropUnfinished(db, statement);
      await db.execute(sql.raw(statement));
    });
  }
  return true;
}

const names = z.array(z.object({ name: z.string() }));

/** A process that was killed leaves an index that is not valid. `IF NOT EXISTS` would take it for the index. */
async function dropUnfinished(db: Db, statement: string): Promise<void> {
  const rows = await db.execute(sql`
    SELECT c.relname AS name FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid
    WHERE NOT i.indisvalid AND c.relnamespace = 'public'::regnamespace`);
  for (const { name } of names.parse([...rows])) {
    if (!new RegExp(`\\b${name}\\b`).test(statement)) continue;
    await db.execute(sql`DROP INDEX CONCURRENTLY IF EXISTS ${sql.identifier(name)}`);
  }
}

/** PostgreSQL's codes for a lock that was not to be had in time, and for processes that wait for each other. */
const locked = z.object({ cause: z.object({ code: z.enum(['55P03', '40P01']) }) });

/** Tries until no lock is missing. A start that gave up would only be repeated by its supervisor, and would have to begin anew. */
async function untilUnlocked(beside: Db, facts: object, log: Tell, work: () => Promise<unknown>): Promise<void> {
  for (let pauseMs = pausesMs.first; ; pauseMs = Math.min(2 * pauseMs, pausesMs.longest)) {
    try {
      await work();
      return;
    } catch (error) {
      if (!locked.safeParse(error).success) throw error;
      const inTheWay = await transactionsInTheWay(beside, { olderThanMs: lockWithinMs });
      log.warn({ ...facts, inTheWay }, 'the migration waits until another transaction has ended, and tries again');
      await pause(pauseMs);
    }
  }
}

const progress = z.array(
  z.object({ process: z.string(), doing: z.string(), seconds: z.number(), percent: z.number().nullable() }),
);

/** Tells where a migration is. It is the same for the process that migrates and for those that wait for it. */
function tellRegularly(beside: Db, { tag }: Migration, log: Tell): () => Promise<void> {
  const look = async () => {
    const rows = await beside.execute(sql`
      SELECT a.application_name AS process, a.query AS doing, extract(epoch FROM now() - a.query_start)::float8 AS seconds,
        (100.0 * p.blocks_done / nullif(p.blocks_total, 0))::float8 AS percent
      FROM pg_stat_activity a LEFT JOIN pg_stat_progress_create_index p USING (pid)
      WHERE a.datname = current_database() AND a.application_name LIKE 'vidgenie migrate%' AND a.state = 'active'`);
    for (const { process, doing, seconds, percent } of progress.parse([...rows])) {
      const statement = headOf(doing);
      const facts = { migration: tag, process, statement, seconds: Math.round(seconds) };
      log.info(percent === null ? facts : { ...facts, percent: Math.round(percent) }, 'the database is being migrated');
    }
  };
  let looking = Promise.resolve();
  const timer = setInterval(() => {
    // It only tells the operator how far the work is. That is no reason to fail.
    looking = looking.then(look).catch(() => {});
  }, tellEveryMs);
  return async () => {
    clearInterval(timer);
    await looking;
  };
}
