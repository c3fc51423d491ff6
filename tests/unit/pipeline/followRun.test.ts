import { expect, test } from 'vitest';
import { claim } from '../../../src/db/claim.ts';
import { takeHook } from '../../../src/db/hooks.ts';
import { loadRun, requestCancel } from '../../../src/db/runs.ts';
import {
  beginStoring,
  beginSubmit,
  dispatchDue,
  failStep,
  finishEnhance,
  finishMedia,
  postponeStep,
  replaceModel,
  retrySubmit,
  saveHandle,
  savePostedMessages,
  saveProgress,
  saveUnreached,
  settle,
  waitWithStep,
} from '../../../src/db/turns.ts';
import { LeaseLost, type TurnLease } from '../../../src/db/turnWrite.ts';
import { followRun } from '../../../src/pipeline/followRun.ts';
import { createTestDatabase } from '../../support/database.ts';
import { createInstallation, submitted } from '../../support/program.ts';

async function claimedRun() {
  const database = await createTestDatabase();
  const installation = await createInstallation(database);
  const bot = await installation.open({ worker: false });
  const id = await submitted(bot);
  const { db } = database;
  const [lease] = await dispatchDue(db, 1, 60_000);
  const claimed = lease && (await claim(db, [lease], 60_000)).get(id);
  if (!claimed) throw new Error('nothing was due');
  const { standing: _, ...view } = claimed;
  const { known, learn, hear } = followRun(view);
  const held: TurnLease = { ...lease, learn };
  /** The database must hold the same as the turn knows, except for times. */
  const compare = async () =>
    expect({ ...known(), clockAheadMs: 0 }).toEqual({ ...(await loadRun(db, id)), clockAheadMs: 0 });
  /** As after a while in which others may have written. */
  const listen = async (...atWork: number[]) => {
    const read = await loadRun(db, id);
    if (read) hear(read, new Set(atWork));
  };
  return { db, id, known, held, lease, compare, listen };
}

const asset = (kind: 'image' | 'video') => ({
  kind,
  objectKey: `runs/${kind}`,
  mime: kind === 'image' ? 'image/png' : 'video/mp4',
  width: 64,
  height: 36,
  seconds: kind === 'image' ? null : 2.5,
  bytes: 1_234,
  sha256: 'ab'.repeat(32),
  flagged: kind === 'image' ? ['violence'] : null,
});
const third = { number: 3, failedAttempts: 0, hookedAt: null };
const cost = { microUsd: 40_000, usage: { tokens: 12 } };

test('a turn that never reads its run again knows what the database holds, after every write', async () => {
  const { db, held, compare } = await claimedRun();
  const writes: (() => Promise<unknown>)[] = [
    () => beginSubmit(db, held, { number: 1, submits: 0 }),
    () => retrySubmit(db, held, 1, 0),
    () => replaceModel(db, held, 1, { provider: 'other', model: 'm', keySource: 'none', priceCredits: 0, insteadOf }),
    () => beginSubmit(db, held, { number: 1, submits: 0 }),
    () => finishEnhance(db, held, 1, { image: 'a fox', motion: 'it runs' }, cost),
    () => savePostedMessages(db, held, { progressId: '1' }),
    () => beginSubmit(db, held, { number: 2, submits: 0 }),
    () => finishMedia(db, held, 2, asset('image'), { cost, isAppended: false }),
    () => finishMedia(db, held, 2, { ...asset('image'), bytes: 5 }, { cost: null, isAppended: false }),
    () => waitWithStep(db, held, 3, 0),
    () => beginSubmit(db, held, { number: 3, submits: 0 }),
    () => saveHandle(db, held, third, { handle: { id: 'job-1' }, pollAfterMs: 5_000 }, null),
    () => saveProgress(db, held, third, { fraction: 0.4, pollAfterMs: 0 }, null),
    () => postponeStep(db, held, 3, 1_000),
    () => saveProgress(db, held, { ...third, failedAttempts: 1 }, { fraction: null, pollAfterMs: 0 }, null),
    () => beginStoring(db, held, 3, cost),
    () => finishMedia(db, held, 3, asset('video'), { cost: null, isAppended: true }),
    () => settle(db, held, { state: 'succeeded', capturedCredits: 3, failure: null }),
    () => savePostedMessages(db, held, { progressId: '1', resultId: '2' }),
    () => saveUnreached(db, held, [3]),
  ];
  for (const write of writes) {
    await write();
    await compare();
  }
});

const insteadOf = { provider: 'first', model: 'm', failure: 'unavailable', heldCredits: 0, tried: [] } as const;

test('a run that fails skips its other steps, and the turn knows', async () => {
  const { db, held, known, compare } = await claimedRun();
  await beginSubmit(db, held, { number: 1, submits: 0 });
  await failStep(db, held, 1, { kind: 'refused', detail: 'no' }, cost);
  const failure = { kind: 'refused', detail: 'no' } as const;
  await settle(db, held, { state: 'failed', capturedCredits: 0, failure });
  expect(known().steps.map(({ state }) => state)).toEqual(['failed', 'skipped', 'skipped']);
  await compare();
});

