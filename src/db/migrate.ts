import { fileURLToPath } from 'node:url';
import { sql } from 'drizzle-orm';
import { migrate } from 'drizzle-orm/postgres-js/migrator';
import { z } from 'zod';
import { openDatabase, patienceOfServer } from './client.ts';

const migrationsFolder = fileURLToPath(new URL('../../drizzle', import.meta.url));
/** Any number, as long as every process uses the same one. */
const migrationLock = 7_431_002;

/** In milliseconds. The limit for one statement, and for the wait until earlier processes have migrated. */
export const migratingWithinMs = 60_000;
/**
 * In milliseconds. A process that is silent for this long during its migration is gone. The server then lets the next process
 * migrate.
 */
export const silentTurnMs = 5_000;

const versions = z.tuple([z.object({ version: z.int() })]);

/**
 * Migrates the database to the newest schema, or leaves it as it was. Returns the server's `server_version_num`. Processes that
 * start together migrate one after the other, under an advisory lock.
 */
export async function migrateDatabase(url: string): Promise<number> {
  const { db, close } = openDatabase(url, { connections: 1, silenceMs: migratingWithinMs });
  try {
    const rows = await db.execute(sql`SELECT current_setting('server_version_num')::int AS version`);
    const [{ version }] = versions.parse([...rows]);
    const patience = patienceOfServer(migratingWithinMs, version);
    for (const [name, ms] of Object.entries({ ...patience, idle_in_transaction_session_timeout: silentTurnMs })) {
      await db.execute(sql.raw(`SET ${name} = ${ms}`));
    }
    await db.transaction(async (tx) => {
      await tx.execute(sql`SELECT pg_advisory_xact_lock(${migrationLock})`);
      await migrate(tx, { migrationsFolder });
    });
    return version;
  } finally {
    await close();
  }
}
