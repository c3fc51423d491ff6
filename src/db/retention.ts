import { sql } from 'drizzle-orm';
import { z } from 'zod';
import { runId } from '../domain.ts';
import type { Tx } from './client.ts';

/** How long to keep media after they were made (`mediaDays`) or given (`inputHours`). Null keeps them for ever. */
export type Retention = { mediaDays: number | null; inputHours: number | null };

/**
 * Marks up to `limit` objects as removed and returns how many. An object is due if it was kept for long enough or its run was
 * deleted. A run that is not delivered yet keeps its objects. The image
 * that a run has from a result of its parent counts as a result too, because its buttons work for as long as it is kept. Any number of processes may do this at once.
 */
export async function markRemoved(tx: Tx, { mediaDays, inputHours }: Retention, limit: number): Promise<number> {
  const rows = await tx.execute(sql`
    WITH due AS (
      SELECT a.id FROM assets a JOIN runs r ON r.id = a.run_id
      WHERE a.removed_at IS NULL AND r.delivered_at IS NOT NULL AND (
        r.deleted_at IS NOT NULL
        OR a.created_at < now() - CASE WHEN a.step_number IS NULL AND r.parent_step IS NULL
          THEN make_interval(hours => ${inputHours}::int) ELSE make_interval(days => ${mediaDays}::int) END)
      ORDER BY a.created_at LIMIT ${limit} FOR UPDATE OF a SKIP LOCKED)
    -- Without a moment to erase it, a trigger takes the change for one of an older version, which would know no numbered results.
    UPDATE assets SET removed_at = now(), erase_due_at = now() WHERE id IN (SELECT id FROM due)
    RETURNING id`);
  return rows.length;
}

const claimed = z.array(z.object({ id: z.string(), key: z.string(), attempts: z.int() }));

/** An object that is marked as removed and due to be erased. `attempts` includes this attempt. */
export type Erasing = { id: string; key: string; attempts: number };

/**
 * Claims one object to erase, so that no other process works on it. Null when none is due. The object falls due again by itself
 * after a minute, and four times as long after each further attempt, at most a day. That covers an object that cannot be erased
 * and a process that is killed. No transaction is open during the call to the store.
 */
export async function claimErasing(tx: Tx): Promise<Erasing | null> {
  const [asset] = claimed.parse(
    await tx.execute(sql`
      UPDATE assets SET erase_attempts = erase_attempts + 1,
        erase_due_at = now() + least(interval '1 day', interval '1 minute' * 4 ^ least(erase_attempts, 10))
      WHERE id = (
        SELECT id FROM assets WHERE removed_at IS NOT NULL AND erased_at IS NULL AND coalesce(erase_due_at, removed_at) <= now()
        ORDER BY coalesce(erase_due_at, removed_at) LIMIT 1 FOR UPDATE SKIP LOCKED)
      RETURNING id, object_key AS key, erase_attempts AS attempts`),
  );
  return asset ?? null;
}

/** Records that the store no longer has an object. */
export async function noteErased(tx: Tx, { id }: Erasing): Promise<void> {
  await tx.execute(sql`UPDATE assets SET erased_at = now() WHERE id = ${id} AND erased_at IS NULL`);
}

const strays = z.array(z.object({ key: z.string() }));

/**
 * Returns the keys that no row names and none ever will. All objects must be at least a day old. Strays are the input image of a
 * run that was never written, and objects of a settled run that are not among its assets. An unsettled run may still name objects
 * that it has stored; a settled run writes no more rows. Results of a run that is not in this database belong to somebody else:
 * to another installation in the same bucket, or to a run that a restored backup has lost. The same goes for every key that
 * VidGenie would not have made. An image of the cast is a stray if no entry has it any more.
 */
export async function straysAmong(tx: Tx, keys: readonly string[]): Promise<string[]> {
  return [...(await straysOfRuns(tx, keys)), ...(await straysOfCast(tx, keys))];
}

async function straysOfRuns(tx: Tx, keys: readonly string[]): Promise<string[]> {
  const objects = keys.flatMap((key) => {
    const [folder, id, name = ''] = key.split('/');
    const run = runId.safeParse(id);
    return folder === 'runs' && run.success ? [{ key, run: run.data, isInput: name.startsWith('input-') }] : [];
  });
  // An object that is still there, or there again, although its row says that it was erased, is a stray as well.
  const found = await tx.execute(sql`
    SELECT o.key FROM jsonb_to_recordset(${JSON.stringify(objects)}::jsonb) AS o(key text, run uuid, "isInput" boolean)
    LEFT JOIN runs r ON r.id = o.run
    WHERE CASE WHEN r.id IS NULL THEN o."isInput" ELSE r.settled_at IS NOT NULL END
      AND NOT EXISTS (SELECT 1 FROM assets a WHERE a.run_id = o.run AND a.object_key = o.key AND a.erased_at IS NULL)`);
  return strays.parse(found).map(({ key }) => key);
}

async function straysOfCast(tx: Tx, keys: readonly string[]): Promise<string[]> {
  const objects = keys.flatMap((key) => {
    const [folder, id] = key.split('/');
    const entry = z.uuid().safeParse(id);
    return folder === 'cast' && entry.success ? [{ key, entry: entry.data }] : [];
  });
  const found = await tx.execute(sql`
    SELECT o.key FROM jsonb_to_recordset(${JSON.stringify(objects)}::jsonb) AS o(key text, entry uuid)
    WHERE NOT EXISTS (SELECT FROM cast_entries c WHERE c.id = o.entry AND c.erased_at IS NULL
      AND c.images @> jsonb_build_array(jsonb_build_object('objectKey', o.key)))`);
  return strays.parse(found).map(({ key }) => key);
}
