import { randomUUID } from 'node:crypto';
import { eq } from 'drizzle-orm';
import postgres from 'postgres';
import { onTestFinished } from 'vitest';
import { type Db, openDatabase } from '../../src/db/client.ts';
import { migrateDatabase } from '../../src/db/migrate.ts';
import { workspaceKeys, workspaces } from '../../src/db/schema.ts';
import type { KeyPlace } from '../../src/db/vault.ts';
import { type WorkspaceId, workspaceId } from '../../src/db/vocabulary.ts';

/** A migrated database of its own for one test. The one place that knows where it comes from. */
export async function createVaultDatabase(): Promise<Db> {
  const server = 'postgres://postgres@127.0.0.1:5432/postgres';
  const name = `vault_${randomUUID().replaceAll('-', '')}`;
  const admin = postgres(server, { max: 1, onnotice: () => {} });
  await admin.unsafe(`CREATE DATABASE ${name}`);
  const url = server.replace(/postgres$/, name);
  await migrateDatabase(url);
  const database = openDatabase(url);
  onTestFinished(async () => {
    await database.close();
    await admin.unsafe(`DROP DATABASE ${name} WITH (FORCE)`);
    await admin.end();
  });
  return database.db;
}

export async function createVaultWorkspace(db: Db, name: string): Promise<WorkspaceId> {
  const id = workspaceId.parse(`terminal:${name}`);
  await db.insert(workspaces).values({ id, face: 'terminal', name });
  return id;
}

/** The stored row of a key, as whoever gets hold of the database sees it. */
export async function storedKey(
  db: Db,
  { workspaceId, provider }: KeyPlace,
): Promise<typeof workspaceKeys.$inferSelect> {
  const rows = await db.select().from(workspaceKeys).where(eq(workspaceKeys.workspaceId, workspaceId));
  const row = rows.find((one) => one.provider === provider);
  if (!row) throw new Error('no such key is stored');
  return row;
}
