import { randomUUID } from 'node:crypto';
import { and, eq, type SQL, sql } from 'drizzle-orm';
import { expect, onTestFinished, test, vi } from 'vitest';
import { type Database, openDatabase } from '../../../src/db/client.ts';
import { accountOf, changeBalance, listTransactions } from '../../../src/db/credits.ts';
import { usageOf } from '../../../src/db/creditUse.ts';
import { findRun } from '../../../src/db/findRun.ts';
import { insertRun, type NewRun } from '../../../src/db/insertRun.ts';
import { checkInvariants } from '../../../src/db/invariants.ts';
import { listRuns, loadRun, refundedCredits, requestCancel } from '../../../src/db/runs.ts';
import { steps } from '../../../src/db/schema.ts';
import { dispatchDue, finishDelivery, saveUnreached, settle } from '../../../src/db/turns.ts';
import { ensureWorkspace, type Workspace } from '../../../src/db/workspaces.ts';
import { runId, runOptions, workspaceId } from '../../../src/domain.ts';
import { createDatabaseInTime, createTestDatabase, createWorkspace } from '../../support/database.ts';
import { newStepOf } from '../../support/views.ts';

const newRun = (workspace: Workspace, over: Partial<NewRun> = {}): NewRun => ({
  id: runId.parse(randomUUID()),
  workspaceId: workspace.id,
  requestKey: randomUUID(),
  memberId: 'ada',
  memberName: 'Ada',
  workflow: 'image',
  prompt: 'a fox',
  options: runOptions.parse({}),
  conversation: {},
  steps: [newStepOf('enhance'), newStepOf('image')],
  input: null,
  ...over,
});

const submits = (database: Database, runs: NewRun[]) => Promise.all(runs.map((run) => insertRun(database.db, run)));

test('what an older and a newer worker gave up on counts together', async () => {
  const database = await createTestDatabase();
  const workspace = await createWorkspace(database, 100);
  const run = newRun(workspace);
  await insertRun(database.db, run);
  await database.db.execute(sql`UPDATE runs SET unreached = '{image}', unreached_steps = '{1}' WHERE id = ${run.id}`);
  expect((await loadRun(database.db, run.id))?.run.unreached).toEqual([1, 2]);
});

test('400 concurrent submits against 100 credits: exactly those that fit are accepted, and the balance never goes below zero', async () => {
  const database = await createTestDatabase();
  const workspace = await createWorkspace(database, 100);
  const outcomes = await submits(
    database,
    Array.from({ length: 400 }, (_, index) => newRun(workspace, { memberId: `member-${index}` })),
  );
  expect(outcomes.filter((outcome) => outcome.outcome === 'accepted')).toHaveLength(16);
  expect(outcomes.filter((outcome) => outcome.outcome === 'insufficient')).toHaveLength(384);
  expect(await accountOf(database.db, workspace.id)).toEqual({ balance: 4, held: 96 });
  expect(await checkInvariants(database.db, { atRest: false })).toEqual([]);
});

test('the same request delivered ten times at once makes one run and one hold', async () => {
  const database = await createTestDatabase();
  const workspace = await createWorkspace(database, 100);
  const requestKey = randomUUID();
  const outcomes = await submits(
    database,
    Array.from({ length: 10 }, () => newRun(workspace, { requestKey })),
  );
  expect(outcomes.filter((outcome) => outcome.outcome === 'accepted')).toHaveLength(1);
  const [run] = await listRuns(database.db, workspace.id, { limit: 20 });
  expect(outcomes.filter((outcome) => outcome.outcome === 'repeated' && outcome.runId === run?.run.id)).toHaveLength(9);
  expect(await accountOf(database.db, workspace.id)).toEqual({ balance: 94, held: 6 });
  expect(await checkInvariants(database.db, { atRest: false })).toEqual([]);
});

test('a request that was too poor once is accepted when it is repeated with enough credits', async () => {
  const database = await createTestDatabase();
  const workspace = await createWorkspace(database, 5);
  const requestKey = randomUUID();
  expect(await insertRun(database.db, newRun(workspace, { requestKey }))).toEqual({
    outcome: 'insufficient',
    balance: 5,
    price: 6,
  });
  await changeBalance(database.db, workspace.id, {
    kind: 'grant',
    amount: 1,
    origin: 'operator',
    key: 'gift',
    note: '',
  });
  expect(await insertRun(database.db, newRun(workspace, { requestKey }))).toMatchObject({ outcome: 'accepted' });
});

