import { sql } from 'drizzle-orm';
import { expect, test } from 'vitest';
import { z } from 'zod';
import { checkInvariants } from '../../src/db/invariants.ts';
import { migrateDatabase } from '../../src/db/migrate.ts';
import { listRuns, loadRun } from '../../src/db/runs.ts';
import { runId, workspaceId } from '../../src/domain.ts';
import { createEmptyDatabase, createTestDatabase } from '../support/database.ts';
import { createInstallation, delivered, submitsOf, submitted } from '../support/program.ts';
import { migrationsUntil, rowsOf, tags } from '../support/schemas.ts';

const idOf = (number: number) => runId.parse(`00000000-0000-4000-8000-00000000000${number}`);
const inFlight = { waiting: idOf(1), imagePending: idOf(2), videoSubmitted: idOf(3) };

test.for(tags.map((tag, index) => [tag, index + 1] as const))(
  'a database of the schema %s is upgraded with its runs in flight, and each ends right',
  async ([tag, count]) => {
    const database = await createEmptyDatabase();
    await migrateDatabase(database.url, { folder: await migrationsUntil(count) });
    await database.db.execute(sql.raw(await rowsOf(tag)));

    const installation = await createInstallation(database);
    const worker = await installation.open({ worker: true });
    for (const id of Object.values(inFlight)) expect((await delivered(worker, id)).run.state).toBe('succeeded');
    // What was submitted before the upgrade is not submitted again.
    expect(submitsOf(installation.journal, inFlight.videoSubmitted)).toEqual({ enhance: 0, image: 0, video: 0 });
    const ended = await loadRun(database.db, idOf(4));
    expect(ended?.run).toMatchObject({ state: 'succeeded', capturedCredits: 24, prompt: 'a fox in the snow' });
    const id = workspaceId.parse('terminal:local');
    expect(await listRuns(database.db, id, { limit: 9 })).toHaveLength(4);
    // And new runs are taken.
    const workspace = { id, platform: 'terminal', name: 'Local' } as const;
    await delivered(
      worker,
      await submitted(worker, { workspace, workflow: 'image', options: { quality: 'standard' } }),
    );
    expect(await checkInvariants(database.db, { atRest: true })).toEqual([]);
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
