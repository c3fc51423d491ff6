import { sql } from 'drizzle-orm';
import { expect, onTestFinished, test } from 'vitest';
import { z } from 'zod';
import { claim } from '../../../src/db/claim.ts';
import { type Database, openDatabase, type Tx } from '../../../src/db/client.ts';
import { changeBalance } from '../../../src/db/credits.ts';
import { checkInvariants } from '../../../src/db/invariants.ts';
import { ledgerState, listDiscrepancies } from '../../../src/db/ledgerDiscrepancies.ts';
import { passLedger } from '../../../src/db/ledgerPass.ts';
import { ruleNames } from '../../../src/db/ledgerRules.ts';
import { verifyLedger } from '../../../src/db/ledgerVerification.ts';
import { readLedger } from '../../../src/db/stats.ts';
import { dispatchDue, finishDelivery, settle } from '../../../src/db/turns.ts';
import { type WorkspaceId, workspaceId } from '../../../src/domain.ts';
import { createTestDatabase, createWorkspace } from '../../support/database.ts';
import { insertOne, large, writeHistory } from '../../support/history.ts';
import { rowsReadBy, undone } from '../../support/reads.ts';

const patience = { forMs: 60_000, patienceMs: 30_000 };
const verify = (tx: Tx) => verifyLedger(tx, patience);
const state = (tx: Tx) => ledgerState(tx, { freshMs: 60_000 });
const told = async (tx: Tx) => (await listDiscrepancies(tx, 100)).map(({ invariant }) => invariant);

async function passed(tx: Tx): Promise<number> {
  let pages = 0;
  for await (const _ of passLedger(tx)) pages += 1;
  return pages;
}

/** Carries out what nobody may do: no trigger and no foreign key hinders it. */
async function tamper(tx: Tx, text: string): Promise<void> {
  await tx.execute(sql`SET LOCAL session_replication_role = replica`);
  await tx.execute(sql.raw(text));
  await tx.execute(sql`SET LOCAL session_replication_role = origin`);
}

const grant = (database: Pick<Database, 'db'>, id: WorkspaceId, key: string) =>
  changeBalance(database.db, id, { kind: 'grant', amount: 5, origin: 'operator', key, note: '' });

/** A settled run that succeeded, and one that waits. */
async function twoRuns() {
  const database = await createTestDatabase();
  await writeHistory(database.url, { runs: 20, workspaces: 2 });
  await insertOne(database.db, workspaceId.parse(large), 'waiting');
  const done = `(SELECT id FROM runs WHERE state = 'succeeded' ORDER BY created_at LIMIT 1)`;
  const waiting = `(SELECT id FROM runs WHERE state = 'queued')`;
  return { database, done, waiting };
}

test('a break of any rule of the ledger is found by the whole check, in what is new, and by a pass in pages', async () => {
  const { database, done, waiting } = await twoRuns();
  expect(await checkInvariants(database.db, { atRest: false })).toEqual([]);
  const entry = (run: string, kind: string, amount: number) => `
    INSERT INTO credit_transactions (workspace_id, run_id, kind, amount, balance_after, held_after, idempotency_key)
    SELECT workspace_id, id, '${kind}', ${amount}, 0, 0, 'tampered' FROM runs WHERE id = ${run}`;
  const breaks: Record<string, string> = {
    'each transaction leaves what the one before it left, changed by its amount': `UPDATE credit_transactions
      SET held_after = held_after + 1 WHERE run_id = ${done} AND kind = 'hold'`,
    'a transaction of a run names a run of its workspace': `UPDATE credit_transactions
      SET run_id = gen_random_uuid() WHERE run_id = ${done} AND kind = 'hold'`,
    'balance + held = grants + adjustments − captures + refunds': `UPDATE credit_accounts SET balance = balance + 1`,
    'held = the prices of the runs not yet settled': `UPDATE credit_accounts SET held = held + 1`,
    'the newest transaction shows the account as it is': `UPDATE credit_accounts SET balance = balance + 1`,
    'each run has one hold, of its price': `DELETE FROM credit_transactions WHERE run_id = ${done} AND kind = 'hold'`,
    'each settled run is settled once: captured + released = held': `UPDATE credit_transactions
      SET amount = amount - 1 WHERE run_id = ${done} AND kind = 'capture'`,
    'a run that is not settled has captured and released nothing': entry(waiting, 'capture', 1),
    'the price of a run is the sum of the prices that it holds for its steps': `UPDATE steps
      SET price_credits = price_credits + 1 WHERE run_id = ${waiting}`,
    'a step that another model makes costs at most what the run holds for it': `UPDATE steps
      SET instead_of = '{"heldCredits": 1}' WHERE run_id = ${done} AND number = 3`,
    'every step of a settled run is over: done, failed or skipped': `UPDATE steps
      SET state = 'pending' WHERE run_id = ${done} AND number = 3`,
    'a step is made only from earlier steps of its run': `UPDATE steps
      SET inputs = '{3}' WHERE run_id = ${done} AND number = 3`,
    'only what was delivered, or canceled after it was sent, is captured': `UPDATE steps
      SET state = 'failed' WHERE run_id = ${done} AND number = 3`,
    'a refund never exceeds what was captured': entry(done, 'refund', 25),
    'what reached nobody is refunded when delivery ends, and nothing else is': `UPDATE runs
      SET unreached_steps = '{3}' WHERE id = ${done}`,
    'a done media step has its asset': `DELETE FROM assets WHERE run_id = ${done} AND step_number = 3`,
  };
  expect(Object.keys(breaks).sort()).toEqual([...ruleNames].sort());
  for (const [rule, change] of Object.entries(breaks)) {
    await undone(database, async (tx) => {
      await tamper(tx, change);
      const whole = await checkInvariants(tx, { atRest: false });
      expect(whole.map(({ invariant }) => invariant)).toContain(rule);
      await verify(tx);
      const isHistory = rule.startsWith('balance + held');
      // The sum of an account's whole ledger is not read each time: each transaction and its predecessor say the same.
      expect(await told(tx)).toContain(isHistory ? 'the newest transaction shows the account as it is' : rule);
      await tx.execute(sql`DELETE FROM ledger_discrepancies`);
      await passed(tx);
      expect(await told(tx)).toContain(rule);
    });
  }
});

