import { sql } from 'drizzle-orm';
import { expect, test } from 'vitest';
import { z } from 'zod';
import type { Database } from '../../src/db/client.ts';
import { checkInvariants } from '../../src/db/invariants.ts';
import { migrateDatabase } from '../../src/db/migrate.ts';
import { readMigrations } from '../../src/db/migrations.ts';
import { loadRun } from '../../src/db/runs.ts';
import { runId, workspaceId } from '../../src/domain.ts';
import { createEmptyDatabase, createTestDatabase } from '../support/database.ts';
import { type OldProcess, openOldProcess } from '../support/old-process.ts';
import { allDelivered, createInstallation, delivered, submitsOf, submitted } from '../support/program.ts';
import { migrationsUntil, rowsOf, tags } from '../support/schemas.ts';

const local = 'terminal:local';
const idOf = (number: number) => runId.parse(`00000000-0000-4000-8000-00000000000${number}`);
/** Its video was being made before the upgrade. */
const videoSubmitted = idOf(3);

/** A database of the first `count` migrations, with runs in flight, and with `finished` runs that are over. */
async function databaseOf(count: number, finished: number): Promise<Database> {
  const database = await createEmptyDatabase();
  const { db, url } = database;
  await migrateDatabase(url, { folder: await migrationsUntil(count) });
  await db.execute(sql.raw(await rowsOf(tags[0] ?? '')));
  await db.execute(sql`
    UPDATE credit_accounts SET balance = balance + 1000000`);
  await db.execute(sql`
    INSERT INTO credit_transactions (workspace_id, kind, amount, balance_after, held_after, idempotency_key)
    SELECT workspace_id, 'adjust', 1000000, balance, held, 'ample' FROM credit_accounts`);
  // The finished runs cost nothing.
  await db.execute(sql`INSERT INTO workspaces (id, platform, name) VALUES ('terminal:past', 'terminal', '')`);
  await db.execute(sql`INSERT INTO credit_accounts (workspace_id) VALUES ('terminal:past')`);
  await db.execute(sql`
    INSERT INTO runs (id, workspace_id, request_key, member_id, member_name, workflow, prompt, options, conversation, state,
      price_credits, captured_credits, released_credits, due_at, settled_at, delivered_at)
    SELECT gen_random_uuid(), 'terminal:past', 'past ' || n, 'ada', 'Ada', 'complete', 'a fox in the snow',
      '{"quality": "hd", "aspect": "wide", "duration": 8, "resolution": "1080p"}', '{}', 'succeeded', 0, 0, 0, NULL, now(), now()
    FROM generate_series(1, ${finished}::int) n`);
  await db.execute(sql`
    INSERT INTO credit_transactions (workspace_id, run_id, kind, amount, balance_after, held_after, idempotency_key)
    SELECT workspace_id, id, 'hold', 0, 0, 0, 'hold:' || id FROM runs WHERE workspace_id = 'terminal:past'`);
  await db.execute(sql`
    INSERT INTO steps (run_id, kind, state, price_credits, provider, model, started_at, finished_at)
    SELECT id, kind::step_kind, 'done', 0, 'vendor', 'vendor-' || kind, now(), now()
    FROM runs CROSS JOIN unnest('{enhance,image,video}'::text[]) kind WHERE workspace_id = 'terminal:past'`);
  await db.execute(sql`
    INSERT INTO assets (run_id, step, kind, object_key, mime, width, height, bytes, sha256)
    SELECT id, kind::step_kind, kind::media_kind, 'k', 'image/png', 1, 1, 1, ''
    FROM runs CROSS JOIN unnest('{image,video}'::text[]) kind WHERE workspace_id = 'terminal:past'`);
  return database;
}

/** Old runs have numbers as if a new version had made them. */
async function checkNumbers({ db }: Database): Promise<void> {
  const counts = z.array(
    z.object({ number: z.int(), size: z.string(), seconds: z.int().nullable(), count: z.coerce.number() }),
  );
  const numbered = await db.execute(sql`
    SELECT number, size, seconds, count(*) FROM steps JOIN runs ON id = run_id WHERE workspace_id = 'terminal:past'
    GROUP BY number, size, seconds ORDER BY number`);
  expect(counts.parse([...numbered]).map(({ count, ...rest }) => rest)).toEqual([
    { number: 1, size: '', seconds: null },
    { number: 2, size: 'hd wide', seconds: null },
    { number: 3, size: '1080p 8s', seconds: 8 },
  ]);
  const wrong = await db.execute(sql`
    SELECT 1 FROM assets WHERE step IS NOT NULL AND step_number IS DISTINCT FROM CASE step WHEN 'image' THEN 2 ELSE 3 END`);
  expect([...wrong]).toEqual([]);
}

/** Everything that old processes left is finished by a worker of this version, and a new run is taken. */
async function finishAll(database: Database): Promise<void> {
  const installation = await createInstallation(database);
  const worker = await installation.open({ worker: true });
  const workspace = { id: workspaceId.parse(local), platform: 'terminal', name: 'Local' } as const;
  await delivered(worker, await submitted(worker, { workspace }));
  await database.db.execute(sql`UPDATE runs SET due_at = now() WHERE delivered_at IS NULL`);
  await allDelivered(worker);
  const states = await database.db.execute(sql`SELECT DISTINCT state::text FROM runs`);
  expect([...states]).toEqual([{ state: 'succeeded' }]);
  // A step that was submitted before the upgrade is not submitted again.
  expect(submitsOf(installation.journal, videoSubmitted)).toEqual({ enhance: 0, image: 0, video: 0 });
  const ended = await loadRun(database.db, idOf(4));
  expect(ended?.run).toMatchObject({ state: 'succeeded', capturedCredits: 24, prompt: 'a fox in the snow' });
  expect(await checkInvariants(database.db, { atRest: true })).toEqual([]);
}

