import { fileURLToPath } from 'node:url';
import { sql } from 'drizzle-orm';
import { migrate } from 'drizzle-orm/postgres-js/migrator';
import { openDatabase } from './client.ts';

const migrationsFolder = fileURLToPath(new URL('../../drizzle', import.meta.url));
/** Any number, as long as every process uses the same one. */
const migrationLock = 7_431_002;

/** For one statement, and for the turn of those that started before. Milliseconds. */
export const migratingWithinMs = 60_000;
/** Who is silent for so long while it has its turn is gone, and the next has the turn. Milliseconds. */
export const silentTurnMs = 5_000;

/** Brings the database to the newest schema, or leaves it as it was. Processes that start together take turns under an advisory lock. */
export async function migrateDatabase(url: string): Promise<void> {
  const { db, close } = openDatabase(url, { connections: 1, silenceMs: migratingWithinMs });
  try {
    for (const setting of ['idle_session_timeout', 'idle_in_transaction_session_timeout']) {
      await db.execute(sql.raw(`SET ${setting} = ${silentTurnMs}`));
    }
    await db.execute(sql.raw(`SET lock_timeout = ${migratingWithinMs}`));
    await db.execute(sql`SELECT pg_advisory_lock(${migrationLock})`);
    await migrate(db, { migrationsFolder });
  } finally {
    await close();
  }
}