test('what stood against a run and has gone by the time that it is looked for stands against it no more', async () => {
  const database = await createTestDatabase();
  const workspace = await createWorkspace(database, 5);
  const grant = { kind: 'grant', amount: 1, origin: 'operator', key: 'meanwhile', note: '' } as const;
  let isFirst = true;
  // Credits arrive right after the debit was refused.
  const meanwhile = new Proxy(database.db, {
    get: (db, name) => {
      if (name !== 'execute' || !isFirst) return Reflect.get(db, name, db);
      isFirst = false;
      return async (statement: SQL) => {
        const refused = await db.execute(statement);
        await changeBalance(db, workspace.id, grant);
        return refused;
      };
    },
  });
  expect(await insertRun(meanwhile, newRun(workspace))).toEqual({ outcome: 'accepted', balance: 0, price: 6 });
  expect(await checkInvariants(database.db, { atRest: false })).toEqual([]);
});

test('a run is written whole: run, steps, input and ledger row, due at once', async () => {
  const database = await createTestDatabase();
  const workspace = await createWorkspace(database, 100);
  const run = newRun(workspace, {
    workflow: 'video',
    steps: [newStepOf('video')],
    input: {
      kind: 'image',
      objectKey: 'k',
      mime: 'image/png',
      width: 2,
      height: 1,
      seconds: null,
      bytes: 70,
      sha256: 'ab',
    },
  });
  await insertRun(database.db, run);
  const view = await loadRun(database.db, run.id);
  expect(view?.run).toMatchObject({ state: 'queued', priceCredits: 18, options: run.options, dispatch: 0 });
  expect(view?.steps).toMatchObject([{ kind: 'video', state: 'pending', priceCredits: 18, submits: 0 }]);
  expect(view?.assets).toMatchObject([{ step: null, kind: 'image', width: 2, bytes: 70 }]);
  expect(await listTransactions(database.db, workspace.id, { limit: 1 })).toMatchObject([
    { kind: 'hold', amount: 18, balanceAfter: 82, heldAfter: 18, runId: run.id },
  ]);
  expect(await dispatchDue(database.db, 5, 1_000)).toEqual([{ runId: run.id, dispatch: 1, isPoll: false }]);
});

test('the ledger refuses to be rewritten, by anybody', async () => {
  const database = await createTestDatabase();
  await createWorkspace(database, 100);
  for (const statement of [
    'UPDATE credit_transactions SET amount = 1000',
    'DELETE FROM credit_transactions',
    'TRUNCATE credit_transactions',
  ]) {
    const attempt = database.db.execute(sql.raw(statement));
    await expect(attempt).rejects.toMatchObject({ cause: { message: expect.stringContaining('append-only') } });
  }
});

test('a balance below zero is refused by the database itself', async () => {
  const database = await createTestDatabase();
  await createWorkspace(database, 100);
  await expect(database.db.execute(sql`UPDATE credit_accounts SET balance = -1`)).rejects.toMatchObject({
    cause: { constraint_name: 'balance_not_negative' },
  });
});

test('a workspace is topped up once a month, to the free credits and not above, however many commands arrive', async () => {
  const database = await createDatabaseInTime();
  const workspace = await createWorkspace(database, 100);
  await insertRun(database.db, newRun(workspace));
  await changeBalance(database.db, workspace.id, {
    kind: 'adjust',
    amount: -90,
    origin: 'operator',
    key: '1',
    note: '',
  });
  await database.advance('1 month');
  await Promise.all(Array.from({ length: 10 }, () => ensureWorkspace(database.db, workspace, 100)));
  expect(await accountOf(database.db, workspace.id)).toEqual({ balance: 94, held: 6 });
  await ensureWorkspace(database.db, workspace, 500);
  expect(await accountOf(database.db, workspace.id)).toEqual({ balance: 94, held: 6 });
  expect(await checkInvariants(database.db, { atRest: false })).toEqual([]);
});

