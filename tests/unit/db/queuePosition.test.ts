import { randomUUID } from 'node:crypto';
import { sql } from 'drizzle-orm';
import { expect, test } from 'vitest';
import { z } from 'zod';
import { claim } from '../../../src/db/claim.ts';
import type { Database } from '../../../src/db/client.ts';
import { accountOf } from '../../../src/db/credits.ts';
import { insertRun, type NewRun } from '../../../src/db/insertRun.ts';
import { checkInvariants } from '../../../src/db/invariants.ts';
import { queuePositionOf } from '../../../src/db/queuePosition.ts';
import { announceRun, loadRun, requestCancel } from '../../../src/db/runs.ts';
import { dispatchDue, handBack, settle, withdrawRun } from '../../../src/db/turns.ts';
import type { Lease } from '../../../src/db/turnWrite.ts';
import type { Workspace } from '../../../src/db/workspaces.ts';
import { type RunId, runId, runOptions } from '../../../src/domain.ts';
import { createTestDatabase, createWorkspace } from '../../support/database.ts';
import { newStepOf } from '../../support/views.ts';

const limits = { memberAtWork: 3, memberWaiting: 10, workspaceAtWork: 30 };

const newRun = (workspace: Workspace, memberId: string): NewRun => ({
  id: runId.parse(randomUUID()),
  workspaceId: workspace.id,
  requestKey: randomUUID(),
  memberId,
  memberName: memberId,
  workflow: 'image',
  prompt: 'a fox',
  options: runOptions.parse({}),
  conversation: {},
  steps: [newStepOf('image')],
  input: null,
});

/** Members of a workspace submit `each` runs, one after the other. */
async function ask(
  database: Database,
  workspace: Workspace,
  members: readonly string[],
  each: number,
): Promise<RunId[]> {
  const ids: RunId[] = [];
  for (let round = 0; round < each; round += 1) {
    for (const member of members) {
      const run = newRun(workspace, member);
      expect(await insertRun(database.db, run, limits)).toMatchObject({ outcome: 'accepted' });
      ids.push(run.id);
    }
  }
  return ids;
}

test('a new run that waits for the message which answers its command holds up nobody, and is started once that is known', async () => {
  const database = await createTestDatabase();
  const workspace = await createWorkspace(database, 100);
  const waiting = { ...newRun(workspace, 'ada'), waitsForAnswerMs: 3_600_000 };
  await insertRun(database.db, waiting, limits);
  const [next] = await ask(database, workspace, ['bob'], 1);
  expect((await dispatch(database, 10)).map((lease) => lease.runId)).toEqual([next]);
  expect(await dispatch(database, 10)).toEqual([]);
  expect(await announceRun(database.db, waiting.id, { here: true })).toBe(true);
  const [started] = await dispatch(database, 10);
  expect(started?.runId).toBe(waiting.id);
  // A late announcement is told that it is too late.
  expect(await announceRun(database.db, waiting.id, { here: false })).toBe(false);
  expect((await loadRun(database.db, waiting.id))?.run.conversation).toEqual({ here: true });
});

test('a run of which nobody was told is taken back whole, unless somebody is at it', async () => {
  const database = await createTestDatabase();
  const workspace = await createWorkspace(database, 100);
  const [first, second] = [1, 2].map(() => ({ ...newRun(workspace, 'ada'), waitsForAnswerMs: 3_600_000 }));
  if (!first || !second) throw new Error('no runs');
  for (const run of [first, second]) await insertRun(database.db, run, limits);
  expect(await withdrawRun(database.db, first.id)).toBe(true);
  expect(await withdrawRun(database.db, first.id)).toBe(false);
  await announceRun(database.db, second.id, {});
  const [lease] = await dispatch(database, 10);
  expect(await withdrawRun(database.db, second.id)).toBe(false);
  expect((await accountOf(database.db, workspace.id)).held).toBe(5);
  await end(database, lease);
  expect(await dispatch(database, 10)).toHaveLength(1);
  expect(await checkInvariants(database.db, { atRest: false })).toEqual([]);
});

test('a run that was taken back stays over, even if another delivery of its command is answered', async () => {
  const database = await createTestDatabase();
  const workspace = await createWorkspace(database, 100);
  const run = { ...newRun(workspace, 'ada'), waitsForAnswerMs: 3_600_000 };
  await insertRun(database.db, run, limits);
  expect(await withdrawRun(database.db, run.id)).toBe(true);
  expect(await announceRun(database.db, run.id, { here: true })).toBe(false);
  expect((await loadRun(database.db, run.id))?.run).toMatchObject({ state: 'canceled', dueAt: null });
  expect(await dispatch(database, 10)).toEqual([]);
  expect(await checkInvariants(database.db, { atRest: true })).toEqual([]);
});

const dispatch = (database: Database, max: number) => dispatchDue(database.db, max, 60_000, limits);

const queuePosition = (database: Database, id: RunId | undefined) =>
  queuePositionOf(database.db, runId.parse(id), limits);

