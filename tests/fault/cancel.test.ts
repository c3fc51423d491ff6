import { sql } from 'drizzle-orm';
import { describe, expect, test } from 'vitest';
import { checkInvariants } from '../../src/db/invariants.ts';
import { type RunView, requestCancel } from '../../src/db/runs.ts';
import { settle } from '../../src/db/turns.ts';
import { stopRun } from '../../src/pipeline/stop.ts';
import { createTestDatabase } from '../support/database.ts';
import { startWorkerProcess } from '../support/processes.ts';
import { createInstallation, delivered, leaseOf, submitsOf, submitted, until } from '../support/program.ts';
import { readJournal } from '../support/studio.ts';

const atRest = async (view: RunView, database: Awaited<ReturnType<typeof createTestDatabase>>) => {
  expect(await checkInvariants(database.db, { atRest: true })).toEqual([]);
  expect((view.run.capturedCredits ?? 0) + (view.run.releasedCredits ?? 0)).toBe(view.run.priceCredits);
};

describe('cancel', () => {
  test('while queued releases everything and sends nothing', async () => {
    const database = await createTestDatabase();
    const installation = await createInstallation(database);
    const bot = await installation.open({ worker: false });
    const id = await submitted(bot);
    expect(await requestCancel(database.db, id)).toBe('requested');
    const worker = await installation.open({ worker: true });
    const view = await delivered(worker, id);
    expect(view.run).toMatchObject({ state: 'canceled', capturedCredits: 0, releasedCredits: 24 });
    expect(view.steps.map((step) => step.state)).toEqual(['skipped', 'skipped', 'skipped']);
    expect(submitsOf(installation.journal, id)).toEqual({ enhance: 0, image: 0, video: 0 });
    await atRest(view, database);
  });

  test('while a step that answers at once is at work keeps what it brings and releases the rest', async () => {
    const database = await createTestDatabase();
    const installation = await createInstallation(database);
    const worker = await installation.open({ worker: true, vendor: { submitMs: 2_500 } });
    const id = await submitted(worker);
    await until(worker, id, (view) => view.steps[1]?.state === 'submitting');
    expect(await requestCancel(database.db, id)).toBe('requested');
    const view = await delivered(worker, id);
    expect(view.run).toMatchObject({ state: 'canceled', capturedCredits: 6, releasedCredits: 18 });
    expect(view.assets).toMatchObject([{ step: 2 }]);
    expect(submitsOf(installation.journal, id)).toEqual({ enhance: 1, image: 1, video: 0 });
    await atRest(view, database);
  });

  test('ends a run whose worker can no longer ask the provider, instead of trying for ever', async () => {
    const database = await createTestDatabase();
    const installation = await createInstallation(database);
    const worker = await installation.open({ worker: true, vendor: { firstPollAfterMs: 60_000 } });
    const id = await submitted(worker);
    await until(worker, id, ({ steps }) => steps[2]?.state === 'submitted');
    await database.db.execute(sql`UPDATE steps SET model = 'of yesterday' WHERE run_id = ${id} AND kind = 'video'`);
    expect(await stopRun(database.db, id, null)).toMatchObject({ outcome: 'requested' });
    worker.services.wake();
    const view = await delivered(worker, id);
    expect(view.run).toMatchObject({ state: 'canceled', capturedCredits: 24 });
    await atRest(view, database);
  });

  test('while a provider works on the video asks it to stop; what was sent is paid for', async () => {
    const database = await createTestDatabase();
    const installation = await createInstallation(database);
    const worker = await installation.open({ worker: true, vendor: { pollsUntilDone: 1_000_000 } });
    const id = await submitted(worker);
    await until(worker, id, (view) => view.steps[2]?.fraction === 0.5);
    expect(await requestCancel(database.db, id)).toBe('requested');
    const view = await delivered(worker, id);
    expect(view.run).toMatchObject({ state: 'canceled', capturedCredits: 24, releasedCredits: 0 });
    expect(view.steps[2]).toMatchObject({ state: 'failed', failure: { kind: 'canceled' } });
    expect(readJournal(installation.journal).filter((line) => line.call === 'cancel')).toHaveLength(1);
    await atRest(view, database);
  });

  test('takes no more than was agreed to: what was sent meanwhile is told first', async () => {
    const database = await createTestDatabase();
    const installation = await createInstallation(database);
    const worker = await installation.open({ worker: true, vendor: { submitMs: 500, pollsUntilDone: 1_000_000 } });
    const id = await submitted(worker);
    await until(worker, id, (view) => view.steps[1]?.state === 'submitting');
    const told = await stopRun(database.db, id, 0);
    expect(told).toEqual({ outcome: 'costs', cost: { credits: 6, back: 18, atWork: 'image' } });
    await until(worker, id, (view) => view.steps[2]?.state === 'submitted');
    const dearer = await stopRun(database.db, id, 6);
    expect(dearer).toEqual({ outcome: 'costs', cost: { credits: 24, back: 0, atWork: 'video' } });
    expect((await until(worker, id, () => true)).run.cancelRequestedAt).toBeNull();
    expect(await stopRun(database.db, id, 24)).toMatchObject({ outcome: 'requested' });
    const view = await delivered(worker, id);
    expect(view.run).toMatchObject({ state: 'canceled', capturedCredits: 24 });
    expect(await stopRun(database.db, id, 0)).toEqual({ outcome: 'finished' });
    await atRest(view, database);
  });

  test('at any moment never captures more than it was said to cost', async () => {
    const database = await createTestDatabase();
    const installation = await createInstallation(database);
    const worker = await installation.open({ worker: true, vendor: { submitMs: 20 } });
    for (let nth = 0; nth < 12; nth += 1) {
      const id = await submitted(worker);
      const looks: unknown[] = [];
      await until(worker, id, (view) => view.run.settledAt !== null || looks.push(view) > nth / 2);
      // Acts like a person who accepts each cost that they are told, until the stop succeeds.
      let max = 0;
      for (;;) {
        const stopped = await stopRun(database.db, id, max);
        if (stopped.outcome !== 'costs') break;
        max = stopped.cost.credits;
      }
      const view = await delivered(worker, id);
      if (view.run.state === 'canceled') expect(view.run.capturedCredits).toBeLessThanOrEqual(max);
    }
    expect(await checkInvariants(database.db, { atRest: true })).toEqual([]);
  });

  test('of a step that may or may not have been sent releases it', async () => {
    const database = await createTestDatabase();
    const installation = await createInstallation(database);
    const bot = await installation.open({ worker: false });
    const id = await submitted(bot);
    const doomed = startWorkerProcess(installation, {
      at: { failpoint: 'step_submitting', step: 'video', how: 'kill' },
    });
    await doomed.exited;
    await requestCancel(database.db, id);
    const view = await delivered(await installation.open({ worker: true }), id);
    expect(view.run).toMatchObject({ capturedCredits: 6, releasedCredits: 18 });
    await atRest(view, database);
  });

  test('of which a turn learns while its last call is still being answered does not wait for the next poll', async () => {
    const database = await createTestDatabase();
    const installation = await createInstallation(database);
    // The answer of one clip tells the turn of the wish while the other one is still being sent.
    const vendor = { firstPollAfterMs: 180_000, slowSteps: { 4: 3_000, 5: 6_000 } };
    const worker = await installation.open({ worker: true, vendor });
    const id = await submitted(worker, { workflow: 'story', options: { scenes: 2, duration: 16 } });
    await until(worker, id, ({ steps }) => steps[3]?.state === 'submitting' && steps[4]?.state === 'submitting');
    expect(await requestCancel(database.db, id)).toBe('requested');
    const view = await delivered(worker, id);
    expect(view.run.state).toBe('canceled');
    await atRest(view, database);
  });

  test('of a finished run changes nothing', async () => {
    const database = await createTestDatabase();
    const installation = await createInstallation(database);
    const worker = await installation.open({ worker: true });
    const id = await submitted(worker);
    const before = await delivered(worker, id);
    expect(await requestCancel(database.db, id)).toBe('finished');
    expect(await delivered(worker, id)).toEqual({ ...before, clockAheadMs: expect.any(Number) });
    const again = settle(database.db, leaseOf(before), { state: 'canceled', capturedCredits: 0, failure: null });
    await expect(again).rejects.toThrow('dispatched again');
    await atRest(before, database);
  });

  test('by ten people at once settles once', async () => {
    const database = await createTestDatabase();
    const installation = await createInstallation(database);
    const worker = await installation.open({ worker: true, vendor: { pollsUntilDone: 1_000_000 } });
    const ids = await Promise.all(Array.from({ length: 6 }, () => submitted(worker)));
    for (const id of ids) await Promise.all(Array.from({ length: 10 }, () => requestCancel(database.db, id)));
    for (const id of ids) await atRestEventually(await delivered(worker, id));
    expect(await checkInvariants(database.db, { atRest: true })).toEqual([]);
  });
});

const atRestEventually = async (view: RunView) => {
  expect(view.run.state).toBe('canceled');
  expect((view.run.capturedCredits ?? 0) + (view.run.releasedCredits ?? 0)).toBe(view.run.priceCredits);
};
