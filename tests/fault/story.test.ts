import { createReadStream } from 'node:fs';
import { readdir, writeFile } from 'node:fs/promises';
import { sql } from 'drizzle-orm';
import { describe, expect, inject, onTestFinished, test, vi } from 'vitest';
import type { Database } from '../../src/db/client.ts';
import { checkInvariants } from '../../src/db/invariants.ts';
import { markOld } from '../../src/db/retention.ts';
import { loadRun, type RunView } from '../../src/db/runs.ts';
import { providerOrphans } from '../../src/db/schema.ts';
import type { StepKind } from '../../src/domain.ts';
import type { Failpoint } from '../../src/pipeline/failpoints.ts';
import { acceptImage } from '../../src/pipeline/media/input.ts';
import { ProviderError } from '../../src/pipeline/providers/provider.ts';
import { openQueue } from '../../src/pipeline/queue.ts';
import { maxSubmits } from '../../src/pipeline/stateMachine.ts';
import { joinDeadlineMs } from '../../src/pipeline/steps/join.ts';
import { createTestDatabase, createWorkspace } from '../support/database.ts';
import { startWorkerProcess } from '../support/processes.ts';
import { createInstallation, delivered, endLeases, type Installation, submitted, until } from '../support/program.ts';
import { readJournal, submitsByNumber, type VendorBehaviour } from '../support/studio.ts';

// A story of three scenes is 1 shot list, 3 images (2, 3, 4), 3 clips (5, 6, 7) and 1 film (8). Its clips are made side by side.
// Without sound, no ffmpeg has to join it. The joining of sound has tests of its own.
const silent = { audio: false } as const;
const story = {
  workflow: 'story',
  prompt: 'a paper boat goes to sea',
  options: { scenes: 3, duration: 15, ...silent },
} as const;
const price = 1 + 3 * 5 + 25;

/** A film of 45 seconds by a model that makes 15 at once, and adds no more: three clips, each from the end of the one before. */
const chain = { workflow: 'complete', options: { duration: 45, ...silent } } as const;

const stepsOf = ({ steps }: RunView) => Object.fromEntries(steps.map(({ number, state }) => [number, state]));

/** The credits are exact, no step was paid for too often, and everything that was made is there. */
async function isSound(installation: Installation, { database }: { database: Database }, view: RunView): Promise<void> {
  expect(await checkInvariants(database.db, { atRest: true })).toEqual([]);
  const paid = view.steps.filter(({ state, failure }) => state === 'done' || failure?.kind === 'canceled');
  expect(view.run.capturedCredits).toBe(paid.reduce((sum, { priceCredits }) => sum + priceCredits, 0));
  const submits = submitsByNumber(installation.journal, view.run.id);
  for (const step of view.steps) expect(submits[step.number] ?? 0).toBeLessThanOrEqual(maxSubmits[step.kind]);
  for (const step of view.steps) {
    if (step.kind === 'video' && step.state === 'done') expect(submits[step.number]).toBe(1);
  }
}

/** The failpoints that a step of a kind reaches. */
const moments: { failpoint: Failpoint; step: StepKind; number: number }[] = [
  ...(['step_submitting', 'step_sent', 'object_stored', 'step_done'] as const).map((failpoint) => ({
    failpoint,
    step: 'image' as const,
    number: 3,
  })),
  ...(
    [
      'step_submitting',
      'step_sent',
      'step_submitted',
      'step_polled',
      'step_storing',
      'object_stored',
      'step_done',
    ] as const
  ).map((failpoint) => ({ failpoint, step: 'video' as const, number: 6 })),
  { failpoint: 'step_storing', step: 'join', number: 8 },
  { failpoint: 'object_stored', step: 'join', number: 8 },
  { failpoint: 'step_done', step: 'join', number: 8 },
];

