import { sql } from 'drizzle-orm';
import { expect, onTestFinished, test } from 'vitest';
import type { Database } from '../../src/db/client.ts';
import { checkInvariants } from '../../src/db/invariants.ts';
import { dispatchDue } from '../../src/db/turns.ts';
import { defaultLimits, type RunId } from '../../src/domain.ts';
import { createLog } from '../../src/observability/log.ts';
import { ProviderError } from '../../src/pipeline/providers/provider.ts';
import { openQueue } from '../../src/pipeline/queue.ts';
import { startRelay } from '../../src/pipeline/relay.ts';
import { createTestDatabase, createWorkspace } from '../support/database.ts';
import { startWorkerProcess } from '../support/processes.ts';
import { createInstallation, delivered, type Installation, submitsOf, submitted, until } from '../support/program.ts';
import { readJournal, type VendorBehaviour } from '../support/studio.ts';

/** Runs whose videos are at their provider, with all polls due now, and no active worker. */
async function waitingRuns(installation: Installation, count: number): Promise<RunId[]> {
  const workspace = await createWorkspace(installation.database, 10_000);
  const worker = await installation.open({ worker: true, vendor: { firstPollAfterMs: 60_000 } });
  const member = (index: number) => ({ id: `member-${index}`, name: 'Ada', isAdmin: false });
  const ids: RunId[] = [];
  for (let index = 0; index < count; index += 1)
    ids.push(await submitted(worker, { workspace, member: member(index) }));
  await Promise.all(ids.map((id) => until(worker, id, (view) => view.steps[2]?.state === 'submitted')));
  await worker.stop();
  // Its remaining jobs in the queue would take the slots that this test needs.
  await installation.database.db.execute(sql`TRUNCATE bullmq.job CASCADE`);
  await fallDue(installation.database);
  return ids;
}

async function fallDue({ db }: Database): Promise<void> {
  await db.execute(sql`UPDATE steps SET due_at = NULL`);
  await db.execute(
    sql`UPDATE runs SET due_at = date_bin('250 ms', now(), timestamptz 'epoch'), failed_attempts = 0, busy = false`,
  );
}

const due = async ({ db }: Database, jobs: number) => {
  const dispatched = await dispatchDue(db, jobs, 60_000);
  return { polls: dispatched.filter(({ isPoll }) => isPoll).length, all: dispatched.length };
};

test('polls for which there is no room share jobs, and each is dispatched once', async () => {
  const database = await createTestDatabase();
  const installation = await createInstallation(database);
  const ids = await waitingRuns(installation, 24);
  const queue = await openQueue({ kind: 'postgres', url: database.url }, () => {});
  onTestFinished(queue.close);
  const dispatched: string[] = [];
  const relay = startRelay(
    {
      db: database.db,
      queue,
      log: createLog('silent', false),
      visibilityMs: 60_000,
      limits: defaultLimits,
      reachFailpoint: (failpoint, { runId }) => failpoint === 'run_dispatched' && dispatched.push(runId),
    },
    () => 1,
  );
  await expect.poll(() => dispatched.length).toBe(24);
  await relay.stop();
  expect(new Set(dispatched)).toEqual(new Set(ids));
  // One slot is free, and two jobs may wait beside it.
  expect(await queue.waiting()).toBe(3);
});

test('polls that were not put off until the same moment take jobs of their own, and go on when they are done', async () => {
  const database = await createTestDatabase();
  const installation = await createInstallation(database);
  await waitingRuns(installation, 3);
  await database.db.execute(sql`UPDATE runs SET due_at = due_at - interval '1 ms'`);
  expect(await due(database, 1)).toEqual({ polls: 0, all: 1 });
  expect(await due(database, 9)).toEqual({ polls: 0, all: 2 });
});