test('credits that are held while a month begins are not granted again', async () => {
  const database = await createDatabaseInTime();
  const workspace = await createWorkspace(database, 100);
  for (let month = 0; month < 3; month += 1) {
    const runs = Array.from({ length: 16 }, (_, index) => newRun(workspace, { memberId: `member-${index}` }));
    expect(await submits(database, runs)).toEqual(runs.map(() => expect.objectContaining({ outcome: 'accepted' })));
    await database.advance('1 month');
    await ensureWorkspace(database.db, workspace, 100);
    for (const run of runs) await requestCancel(database.db, run.id);
    for (const lease of await dispatchDue(database.db, 16, 60_000)) {
      await settle(database.db, lease, { state: 'canceled', capturedCredits: 0, failure: null });
      await finishDelivery(database.db, lease, { posted: {}, failure: null, unreached: [] });
    }
  }
  expect(await accountOf(database.db, workspace.id)).toEqual({ balance: 100, held: 0 });
  expect(await checkInvariants(database.db, { atRest: true })).toEqual([]);
});

test('the month of a top-up is the one of the database, whatever the clock of a process says', async () => {
  const database = await createDatabaseInTime();
  const workspace = await createWorkspace(database, 100);
  vi.useFakeTimers({ toFake: ['Date'], now: Date.now() + 400 * 86_400_000 });
  onTestFinished(() => {
    vi.useRealTimers();
  });
  await insertRun(database.db, newRun(workspace));
  await changeBalance(database.db, workspace.id, {
    kind: 'adjust',
    amount: -50,
    origin: 'operator',
    key: '1',
    note: '',
  });
  await ensureWorkspace(database.db, workspace, 100);
  expect(await accountOf(database.db, workspace.id)).toEqual({ balance: 44, held: 6 });
});

test('a key for a batch of grants serves each workspace once, and asks for one amount', async () => {
  const database = await createTestDatabase();
  const { db } = database;
  const ada = await createWorkspace(database, 0, 'terminal:ada');
  const bob = await createWorkspace(database, 0, 'terminal:bob');
  const change = { kind: 'grant', amount: 50, origin: 'operator', key: '2026-11', note: '' } as const;
  expect(await changeBalance(db, ada.id, change)).toEqual({ outcome: 'changed', balance: 50 });
  expect(await changeBalance(db, bob.id, change)).toEqual({ outcome: 'changed', balance: 50 });
  expect(await changeBalance(db, bob.id, change)).toMatchObject({ outcome: 'repeated', balance: 50 });
  expect(await changeBalance(db, bob.id, { ...change, amount: 70 })).toMatchObject({
    outcome: 'conflict',
    balance: 50,
    before: { amount: 50 },
  });
  expect(await changeBalance(db, bob.id, { ...change, kind: 'adjust', amount: -20 })).toEqual({
    outcome: 'changed',
    balance: 30,
  });
  expect(await checkInvariants(db, { atRest: true })).toEqual([]);
});

test('a process that has only just begun can look at a workspace from all its connections at once', async () => {
  const { db, url } = await createTestDatabase();
  const workspace = { id: workspaceId.parse('terminal:test'), platform: 'terminal', name: 'test' } as const;
  await ensureWorkspace(db, workspace, 100);
  const fresh = openDatabase(url);
  onTestFinished(fresh.close);
  const looks = Array.from({ length: 20 }, () => ensureWorkspace(fresh.db, workspace, 100));
  for (const { keyProviders } of await Promise.all(looks)) expect(keyProviders).toEqual([]);
});

test('a run is settled exactly once, however many try at the same moment', async () => {
  const database = await createTestDatabase();
  const workspace = await createWorkspace(database, 100);
  await insertRun(database.db, newRun(workspace));
  const [lease] = await dispatchDue(database.db, 1, 60_000);
  if (!lease) throw new Error('nothing was due');
  await database.db.execute(sql`UPDATE steps SET state = 'done' WHERE kind = 'enhance'`);
  await database.db.execute(sql`UPDATE steps SET state = 'failed' WHERE kind = 'image'`);
  const attempts = await Promise.allSettled(
    Array.from({ length: 20 }, () =>
      settle(database.db, lease, { state: 'failed', capturedCredits: 1, failure: { kind: 'refused', detail: 'no' } }),
    ),
  );
  expect(attempts.filter((attempt) => attempt.status === 'fulfilled')).toHaveLength(1);
  expect(await accountOf(database.db, workspace.id)).toEqual({ balance: 99, held: 0 });
  expect(await checkInvariants(database.db, { atRest: false })).toEqual([]);
});

