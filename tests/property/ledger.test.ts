import { randomUUID } from 'node:crypto';
import { sql } from 'drizzle-orm';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { claim } from '../../src/db/claim.ts';
import type { Database } from '../../src/db/client.ts';
import { accountOf, changeBalance } from '../../src/db/credits.ts';
import { insertRun } from '../../src/db/insertRun.ts';
import { checkInvariants } from '../../src/db/invariants.ts';
import { listRuns, loadRun, refundedCredits, requestCancel } from '../../src/db/runs.ts';
import {
  beginSubmit,
  dispatchDue,
  failStep,
  finishDelivery,
  finishEnhance,
  handBack,
  saveUnreached,
  settle,
} from '../../src/db/turns.ts';
import { LeaseLost } from '../../src/db/turnWrite.ts';
import { ensureWorkspace } from '../../src/db/workspaces.ts';
import { runId, runOptions, type WorkspaceId } from '../../src/domain.ts';
import { nextTransitions } from '../../src/pipeline/stateMachine.ts';
import { createDatabaseInTime, createWorkspace } from '../support/database.ts';
import { newStepOf } from '../support/views.ts';

/** One command that somebody may give at any moment. */
const command = fc.oneof(
  fc.record({
    do: fc.constant('submit' as const),
    price: fc.nat({ max: 60 }),
    key: fc.nat({ max: 12 }),
    at: fc.nat({ max: 1 }),
  }),
  fc.record({
    do: fc.constant('turn' as const),
    fails: fc.boolean(),
    /** The receiver of a result. `later`: it is decided that nobody does, and delivery has not ended. */
    reaches: fc.constantFrom('somebody', 'nobody', 'nobody later'),
  }),
  fc.record({ do: fc.constant('cancel' as const), run: fc.nat({ max: 5 }) }),
  fc.record({ do: fc.constant('grant' as const), amount: fc.integer({ min: 1, max: 80 }), key: fc.nat({ max: 5 }) }),
  fc.record({ do: fc.constant('adjust' as const), amount: fc.integer({ min: -80, max: -1 }), key: fc.nat({ max: 5 }) }),
  fc.record({ do: fc.constant('month' as const) }),
);
type Command = typeof command extends fc.Arbitrary<infer T> ? T : never;

type InTime = Awaited<ReturnType<typeof createDatabaseInTime>>;

const freeCredits = 100;

async function carryOut(database: InTime, workspaces: readonly WorkspaceId[], todo: Command): Promise<void> {
  const { db } = database;
  const home = workspaces[0];
  if (!home) throw new Error('no workspace');
  const nth = async (index: number) => (await listRuns(db, home, { limit: 6 }))[index]?.run;
  switch (todo.do) {
    case 'submit': {
      const workspaceId = workspaces[todo.at] ?? home;
      const steps = [newStepOf('enhance', { priceCredits: todo.price })];
      const run = { id: runId.parse(randomUUID()), workspaceId, requestKey: `${workspaceId}/${todo.key}`, steps };
      await insertRun(db, {
        ...run,
        memberId: 'ada',
        memberName: 'Ada',
        workflow: 'image',
        prompt: 'x',
        options: runOptions.parse({}),
        conversation: {},
        input: null,
      });
      return;
    }
    case 'turn': {
      const [lease] = await dispatchDue(db, 1, 60_000);
      const view = lease && (await claim(db, [lease], 60_000)).get(lease.runId);
      if (!lease || !view) return;
      const { steps, whole } = nextTransitions(view, new Set(), new Date());
      const transition = steps[0] ?? whole;
      if (!transition) throw new Error('nothing is next');
      if (transition.kind === 'deliver') {
        const unreached = todo.reaches === 'somebody' ? [] : [1];
        if (todo.reaches !== 'nobody later') {
          await finishDelivery(db, lease, { posted: {}, failure: null, unreached });
          return;
        }
        await saveUnreached(db, lease, unreached);
      } else if (transition.kind === 'settle') await settle(db, lease, transition);
      else if (transition.kind === 'send') {
        await beginSubmit(db, lease, transition.step);
        if (todo.fails) await failStep(db, lease, 1, { kind: 'refused', detail: 'no' });
        else await finishEnhance(db, lease, 1, { image: 'x', motion: 'y' }, null);
      } else throw new Error(`unexpected transition ${transition.kind}`);
      return await handBack(db, lease);
    }
    case 'cancel': {
      const run = await nth(todo.run);
      if (run) await requestCancel(db, run.id);
      return;
    }
    case 'grant':
    case 'adjust':
      await changeBalance(db, home, {
        kind: todo.do,
        amount: todo.amount,
        origin: 'operator',
        key: `${todo.key}`,
        note: '',
      });
      return;
    case 'month':
      await database.advance('1 month');
      for (const id of workspaces) await ensureWorkspace(db, { id, platform: 'terminal', name: id }, freeCredits);
  }
}

/** Workspaces that own more than the free credits of one month, plus the operator's grants and the refunds. */
async function minted({ db }: Database): Promise<unknown[]> {
  return await db.execute(sql`
    SELECT a.workspace_id, a.balance + a.held AS owns FROM credit_accounts a JOIN credit_transactions t USING (workspace_id)
    GROUP BY a.workspace_id, a.balance, a.held
    HAVING a.balance + a.held > ${freeCredits}
      + coalesce(sum(t.amount) FILTER (WHERE t.kind = 'refund' OR (t.kind = 'grant' AND t.idempotency_key LIKE 'operator:%')), 0)`);
}

test('the ledger holds its invariants, and no month mints credits, under any commands, given at the same time in any number', async () => {
  const database = await createDatabaseInTime();
  let world = 0;
  await fc.assert(
    fc.asyncProperty(fc.array(fc.array(command, { minLength: 1, maxLength: 8 }), { maxLength: 6 }), async (waves) => {
      world += 1;
      const workspaces = await Promise.all(
        ['a', 'b'].map(async (name) => (await createWorkspace(database, freeCredits, `terminal:${name}${world}`)).id),
      );
      for (const wave of waves) {
        const results = await Promise.allSettled(wave.map((todo) => carryOut(database, workspaces, todo)));
        // Losing a run to another worker is the only allowed error.
        for (const result of results) if (result.status === 'rejected') expect(result.reason).toBeInstanceOf(LeaseLost);
        expect(await checkInvariants(database.db, { atRest: false })).toEqual([]);
        expect(await minted(database)).toEqual([]);
      }
    }),
    { numRuns: 25 },
  );
});

test('whatever was begun comes to rest with nothing held', async () => {
  const database = await createDatabaseInTime();
  const workspace = await createWorkspace(database, 100);
  await Promise.all(
    Array.from({ length: 12 }, (_, key) => carryOut(database, [workspace.id], { do: 'submit', price: 7, key, at: 0 })),
  );
  for (let turn = 0; turn < 12 * 3; turn += 1) {
    await carryOut(database, [workspace.id], {
      do: 'turn',
      fails: turn % 5 === 0,
      reaches: turn % 4 === 0 ? 'nobody' : 'somebody',
    });
  }
  expect(await checkInvariants(database.db, { atRest: true })).toEqual([]);
  const runs = await listRuns(database.db, workspace.id, { limit: 20 });
  const captured = runs.reduce((sum, view) => sum + (view.run.capturedCredits ?? 0) - refundedCredits(view), 0);
  expect(runs.some((view) => refundedCredits(view) > 0)).toBe(true);
  expect(await accountOf(database.db, workspace.id)).toEqual({ balance: 100 - captured, held: 0 });
  expect(await loadRun(database.db, runId.parse(randomUUID()))).toBeNull();
});
