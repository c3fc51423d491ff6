import { type SQL, sql } from 'drizzle-orm';
import { z } from 'zod';
import { text } from '../../bots/terminal/person.ts';
import { beginPass, movePass, readPass } from '../../db/checks.ts';
import type { MediaStore } from '../../pipeline/media/store.ts';
import type { Program } from '../../program.ts';
import { reasonOf } from '../explain.ts';
import { type Finding, fine, wrong } from './finding.ts';

const { doctor: words } = text.operator;

type Part = Pick<Program, 'database' | 'services'>;

/** The newest, the oldest, and others at random. With no more results than these together, all are looked at. */
const sampled = { newest: 200, oldest: 100, random: 200 };
const sampleSize = sampled.newest + sampled.oldest + sampled.random;
/** In milliseconds. A store that answers slowly is asked for fewer. */
const samplingMs = 6_000;
/** How many results a page of the whole pass has, and how many the store is asked for at once. */
const pageRows = 500;
const atOnce = 32;
/** How many missing keys a pass remembers. It counts all of them. */
const rememberedKeys = 100;

/** `id` is that of the asset, null for an image of the cast. */
const objects = z.array(z.object({ id: z.string().nullable(), key: z.string(), bytes: z.coerce.number() }));
type StoredObject = z.infer<typeof objects>[number];

const isKept = sql`removed_at IS NULL AND NOT is_given`;
/** The results among `chosen` assets that must be in the store. */
const presentAmong = (chosen: SQL): SQL => sql`
  SELECT a.id, a.object_key AS key, a.bytes FROM assets a JOIN steps s ON s.run_id = a.run_id AND s.number = a.step_number
  JOIN runs r ON r.id = a.run_id
  WHERE a.id IN (${chosen}) AND s.state = 'done' AND r.deleted_at IS NULL AND a.removed_at IS NULL`;
const presentCast = sql`
  SELECT NULL::uuid AS id, image->>'objectKey' AS key, (image->>'bytes')::bigint AS bytes FROM cast_entries, jsonb_array_elements(images) image
  WHERE removed_at IS NULL`;

/** Looks for a sample of the results and of the cast's images in the store, and compares their sizes. */
export async function checkObjects(program: Part): Promise<Finding> {
  try {
    const { chosen, total } = await chooseObjects(program);
    const until = performance.now() + samplingMs;
    const { seen, lacking } = await lookFor(program.services.store, chosen, () => performance.now() > until);
    const missing = await stillExpected(program, lacking);
    if (missing.length > 0) return wrong('objects', words.objectsMissing(missing, missing.length));
    return fine('objects', seen < total ? words.objectsSampled(seen, total) : words.objectsFine(seen));
  } catch (error) {
    return wrong('objects', reasonOf(error));
  }
}

const counts = z.tuple([z.object({ kept: z.coerce.number(), about: z.coerce.number(), cast: z.coerce.number() })]);

/** `total` is an estimate if there are more than are chosen. */
async function chooseObjects({ database: { db } }: Part): Promise<{ chosen: StoredObject[]; total: number }> {
  const [{ kept, about, cast }] = counts.parse([
    ...(await db.execute(sql`
      SELECT (SELECT count(*) FROM (SELECT FROM assets WHERE ${isKept} LIMIT ${sampleSize + 1}::int) first_ones) AS kept,
        (SELECT greatest(reltuples, 0)::bigint FROM pg_class WHERE oid = 'assets_results_kept'::regclass) AS about,
        (SELECT count(*) FROM (${presentCast}) images) AS cast`)),
  ]);
  const areFew = kept <= sampleSize;
  const results = objects.parse([
    ...(await db.execute(presentAmong(areFew ? sql`SELECT id FROM assets WHERE ${isKept}` : sampleOfAssets))),
  ]);
  const images = objects.parse([
    ...(await db.execute(sql`${presentCast} ORDER BY random() LIMIT ${sampled.random}::int`)),
  ]);
  const chosen = [...results, ...images];
  const all = areFew ? results.length : Math.max(about, kept);
  return { chosen, total: all + cast };
}

