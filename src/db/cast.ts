import { and, asc, eq, inArray, isNull, sql } from 'drizzle-orm';
import { z } from 'zod';
import { type CastEntry, castEntry, maxCastEntries, type WorkspaceId } from '../domain.ts';
import { recordChange } from './audit.ts';
import type { Tx } from './client.ts';
import { castEntries, creditAccounts } from './schema.ts';

/** An entry as people see it, with the member who added it. */
export type ListedEntry = CastEntry & { addedBy: string; addedByName: string; createdAt: Date };

export type NewEntry = CastEntry & { workspaceId: WorkspaceId; addedBy: string; addedByName: string };

/** Entries that were not removed. */
const presentIn = (workspaceId: WorkspaceId) =>
  and(eq(castEntries.workspaceId, workspaceId), isNull(castEntries.removedAt));

/** The entries of a workspace's cast with these names. */
export async function castNamed(tx: Tx, workspaceId: WorkspaceId, names: readonly string[]): Promise<CastEntry[]> {
  const rows = await tx
    .select()
    .from(castEntries)
    .where(and(presentIn(workspaceId), inArray(castEntries.name, [...names])));
  return rows.map((row) => castEntry.parse(row));
}

/** The names in a workspace's cast, in alphabetical order. */
export async function castNames(tx: Tx, workspaceId: WorkspaceId): Promise<string[]> {
  const rows = await tx
    .select({ name: castEntries.name })
    .from(castEntries)
    .where(presentIn(workspaceId))
    .orderBy(asc(castEntries.name));
  return rows.map(({ name }) => name);
}

/** The whole cast of a workspace, in the order of its names. */
export async function listCast(tx: Tx, workspaceId: WorkspaceId): Promise<ListedEntry[]> {
  const rows = await tx.select().from(castEntries).where(presentIn(workspaceId)).orderBy(asc(castEntries.name));
  return rows.map(listed);
}

/** The entry with a name, as it is stored. Null if the workspace's cast has none. */
export async function castEntryOf(tx: Tx, workspaceId: WorkspaceId, name: string): Promise<ListedEntry | null> {
  const [row] = await tx
    .select()
    .from(castEntries)
    .where(and(presentIn(workspaceId), eq(castEntries.name, name)));
  return row ? listed(row) : null;
}

/** Whether an entry was ever inserted, even if it has been removed since. */
export async function wasInserted(tx: Tx, id: string): Promise<boolean> {
  return (await tx.$count(castEntries, eq(castEntries.id, id))) > 0;
}

const listed = (row: typeof castEntries.$inferSelect): ListedEntry => {
  const { addedBy, addedByName, createdAt } = row;
  return { ...castEntry.parse(row), addedBy, addedByName, createdAt };
};

export type NoRoom =
  /** The same request has added its entry already. */
  { outcome: 'repeated' } | { outcome: 'taken'; name: string } | { outcome: 'full'; max: number };

/** The reason why an entry cannot be inserted now. Null if there is none. The decision itself is up to {@link insertEntry}. */
export async function whyNoRoom(
  tx: Tx,
  { id, workspaceId, name }: Pick<NewEntry, 'id' | 'workspaceId' | 'name'>,
): Promise<NoRoom | null> {
  if (await wasInserted(tx, id)) return { outcome: 'repeated' };
  const names = await castNames(tx, workspaceId);
  if (names.includes(name)) return { outcome: 'taken', name };
  return names.length >= maxCastEntries ? { outcome: 'full', max: maxCastEntries } : null;
}

/**
 * Inserts an entry if there is room. The lock on the account's row lets concurrent inserts of a workspace in one after the other,
 * so each of them counts the entries of the one before. A purge takes the same lock.
 */
export async function insertEntry(tx: Tx, entry: NewEntry): Promise<{ outcome: 'inserted' } | NoRoom> {
  return await tx.transaction(async (inner) => {
    await inner.select().from(creditAccounts).where(eq(creditAccounts.workspaceId, entry.workspaceId)).for('update');
    const refused = await whyNoRoom(inner, entry);
    if (refused) return refused;
    await inner.insert(castEntries).values(entry);
    return { outcome: 'inserted' };
  });
}

/**
 * Removes an entry from the cast. False if somebody else removed it before. Its images are erased later: see `claimEntry`. The
 * audit records only an admin who removes the entry of another member.
 */
export async function markEntryRemoved(tx: Tx, workspaceId: WorkspaceId, id: string, by?: string): Promise<boolean> {
  return await tx.transaction(async (inner) => {
    const [removed] = await inner
      .update(castEntries)
      .set({ removedAt: sql`now()` })
      .where(and(presentIn(workspaceId), eq(castEntries.id, id)))
      .returning({ addedBy: castEntries.addedBy });
    if (!removed) return false;
    if (by !== undefined && by !== removed.addedBy) {
      await recordChange(inner, { workspaceId, action: 'cast_removed', actor: by, subject: id });
    }
    return true;
  });
}

/** A removed entry whose images are to be erased. */
export type ErasingEntry = { id: string; keys: readonly string[] };

const claimed = z.array(z.object({ id: z.string(), keys: z.array(z.string()) }));

/**
 * Claims the images of one removed entry, so that no other process erases them. Null when none is due. An unfinished run of the
 * workspace may still use the images, and so may a command that was given just before the removal and is not a run yet: they
 * stay for at least ten minutes. The claim moves `removed_at`, so the entry falls due again after an hour if its images cannot be
 * erased, or if the process is killed. No transaction is open during the call to the store.
 */
export async function claimEntry(tx: Tx): Promise<ErasingEntry | null> {
  const [entry] = claimed.parse(
    await tx.execute(sql`
      UPDATE cast_entries SET removed_at = now() + interval '50 minutes'
      WHERE id = (
        SELECT c.id FROM cast_entries c
        WHERE c.removed_at <= now() - interval '10 minutes' AND c.erased_at IS NULL AND NOT EXISTS (
          SELECT FROM runs r WHERE r.workspace_id = c.workspace_id AND r."cast" <> '[]' AND r.settled_at IS NULL
            AND r."cast" @> jsonb_build_array(jsonb_build_object('id', c.id)))
        ORDER BY c.removed_at LIMIT 1 FOR UPDATE OF c SKIP LOCKED)
      RETURNING id, jsonb_path_query_array(images, '$[*].objectKey') AS keys`),
  );
  return entry ?? null;
}

/** Records that the store no longer has the images of an entry. */
export async function noteEntryErased(tx: Tx, id: string): Promise<void> {
  await tx.execute(sql`UPDATE cast_entries SET erased_at = now() WHERE id = ${id} AND erased_at IS NULL`);
}