test('a look takes as many polls as its jobs can carry; whatever is more than a poll takes a job of its own', async () => {
  const database = await createTestDatabase();
  const installation = await createInstallation(database);
  const [first, second, third] = await waitingRuns(installation, 24);
  const { db } = database;
  expect(await due(database, 1)).toEqual({ polls: 16, all: 16 });
  expect(await due(database, 9)).toEqual({ polls: 8, all: 8 });

  await fallDue(database);
  await db.execute(sql`UPDATE runs SET failed_attempts = 1 WHERE id = ${first}`);
  await db.execute(sql`UPDATE runs SET cancel_requested_at = now() WHERE id = ${second}`);
  await db.execute(sql`UPDATE steps SET state = 'storing' WHERE run_id = ${third} AND kind = 'video'`);
  await db.execute(sql`UPDATE runs SET due_at = due_at - interval '1 s' WHERE id IN (${first}, ${second}, ${third})`);
  expect(await due(database, 4)).toEqual({ polls: 16, all: 19 });
  expect(await due(database, 1)).toEqual({ polls: 5, all: 5 });
  expect(await due(database, 1)).toEqual({ polls: 0, all: 0 });
});

test('a worker killed in the middle of shared polls loses none of their runs', async () => {
  const database = await createTestDatabase();
  const installation = await createInstallation(database);
  const ids = await waitingRuns(installation, 24);
  const doomed = startWorkerProcess(installation, { at: { failpoint: 'step_polled', step: 'video', how: 'kill' } });
  expect(await doomed.exited).toEqual({ code: null, signal: 'SIGKILL' });

  const survivor = await installation.open({ worker: true });
  for (const id of ids) {
    expect((await delivered(survivor, id)).run.state).toBe('succeeded');
    expect(submitsOf(installation.journal, id)).toEqual({ enhance: 1, image: 1, video: 1 });
  }
  expect(await checkInvariants(database.db, { atRest: true })).toEqual([]);
});

/** A video that was sent half an hour ago, and whose vendor has not been asked since. Ends with what a worker then does about it. */
async function afterHalfAnHour(vendor: VendorBehaviour) {
  const database = await createTestDatabase();
  const installation = await createInstallation(database);
  const [id] = await waitingRuns(installation, 1);
  if (!id) throw new Error('no run waits');
  await database.db.execute(sql`UPDATE steps SET started_at = now() - interval '30 minutes' WHERE kind = 'video'`);
  const worker = await installation.open({ worker: true, vendor });
  const { run, steps, assets } = await delivered(worker, id);
  expect(await checkInvariants(database.db, { atRest: true })).toEqual([]);
  expect(submitsOf(installation.journal, id)).toEqual({ enhance: 1, image: 1, video: 1 });
  return {
    run,
    video: steps.find(({ kind }) => kind === 'video'),
    results: assets.map(({ kind }) => kind),
    asked: readJournal(installation.journal).flatMap(({ call }) =>
      call === 'poll' || call === 'cancel' ? [call] : [],
    ),
  };
}

test('a video that was ready while no worker ran is delivered and paid for, however late', async () => {
  const { run, results, asked } = await afterHalfAnHour({ pollsUntilDone: 0 });
  expect(run).toMatchObject({ state: 'succeeded', capturedCredits: 24, deliveryFailure: null });
  expect(results).toEqual(['image', 'video']);
  expect(asked).toEqual(['poll']);
});

test('a video past its deadline is asked for again if its vendor cannot be reached or asks to wait', async () => {
  const failures = [
    new ProviderError('unavailable', 'no answer'),
    new ProviderError('rate_limited', 'later', { retryAfterMs: 100 }),
  ];
  const { run, asked } = await afterHalfAnHour({ pollsUntilDone: 0, failingPolls: () => failures.shift() });
  expect(run).toMatchObject({ state: 'succeeded', capturedCredits: 24 });
  expect(asked).toEqual(['poll', 'poll', 'poll']);
});

test('a video past its deadline that is still at work is stopped and given up after one poll', async () => {
  const { run, video, asked } = await afterHalfAnHour({ pollsUntilDone: 1_000_000 });
  expect(run).toMatchObject({ state: 'failed', capturedCredits: 6, releasedCredits: 18 });
  expect(video?.failure).toEqual({ kind: 'interrupted', detail: 'the provider was not done after 20 minutes' });
  expect(asked).toEqual(['poll', 'cancel']);
});

test('a video past its deadline fails with the reason that its vendor gives', async () => {
  const refused = () => new ProviderError('refused', 'no foxes');
  const { run, video, asked } = await afterHalfAnHour({ failingPolls: refused });
  expect(run).toMatchObject({ state: 'failed', capturedCredits: 6 });
  expect(video?.failure).toEqual({ kind: 'refused', detail: 'no foxes' });
  expect(asked).toEqual(['poll']);
});