/** It reads the ends of an index, and one entry of it for each random moment. */
const sampleOfAssets = sql`
  WITH ends AS (
    SELECT (SELECT min(created_at) FROM assets WHERE ${isKept}) AS oldest, (SELECT max(created_at) FROM assets WHERE ${isKept}) AS newest
  ), moments AS MATERIALIZED (
    SELECT oldest + random() * (newest - oldest) AS at FROM ends, generate_series(1, ${sampled.random}::int)
  )
  (SELECT id FROM assets WHERE ${isKept} ORDER BY created_at DESC, id DESC LIMIT ${sampled.newest}::int)
  UNION (SELECT id FROM assets WHERE ${isKept} ORDER BY created_at, id LIMIT ${sampled.oldest}::int)
  UNION SELECT near.id FROM moments CROSS JOIN LATERAL (
    SELECT id FROM assets WHERE ${isKept} AND created_at >= moments.at ORDER BY created_at, id LIMIT 1) near`;

const passed = z.object({ after: z.string(), seen: z.int(), missing: z.array(z.string()), lost: z.int() });
const ids = z.array(z.object({ id: z.string() }));

/**
 * Looks for every result and every image of the cast, page by page. A pass that was interrupted goes on where it was. `onPage` is
 * told about how much is done, between 0 and 1.
 */
export async function passObjects(program: Part, onPage: (fraction: number) => void): Promise<Finding> {
  const { db } = program.database;
  const { store } = program.services;
  const name = 'objects pass';
  try {
    await beginPass(db, name, { after: '00000000-0000-0000-0000-000000000000', seen: 0, missing: [], lost: 0 });
    const found = passed.parse((await readPass(db, name, { lock: false })).position);
    const note = async (looked: readonly StoredObject[]) => {
      const { seen, lacking } = await lookFor(store, looked, () => false);
      const missing = await stillExpected(program, lacking);
      found.seen += seen;
      found.lost += missing.length;
      found.missing = [...found.missing, ...missing].slice(0, rememberedKeys);
    };
    for (;;) {
      const page = ids.parse([
        ...(await db.execute(
          sql`SELECT id FROM assets WHERE id > ${found.after}::uuid ORDER BY id LIMIT ${pageRows}::int`,
        )),
      ]);
      const last = page.at(-1)?.id;
      if (last === undefined) break;
      const chosen = sql`SELECT id FROM assets WHERE id > ${found.after}::uuid AND id <= ${last}::uuid`;
      await note(objects.parse([...(await db.execute(presentAmong(chosen)))]));
      found.after = last;
      await movePass(db, name, found, { isFinished: false });
      // Ids are random, so their first digits tell how many are before.
      onPage(Number.parseInt(last.slice(0, 8), 16) / 0xff_ff_ff_ff);
    }
    await note(objects.parse([...(await db.execute(presentCast))]));
    await movePass(db, name, {}, { isFinished: true });
    if (found.lost > 0) return wrong('objects', words.objectsMissing(found.missing, found.lost));
    return fine('objects', words.objectsFine(found.seen));
  } catch (error) {
    return wrong('objects', reasonOf(error));
  }
}

/** The keys of those that must still be there. Retention and members may have removed others since the database was asked. */
async function stillExpected({ database: { db } }: Part, lacking: readonly StoredObject[]): Promise<string[]> {
  if (lacking.length === 0) return [];
  const listed = (values: readonly string[]) =>
    sql`SELECT value FROM jsonb_array_elements_text(${JSON.stringify(values)}::jsonb)`;
  const results = sql`SELECT value::uuid FROM (${listed(lacking.flatMap(({ id }) => id ?? []))}) ids`;
  const images = listed(lacking.filter(({ id }) => id === null).map(({ key }) => key));
  const expected = await db.execute(sql`
    ${presentAmong(results)} UNION ALL SELECT * FROM (${presentCast}) images WHERE key IN (${images})`);
  return objects.parse([...expected]).map(({ key }) => key);
}

/** Asks the store for the size of each object, until there are no more or it is late. */
async function lookFor(
  store: Pick<MediaStore, 'size'>,
  wanted: readonly StoredObject[],
  isLate: () => boolean,
): Promise<{ seen: number; lacking: StoredObject[] }> {
  const lacking: StoredObject[] = [];
  let next = 0;
  const look = async () => {
    for (let one = wanted[next]; one !== undefined && !isLate(); one = wanted[next]) {
      next += 1;
      if ((await store.size(one.key)) !== one.bytes) lacking.push(one);
    }
  };
  await Promise.all(Array.from({ length: atOnce }, look));
  return { seen: next, lacking };
}
