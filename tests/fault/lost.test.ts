import { sql } from 'drizzle-orm';
import { expect, test } from 'vitest';
import { checkInvariants } from '../../src/db/invariants.ts';
import { providerOrphans } from '../../src/db/schema.ts';
import { dispatchDue } from '../../src/db/turns.ts';
import { openQueue } from '../../src/pipeline/queue.ts';
import { createTestDatabase, createWorkspace } from '../support/database.ts';
import { startWorkerProcess } from '../support/processes.ts';
import { createInstallation, delivered, leaseOf, submitsOf, submitted, until } from '../support/program.ts';
import { readJournal } from '../support/studio.ts';

test('a worker stopped for longer than its visibility and then continued writes nothing but a note of its paid call', async () => {
  const database = await createTestDatabase();
  const installation = await createInstallation(database);
  const bot = await installation.open({ worker: false });
  const id = await submitted(bot);

  const sleeper = startWorkerProcess(installation, { at: { failpoint: 'step_sent', step: 'video', how: 'stop' } });
  await sleeper.reached('step_sent', 'video');
  const survivor = await installation.open({ worker: true });
  const before = await delivered(survivor, id);
  expect(before.run).toMatchObject({ state: 'failed', capturedCredits: 6, failure: { kind: 'interrupted' } });
  await survivor.stop();

  sleeper.process.kill('SIGCONT');
  // The sleeping worker tries to save its handle, is refused, records the orphan and asks the vendor to stop. It does nothing
  // else with the run.
  await expect.poll(() => readJournal(installation.journal).some((line) => line.call === 'cancel')).toBe(true);
  expect(await database.db.select().from(providerOrphans)).toMatchObject([
    { runId: id, step: 'video', handle: { operation: id } },
  ]);
  const after = await delivered(bot, id);
  expect(after).toEqual({ ...before, clockAheadMs: expect.any(Number) });
  expect(submitsOf(installation.journal, id)).toEqual({ enhance: 1, image: 1, video: 1 });
  expect(await checkInvariants(database.db, { atRest: true })).toEqual([]);
});

test("the queue's tables emptied in the middle cost a lease's time and nothing else", async () => {
  const database = await createTestDatabase();
  const installation = await createInstallation(database);
  const bot = await installation.open({ worker: false });
  await createWorkspace(database, 1_000);
  const members = ['ada', 'bea', 'cy', 'dot', 'eve'].map((name) => ({ id: name, name, isAdmin: false }));
  const ids = await Promise.all(members.map((member) => submitted(bot, { member })));

  // The jobs of these dispatches are in the queue, and no worker has started yet.
  const queue = await openQueue({ kind: 'postgres', url: database.url }, () => {});
  for (const lease of await dispatchDue(database.db, 5, 1_000)) await queue.add([lease]);
  expect(await queue.waiting()).toBe(5);
  await database.db.execute(sql`TRUNCATE bullmq.job CASCADE`);
  expect(await queue.waiting()).toBe(0);
  await queue.close();

  const worker = await installation.open({ worker: true });
  for (const id of ids) {
    expect((await delivered(worker, id)).run.state).toBe('succeeded');
    expect(submitsOf(installation.journal, id)).toEqual({ enhance: 1, image: 1, video: 1 });
  }
  expect(await checkInvariants(database.db, { atRest: true })).toEqual([]);
});

test('the same queue job delivered twice is worked once', async () => {
  const database = await createTestDatabase();
  const installation = await createInstallation(database);
  const bot = await installation.open({ worker: false });
  const id = await submitted(bot);
  const [lease] = await dispatchDue(database.db, 1, 60_000);
  if (!lease) throw new Error('nothing was due');

  const worker = await installation.open({ worker: true });
  const queue = await openQueue({ kind: 'postgres', url: database.url }, () => {});
  await queue.add([lease]);
  await until(worker, id, (view) => view.steps[0]?.state === 'done');
  // The first delivery is over, so the queue has forgotten the job and accepts it again.
  await queue.add([lease]);
  await queue.add([{ ...lease, dispatch: lease.dispatch + 1000 }]);
  const view = await delivered(worker, id);
  await queue.close();
  expect(submitsOf(installation.journal, id)).toEqual({ enhance: 1, image: 1, video: 1 });
  expect(leaseOf(view).dispatch).toBeLessThan(1000);
  expect(await checkInvariants(database.db, { atRest: true })).toEqual([]);
});

test('runs of two workers side by side are each worked once', async () => {
  const database = await createTestDatabase();
  const installation = await createInstallation(database);
  const bot = await installation.open({ worker: false });
  await createWorkspace(database, 1_000);
  const workers = [startWorkerProcess(installation), startWorkerProcess(installation)];
  const ids = await Promise.all(Array.from({ length: 20 }, () => submitted(bot)));
  for (const id of ids) {
    expect((await delivered(bot, id)).run.state).toBe('succeeded');
    expect(submitsOf(installation.journal, id)).toEqual({ enhance: 1, image: 1, video: 1 });
  }
  for (const worker of workers) {
    worker.process.kill('SIGTERM');
    expect(await worker.exited).toEqual({ code: 0, signal: null });
  }
  expect(await checkInvariants(database.db, { atRest: true })).toEqual([]);
});
