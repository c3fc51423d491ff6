import { randomUUID } from 'node:crypto';
import { sql } from 'drizzle-orm';
import { expect, test } from 'vitest';
import { z } from 'zod';
import { claim } from '../../../src/db/claim.ts';
import type { Tx } from '../../../src/db/client.ts';
import { noteMissedHook, takeHook, vendorsHeard } from '../../../src/db/hooks.ts';
import { loadRun } from '../../../src/db/runs.ts';
import {
  beginSubmit,
  dispatchDue,
  endTurn,
  failStep,
  saveHandle,
  saveProgress,
  settle,
} from '../../../src/db/turns.ts';
import { runId } from '../../../src/domain.ts';
import { createTestDatabase } from '../../support/database.ts';
import { createInstallation, submitted } from '../../support/program.ts';

const slowly = { handle: {}, pollAfterMs: 180_000 };
const progress = { fraction: null, pollAfterMs: 180_000 };
const ending = { othersDueAt: null, knowsStop: false, hookedAt: null };
const first = { number: 1, failedAttempts: 0, hookedAt: null };
const gone = { kind: 'refused', detail: '' } as const;

const lockWaits = sql`SELECT FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'`;

/** A run whose first step is being sent in a turn. */
async function sending() {
  const database = await createTestDatabase();
  const { db } = database;
  const bot = await (await createInstallation(database)).open({ worker: false });
  const id = await submitted(bot, { workflow: 'image' });
  const turn = async () => {
    const [lease] = await dispatchDue(db, 1, 60_000);
    const view = lease && (await claim(db, [lease], 60_000)).get(id);
    if (!lease || !view) throw new Error('the run is not due');
    return { lease, view, hookedAt: view.run.hookedAt };
  };
  const { lease } = await turn();
  await beginSubmit(db, lease, { number: 1, submits: 0 });
  const hook = (step = 1) => takeHook(db, 'google', { runId: id, step });
  const dueInMs = async () => {
    const due = sql`SELECT extract(epoch FROM due_at - now()) * 1000 AS ms FROM runs WHERE id = ${id}`;
    return z.tuple([z.object({ ms: z.coerce.number() })]).parse([...(await db.execute(due))])[0].ms;
  };
  /** As if the last hook had come some seconds earlier. */
  const later = async () => {
    await db.execute(sql`UPDATE steps SET hooked_at = hooked_at - interval '6 seconds'`);
    await db.execute(sql`UPDATE runs SET hooked_at = hooked_at - interval '6 seconds'`);
  };
  const stepOf = async () => (await loadRun(db, id))?.steps[0];
  return { db, id, lease, turn, hook, dueInMs, later, stepOf };
}

/** A run that waits at its vendor for minutes. */
async function waiting() {
  const run = await sending();
  await saveHandle(run.db, run.lease, first, slowly, ending);
  expect(await run.dueInMs()).toBeGreaterThan(170_000);
  return run;
}

test('a hook makes a waiting step due, tells the workers, and a thousand repeats do nothing more', async () => {
  const { db, hook, dueInMs, turn, stepOf } = await waiting();
  const told = await Promise.all(Array.from({ length: 100 }, () => hook()));
  expect(told.filter((one) => one === 'taken')).toHaveLength(1);
  expect(await dueInMs()).toBeLessThanOrEqual(0);
  const { lease, view, hookedAt } = await turn();
  expect(view.steps[0]?.dueAt?.getTime()).toBeLessThanOrEqual(Date.now() + 1_000);
  await saveProgress(db, lease, { ...first, hookedAt }, progress, { ...ending, hookedAt });
  for (let repeat = 0; repeat < 20; repeat += 1) expect(await hook()).toBe('ignored');
  expect(await dueInMs()).toBeGreaterThan(170_000);
  expect((await stepOf())?.state).toBe('submitted');
});

test('a hook that arrives before the handle is saved is not lost', async () => {
  const { db, lease, hook, dueInMs, turn } = await sending();
  expect(await hook()).toBe('taken');
  // The turn goes on, and its worker could die: its lease stays.
  expect(await dueInMs()).toBeGreaterThan(50_000);
  await saveHandle(db, lease, first, slowly, ending);
  expect(await dueInMs()).toBeLessThanOrEqual(0);
  const { lease: next, view, hookedAt } = await turn();
  expect(view.steps[0]?.dueAt?.getTime()).toBeLessThanOrEqual(Date.now() + 1_000);
  await saveProgress(db, next, { ...first, hookedAt }, progress, { ...ending, hookedAt });
  expect(await dueInMs()).toBeGreaterThan(170_000);
});

test('nor is one that arrives before a turn that has more to do has saved it', async () => {
  const { db, lease, hook, dueInMs, stepOf } = await sending();
  await hook();
  await saveHandle(db, lease, first, slowly, null);
  expect((await stepOf())?.dueAt?.getTime()).toBeLessThanOrEqual(Date.now() + 1_000);
  const dueAt = new Date(Date.now() + 100_000);
  await endTurn(db, lease, { dueAt, hasProgress: true, knowsStop: false, hookedAt: null });
  expect(await dueInMs()).toBeLessThanOrEqual(0);
});

test('nor is one that arrives while the step is being polled, by whichever write the turn ends', async () => {
  const { db, hook, dueInMs, turn, later } = await waiting();
  await hook();
  for (const fraction of [null, 0.5]) {
    await later();
    const { lease, hookedAt, view } = await turn();
    const step = { ...first, hookedAt: view.steps[0]?.hookedAt ?? null };
    expect(await hook()).toBe('taken');
    await saveProgress(db, lease, step, { ...progress, fraction }, { ...ending, hookedAt });
    expect(await dueInMs()).toBeLessThanOrEqual(0);
  }
});

