import { randomUUID } from 'node:crypto';
import { sql } from 'drizzle-orm';
import { expect, test } from 'vitest';
import { z } from 'zod';
import type { Database } from '../../../src/db/client.ts';
import { familyOf, familyQuery, maxVersions } from '../../../src/db/family.ts';
import type { Workspace } from '../../../src/db/workspaces.ts';
import { type RunId, runId } from '../../../src/domain.ts';
import { createTestDatabase, createWorkspace } from '../../support/database.ts';

type Given = { parent?: RunId | null; member?: string; count?: number };

/** Writes settled runs as a statement does, for there is nothing to hold or to make. The first of them is the oldest. */
async function written(
  { db }: Database,
  { id: workspaceId }: Workspace,
  { parent = null, member = 'ada', count = 1 }: Given = {},
): Promise<RunId[]> {
  const rows = await db.execute(sql`
    INSERT INTO runs (workspace_id, request_key, member_id, member_name, workflow, prompt, options, conversation, price_credits, parent_id,
      created_at, id)
    SELECT ${workspaceId}, gen_random_uuid()::text, ${member}, ${member}, 'image', 'a fox', '{}', '{}', 0, ${parent}::uuid,
      clock_timestamp() + make_interval(secs => n), gen_random_uuid()
    FROM generate_series(1, ${count}::int) n RETURNING id`);
  return z
    .array(z.object({ id: runId }))
    .parse(rows)
    .map(({ id }) => id);
}

async function one(database: Database, workspace: Workspace, given: Given = {}): Promise<RunId> {
  const [id] = await written(database, workspace, given);
  if (!id) throw new Error('no run was written');
  return id;
}

test('a family is the same from each of its runs, the oldest first, and has nobody of another one', async () => {
  const database = await createTestDatabase();
  const workspace = await createWorkspace(database, 100);
  const first = await one(database, workspace);
  const second = await one(database, workspace, { parent: first });
  const third = await one(database, workspace, { parent: second });
  const sibling = await one(database, workspace, { parent: first });
  await one(database, workspace, { parent: await one(database, workspace) });
  for (const id of [first, second, third, sibling]) {
    const found = await familyOf(database.db, { id, workspaceId: workspace.id, memberId: undefined });
    expect(found).toEqual([first, second, third, sibling]);
  }
});

test('a family has no runs of another workspace, none of another member for whoever may not see them, and none that is deleted', async () => {
  const database = await createTestDatabase();
  const [mine, theirs] = [
    await createWorkspace(database, 100),
    await createWorkspace(database, 100, 'terminal:theirs'),
  ];
  const first = await one(database, mine);
  const bobs = await one(database, mine, { parent: first, member: 'bob' });
  const deleted = await one(database, mine, { parent: bobs });
  const last = await one(database, mine, { parent: deleted });
  const foreign = await one(database, theirs, { parent: first });
  await database.db.execute(
    sql`UPDATE runs SET state = 'failed', settled_at = now(), deleted_at = now() WHERE id = ${deleted}`,
  );
  const found = (id: RunId, workspace: Workspace, memberId?: string) =>
    familyOf(database.db, { id, workspaceId: workspace.id, memberId });
  expect(await found(first, mine)).toEqual([first, bobs, last]);
  expect(await found(last, mine, 'ada')).toEqual([first, last]);
  expect(await found(foreign, theirs)).toEqual([foreign]);
  expect(await found(foreign, mine)).toEqual([]);
  expect(await found(runId.parse(randomUUID()), mine)).toEqual([]);
});

test('a family that is too large is cut to the nearest runs, and the one that is asked for is among them', async () => {
  const database = await createTestDatabase();
  const workspace = await createWorkspace(database, 100);
  const first = await one(database, workspace);
  await written(database, workspace, { parent: first, count: 80 });
  const last = await one(database, workspace, { parent: first });
  const child = await one(database, workspace, { parent: last });
  const found = await familyOf(database.db, { id: last, workspaceId: workspace.id, memberId: 'ada' });
  expect(found).toHaveLength(maxVersions);
  expect(found[0]).toBe(first);
  expect(found).toEqual(expect.arrayContaining([last, child]));
});

test('the search for a family reads indexes and no table as a whole', async () => {
  const database = await createTestDatabase();
  const workspace = await createWorkspace(database, 100);
  await written(database, workspace, { count: 5_000 });
  const first = await one(database, workspace);
  await written(database, workspace, { parent: first, count: 500 });
  await database.db.execute(sql`ANALYZE runs`);
  const wish = { id: first, workspaceId: workspace.id, memberId: 'ada' };
  const plan = JSON.stringify(await database.db.execute(sql`EXPLAIN ${familyQuery(wish)}`));
  expect(plan).toContain('runs_by_parent');
  expect(plan).toContain('runs_pkey');
  expect(plan).not.toMatch(/Seq Scan on runs/);
});
