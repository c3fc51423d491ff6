import { randomUUID } from 'node:crypto';
import { sql } from 'drizzle-orm';
import postgres from 'postgres';
import { inject, onTestFinished } from 'vitest';
import { type Database, openDatabase } from '../../src/db/client.ts';
import { ensureWorkspace, type Workspace } from '../../src/db/workspaces.ts';
import { workspaceId } from '../../src/domain.ts';
import { templateDatabase } from './global.ts';

/** A database of its own for one test, cloned from the migrated template and dropped after the test. */
export const createTestDatabase = (): Promise<Database> => createDatabase(cloneTemplate);

/** The same without a schema. */
export const createEmptyDatabase = (): Promise<Database> =>
  createDatabase(async (admin, name) => void (await admin.unsafe(`CREATE DATABASE ${name}`)));

async function createDatabase(create: (admin: postgres.Sql, name: string) => Promise<void>): Promise<Database> {
  const serverUrl = inject('serverUrl');
  const name = `test_${randomUUID().replaceAll('-', '')}`;
  const admin = postgres(serverUrl, { max: 1, onnotice: () => {} });
  await create(admin, name);
  const url = new URL(serverUrl);
  url.pathname = name;
  const database = openDatabase(url.href);
  onTestFinished(async () => {
    await database.close();
    await admin.unsafe(`DROP DATABASE IF EXISTS ${name} WITH (FORCE)`);
    await admin.end();
  });
  return database;
}

/** Two test files may clone at the same moment, but only one can copy a template at a time. */
async function cloneTemplate(admin: postgres.Sql, name: string): Promise<void> {
  await admin`SELECT pg_advisory_lock(1)`;
  // Copying files is five times as fast as writing all blocks to the log first, because nothing here is flushed to the disk.
  await admin.unsafe(`CREATE DATABASE ${name} TEMPLATE ${templateDatabase} STRATEGY FILE_COPY`);
  await admin`SELECT pg_advisory_unlock(1)`;
}

/**
 * A database with a clock that you can set ahead, for everything that calls `now()`: PostgreSQL finds that function in this
 * schema before its own.
 */
export async function createDatabaseInTime(): Promise<Database & { advance: (interval: string) => Promise<void> }> {
  const { db, url, close } = await createTestDatabase();
  await db.execute(sql`CREATE SCHEMA clock`);
  await db.execute(sql`CREATE TABLE clock.ahead (by interval NOT NULL)`);
  await db.execute(sql`INSERT INTO clock.ahead VALUES ('0')`);
  await db.execute(sql`CREATE FUNCTION clock.now() RETURNS timestamptz STABLE LANGUAGE sql
    AS 'SELECT pg_catalog.now() + (SELECT sum(by) FROM clock.ahead)'`);
  await db.execute(
    sql.raw(`ALTER DATABASE ${new URL(url).pathname.slice(1)} SET search_path = clock, pg_catalog, public`),
  );
  await close();
  const database = openDatabase(url);
  onTestFinished(database.close);
  const advance = async (interval: string) => {
    await database.db.execute(sql`INSERT INTO clock.ahead VALUES (${interval}::interval)`);
  };
  return { ...database, advance };
}

/** A workspace with `credits` credits. */
export async function createWorkspace(database: Database, credits: number, id = 'terminal:test'): Promise<Workspace> {
  const workspace = { id: workspaceId.parse(id), platform: 'terminal', name: id } as const;
  await ensureWorkspace(database.db, workspace, credits);
  return workspace;
}
