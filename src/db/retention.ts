import { sql } from 'drizzle-orm';
import { z } from 'zod';
import { runId } from '../domain.ts';
import type { Tx } from './client.ts';

/** How long to keep media after they were made (`mediaDays`) or given (`inputHours`). Null keeps them for ever. */
export type Retention = { mediaDays: number | null; inputHours: number | null };

/** Each kind is kept for a time of its own: results, and images that members gave. */
type Kept = 'results' | 'given';

/** The last object of a page, in the order of age. Its moment is text, because JavaScript's dates are less exact than PostgreSQL's. */
type Place = { at: string; id: string };

/**
 * From where a sweep goes on, if the one before has stopped early because too much that is old enough belongs to runs that are not
 * delivered yet.
 */
export type SweepPlaces = Record<Kept, Place | null>;

export const fromTheOldest = (): SweepPlaces => ({ results: null, given: null });

const marked = z.tuple([
  z.object({ seen: z.int(), removed: z.int(), last: z.object({ at: z.string(), id: z.string() }).nullable() }),
]);

// The statements below name rows by arrays of ids, so that the planner never reads a whole table to find a few of them.

/** Without a moment to erase it, a trigger takes the change for one of an older version, which would know no numbered results. */
const asRemoved = sql`removed_at = now(), erase_due_at = now()`;

/**
 * Looks at the oldest objects that were kept for long enough, up to `limit` of those after `from`, and marks them as removed. A run
 * that is not delivered yet keeps its objects. Any number of processes may do this at once.
 */
export async function markOld(
  tx: Tx,
  { mediaDays, inputHours }: Retention,
  what: Kept,
  { limit, from }: { limit: number; from: Place | null },
): Promise<{ seen: number; removed: number; last: Place | null }> {
  const amount = what === 'results' ? mediaDays : inputHours;
  if (amount === null) return { seen: 0, removed: 0, last: null };
  const age =
    what === 'results' ? sql`make_interval(days => ${amount}::int)` : sql`make_interval(hours => ${amount}::int)`;
  // These conditions are those of two partial indexes.
  const isKept =
    what === 'results' ? sql`a.removed_at IS NULL AND NOT a.is_given` : sql`a.removed_at IS NULL AND a.is_given`;
  const after = from === null ? sql`` : sql`AND (a.created_at, a.id) > (${from.at}::timestamptz, ${from.id}::uuid)`;
  const rows = await tx.execute(sql`
    WITH page AS MATERIALIZED (
      SELECT a.id, a.run_id, a.created_at FROM assets a
      WHERE ${isKept} AND a.created_at < now() - ${age} ${after}
      ORDER BY a.created_at, a.id LIMIT ${limit}::int
    ), due AS MATERIALIZED (
      SELECT a.id FROM assets a WHERE a.removed_at IS NULL AND a.id = ANY (ARRAY(
        SELECT page.id FROM page WHERE (SELECT r.delivered_at IS NOT NULL FROM runs r WHERE r.id = page.run_id)))
      FOR UPDATE SKIP LOCKED
    ), removed AS (
      UPDATE assets SET ${asRemoved} WHERE id = ANY (ARRAY(SELECT id FROM due)) RETURNING id
    )
    SELECT (SELECT count(*) FROM page)::int AS seen, (SELECT count(*) FROM removed)::int AS removed,
      (SELECT jsonb_build_object('at', created_at, 'id', id) FROM page ORDER BY created_at DESC, id DESC LIMIT 1) AS last`);
  return marked.parse([...rows])[0];
}

const emptied = z.tuple([z.object({ runs: z.int() })]);

/** Marks the objects of up to `limit` deleted runs as removed, and returns how many runs it found. Each run is found once. */
export async function markDeletedMedia(tx: Tx, limit: number): Promise<number> {
  const rows = await tx.execute(sql`
    WITH found AS MATERIALIZED (
      SELECT id FROM runs WHERE deleted_at IS NOT NULL AND delivered_at IS NOT NULL AND NOT media_removed
      ORDER BY deleted_at LIMIT ${limit}::int FOR NO KEY UPDATE SKIP LOCKED
    ), removed AS (
      UPDATE assets SET ${asRemoved} WHERE run_id = ANY (ARRAY(SELECT id FROM found)) AND removed_at IS NULL
    ), emptied AS (
      UPDATE runs SET media_removed = true WHERE id = ANY (ARRAY(SELECT id FROM found))
    )
    SELECT count(*)::int AS runs FROM found`);
  return emptied.parse([...rows])[0].runs;
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
