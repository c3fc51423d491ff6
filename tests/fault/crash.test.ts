import { describe, expect, test } from 'vitest';
import { checkInvariants } from '../../src/db/invariants.ts';
import { listRuns } from '../../src/db/runs.ts';
import { type ProvidedKind, runId, type StepKind } from '../../src/domain.ts';
import { type Failpoint, failpoints } from '../../src/pipeline/failpoints.ts';
import { createTestDatabase, createWorkspace } from '../support/database.ts';
import { startWorkerProcess } from '../support/processes.ts';
import { createInstallation, delivered, endLeases, submitsOf, submitted } from '../support/program.ts';

type Ending = {
  step?: StepKind;
  /** The final state of the run after another process takes over. */
  ends: 'succeeded' | 'failed';
  captured: number;
  /** The number of submissions that the vendor got for each step. */
  submits: Record<ProvidedKind, number>;
};

const once = { enhance: 1, image: 1, video: 1 };
const unharmed: Ending = { ends: 'succeeded', captured: 24, submits: once };
/** The video may have been submitted or not. We do not submit it again, and we release its credits. */
const interrupted = (video: 0 | 1): Ending => ({
  step: 'video',
  ends: 'failed',
  captured: 6,
  submits: { ...once, video },
});

/** Every point at which a process may die, and the final state of the run. A new failpoint without a line here does not compile. */
const endings: Record<Failpoint, Ending[]> = {
  run_inserted: [unharmed],
  run_dispatched: [unharmed],
  turn_claimed: [unharmed],
  step_submitting: [{ ...unharmed, step: 'enhance' }, { ...unharmed, step: 'image' }, interrupted(0)],
  step_sent: [
    { ...unharmed, step: 'enhance', submits: { ...once, enhance: 2 } },
    { ...unharmed, step: 'image', submits: { ...once, image: 2 } },
    interrupted(1),
  ],
  step_submitted: [{ ...unharmed, step: 'video' }],
  step_polled: [{ ...unharmed, step: 'video' }],
  step_storing: [{ ...unharmed, step: 'video' }],
  // The vendor needs no key for moderation, so only words are checked. `tests/fault/moderation.test.ts` kills at the check of results.
  step_moderated: [{ ...unharmed, step: 'enhance', submits: { ...once, enhance: 2 } }],
  object_stored: [
    { ...unharmed, step: 'image', submits: { ...once, image: 2 } },
    { ...unharmed, step: 'video' },
  ],
  step_done: [
    { ...unharmed, step: 'enhance' },
    { ...unharmed, step: 'image' },
    { ...unharmed, step: 'video' },
  ],
  // A worker reaches this when it finds the interrupted video. If it is killed there, a third process settles the run.
  step_failed: [interrupted(1)],
  // The vendor has no other models. `tests/fault/model-failover.test.ts` kills where one takes the place of another.
  step_replaced: [],
  run_settled: [unharmed],
  run_told: [unharmed],
  run_delivered: [unharmed],
};

const cases = failpoints.flatMap((failpoint) =>
  endings[failpoint].map((ending) => ({
    failpoint,
    ending,
    name: `${failpoint}${ending.step ? ` (${ending.step})` : ''}`,
  })),
);

describe('a process killed right after', () => {
  test.for(cases)('$name leaves a run that ends right, once', async ({ failpoint, ending }) => {
    const database = await createTestDatabase();
    const workspace = await createWorkspace(database, 100);
    const installation = await createInstallation(database);
    const bot = await installation.open({ worker: false });
    const id = failpoint === 'run_inserted' ? null : await submitted(bot, { workspace });

    if (failpoint === 'step_failed') {
      const first = startWorkerProcess(installation, { at: { failpoint: 'step_sent', step: 'video', how: 'kill' } });
      await first.exited;
      await endLeases(database);
    }
    const doomed = startWorkerProcess(installation, {
      at: { failpoint, how: 'kill', ...(ending.step ? { step: ending.step } : {}) },
      submit: failpoint === 'run_inserted',
    });
    expect(await doomed.exited).toEqual({ code: null, signal: 'SIGKILL' });

    await endLeases(database);
    const survivor = await installation.open({ worker: true });
    const known = id ?? (await listRuns(database.db, workspace.id, { limit: 1 }))[0]?.run.id;
    const view = await delivered(survivor, runId.parse(known));
    expect(view.run).toMatchObject({ state: ending.ends, capturedCredits: ending.captured });
    expect(view.run.releasedCredits).toBe(24 - ending.captured);
    expect(submitsOf(installation.journal, view.run.id)).toEqual(ending.submits);
    expect(await checkInvariants(database.db, { atRest: true })).toEqual([]);
    for (const asset of view.assets) expect(await survivor.services.store.size(asset.objectKey)).toBe(asset.bytes);
    if (ending.ends === 'failed') expect(view.run.failure).toMatchObject({ kind: 'interrupted' });
  });
});
