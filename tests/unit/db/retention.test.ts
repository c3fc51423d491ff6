import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { sql } from 'drizzle-orm';
import { expect, test } from 'vitest';
import { z } from 'zod';
import type { Database, Tx } from '../../../src/db/client.ts';
import { fromTheOldest, markDeletedMedia, markOld } from '../../../src/db/retention.ts';
import { createLog } from '../../../src/observability/log.ts';
import { createFileStore } from '../../../src/pipeline/media/files.ts';
import { sweep } from '../../../src/pipeline/sweep.ts';
import { createTestDatabase } from '../../support/database.ts';
import { writeHistory } from '../../support/history.ts';
import { rowsReadBy } from '../../support/reads.ts';
import { temporaryDirectory } from '../../support/temporary.ts';

const log = createLog('silent', false);
const signal = new AbortController().signal;

async function filled(runs: number) {
  const database = await createTestDatabase();
  await writeHistory(database.url, { runs, workspaces: 20 });
  return { database, db: database.db, store: createFileStore(await temporaryDirectory()) };
}

const counted = z.array(z.object({ count: z.coerce.number() }));
const countOf = async ({ db }: Database, where: string) =>
  counted.parse([...(await db.execute(sql.raw(`SELECT count(*) AS count FROM assets WHERE ${where}`)))])[0]?.count;

test('a sweep that finds nothing to erase reads almost nothing, whether results are kept for ever or for two years', async () => {
  const { database, store } = await filled(5_000);
  for (const mediaDays of [null, 730]) {
    const retention = { mediaDays, inputHours: 24 };
    const read = await rowsReadBy(database, async (tx: Tx) => {
      for (const what of ['results', 'given'] as const) {
        await markOld(tx, retention, what, { limit: 200, from: null });
      }
      await markDeletedMedia(tx, 200);
    });
    expect(read).toEqual({ sequential: 0, rows: 0 });
    expect(await sweep({ ...database, store, retention, log, random: Math.random }, signal)).toBe(0);
  }
});

test('old images of runs that are not delivered hold up nothing: the next sweep goes on behind them', async () => {
  const { database, db, store } = await filled(1_100);
  await db.execute(sql`UPDATE assets SET is_given = true, removed_at = NULL, erased_at = NULL WHERE step_number = 2`);
  // All but the newest run are still at work.
  await db.execute(sql`UPDATE runs SET delivered_at = NULL, due_at = now()
    WHERE id <> (SELECT run_id FROM assets WHERE step_number = 2 ORDER BY created_at DESC LIMIT 1)`);
  const places = fromTheOldest();
  const deps = { db, store, retention: { mediaDays: null, inputHours: 0 }, log, random: Math.random };
  const counts = [];
  for (let sweeps = 0; sweeps < 3; sweeps += 1) counts.push(await sweep(deps, signal, places));
  expect(counts).toEqual([0, 1, 0]);
  await db.execute(sql`UPDATE runs SET delivered_at = now(), due_at = NULL`);
  // It goes on behind them once more, and then begins with the oldest.
  expect((await sweep(deps, signal, places)) + (await sweep(deps, signal, places))).toBe(1_099);
  expect(await countOf(database, 'is_given AND removed_at IS NULL')).toBe(0);
});

test('the objects of deleted runs are marked once, and no sweep looks for them again', async () => {
  const { database, db } = await filled(500);
  await db.execute(sql`UPDATE runs SET deleted_at = now() WHERE id IN (SELECT id FROM runs ORDER BY id LIMIT 30)`);
  await db.execute(sql`UPDATE runs SET delivered_at = NULL, due_at = now()
    WHERE id = (SELECT id FROM runs WHERE deleted_at IS NOT NULL ORDER BY id LIMIT 1)`);
  expect(await markDeletedMedia(db, 20)).toBe(20);
  expect(await markDeletedMedia(db, 20)).toBe(9);
  expect(await markDeletedMedia(db, 20)).toBe(0);
  const ofDeleted = 'run_id IN (SELECT id FROM runs WHERE deleted_at IS NOT NULL AND delivered_at IS NOT NULL)';
  expect(await countOf(database, `removed_at IS NULL AND ${ofDeleted}`)).toBe(0);
  await db.execute(sql`UPDATE runs SET delivered_at = now(), due_at = NULL WHERE delivered_at IS NULL`);
  expect(await markDeletedMedia(db, 20)).toBe(1);
});

/** The statements of the migration that told old rows. They may be repeated. */
async function migration(): Promise<string[]> {
  const file = resolve(import.meta.dirname, '../../../drizzle/0005_ledger_checks.sql');
  return (await readFile(file, 'utf8')).split('--> statement-breakpoint');
}

test('an older process need not say what a member gave, and a migration that is repeated tells it of old rows', async () => {
  const { db } = await filled(40);
  await db.execute(sql`DELETE FROM assets`);
  await db.execute(
    sql`UPDATE runs SET parent_id = id, parent_step = 2 WHERE id IN (SELECT id FROM runs ORDER BY id LIMIT 10)`,
  );
  const kinds = z.array(z.object({ given: z.coerce.number(), copied: z.coerce.number(), results: z.coerce.number() }));
  const given = async () =>
    kinds.parse([
      ...(await db.execute(sql`
        SELECT count(*) FILTER (WHERE is_given) AS given, count(*) FILTER (WHERE NOT is_given AND step_number IS NULL) AS copied,
          count(*) FILTER (WHERE NOT is_given AND step_number IS NOT NULL) AS results FROM assets`)),
    ])[0];
  // Both versions before: one names a result by its kind, the other by its number. Neither knows the column.
  await db.execute(sql`INSERT INTO assets (run_id, kind, object_key, mime, width, height, bytes, sha256)
    SELECT id, 'image', 'k', 'image/png', 1, 1, 1, '' FROM runs`);
  await db.execute(sql`INSERT INTO assets (run_id, step, kind, object_key, mime, width, height, bytes, sha256)
    SELECT id, 'image', 'image', 'k', 'image/png', 1, 1, 1, '' FROM runs`);
  await db.execute(sql`INSERT INTO assets (run_id, step_number, kind, object_key, mime, width, height, bytes, sha256)
    SELECT id, 3, 'image', 'k', 'image/png', 1, 1, 1, '' FROM runs`);
  const right = { given: 30, copied: 10, results: 80 };
  expect(await given()).toEqual(right);

  await db.execute(sql`UPDATE assets SET is_given = false`);
  await db.execute(sql`DROP INDEX assets_given_kept`);
  for (const statement of await migration()) await db.execute(sql.raw(statement));
  expect(await given()).toEqual(right);
});
