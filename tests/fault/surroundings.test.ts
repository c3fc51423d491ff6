import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { accountOf } from '../../src/db/credits.ts';
import { checkInvariants } from '../../src/db/invariants.ts';
import { createTestDatabase, createWorkspace } from '../support/database.ts';
import { startWorkerProcess } from '../support/processes.ts';
import { createInstallation, delivered, submitsOf, submitted, until } from '../support/program.ts';
import { mountSmallDisk } from '../support/smallDisk.ts';

/** The disk fills between two looks at it, or something else than VidGenie's own watch is to be tested. */
const unwatched = { minFreeDiskBytes: 0 };

test('a full disk when a video is stored costs time: it is fetched again, not made again', async ({ skip }) => {
  const database = await createTestDatabase();
  const installation = await createInstallation(database);
  const bot = await installation.open({ worker: false });
  const id = await submitted(bot);
  // There is room until the video is submitted.
  const first = startWorkerProcess(installation, { at: { failpoint: 'step_submitted', step: 'video', how: 'kill' } });
  await first.exited;
  await rm(join(installation.home, 'media'), { recursive: true });
  const disk = await mountSmallDisk(join(installation.home, 'media'), 1_000_000);
  if ('why' in disk) return skip(true, disk.why);
  onTestFinished(disk.unmount);
  await disk.fill();
  const worker = await installation.open({ worker: true, config: unwatched });
  await until(worker, id, (view) => view.steps[2]?.state === 'storing' && view.run.failedAttempts > 1);
  await disk.clear();
  const view = await delivered(worker, id);
  expect(view.run).toMatchObject({ state: 'succeeded', capturedCredits: 24 });
  expect(submitsOf(installation.journal, id)).toEqual({ enhance: 1, image: 1, video: 1 });
  expect(await checkInvariants(database.db, { atRest: true })).toEqual([]);
});

test('a full disk when an image arrives is said to be one, and what it cost goes back', async ({ skip }) => {
  const database = await createTestDatabase();
  const installation = await createInstallation(database);
  const disk = await mountSmallDisk(join(installation.home, 'media'), 1_000_000);
  if ('why' in disk) return skip(true, disk.why);
  onTestFinished(disk.unmount);
  await disk.fill();
  const worker = await installation.open({ worker: true, config: unwatched });
  const view = await delivered(worker, await submitted(worker));
  expect(view.run).toMatchObject({ state: 'failed', capturedCredits: 1, failure: { kind: 'storage' } });
  expect(await checkInvariants(database.db, { atRest: true })).toEqual([]);
});

test('a clock that is an hour ahead, and then is set back by two, ends no video early and gives no credits twice', async () => {
  const database = await createTestDatabase();
  const installation = await createInstallation(database);
  const hour = 3_600_000;
  let aheadMs = hour;
  const now = () => new Date(Date.now() + aheadMs);
  const worker = await installation.open({ worker: true, now, vendor: { pollsUntilDone: 6 } });
  const rich = await createWorkspace(database, 100, 'terminal:rich');
  const running = await submitted(worker, { workspace: rich });
  await until(worker, running, (view) => view.steps[2]?.state === 'submitted');
  aheadMs = -hour;
  expect((await delivered(worker, running)).run).toMatchObject({ state: 'succeeded', capturedCredits: 24 });
  // Sets the clock to the month before, and back again. A month's credits are granted once.
  for (const days of [-40, 0, -40, 0]) {
    aheadMs = days * 24 * hour;
    await delivered(worker, await submitted(worker, { workspace: rich, workflow: 'image' }));
  }
  expect((await accountOf(database.db, rich.id)).balance).toBe(100 - 24 - 4 * 6);
  expect(await checkInvariants(database.db, { atRest: true })).toEqual([]);
});

test('a step that ends its worker for want of memory is tried once more and then given up; what was made is kept', async () => {
  const database = await createTestDatabase();
  const installation = await createInstallation(database);
  const bot = await installation.open({ worker: false });
  const id = await submitted(bot);
  for (let victim = 0; victim < 2; victim += 1) {
    const doomed = startWorkerProcess(installation, { exhausting: 'image' });
    const { code, signal } = await doomed.exited;
    expect(signal ?? `exit ${code}`).toMatch(/SIGABRT|SIGTRAP|exit 13[34]/);
  }
  const survivor = await installation.open({ worker: true });
  const view = await delivered(survivor, id);
  expect(view.run).toMatchObject({ state: 'failed', capturedCredits: 1, failure: { kind: 'interrupted' } });
  expect(submitsOf(installation.journal, id)).toEqual({ enhance: 1, image: 2, video: 0 });
  expect(await checkInvariants(database.db, { atRest: true })).toEqual([]);
});
