import { eq } from 'drizzle-orm';
import type { Db } from '../../src/db/client.ts';
import { workspaceKeys, workspaces } from '../../src/db/schema.ts';
import type { KeySlot } from '../../src/db/vault.ts';
import { type WorkspaceId, workspaceId } from '../../src/domain.ts';
import { createTestDatabase } from './database.ts';

/** A migrated database for one test. */
export const createVaultDatabase = async (): Promise<Db> => (await createTestDatabase()).db;

export async function createVaultWorkspace(db: Db, name: string): Promise<WorkspaceId> {
  const id = workspaceId.parse(`terminal:${name}`);
  await db.insert(workspaces).values({ id, platform: 'terminal', name });
  return id;
}

/** The stored row of a key, as a person with access to the database sees it. */
export async function storedKey(
  db: Db,
  { workspaceId, provider }: KeySlot,
): Promise<typeof workspaceKeys.$inferSelect> {
  const rows = await db.select().from(workspaceKeys).where(eq(workspaceKeys.workspaceId, workspaceId));
  const row = rows.find((one) => one.provider === provider);
  if (!row) throw new Error('no such key is stored');
  return row;
}