test('what reached nobody goes back once, in the statement that ends delivery, however many end it and however often', async () => {
  const database = await createTestDatabase();
  const workspace = await createWorkspace(database, 100);
  const run = newRun(workspace);
  await insertRun(database.db, run);
  const [lease] = await dispatchDue(database.db, 1, 60_000);
  if (!lease) throw new Error('nothing was due');
  await database.db.execute(sql`UPDATE steps SET state = 'done'`);
  await settle(database.db, lease, { state: 'succeeded', capturedCredits: 6, failure: null });
  expect(await saveUnreached(database.db, lease, [2])).toEqual([2]);
  expect(await accountOf(database.db, workspace.id)).toEqual({ balance: 94, held: 0 });
  const end = () => finishDelivery(database.db, lease, { posted: null, failure: null, unreached: [] });
  await Promise.allSettled(Array.from({ length: 8 }, end));
  await end();
  expect(await accountOf(database.db, workspace.id)).toEqual({ balance: 99, held: 0 });
  expect(await usageOf(database.db, workspace.id)).toEqual({ day: 1, week: 1, month: 1 });
  const view = await loadRun(database.db, run.id);
  expect(view && refundedCredits(view)).toBe(5);
  expect(await listTransactions(database.db, workspace.id, { limit: 1 })).toMatchObject([
    { kind: 'refund', amount: 5 },
  ]);
});

test('a run is found by the beginning of its id, in its own workspace only, and by what somebody may see', async () => {
  const database = await createTestDatabase();
  const [ours, theirs] = [await createWorkspace(database, 100), await createWorkspace(database, 100, 'terminal:other')];
  const run = newRun(ours);
  await insertRun(database.db, run);
  const short = run.id.slice(0, 8);
  const all = () => true;
  const found = { outcome: 'found', view: { run: { id: run.id } } };
  for (const reference of [short, run.id, run.id.toUpperCase()]) {
    expect(await findRun(database.db, ours.id, reference, all)).toMatchObject(found);
    expect(await findRun(database.db, theirs.id, reference, all)).toEqual({ outcome: 'none' });
    expect(await findRun(database.db, ours.id, reference, () => false)).toEqual({ outcome: 'none' });
  }
  expect(await findRun(database.db, ours.id, "%' OR 1=1", all)).toEqual({ outcome: 'none' });

  // Another member's run has the same short id. The short id is ambiguous only for members who may see both runs.
  const twin = { ...newRun(ours), id: runId.parse(`${short}-0000-4000-8000-000000000000`), memberId: 'somebody else' };
  await insertRun(database.db, twin);
  expect(await findRun(database.db, ours.id, short, all)).toEqual({ outcome: 'ambiguous' });
  const own = ({ memberId }: { memberId: string }) => memberId === run.memberId;
  expect(await findRun(database.db, ours.id, short, own)).toMatchObject(found);
});

test('ten commands at once of a member who may start three runs a day: three are accepted, and another member is not hindered', async () => {
  const database = await createTestDatabase();
  const workspace = await createWorkspace(database, 1_000);
  const wishes = Array.from({ length: 10 }, () => newRun(workspace));
  const outcomes = await Promise.all(wishes.map((run) => insertRun(database.db, run, { dailyRuns: 3 })));
  expect(outcomes.filter(({ outcome }) => outcome === 'accepted')).toHaveLength(3);
  expect(outcomes.filter(({ outcome }) => outcome === 'daily_limit')).toHaveLength(7);
  expect(await accountOf(database.db, workspace.id)).toEqual({ balance: 982, held: 18 });
  const bob = newRun(workspace, { memberId: 'bob' });
  expect(await insertRun(database.db, bob, { dailyRuns: 3 })).toMatchObject({ outcome: 'accepted' });
  // A second delivery returns the run that the first one started, whatever was spent since.
  const known = wishes[outcomes.findIndex(({ outcome }) => outcome === 'accepted')];
  if (!known) throw new Error('nothing was accepted');
  const again = await insertRun(database.db, newRun(workspace, { requestKey: known.requestKey }), { dailyRuns: 3 });
  expect(again).toEqual({ outcome: 'repeated', runId: known.id });
  expect(await checkInvariants(database.db, { atRest: false })).toEqual([]);
});

