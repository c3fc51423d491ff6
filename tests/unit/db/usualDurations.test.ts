import { randomUUID } from 'node:crypto';
import { sql } from 'drizzle-orm';
import { expect, test } from 'vitest';
import type { Database } from '../../../src/db/client.ts';
import { insertRun } from '../../../src/db/insertRun.ts';
import { createUsualDurations, usualDuration } from '../../../src/db/usualDurations.ts';
import { runId, runOptions } from '../../../src/domain.ts';
import { createTestDatabase, createWorkspace } from '../../support/database.ts';
import { newStepOf } from '../../support/views.ts';

const work = { provider: 'vendor', model: 'image', size: 'hd wide' };

/** Steps that took so many milliseconds, the first one finished first. */
async function finished(database: Database, ms: readonly number[], size = work.size): Promise<void> {
  const workspace = await createWorkspace(database, 1_000_000);
  for (const [index, took] of ms.entries()) {
    const id = runId.parse(randomUUID());
    await insertRun(database.db, {
      id,
      workspaceId: workspace.id,
      requestKey: id,
      memberId: id,
      memberName: 'Ada',
      workflow: 'image',
      prompt: 'a fox',
      options: runOptions.parse({}),
      conversation: {},
      steps: [newStepOf('image', { size })],
      input: null,
    });
    await database.db.execute(sql`
      UPDATE steps SET state = 'done', finished_at = now() + make_interval(secs => ${index}::float8),
        started_at = now() + make_interval(secs => ${index}::float8) - make_interval(secs => ${took / 1000}::float8)
      WHERE run_id = ${id}`);
  }
}

test('the usual duration is the median of the last fifty finished steps of that model and size', async () => {
  const database = await createTestDatabase();
  expect(await usualDuration(database.db, work)).toBeNull();
  // Ten old ones do not count any more; a step of another size never did.
  await finished(database, [...Array(10).fill(90_000), ...Array(25).fill(1_000), 2_000, ...Array(24).fill(4_000)]);
  await finished(database, [77], 'standard wide');
  expect(await usualDuration(database.db, work)).toBe(1_500);
  // A step that was taken over has taken no time.
  await database.db.execute(
    sql`UPDATE steps SET started_at = NULL WHERE finished_at < started_at + interval '2 seconds'`,
  );
  expect(await usualDuration(database.db, work)).toBe(4_000);
});

test('the database is asked once a minute, and a database that does not answer leaves what is known', async () => {
  const database = await createTestDatabase();
  await finished(database, [1_000]);
  let now = 0;
  const usual = createUsualDurations(database.db, () => now);
  expect(await usual(work)).toBe(1_000);
  await finished(database, [9_000, 9_000, 9_000]);
  expect(await usual(work)).toBe(1_000);
  now += 60_001;
  expect(await usual(work)).toBe(9_000);
  now += 60_001;
  await database.db.execute(sql`ALTER TABLE steps RENAME TO steps_away`);
  expect(await usual(work)).toBe(9_000);
});