describe('a worker of a story killed at', () => {
  test.for(moments)('$failpoint of $step $number', async ({ failpoint, step, number }) => {
    const database = await createTestDatabase();
    const workspace = await createWorkspace(database, 100);
    const installation = await createInstallation(database);
    const bot = await installation.open({ worker: false });
    const id = await submitted(bot, { ...story, workspace });
    const doomed = startWorkerProcess(installation, { at: { failpoint, step, number, how: 'kill' } });
    expect(await doomed.exited).toEqual({ code: null, signal: 'SIGKILL' });
    await endLeases(database);
    const survivor = await installation.open({ worker: true });
    const view = await delivered(survivor, id);
    await isSound(installation, survivor, view);
    // Only clips can be lost: those about whose call nobody knows whether it arrived. The others are joined.
    for (const one of view.steps) if (one.kind !== 'video' && one.kind !== 'join') expect(one.state).toBe('done');
    const clips = view.steps.filter(({ kind, state }) => kind === 'video' && state === 'done');
    expect(view.steps.at(-1)?.state).toBe(clips.length > 1 ? 'done' : 'skipped');
    expect(view.run.state).toBe(clips.length === 3 ? 'succeeded' : 'failed');
    for (const asset of view.assets) expect(await survivor.services.store.size(asset.objectKey)).toBe(asset.bytes);
  });
});

test.for([
  { name: 'a story', asked: story },
  { name: 'a chain', asked: chain },
])(
  '$name killed at ten random moments ends with exact credits, and no step of it is paid for twice',
  async ({ asked }) => {
    const database = await createTestDatabase();
    const workspace = await createWorkspace(database, 200);
    const installation = await createInstallation(database);
    const bot = await installation.open({ worker: false });
    const id = await submitted(bot, { ...asked, workspace });
    for (let kill = 0; kill < 10; kill += 1) {
      const doomed = startWorkerProcess(installation, { pollsUntilDone: 3 });
      // `ready`, the dispatch and the claim are always there. Each of the following lines is a moment of its own.
      const isOver = delivered(bot, id).then(() => true);
      const isThere = doomed.moments(3 + Math.floor(Math.random() * 9)).then(() => false);
      if (await Promise.race([isOver, isThere])) break;
      doomed.process.kill('SIGKILL');
      await doomed.exited;
      await endLeases(database);
    }
    const survivor = await installation.open({ worker: true });
    await isSound(installation, survivor, await delivered(survivor, id));
  },
);

test('a worker frozen beyond its lease with four calls out writes nothing, and notes each of the four', async () => {
  const database = await createTestDatabase();
  const workspace = await createWorkspace(database, 200);
  const installation = await createInstallation(database);
  const bot = await installation.open({ worker: false });
  const id = await submitted(bot, { ...story, workspace, options: { scenes: 4, duration: 20, ...silent } });
  // Steps 6 to 9 are the clips. The process stops when the last of the four was sent, before any of them is saved.
  const sleeper = startWorkerProcess(installation, {
    holdVideos: 4,
    at: { failpoint: 'step_sent', step: 'video', how: 'stop' },
  });
  await sleeper.reached('step_sent', 'video');
  const survivor = await installation.open({ worker: true });
  const before = await delivered(survivor, id);
  expect(before.steps.filter(({ failure }) => failure?.kind === 'interrupted')).toHaveLength(4);
  await isSound(installation, survivor, before);
  await survivor.stop();

  sleeper.process.kill('SIGCONT');
  await expect.poll(() => readJournal(installation.journal).filter(({ call }) => call === 'cancel').length).toBe(4);
  const noted = await database.db.select().from(providerOrphans);
  expect(noted.map(({ step, number }) => `${step} ${number}`).sort()).toEqual([6, 7, 8, 9].map((at) => `video ${at}`));
  expect(await delivered(bot, id)).toEqual({ ...before, clockAheadMs: expect.any(Number) });
  await isSound(installation, bot, before);
});

const refusing = () => new ProviderError('refused', 'the vendor does not show this', { nothingGenerated: true });

