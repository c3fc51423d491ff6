import { sql } from 'drizzle-orm';
import { z } from 'zod';
import type { Tx } from './client.ts';
import { runId } from './vocabulary.ts';

/** How long media are kept after they were made or given; null: for ever. */
export type Retention = { mediaDays: number | null; inputHours: number | null };

/**
 * Marks up to `limit` objects that were kept for long enough, or whose run was deleted; says how many. A run that is not delivered
 * yet keeps what it has. Any number of processes may do this at once.
 */
export async function markRemoved(tx: Tx, { mediaDays, inputHours }: Retention, limit: number): Promise<number> {
  const rows = await tx.execute(sql`
    WITH due AS (
      SELECT a.id FROM assets a JOIN runs r ON r.id = a.run_id
      WHERE a.removed_at IS NULL AND r.delivered_at IS NOT NULL AND (
        r.deleted_at IS NOT NULL
        OR (a.step IS NOT NULL AND a.created_at < now() - make_interval(days => ${mediaDays}::int))
        OR (a.step IS NULL AND a.created_at < now() - make_interval(hours => ${inputHours}::int)))
      ORDER BY a.created_at LIMIT ${limit} FOR UPDATE OF a SKIP LOCKED)
    UPDATE assets SET removed_at = now() WHERE id IN (SELECT id FROM due)
    RETURNING id`);
  return rows.length;
}

const marked = z.array(z.object({ id: z.string(), key: z.string() }));

/** Has one marked object erased by `erase`, and notes that it is; false when none is left that nobody else is at. */
export async function eraseOne(tx: Tx, erase: (objectKey: string) => Promise<void>): Promise<boolean> {
  return await tx.transaction(async (inner) => {
    const [asset] = marked.parse(
      await inner.execute(sql`
        SELECT id, object_key AS key FROM assets WHERE removed_at IS NOT NULL AND erased_at IS NULL
        ORDER BY removed_at LIMIT 1 FOR UPDATE SKIP LOCKED`),
    );
    if (!asset) return false;
    await erase(asset.key);
    await inner.execute(sql`UPDATE assets SET erased_at = now() WHERE id = ${asset.id}`);
    return true;
  });
}

const strays = z.array(z.object({ key: z.string() }));

/**
 * Those of the keys of some objects, all of them a day old, that no row names and none ever will: the image of a run that was never
 * written, and what a run that is over does not call its result. A run that is not over may yet name what it has stored; after its
 * settlement it writes no row. Results of a run that is not in this database are somebody else's (another installation's in the same
 * bucket, or lost with a backup that was restored), and so is everything whose key we would not have made.
 */
export async function straysAmong(tx: Tx, keys: readonly string[]): Promise<string[]> {
  const objects = keys.flatMap((key) => {
    const [, id, name = ''] = key.split('/');
    const run = runId.safeParse(id);
    return run.success ? [{ key, run: run.data, isInput: name.startsWith('input-') }] : [];
  });
  // An object that is still there, or there again, when its row says that it was erased is a stray as well.
  const found = await tx.execute(sql`
    SELECT o.key FROM jsonb_to_recordset(${JSON.stringify(objects)}::jsonb) AS o(key text, run uuid, "isInput" boolean)
    LEFT JOIN runs r ON r.id = o.run
    WHERE CASE WHEN r.id IS NULL THEN o."isInput" ELSE r.settled_at IS NOT NULL END
      AND NOT EXISTS (SELECT 1 FROM assets a WHERE a.run_id = o.run AND a.object_key = o.key AND a.erased_at IS NULL)`);
  return strays.parse(found).map(({ key }) => key);
}
