import { and, eq, isNull } from 'drizzle-orm';
import { type CastEntry, castEntry, type WorkspaceId } from '../domain.ts';
import type { Tx } from './client.ts';
import { castEntries } from './schema.ts';

/** An image of the cast, and the workspace that it belongs to. */
export type CastImage = CastEntry['images'][number] & { workspaceId: WorkspaceId; createdAt: Date };

/** The image with a key, of an entry that was not removed. Null if there is none. */
export async function castImageOf(tx: Tx, id: string, objectKey: string): Promise<CastImage | null> {
  const [row] = await tx
    .select()
    .from(castEntries)
    .where(and(eq(castEntries.id, id), isNull(castEntries.removedAt)));
  const image = row && castEntry.parse(row).images.find((one) => one.objectKey === objectKey);
  return image ? { ...image, workspaceId: row.workspaceId, createdAt: row.createdAt } : null;
}