async function end(database: Database, lease: Lease | undefined): Promise<void> {
  if (!lease) throw new Error('nothing was dispatched');
  await settle(database.db, lease, { state: 'failed', capturedCredits: 0, failure: null });
  await handBack(database.db, lease);
}

async function startedBy(database: Database): Promise<Record<string, number>> {
  const rows = z.array(z.object({ member: z.string(), runs: z.int() })).parse(
    await database.db.execute(sql`
      SELECT workspace_id || '/' || member_id AS member, count(*)::int AS runs FROM runs WHERE state = 'running' GROUP BY 1`),
  );
  return Object.fromEntries(rows.map(({ member, runs }) => [member, runs]));
}

const names = (count: number) => Array.from({ length: count }, (_, index) => `member-${index}`);

test('fifty commands of one member at once: exactly those within the limit are accepted, and the rest are not charged', async () => {
  const database = await createTestDatabase();
  const workspace = await createWorkspace(database, 1_000);
  const outcomes = await Promise.all(
    Array.from({ length: 50 }, () => insertRun(database.db, newRun(workspace, 'ada'), limits)),
  );
  expect(outcomes.filter(({ outcome }) => outcome === 'accepted')).toHaveLength(13);
  expect(outcomes.filter(({ outcome }) => outcome === 'busy')).toHaveLength(37);
  expect(await accountOf(database.db, workspace.id)).toEqual({ balance: 935, held: 65 });
  expect(await insertRun(database.db, newRun(workspace, 'grace'), limits)).toMatchObject({ outcome: 'accepted' });
  expect(await checkInvariants(database.db, { atRest: false })).toEqual([]);
});

test('however many relays look at once, a member has three runs at work and a workspace its share, never more', async () => {
  const database = await createTestDatabase();
  const [ours, theirs] = [await createWorkspace(database, 1_000), await createWorkspace(database, 1_000, 'terminal:b')];
  await ask(database, ours, ['ada', 'grace'], 6);
  await ask(database, theirs, names(14), 3);
  const looks = await Promise.all(Array.from({ length: 12 }, () => dispatch(database, 8)));
  const leases = looks.flat();
  expect(new Set(leases.map((lease) => lease.runId)).size).toBe(leases.length);
  const started = await startedBy(database);
  expect(started).toMatchObject({ 'terminal:test/ada': 3, 'terminal:test/grace': 3 });
  expect(Math.max(...Object.values(started))).toBe(3);
  expect(leases).toHaveLength(6 + limits.workspaceAtWork);
  await end(
    database,
    leases.find((lease) => lease !== undefined),
  );
  expect(await dispatch(database, 100)).toHaveLength(2);
});

test('a relay that looks while another starts runs waits for it, and then sees them: no fourth run, whatever came between', async () => {
  const database = await createTestDatabase();
  const workspace = await createWorkspace(database, 1_000);
  await ask(database, workspace, ['ada'], 5);
  const { first, second } = await database.db.transaction(async (inner) => {
    const started = await dispatchDue(inner, 8, 60_000, limits);
    // This run was submitted earlier, but its transaction took longer. It is the oldest of all.
    const [late] = await ask(database, workspace, ['ada'], 1);
    await database.db.execute(sql`UPDATE runs SET created_at = now() - interval '1 hour' WHERE id = ${late}`);
    const looking = dispatch(database, 8);
    await expect
      .poll(() => database.db.execute(sql`SELECT 1 FROM pg_locks WHERE locktype = 'advisory' AND NOT granted`))
      .toHaveLength(1);
    return { first: started, second: looking.then((leases) => ({ leases })) };
  });
  expect(first).toHaveLength(3);
  expect((await second).leases).toEqual([]);
  expect(await startedBy(database)).toEqual({ 'terminal:test/ada': 3 });
});

test('a thousand waiting runs of one workspace do not delay the first run of another', async () => {
  const database = await createTestDatabase();
  const big = await createWorkspace(database, 10_000, 'terminal:a');
  await database.db.execute(sql`
    INSERT INTO runs (id, workspace_id, request_key, member_id, member_name, workflow, prompt, options, conversation, price_credits)
    SELECT gen_random_uuid(), ${big.id}, 'bulk:' || i, 'member-' || i % 250, '', 'image', 'a fox', '{}', '{}', 0
    FROM generate_series(1, 1000) i`);
  const small = await createWorkspace(database, 100, 'terminal:z');
  const [first] = await dispatch(database, 1);
  const [theirs] = await ask(database, small, ['zoe'], 1);
  if (!theirs || !first) throw new Error('nothing was asked for');
  expect(await queuePosition(database, theirs)).toEqual({ ahead: 0, limit: null });
  expect((await dispatch(database, 1)).map((lease) => lease.runId)).toEqual([theirs]);
});