test('a turn learns from its next write that somebody asked to stop the run', async () => {
  const { db, id, held, known, compare } = await claimedRun();
  await beginSubmit(db, held, { number: 1, submits: 0 });
  await requestCancel(db, id);
  expect(known().run.cancelRequestedAt).toBeNull();
  await finishEnhance(db, held, 1, { image: 'a fox', motion: 'it runs' }, null);
  expect(known().run.cancelRequestedAt).not.toBeNull();
  await compare();
});

test('a turn that may not send any more learns why', async () => {
  const { db, id, held, known, compare } = await claimedRun();
  await requestCancel(db, id);
  expect(await beginSubmit(db, held, { number: 1, submits: 0 })).toBe('stopped');
  expect(known().run.cancelRequestedAt).not.toBeNull();
  await compare();
});

test('a turn that may not send any more knows of the send whose answer it has lost', async () => {
  const { db, id, lease, held, known, compare } = await claimedRun();
  // Without `learn`: the write is there, and its answer was lost.
  expect(await beginSubmit(db, lease, { number: 1, submits: 0 })).toBe('begun');
  await requestCancel(db, id);
  expect(await beginSubmit(db, held, { number: 1, submits: 0 })).toBe('stopped');
  expect(known().steps.find(({ number }) => number === 1)?.state).toBe('submitting');
  await compare();
});

test('an answer that comes late does not undo what a later write has said', async () => {
  const { held, known } = await claimedRun();
  const stopped = new Date();
  held.learn?.({ run: { cancelRequestedAt: stopped, startedAt: stopped } });
  held.learn?.({ run: { cancelRequestedAt: null, startedAt: null } });
  expect(known().run).toMatchObject({ cancelRequestedAt: stopped, startedAt: stopped });
});

test('polls that end together are each ended by whoever holds their run', async () => {
  const { db, id, lease, held } = await claimedRun();
  await beginSubmit(db, held, { number: 1, submits: 0 });
  const ending = { othersDueAt: null, knowsStop: false, hookedAt: null };
  const poll = (dispatch: number) =>
    saveProgress(
      db,
      { runId: id, dispatch },
      { number: 1, failedAttempts: 0, hookedAt: null },
      { fraction: null, pollAfterMs: 15_000 },
      ending,
    );
  const ends = await Promise.allSettled([poll(lease.dispatch - 1), poll(lease.dispatch), poll(lease.dispatch + 1)]);
  expect(ends.map(({ status }) => status)).toEqual(['rejected', 'fulfilled', 'rejected']);
  expect(ends.flatMap((end) => (end.status === 'rejected' ? [end.reason] : []))).toEqual([
    expect.any(LeaseLost),
    expect.any(LeaseLost),
  ]);
  expect((await loadRun(db, id))?.run).toMatchObject({ busy: false, failedAttempts: 0 });
});

test('a run that somebody stopped while its provider was asked is due at once', async () => {
  const { db, id, lease } = await claimedRun();
  await requestCancel(db, id);
  const plain = { fraction: null, pollAfterMs: 15_000 };
  await saveProgress(db, lease, { number: 1, failedAttempts: 0, hookedAt: null }, plain, {
    othersDueAt: null,
    knowsStop: false,
    hookedAt: null,
  });
  expect(await dispatchDue(db, 1, 60_000)).toHaveLength(1);
});

test('a turn that listens hears of a hook together with the step that it makes due, and of a wish to stop', async () => {
  const { db, id, held, known, compare, listen } = await claimedRun();
  await beginSubmit(db, held, { number: 1, submits: 0 });
  await saveHandle(db, held, { number: 1, hookedAt: null }, { handle: {}, pollAfterMs: 180_000 }, null);
  expect(await takeHook(db, 'google', { runId: id, step: 1 })).toBe('taken');
  await requestCancel(db, id);
  await listen(2);
  expect(known().run.hookedAt).not.toBeNull();
  expect(known().steps[0]?.dueAt?.getTime()).toBeLessThan(Date.now() + 1_000);
  await compare();
});

test('a turn does not hear of a hook about a step at work, however it learns of the step, so it ends with the run due', async () => {
  const { db, id, held, known, listen } = await claimedRun();
  await beginSubmit(db, held, { number: 1, submits: 0 });
  await takeHook(db, 'google', { runId: id, step: 1 });
  await listen(1);
  expect(known().run.hookedAt).toBeNull();
  expect(known().steps[0]).toMatchObject({ hookedAt: null, state: 'submitting' });
  // A write that does not end the turn makes the step due, so that this turn can poll it.
  await saveHandle(db, held, { number: 1, hookedAt: null }, { handle: {}, pollAfterMs: 180_000 }, null);
  expect(known().run.hookedAt).toBeNull();
  expect(known().steps[0]?.dueAt?.getTime()).toBeLessThan(Date.now() + 1_000);
  const end = { othersDueAt: null, knowsStop: false, hookedAt: known().run.hookedAt };
  await saveProgress(
    db,
    held,
    { number: 1, failedAttempts: 0, hookedAt: null },
    { fraction: null, pollAfterMs: 15_000 },
    end,
  );
  expect(await dispatchDue(db, 1, 60_000)).toHaveLength(1);
});