test('credits that no transaction gave are found by the whole check, in what is new, and by a pass in pages', async () => {
  const database = await createTestDatabase();
  const { id } = await createWorkspace(database, 0);
  expect(await checkInvariants(database.db, { atRest: true })).toEqual([]);
  const rule = 'the newest transaction shows the account as it is';
  for (const column of ['balance', 'held']) {
    const broken = { invariant: rule, subject: id, found: 5, expected: 0 };
    const sum = { ...broken, invariant: 'balance + held = grants + adjustments − captures + refunds' };
    await undone(database, async (tx) => {
      await tamper(tx, `UPDATE credit_accounts SET ${column} = 5`);
      expect(await checkInvariants(tx, { atRest: false })).toEqual(expect.arrayContaining([broken, sum]));
      await verify(tx);
      expect(await listDiscrepancies(tx, 100)).toContainEqual(broken);
      await tx.execute(sql`DELETE FROM ledger_discrepancies`);
      await passed(tx);
      expect(await listDiscrepancies(tx, 100)).toEqual(expect.arrayContaining([broken, sum]));
    });
  }
});

test('however many rows break a rule, a check in pages counts all of them, and forgets none that is still broken', async () => {
  const database = await createTestDatabase();
  const { db } = database;
  await writeHistory(database.url, { runs: 150, workspaces: 2 });
  const change = (inputs: string) => tamperWith(database, `UPDATE steps SET inputs = '${inputs}' WHERE number = 3`);
  await change('{3}');
  await verify(db);
  expect((await state(db)).discrepancies).toBe(150);
  await passed(db);
  expect((await state(db)).discrepancies).toBe(150);
  await change('{1,2}');
  await passed(db);
  expect((await state(db)).discrepancies).toBe(0);
});

test('what was verified is not read again, and its change is found by a pass and told until a pass no longer finds it', async () => {
  const { database, done } = await twoRuns();
  const { db } = database;
  expect(await verify(db)).toBe(true);
  expect(await state(db)).toMatchObject({ discrepancies: 0, unverifiedSeconds: 0, isDue: false });
  const change = (amount: number) =>
    db.transaction((tx) =>
      tamper(tx, `UPDATE credit_transactions SET held_after = held_after + ${amount} WHERE run_id = ${done}`),
    );
  await change(1);
  expect(await verify(db)).toBe(true);
  expect((await state(db)).discrepancies).toBe(0);
  await passed(db);
  const { discrepancies } = await state(db);
  expect(discrepancies).toBeGreaterThan(0);

  await grant(database, workspaceId.parse(large), 'later');
  expect(await verify(db)).toBe(true);
  expect((await state(db)).discrepancies).toBe(discrepancies);
  await change(-1);
  expect(await verify(db)).toBe(true);
  expect((await state(db)).discrepancies).toBe(discrepancies);
  await passed(db);
  expect((await state(db)).discrepancies).toBe(0);
});

