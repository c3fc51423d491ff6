import { z } from 'zod';
import { BackupError } from './error.ts';
import type { StoredObject } from './mediaList.ts';
import { inTransaction, withClient } from './session.ts';
import { shapeOf } from './shape.ts';

// The objects that a working database names, in pages. Between two pages there is neither a transaction nor a connection, because the
// objects of a page may take an hour: an old transaction keeps vacuum from its work, and an idle line may break.

const pageRows = 500;

/** Rows that were written since `$1`, after the id `$2`. */
const assets = `
  SELECT id, object_key AS key, bytes::float8 AS bytes, sha256, mime FROM assets
  WHERE removed_at IS NULL AND created_at >= $1 AND id > $2 ORDER BY id LIMIT ${pageRows}`;
const castImages = `
  SELECT entry.id, image->>'objectKey' AS key, (image->>'bytes')::float8 AS bytes, image->>'sha256' AS sha256, image->>'mime' AS mime
  FROM (
    SELECT id, images FROM cast_entries
    WHERE removed_at IS NULL AND jsonb_array_length(images) > 0 AND created_at >= $1 AND id > $2 ORDER BY id LIMIT ${pageRows}
  ) entry, jsonb_array_elements(entry.images) image ORDER BY entry.id`;

const count = `
  SELECT (SELECT count(*) FROM assets WHERE removed_at IS NULL AND created_at >= $1)::float8
    + (SELECT coalesce(sum(jsonb_array_length(images)), 0) FROM cast_entries WHERE removed_at IS NULL AND created_at >= $1)::float8
    AS count`;

const named = `
  SELECT object_key AS key FROM assets WHERE removed_at IS NULL AND object_key = ANY ($1)
  UNION SELECT image->>'objectKey' FROM cast_entries, jsonb_array_elements(images) image
  WHERE removed_at IS NULL AND image->>'objectKey' = ANY ($1)`;

/** A row shows up when its transaction ends, and has the time of its beginning. No transaction of VidGenie takes this long. */
const overlap = `SELECT (now() - interval '10 minutes')::text AS moment`;

const pages = z.array(
  z.object({ id: z.string(), key: z.string(), bytes: z.number(), sha256: z.string(), mime: z.string() }),
);
const keys = z.array(z.object({ key: z.string() }));
const counted = z.tuple([z.object({ count: z.number() })]);
const moments = z.tuple([z.object({ moment: z.string() })]);

const read = <Rows>(url: string, rows: z.ZodType<Rows>, select: string, values: unknown[]): Promise<Rows> =>
  withClient(url, (client) =>
    inTransaction(client, 'READ ONLY', async () => rows.parse((await client.query(select, values)).rows)),
  );

/** A moment before now. What somebody writes from now on is no older. Refuses a database that has nothing of VidGenie. */
export async function momentOf(url: string): Promise<string> {
  const { migration } = await withClient(url, shapeOf);
  if (migration === null) throw new BackupError('The database has nothing of VidGenie: there is nothing to copy.');
  return (await read(url, moments, overlap, []))[0].moment;
}

/** How many objects {@link namedSince} gives. */
export const countSince = async (url: string, since: string): Promise<number> =>
  (await read(url, counted, count, [since]))[0].count;

/** The objects of all rows that were written since a moment (`-infinity`: of all rows). Several rows may name one object. */
export async function* namedSince(url: string, since: string): AsyncGenerator<StoredObject> {
  for (const select of [assets, castImages]) {
    let last = '00000000-0000-0000-0000-000000000000';
    for (;;) {
      const page = await read(url, pages, select, [since, last]);
      for (const { id, ...object } of page) {
        last = id;
        yield object;
      }
      if (page.length === 0) break;
    }
  }
}

/** Those of the keys that the database names now. */
export async function stillNamed(url: string, among: readonly string[]): Promise<string[]> {
  if (among.length === 0) return [];
  return (await read(url, keys, named, [among])).map(({ key }) => key);
}