test('a daily limit counts a run that made something, whatever it cost, and none that made nothing', async () => {
  const database = await createTestDatabase();
  const { db } = database;
  const workspace = await createWorkspace(database, 1_000);
  const limits = { dailyRuns: 1, memberAtWork: 100, memberWaiting: 100 };
  const free = (run: NewRun): NewRun => ({ ...run, steps: run.steps.map((step) => ({ ...step, priceCredits: 0 })) });
  type End = { state: 'failed' | 'canceled'; captured: number; step: Partial<typeof steps.$inferInsert> };
  const canceled = { kind: 'canceled', detail: '' } as const;
  const refused = { kind: 'refused', detail: '' } as const;
  const ends: (End & { counts: boolean })[] = [
    // On the workspace's own keys, at BYOK_PRICE_PERCENT=0: the image is there, and the video failed.
    { state: 'failed', captured: 0, step: { state: 'done' }, counts: true },
    // Its provider was paid. Repeated stops must not get around the limit.
    { state: 'canceled', captured: 0, step: { state: 'failed', failure: canceled }, counts: true },
    // The better prompt was paid for, but no result was made from it.
    { state: 'failed', captured: 1, step: { state: 'failed', failure: refused }, counts: false },
    { state: 'canceled', captured: 0, step: { state: 'skipped' }, counts: false },
  ];
  for (const [nth, { state, captured, step, counts }] of ends.entries()) {
    const memberId = `member ${nth}`;
    const run = newRun(workspace, { memberId });
    await insertRun(db, captured === 0 ? free(run) : run, limits);
    expect(await insertRun(db, newRun(workspace, { memberId }), limits)).toMatchObject({ outcome: 'daily_limit' });
    await db.execute(sql`UPDATE steps SET state = 'done' WHERE run_id = ${run.id} AND kind = 'enhance'`);
    await db
      .update(steps)
      .set(step)
      .where(and(eq(steps.runId, run.id), eq(steps.kind, 'image')));
    const lease = (await dispatchDue(db, 10, 600_000)).find(({ runId: due }) => due === run.id);
    if (!lease) throw new Error('the run was not due');
    await settle(db, lease, { state, capturedCredits: captured, failure: null });
    const outcome = counts ? 'daily_limit' : 'accepted';
    const next = newRun(workspace, { memberId });
    expect(await insertRun(db, next, limits), `end ${nth}`).toMatchObject({ outcome });
  }
});

test('a daily limit looks back 24 hours, and forgets what made nothing', async () => {
  const database = await createTestDatabase();
  const { db } = database;
  const workspace = await createWorkspace(database, 1_000);
  const first = newRun(workspace);
  await insertRun(db, first, { dailyRuns: 1 });
  await db.execute(sql`UPDATE runs SET created_at = now() - interval '23 hours'`);
  const refused = await insertRun(db, newRun(workspace), { dailyRuns: 1 });
  if (refused.outcome !== 'daily_limit') throw new Error(`expected a refusal, not ${refused.outcome}`);
  expect(Math.round((refused.again.getTime() - Date.now()) / 60_000)).toBe(60);

  const [lease] = await dispatchDue(db, 1, 10_000);
  if (!lease) throw new Error('nothing was due');
  await settle(db, lease, { state: 'failed', capturedCredits: 0, failure: null });
  expect(await insertRun(db, newRun(workspace), { dailyRuns: 1 })).toMatchObject({ outcome: 'accepted' });
  await db.execute(sql`UPDATE runs SET created_at = now() - interval '25 hours'`);
  expect(await insertRun(db, newRun(workspace), { dailyRuns: 1 })).toMatchObject({ outcome: 'accepted' });
});