/** A command of an old process, from its text to its delivery in two turns. Every eighth run is left at a step. */
async function live({ submit, work, clean }: OldProcess, count: number): Promise<void> {
  await submit();
  await work(count % 2 === 0 ? 'enhanced' : 'submitted');
  if (count % 8 < 2) return;
  const id = await work();
  if (id !== null) await clean(id);
}

test('between any two statements of the migrations an old process takes commands, makes and delivers; each file can be repeated', async () => {
  const database = await databaseOf(1, 700);
  const old = openOldProcess(database.url, local);
  const migrations = await readMigrations();
  for (const [index, { isOnline, statements }] of migrations.entries()) {
    if (isOnline) {
      for (const [count, statement] of statements.entries()) {
        await database.db.execute(sql.raw(statement));
        await live(old, count);
      }
    }
    // It repeats what was carried out just now, and ends what was not.
    await migrateDatabase(database.url, { folder: await migrationsUntil(index + 1) });
    if (index > 0) await live(old, index);
  }
  const invalid = await database.db.execute(sql`SELECT indexrelid::regclass::text FROM pg_index WHERE NOT indisvalid`);
  expect([...invalid]).toEqual([]);
  await checkNumbers(database);
  await finishAll(database);
});

test.for(tags.slice(0, -1).map((tag, index) => [tag, index + 1] as const))(
  'a busy database of the schema %s is upgraded: no statement of an old process fails or waits for a second, and each run ends right',
  async ([, count]) => {
    const database = await databaseOf(count, 2_000);
    let isOver = false;
    const busy = Array.from({ length: 4 }, async () => {
      const old = openOldProcess(database.url, local);
      for (let count = 0; !isOver; count += 1) await live(old, count);
    });
    const migrated = Promise.all([migrateDatabase(database.url), migrateDatabase(database.url)]).finally(() => {
      isOver = true;
    });
    await Promise.all([migrated, ...busy]);
    if (count === 1) await checkNumbers(database);
    await finishAll(database);
  },
);

test('a process of the version before works beside: it numbers its steps by their kinds, and leaves new runs to new workers', async () => {
  const database = await createTestDatabase();
  const { db } = database;
  const installation = await createInstallation(database);
  const bot = await installation.open({ worker: false });
  const fresh = await submitted(bot);
  // The statements of the version before, for a run that it takes itself.
  const old = idOf(1);
  await db.execute(sql.raw(await rowsOf('0000_baseline')));
  const steps = z.array(z.object({ kind: z.string(), number: z.int(), inputs: z.array(z.int()) }));
  const look = sql`SELECT kind, number, to_json(inputs) AS inputs FROM steps WHERE run_id = ${old} ORDER BY number`;
  expect(steps.parse(await db.execute(look))).toEqual([
    { kind: 'enhance', number: 1, inputs: [] },
    { kind: 'image', number: 2, inputs: [1] },
    { kind: 'video', number: 3, inputs: [1, 2] },
  ]);
  const dispatched = z.array(z.object({ id: z.string() }));
  const ids = dispatched.parse(await db.execute(sql`SELECT id FROM dispatch_due(50, interval '1 second', 30, 30, 1)`));
  expect(ids.map(({ id }) => id)).toContain(old);
  expect(ids.map(({ id }) => id)).not.toContain(fresh);
  // The same for workers that know numbered steps, or edits and the cast, and not every model.
  for (const version of [1, 2]) {
    const dispatch = sql`SELECT id FROM dispatch_due(50, interval '1 second', 30, 30, 1, ${version})`;
    expect(dispatched.parse(await db.execute(dispatch)).map(({ id }) => id)).not.toContain(fresh);
  }
  // An old worker stores an image and says that a video reached nobody, both by their kinds.
  await db.execute(sql`
    INSERT INTO assets (run_id, step, kind, object_key, mime, width, height, bytes, sha256)
    VALUES (${old}, 'image', 'image', 'k', 'image/png', 1, 1, 1, '')
    ON CONFLICT (run_id, step) DO UPDATE SET object_key = excluded.object_key`);
  await db.execute(sql`UPDATE runs SET unreached = '{video}' WHERE id = ${idOf(4)}`);
  expect((await loadRun(db, old))?.assets).toMatchObject([{ step: 2 }]);
  // Its sweeper does not know that a numbered result is none that a member gave.
  await db.execute(sql`
    INSERT INTO assets (run_id, step_number, kind, object_key, mime, width, height, bytes, sha256)
    VALUES (${fresh}, 2, 'image', 'k', 'image/png', 1, 1, 1, '')`);
  await db.execute(sql`UPDATE assets SET removed_at = now() WHERE step IS NULL AND run_id = ${fresh}`);
  expect((await loadRun(db, fresh))?.assets).toMatchObject([{ step: 2, removedAt: null }]);
  expect((await loadRun(db, idOf(4)))?.run.unreached).toEqual([3]);
});