test('a hook that waits for the write that ends a turn is not lost either, whichever comes first', async () => {
  const { db, hook, dueInMs, turn, later } = await waiting();
  await hook();
  for (let round = 0; round < 10; round += 1) {
    await later();
    const { lease, hookedAt, view } = await turn();
    const step = { ...first, hookedAt: view.steps[0]?.hookedAt ?? null };
    const [, taken] = await Promise.all([
      saveProgress(
        db,
        lease,
        step,
        { ...progress, fraction: round % 2 === 0 ? null : round / 10 },
        { ...ending, hookedAt },
      ),
      hook(),
    ]);
    expect(taken).toBe('taken');
    expect(await dueInMs()).toBeLessThanOrEqual(0);
  }
});

test('nor is one that a claim waits for, and so returns without the step that it makes due', async () => {
  const { db, id, dueInMs } = await waiting();
  await db.execute(sql`UPDATE runs SET due_at = now()`);
  const [lease] = await dispatchDue(db, 1, 60_000);
  if (!lease) throw new Error('the run is not due');
  const claiming = await db.transaction(async (tx) => {
    expect(await takeHook(tx, 'google', { runId: id, step: 1 })).toBe('taken');
    const claimed = claim(db, [lease], 60_000);
    await expect.poll(async () => (await db.execute(lockWaits)).length).toBe(1);
    return { claimed };
  });
  const view = (await claiming.claimed).get(id);
  const dueAt = view?.steps[0]?.dueAt;
  if (!view || !dueAt) throw new Error('the run was not claimed');
  expect(dueAt.getTime()).toBeGreaterThan(Date.now() + 170_000);
  await endTurn(db, lease, { dueAt, hasProgress: true, knowsStop: false, hookedAt: view.run.hookedAt });
  expect(await dueInMs()).toBeLessThanOrEqual(0);
});

test('nor is one that arrives in the same millisecond as the one before', async () => {
  const { db, id } = await waiting();
  const hookedAt = async (tx: Tx) => (await loadRun(tx, id))?.run.hookedAt;
  await db.transaction(async (tx) => {
    await takeHook(tx, 'google', { runId: id, step: 1 });
    const before = await hookedAt(tx);
    await tx.execute(sql`UPDATE steps SET hooked_at = hooked_at - interval '6 seconds'`);
    await takeHook(tx, 'google', { runId: id, step: 1 });
    expect(before).toBeInstanceOf(Date);
    expect(await hookedAt(tx)).not.toEqual(before);
  });
});

test('a hook and the write of a turn never wait for each other', async () => {
  const { db, id, hook } = await waiting();
  const hooking = await db.transaction(async (tx) => {
    // The run first and then the step, like every write of a turn.
    await tx.execute(sql`UPDATE runs SET claimed = claimed WHERE id = ${id}`);
    const taken = hook();
    await expect.poll(async () => (await db.execute(lockWaits)).length).toBe(1);
    await tx.execute(sql`UPDATE steps SET fraction = 0.5 WHERE run_id = ${id} AND number = 1`);
    return { taken };
  });
  expect(await hooking.taken).toBe('taken');
});

test('a hook about a step that is over, that waits to be sent or that does not exist changes nothing', async () => {
  const { db, id, lease, hook, dueInMs } = await sending();
  expect(await hook(2)).toBe('ignored');
  expect(await hook(77)).toBe('ignored');
  await failStep(db, lease, 1, gone);
  expect(await hook()).toBe('ignored');
  await settle(db, lease, { state: 'failed', capturedCredits: 0, failure: gone });
  const before = await loadRun(db, id);
  expect(await hook()).toBe('ignored');
  expect(await takeHook(db, 'google', { runId: runId.parse(randomUUID()), step: 1 })).toBe('ignored');
  expect((await loadRun(db, id))?.run).toEqual(before?.run);
  expect(await dueInMs()).toBeGreaterThan(50_000);
  expect(await vendorsHeard(db)).toEqual(new Set());
});

test('a step whose polls fail keeps its pause, which its provider may have asked for', async () => {
  const { db, hook, dueInMs } = await waiting();
  await db.execute(sql`UPDATE steps SET failed_attempts = 1, due_at = now() + interval '100 seconds'`);
  expect(await hook()).toBe('ignored');
  expect(await dueInMs()).toBeGreaterThan(90_000);
});

test('a vendor counts as heard from its first hook on, for a day, and until one is missing', async () => {
  const { db, id, hook, later } = await waiting();
  const heard = async () => [...(await vendorsHeard(db))];
  await noteMissedHook(db, 'google', { runId: id, step: 1 });
  expect(await heard()).toEqual([]);
  await hook();
  expect(await heard()).toEqual(['google']);
  // A hook has said so, so none is missing.
  await noteMissedHook(db, 'google', { runId: id, step: 1 });
  expect(await heard()).toEqual(['google']);
  await noteMissedHook(db, 'google', { runId: id, step: 2 });
  expect(await heard()).toEqual([]);
  await later();
  await hook();
  expect(await heard()).toEqual(['google']);
  await db.execute(sql`UPDATE hook_arrivals SET arrived_at = now() - interval '25 hours', missed_at = NULL`);
  expect(await heard()).toEqual([]);
});