test('a transaction that commits late, with a smaller id than what is verified, is verified all the same', async () => {
  const database = await createTestDatabase();
  const { db } = database;
  const [late, prompt] = [
    await createWorkspace(database, 100, 'terminal:late'),
    await createWorkspace(database, 100, 'terminal:prompt'),
  ];
  expect(await verify(db)).toBe(true);
  const other = openDatabase(database.url, { connections: 1 });
  onTestFinished(other.close);
  const [written, released] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
  const open = other.db.transaction(async (tx) => {
    await tx.execute(sql`UPDATE credit_accounts SET balance = balance + 7 WHERE workspace_id = ${late.id}`);
    // The row is wrong: it leaves 8 more.
    await tx.execute(sql`INSERT INTO credit_transactions (workspace_id, kind, amount, balance_after, held_after, idempotency_key)
      VALUES (${late.id}, 'grant', 7, 108, 0, 'late')`);
    written.resolve();
    await released.promise;
  });
  await written.promise;
  for (const key of ['a', 'b', 'c']) {
    await grant(database, prompt.id, key);
    await verify(db);
  }
  // The later ones are verified, but not for good.
  expect(await state(db)).toMatchObject({ discrepancies: 0 });
  expect((await state(db)).unverifiedSeconds).toBeGreaterThan(0);
  released.resolve();
  await open;
  await verify(db);
  expect(await told(db)).toContain('each transaction leaves what the one before it left, changed by its amount');
  expect((await state(db)).unverifiedSeconds).toBe(0);
});

test('a run that was verified before its delivery is verified once more when it is delivered', async () => {
  const database = await createTestDatabase();
  const { db } = database;
  const workspace = await createWorkspace(database, 100);
  const id = await insertOne(db, workspace.id, 'one', 0);
  const [lease] = await dispatchDue(db, 1, 60_000);
  if (!lease || (await claim(db, [lease], 60_000)).size === 0) throw new Error('the run was not dispatched');
  await verify(db);
  // A run for nothing writes no further row to the ledger.
  await settle(db, lease, { state: 'failed', capturedCredits: 0, failure: null });
  await finishDelivery(db, lease, { posted: null, failure: null, unreached: [] });
  await tamperWith(database, `UPDATE steps SET state = 'pending' WHERE run_id = '${id}'`);
  await verify(db);
  expect(await told(db)).toEqual(['every step of a settled run is over: done, failed or skipped']);
  const open = z.array(z.object({ count: z.coerce.number() }));
  expect(open.parse([...(await db.execute(sql`SELECT count(*) AS count FROM ledger_open_runs`))])).toEqual([
    { count: 0 },
  ]);
});

const tamperWith = ({ db }: Database, text: string) => db.transaction((tx) => tamper(tx, text));

test('while one process verifies, others do not wait, and a mark of another server is passed', async () => {
  const database = await createTestDatabase();
  const { db } = database;
  const workspace = await createWorkspace(database, 100);
  await verify(db);
  await grant(database, workspace.id, 'a');
  await db.transaction(async (tx) => {
    await tx.execute(sql`SELECT FROM checks WHERE name = 'ledger' FOR UPDATE`);
    expect(await verify(db)).toBe(true);
    expect((await state(db)).unverifiedSeconds).toBeGreaterThan(0);
  });
  await db.execute(sql`UPDATE checks SET position = position || '{"mark": {"id": 999, "writers": ["999/1"]}}'`);
  await verify(db);
  expect((await state(db)).unverifiedSeconds).toBe(0);
});

test('what is new costs what is new, and a large ledger is verified and passed step by step', async () => {
  const database = await createTestDatabase();
  const { db } = database;
  await writeHistory(database.url, { runs: 5_000, workspaces: 20 });
  const step = () => verifyLedger(db, { forMs: 0, patienceMs: 30_000 });
  expect(await step()).toBe(false);
  const before = (await state(db)).unverifiedSeconds;
  expect(await state(db)).toMatchObject({ isDue: true, discrepancies: 0 });
  expect(await step()).toBe(false);
  expect((await state(db)).unverifiedSeconds).toBeLessThan(before);
  expect(await verify(db)).toBe(true);
  expect(await state(db)).toMatchObject({ isDue: false, discrepancies: 0, unverifiedSeconds: 0 });

  await insertOne(db, workspaceId.parse(large), 'new');
  const read = await rowsReadBy(database, verify);
  expect(read.sequential).toBe(0);
  expect(read.rows).toBeLessThan(500);

  // A pass that was interrupted goes on where it was.
  const pages = passLedger(db);
  for (let page = 0; page < 3; page += 1) await pages.next();
  await pages.return(undefined);
  const rest = await passed(db);
  expect(await passed(db)).toBe(rest + 3);
  expect(await readLedger(db, 30_000)).toMatchObject({ discrepancies: 0 });
});
