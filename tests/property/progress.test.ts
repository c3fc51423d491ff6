import { sql } from 'drizzle-orm';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { claim } from '../../src/db/claim.ts';
import type { Database } from '../../src/db/client.ts';
import { loadRun, type NewAsset, type RunView } from '../../src/db/runs.ts';
import {
  beginStoring,
  beginSubmit,
  dispatchDue,
  failStep,
  finishEnhance,
  finishMedia,
  retrySubmit,
  saveHandle,
  saveProgress,
  settle,
} from '../../src/db/turns.ts';
import type { Lease } from '../../src/db/turnWrite.ts';
import { type Progress, progressOf } from '../../src/pipeline/progress.ts';
import { nextTransitions } from '../../src/pipeline/stateMachine.ts';
import { createTestDatabase, createWorkspace } from '../support/database.ts';
import { createInstallation, submitted } from '../support/program.ts';

/** One viewer: a process on a machine whose clock is wrong. */
const look = fc.record({
  wrongMs: fc.integer({ min: -60_000, max: 60_000 }),
});
/** The next event, if the run's step can have it. */
const event = fc.record({
  afterMs: fc.integer({ min: 0, max: 60_000 }),
  what: fc.constantFrom('go on', 'go on', 'report', 'report', 'begin again', 'fail'),
  fraction: fc.option(fc.double({ min: 0, max: 1, noNaN: true }), { nil: null }),
  looks: fc.array(look, { minLength: 1, maxLength: 3 }),
});
type Event = typeof event extends fc.Arbitrary<infer T> ? T : never;

const media: NewAsset = {
  kind: 'image',
  objectKey: 'runs/x/image-00000000.png',
  mime: 'image/png',
  width: 1,
  height: 1,
  seconds: null,
  bytes: 1,
  sha256: '',
};

async function happen({ db }: Database, lease: Lease, view: RunView, { what, fraction }: Event): Promise<void> {
  if (view.run.settledAt) return;
  const { steps, whole } = nextTransitions(view, new Set(), new Date(Date.now() + 120_000));
  const transition = steps[0] ?? whole;
  if (!transition) return;
  if (transition.kind === 'settle') return await settle(db, lease, transition);
  if (!('step' in transition)) return;
  const { step } = transition;
  const { number, kind } = step;
  if (what === 'fail' && step.state !== 'pending') {
    return await failStep(db, lease, number, { kind: 'refused', detail: '' });
  }
  switch (step.state) {
    case 'pending':
      await beginSubmit(db, lease, step);
      return;
    case 'submitting':
      return what === 'begin again'
        ? await retrySubmit(db, lease, number, 0)
        : await saveHandle(db, lease, step, { handle: {}, pollAfterMs: 0 }, null);
    case 'submitted':
      return what === 'go on'
        ? await beginStoring(db, lease, number, null)
        : await saveProgress(db, lease, step, { fraction, pollAfterMs: 0 }, null);
    default:
      return kind === 'enhance'
        ? await finishEnhance(db, lease, number, { image: 'x', motion: 'y' }, null)
        : await finishMedia(db, lease, number, media, { cost: null, isAppended: false });
  }
}

const percents = ({ percent, steps }: Progress) => [percent, ...steps.map((step) => step.percent)];

test('progress never goes back, overall or of a step, whatever providers report, and whoever looks', async () => {
  const database = await createTestDatabase();
  const { db } = database;
  const installation = await createInstallation(database);
  const bot = await installation.open({ worker: false });
  let number = 0;
  await fc.assert(
    fc.asyncProperty(fc.array(event, { minLength: 4, maxLength: 24 }), async (events) => {
      // A run that stays active counts against the limits of its workspace.
      number += 1;
      const workspace = await createWorkspace(database, 1_000, `terminal:${number}`);
      const id = await submitted(bot, { workspace });
      const [lease] = await dispatchDue(db, 1, 60_000);
      if (!lease || lease.runId !== id) throw new Error('the run is not due');
      await claim(db, [lease], 3_600_000);
      let seen = [0, 0, 0, 0];
      for (const one of events) {
        await db.execute(sql`
          UPDATE steps SET started_at = started_at - make_interval(secs => ${one.afterMs / 1000}::float8)
          WHERE run_id = ${id} AND finished_at IS NULL`);
        for (const moment of ['before', 'after']) {
          const view = await loadRun(db, id);
          if (!view) throw new Error('the run is gone');
          for (const { wrongMs } of one.looks) {
            const there = { ...view, clockAheadMs: view.clockAheadMs - wrongMs };
            const now = percents(progressOf(there, new Date(Date.now() + wrongMs)));
            for (const [at, percent] of now.entries()) expect(percent).toBeGreaterThanOrEqual(seen[at] ?? 0);
            seen = now;
          }
          if (moment === 'before') await happen(database, lease, view, one);
        }
      }
      await db.execute(sql`UPDATE runs SET due_at = now() + interval '1 day' WHERE id = ${id}`);
    }),
    { numRuns: 40 },
  );
});