test('workspaces take turns, also when their runs are over before anybody looks again', async () => {
  const database = await createTestDatabase();
  const [a, b] = [
    await createWorkspace(database, 1_000, 'terminal:a'),
    await createWorkspace(database, 100, 'terminal:b'),
  ];
  const first = await ask(database, a, ['ada'], 8);
  const second = await ask(database, b, ['bob'], 2);
  const order: RunId[] = [];
  for (let turn = 0; turn < 4; turn += 1) {
    const [lease] = await dispatch(database, 1);
    await end(database, lease);
    await database.db.execute(sql`UPDATE runs SET due_at = NULL, delivered_at = now() WHERE settled_at IS NOT NULL`);
    if (lease) order.push(lease.runId);
  }
  expect(order).toEqual([first[0], second[0], first[1], second[1]]);
});

test('work in progress goes before new runs, and so does the end of a run that was canceled while it waited', async () => {
  const database = await createTestDatabase();
  const workspace = await createWorkspace(database, 1_000);
  const [going, waiting, canceled] = await ask(database, workspace, ['ada'], 5);
  if (!going || !waiting || !canceled) throw new Error('nothing was asked for');
  const [lease] = await dispatch(database, 1);
  if (!lease) throw new Error('nothing was dispatched');
  await claim(database.db, [lease], 60_000);
  await handBack(database.db, lease);
  await requestCancel(database.db, canceled);
  expect((await dispatch(database, 2)).map(({ runId: id }) => id).sort()).toEqual([going, canceled].sort());
  // A run that only ends takes no slot of a working run.
  expect(await dispatch(database, 9)).toHaveLength(2);
  expect(await startedBy(database)).toEqual({ 'terminal:test/ada': 3 });
});

test('a place in the queue is the number of runs that are started before it', async () => {
  const database = await createTestDatabase();
  const [a, b] = [
    await createWorkspace(database, 1_000, 'terminal:a'),
    await createWorkspace(database, 1_000, 'terminal:b'),
  ];
  await ask(database, a, names(6), 1);
  const theirs = await ask(database, b, names(4), 1);
  const last = theirs[2];
  if (!last) throw new Error('nothing was asked for');
  const { ahead } = await queuePosition(database, last);
  const started: RunId[] = [];
  while (!started.includes(last)) {
    const [lease] = await dispatch(database, 1);
    if (!lease) throw new Error('nothing was dispatched');
    started.push(lease.runId);
  }
  expect(started.length - 1).toBeGreaterThanOrEqual(ahead);
  expect(started.length - 1 - ahead).toBeLessThanOrEqual(1);
  expect(await queuePosition(database, last)).toEqual({ ahead: 0, limit: null });
});

test('what is over a limit of its own is ahead of nobody else, and its member is told which limit that is', async () => {
  const database = await createTestDatabase();
  const [ours, theirs] = [
    await createWorkspace(database, 1_000, 'terminal:a'),
    await createWorkspace(database, 1_000, 'terminal:b'),
  ];
  const adas = await ask(database, ours, ['ada'], 13);
  expect(await dispatch(database, 20)).toHaveLength(limits.memberAtWork);
  const [bobs] = await ask(database, ours, ['bob'], 1);
  expect(await queuePosition(database, bobs)).toEqual({ ahead: 0, limit: null });
  // Ada's own limit applies: she waits for her active runs, and for no worker.
  const limit = { of: 'member', atWork: limits.memberAtWork };
  expect(await queuePosition(database, adas[3])).toEqual({ ahead: 0, limit });
  expect(await queuePosition(database, adas[12])).toEqual({ ahead: 9, limit });

  const [zoes] = await ask(database, theirs, ['zoe'], 1);
  expect(await queuePosition(database, zoes)).toEqual({ ahead: 0, limit: null });
  const started = (await dispatch(database, 20)).map((lease) => lease.runId);
  expect(started.sort()).toEqual([bobs, zoes].sort());
});

test('of a member at the limit no more runs are ahead than are let start, in this workspace and in others', async () => {
  const database = await createTestDatabase();
  const [ours, theirs] = [
    await createWorkspace(database, 1_000, 'terminal:a'),
    await createWorkspace(database, 1_000, 'terminal:b'),
  ];
  await ask(database, ours, ['ada'], 8);
  expect(await dispatch(database, 2)).toHaveLength(2);
  const [bobs] = await ask(database, ours, ['bob'], 1);
  expect(await queuePosition(database, bobs)).toEqual({ ahead: 1, limit: null });
  // Their workspace has no active run. It comes before a third run of ours, but gets no more runs than one member may have.
  await ask(database, theirs, ['zoe'], 9);
  expect(await queuePosition(database, bobs)).toEqual({ ahead: 1 + limits.memberAtWork, limit: null });
});

test('a workspace that has its share at work is told so', async () => {
  const database = await createTestDatabase();
  const workspace = await createWorkspace(database, 1_000);
  await ask(database, workspace, names(12), 3);
  expect(await dispatch(database, 40)).toHaveLength(limits.workspaceAtWork);
  const [late] = await ask(database, workspace, ['late'], 1);
  expect(await queuePosition(database, late)).toEqual({
    ahead: 6,
    limit: { of: 'workspace', atWork: limits.workspaceAtWork },
  });
});