test('a scene refused in the middle leaves the rest of the film and exact credits, and Continue pays only what is missing', async () => {
  const database = await createTestDatabase();
  const workspace = await createWorkspace(database, 100);
  const installation = await createInstallation(database);
  const first = await installation.open({ worker: true, vendor: { failingSteps: { 3: refusing } } });
  const partial = await delivered(first, await submitted(first, { ...story, workspace }));
  expect(stepsOf(partial)).toEqual({
    1: 'done',
    2: 'done',
    3: 'failed',
    4: 'done',
    5: 'done',
    6: 'skipped',
    7: 'done',
    8: 'done',
  });
  expect(partial.run).toMatchObject({ state: 'failed', capturedCredits: price - 5 - 8, releasedCredits: 13 });
  const seconds = (view: RunView) => view.assets.find(({ step }) => step === 8)?.seconds ?? 0;
  await isSound(installation, first, partial);
  await first.stop();

  const second = await installation.open({ worker: true });
  const whole = await delivered(
    second,
    await submitted(second, { ...story, workspace, origin: { how: 'continue', view: partial } }),
  );
  expect(whole.run).toMatchObject({ state: 'succeeded', priceCredits: 13, capturedCredits: 13 });
  expect(submitsByNumber(installation.journal, whole.run.id)).toEqual({ 3: 1, 6: 1 });
  // The clips of the stand-in vendor are equally long.
  expect(seconds(whole) / seconds(partial)).toBeCloseTo(3 / 2, 1);
  await isSound(installation, second, {
    ...whole,
    steps: whole.steps.filter(({ number }) => number === 3 || number === 6),
  });
  // The new run owns everything that it took over: the old one may be deleted.
  for (const { objectKey } of partial.assets) await second.services.store.remove(objectKey);
  for (const { objectKey, bytes } of whole.assets) expect(await second.services.store.size(objectKey)).toBe(bytes);
});

test('a film of an image that is kept no longer is continued from its first clip', async () => {
  const database = await createTestDatabase();
  const workspace = await createWorkspace(database, 200);
  const installation = await createInstallation(database);
  const first = await installation.open({ worker: true, vendor: { failingSteps: { 2: refusing } } });
  const image = () =>
    acceptImage(createReadStream(inject('vendorMedia').image), {
      directory: first.services.temporaryDirectory,
      signal: new AbortController().signal,
    });
  const asked = { workflow: 'video', options: { duration: 30 }, workspace } as const;
  const id = await submitted(first, { ...asked, image });
  await delivered(first, id);
  const retention = { mediaDays: null, inputHours: 0 };
  expect(await markOld(database.db, retention, 'given', { limit: 10, from: null })).toMatchObject({ removed: 1 });
  const partial = await loadRun(database.db, id);
  const given = partial?.assets.find(({ step }) => step === null);
  if (!partial || !given) throw new Error('the run has lost its image');
  await first.services.store.remove(given.objectKey);
  await first.stop();

  const second = await installation.open({ worker: true });
  const origin = { how: 'continue', view: partial } as const;
  const whole = await delivered(second, await submitted(second, { ...asked, origin }));
  expect(stepsOf(whole)).toEqual({ 1: 'done', 2: 'done', 3: 'done' });
  expect(whole.assets.map(({ step }) => step).sort()).toEqual([1, 2, 3]);
});

test('an extension whose clip cannot be read fails at once, and leaves nothing in the temporary folder', async () => {
  const database = await createTestDatabase();
  const installation = await createInstallation(database);
  const worker = await installation.open({
    worker: true,
    vendor: {
      video: { durations: [15], extension: { seconds: [15], maxSeconds: 60, resolutions: ['720p', '1080p'] } },
      slowSteps: { 4: 2_000 },
    },
  });
  const id = await submitted(worker, { workflow: 'complete', options: { duration: 30 } });
  const seen = await until(worker, id, ({ steps }) => steps[2]?.state === 'done');
  const clip = seen.assets.find(({ step }) => step === 3);
  if (!clip) throw new Error('there is no clip');
  const { store, temporaryDirectory } = worker.services;
  const link = await store.link(clip.objectKey);
  if (link.kind !== 'file') throw new Error('the store is not a folder');
  await writeFile(link.path, 'no video');
  const view = await delivered(worker, id);
  expect(view.steps[3]).toMatchObject({ isExtension: true, state: 'failed', failure: { kind: 'no_output' } });
  expect(await readdir(temporaryDirectory)).toEqual([]);
  await isSound(installation, worker, view);
});

