import { sql } from 'drizzle-orm';
import { expect, test } from 'vitest';
import { loadRun, type RunView } from '../../src/db/runs.ts';
import { providerOrphans, runs } from '../../src/db/schema.ts';
import type { Program } from '../../src/program.ts';
import { createTestDatabase } from '../support/database.ts';
import { createInstallation, delivered, submitsOf, submitted, until } from '../support/program.ts';
import { startInSlack } from '../support/slack/installed.ts';
import { readJournal } from '../support/studio.ts';

/** The only run. */
async function runOf({ services: { db } }: Program): Promise<RunView> {
  const started = async () => (await db.select({ id: runs.id }).from(runs)).length;
  await expect.poll(started, { timeout: 10_000 }).toBe(1);
  const [row] = await db.select({ id: runs.id }).from(runs);
  const view = row && (await loadRun(db, row.id));
  if (!view) throw new Error('there is no run');
  return view;
}

/** A Slack that holds every message from the first call of this kind to the provider of the video. */
async function startWithSlowChat(asked: 'submit' | 'poll') {
  const waits = asked === 'submit' ? { firstPollAfterMs: 600_000 } : {};
  const inSlack = await startInSlack({ vendor: { pollsUntilDone: 0, ...waits } });
  const { slack, installation } = inSlack;
  const [held, answers] = [Promise.withResolvers<void>(), Promise.withResolvers<null>()];
  let asks = 0;
  const isSlow = () => readJournal(installation.journal).some(({ call, step }) => call === asked && step === 'video');
  slack.meddle.with = async ({ method }) => {
    if (!method.startsWith('chat.') || !isSlow()) return null;
    asks += 1;
    held.resolve();
    return await answers.promise;
  };
  return { ...inSlack, held: held.promise, asks: () => asks, answer: () => answers.resolve(null) };
}

test('a graceful stop while the chat is slow loses no video that its provider has accepted', async () => {
  const { slack, driver, program, installation, held, answer } = await startWithSlowChat('submit');
  await driver.command('complete a fox');
  await held;
  const { run } = await runOf(program);
  await program.stop();
  const left = await loadRun(installation.database.db, run.id);
  expect(left).toMatchObject({ run: { settledAt: null, busy: false } });
  expect(left?.steps.map(({ state, handle }) => [state, handle])).toEqual([
    ['done', null],
    ['done', null],
    ['submitted', { operation: run.id, number: 3 }],
  ]);

  answer();
  // The time until the first poll has passed.
  const { db } = installation.database;
  await db.execute(sql`UPDATE steps SET due_at = NULL WHERE run_id = ${run.id}`);
  await db.execute(sql`UPDATE runs SET due_at = now() WHERE id = ${run.id}`);
  const { settings } = slack;
  const successor = await installation.open({ worker: true, config: { slack: settings } });
  expect((await delivered(successor, run.id)).run).toMatchObject({ state: 'succeeded', capturedCredits: 24 });
  expect(submitsOf(installation.journal, run.id)).toEqual({ enhance: 1, image: 1, video: 1 });
  expect(await installation.database.db.select().from(providerOrphans)).toEqual([]);
});

test('a video that is ready is fetched, kept and settled while the chat does not answer', async () => {
  const { driver, program, held, asks, answer } = await startWithSlowChat('poll');
  await driver.command('complete a fox');
  await held;
  const { run } = await runOf(program);
  const { steps } = await until(program, run.id, (view) => view.run.settledAt !== null);
  expect(steps.map(({ state }) => state)).toEqual(['done', 'done', 'done']);
  // The worker did not wait until Slack had taken or refused the first message.
  expect(asks()).toBe(1);
  answer();
  await delivered(program, run.id);
});

test.for([
  ['a provider that has not answered by then', { deaf: 'video' }, 'video'],
  ['a result that is still on its way', { stalling: 'image' }, 'image'],
] as const)('a graceful stop that leaves a paid call behind notes it: %s', async ([, vendor, step]) => {
  const database = await createTestDatabase();
  const installation = await createInstallation(database);
  const worker = await installation.open({ worker: true, vendor });
  const id = await submitted(worker);
  await until(worker, id, ({ steps }) => steps.some(({ kind, state }) => kind === step && state === 'submitting'));
  await expect
    .poll(() => readJournal(installation.journal).some((asked) => asked.call === 'submit' && asked.step === step))
    .toBe(true);
  await worker.stop();
  expect(await database.db.select().from(providerOrphans)).toMatchObject([{ runId: id, step, handle: null }]);
  const other = await installation.open({ worker: true });
  expect((await delivered(other, id)).run.state).toBe(step === 'video' ? 'failed' : 'succeeded');
});