test('a clip that was made with another key goes on from its last frame when its run is continued', async () => {
  const database = await createTestDatabase();
  const workspace = await createWorkspace(database, 200);
  const installation = await createInstallation(database);
  const can: VendorBehaviour['video'] = {
    durations: [15],
    extension: { seconds: [15], maxSeconds: 60, resolutions: ['720p', '1080p'] },
  };
  const first = await installation.open({ worker: true, vendor: { video: can, failingSteps: { 4: refusing } } });
  const asked = { workflow: 'complete', options: { duration: 30 }, workspace } as const;
  const partial = await delivered(first, await submitted(first, asked));
  await first.stop();
  const steps = partial.steps.map((step) => (step.number === 3 ? { ...step, keySource: 'workspace' as const } : step));
  const second = await installation.open({ worker: true, vendor: { video: can } });
  const origin = { how: 'continue', view: { ...partial, steps } } as const;
  const whole = await delivered(second, await submitted(second, { ...asked, origin }));
  expect(whole.run.state).toBe('succeeded');
  const sent = readJournal(installation.journal).filter(({ runId, from }) => runId === whole.run.id && from);
  expect(sent.map(({ number, from }) => [number, from])).toEqual([[4, 'image']]);
});

test('a film that takes too long to join is given up, and its clips are the result', async () => {
  const database = await createTestDatabase();
  const installation = await createInstallation(database);
  const worker = await installation.open({ worker: true });
  const { timeout } = AbortSignal;
  const late = vi
    .spyOn(AbortSignal, 'timeout')
    .mockImplementation((ms) =>
      ms === joinDeadlineMs
        ? AbortSignal.abort(new DOMException('late', 'TimeoutError'))
        : timeout.call(AbortSignal, ms),
    );
  onTestFinished(() => late.mockRestore());
  const view = await delivered(worker, await submitted(worker, story));
  expect(view.steps.at(-1)).toMatchObject({ kind: 'join', state: 'failed', failure: { kind: 'no_output' } });
  expect(view.run).toMatchObject({ state: 'failed', capturedCredits: price });
});

test('a cancel with four steps out asks every provider to stop, and costs what was told before', async () => {
  const database = await createTestDatabase();
  const workspace = await createWorkspace(database, 200);
  const installation = await createInstallation(database);
  const worker = await installation.open({ worker: true, vendor: { pollsUntilDone: 1_000_000 } });
  const { stopRun } = await import('../../src/pipeline/stop.ts');
  const id = await submitted(worker, { ...story, workspace, options: { scenes: 5, duration: 15, ...silent } });
  const busy = await until(worker, id, ({ steps }) => steps.filter(({ state }) => state === 'submitted').length >= 4);
  const told = await stopRun(database.db, id, 0);
  if (told.outcome !== 'costs') throw new Error('it costs something by now');
  expect(told.cost.credits).toBeGreaterThanOrEqual(1 + 5 * 5);
  expect(await stopRun(database.db, id, null)).toMatchObject({ outcome: 'requested' });
  worker.services.wake();
  const view = await delivered(worker, id);
  const stopped = view.steps.filter(({ failure }) => failure?.kind === 'canceled');
  expect(stopped.length).toBeGreaterThanOrEqual(4);
  expect(readJournal(installation.journal).filter(({ call }) => call === 'cancel')).toHaveLength(stopped.length);
  expect(view.run.state).toBe('canceled');
  expect(view.run.capturedCredits).toBe(busy.run.priceCredits - (view.run.releasedCredits ?? 0));
  await isSound(installation, worker, view);
});

test('one run never has more than four calls out, and a clip is polled while another scene still has no image', async () => {
  const database = await createTestDatabase();
  const workspace = await createWorkspace(database, 300);
  const installation = await createInstallation(database);
  // The image of the second scene takes long, and the clip of the first is done meanwhile.
  const worker = await installation.open({ worker: true, vendor: { submitMs: 100, slowSteps: { 3: 1_500 } } });
  const id = await submitted(worker, { ...story, workspace });
  const seen = await until(worker, id, ({ steps }) => steps[4]?.state === 'done');
  expect(seen.steps[2]?.state).toBe('submitting');
  const view = await delivered(worker, id);
  expect(view.run.state).toBe('succeeded');
  const many = await delivered(
    worker,
    await submitted(worker, { ...story, workspace, options: { scenes: 8, duration: 24, ...silent } }),
  );
  expect(many.run.state).toBe('succeeded');
  const { together } = readJournal(installation.journal)
    .filter(({ runId }) => runId === many.run.id)
    .reduce(
      ({ open, together: most }, { call }) => {
        const now = open + (call === 'submit' ? 1 : call === 'answer' ? -1 : 0);
        return { open: now, together: Math.max(most, now) };
      },
      { open: 0, together: 0 },
    );
  expect(together).toBe(4);
  await isSound(installation, worker, many);
});

test('a clip is polled when it is due, while the image of another scene is still being made', async () => {
  const database = await createTestDatabase();
  const installation = await createInstallation(database);
  const worker = await installation.open({
    worker: true,
    vendor: { firstPollAfterMs: 1_300, pollsUntilDone: 0, slowSteps: { 3: 5_000 } },
  });
  const id = await submitted(worker, { ...story, options: { scenes: 2, duration: 15 } });
  const seen = await until(worker, id, ({ steps }) => steps[3]?.state === 'done');
  expect(seen.steps[2]?.state).toBe('submitting');
  expect((await delivered(worker, id)).run.state).toBe('succeeded');
});

test('clips that are made side by side are polled as often as their provider asks, not at once again and again', async () => {
  const database = await createTestDatabase();
  const installation = await createInstallation(database);
  const worker = await installation.open({
    worker: true,
    vendor: { firstPollAfterMs: 500, pollAfterMs: 500, pollsUntilDone: 6 },
  });
  const id = await submitted(worker, story);
  await until(worker, id, ({ steps }) => steps.every(({ kind, state }) => kind !== 'video' || state === 'submitted'));
  const begun = Date.now();
  expect((await delivered(worker, id)).run.state).toBe('succeeded');
  // Seven polls of each clip, half a second apart.
  expect(Date.now() - begun).toBeGreaterThan(2_500);
});

test('the queue emptied and the database restarted in the middle of a story cost time and nothing else', async () => {
  const database = await createTestDatabase();
  const workspace = await createWorkspace(database, 100);
  const installation = await createInstallation(database);
  const worker = await installation.open({ worker: true, vendor: { pollsUntilDone: 8 } });
  const id = await submitted(worker, { ...story, workspace });
  await until(worker, id, ({ steps }) => steps[5]?.state === 'submitted');
  const queue = await openQueue({ kind: 'postgres', url: database.url }, () => {});
  await database.db.execute(sql`TRUNCATE bullmq.job CASCADE`);
  await queue.close();
  // Every connection is cut, as a restart of the server cuts them.
  await database.db
    .execute(
      sql`SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()`,
    )
    .catch(() => undefined);
  // The connection that follows the run may be one of those that were cut.
  await expect
    .poll(async () => (await loadRun(database.db, id).catch(() => null))?.run.deliveredAt ?? null)
    .not.toBeNull();
  const view = await delivered(worker, id);
  expect(view.run.state).toBe('succeeded');
  for (const count of Object.values(submitsByNumber(installation.journal, id))) expect(count).toBe(1);
  await isSound(installation, worker, view);
});

test('twenty stories at once share their workspaces fairly', async () => {
  const database = await createTestDatabase();
  const installation = await createInstallation(database);
  const worker = await installation.open({ worker: true });
  const homes = await Promise.all([0, 1, 2, 3].map((at) => createWorkspace(database, 400, `terminal:w${at}`)));
  const ids = await Promise.all(
    Array.from({ length: 20 }, async (_, index) => {
      const workspace = homes[index % 4];
      if (!workspace) throw new Error('no workspace');
      const member = { id: `member-${index}`, name: 'Ada', isAdmin: false };
      return await submitted(worker, { ...story, workspace, member });
    }),
  );
  const views = await Promise.all(ids.map((id) => delivered(worker, id)));
  for (const view of views) expect(view.run.state).toBe('succeeded');
  // The workspaces take turns: none of them begins its last story before each has begun its first.
  const begun = (at: number) =>
    views.filter((_, index) => index % 4 === at).map(({ run }) => run.startedAt?.getTime() ?? 0);
  const firsts = [0, 1, 2, 3].map((at) => Math.min(...begun(at)));
  const lasts = [0, 1, 2, 3].map((at) => Math.max(...begun(at)));
  expect(Math.max(...firsts)).toBeLessThan(Math.min(...lasts));
  expect(await checkInvariants(database.db, { atRest: true })).toEqual([]);
  for (const { run } of views) {
    for (const count of Object.values(submitsByNumber(installation.journal, run.id))) expect(count).toBe(1);
  }
});
