import { and, desc, eq, gt, inArray, isNull, lt, or, sql } from 'drizzle-orm';
import { z } from 'zod';
import { type Failure, type RunId, type RunState, runId, type WorkspaceId } from '../domain.ts';
import { type Actor, recordChange } from './audit.ts';
import type { Tx } from './client.ts';
import type { LedgerRow } from './credits.ts';
import { loadRun, type RunView } from './runs.ts';
import { creditAccounts, creditTransactions, runs, workspaces } from './schema.ts';
import { failStep, settle } from './turns.ts';

// Queries and actions for operators, across all workspaces. No chat command reaches them.

/** A run is stuck if it has been due for `overdueSeconds`, or if `vainTurns` turns in a row have failed. */
type StuckAfter = { overdueSeconds: number; vainTurns: number };

export type RunFilter = { workspaceId?: WorkspaceId; state?: RunState; stuckAfter?: StuckAfter; limit: number };

/** The newest runs of all workspaces. `stuckAfter` keeps only the stuck ones. */
export async function findRuns(tx: Tx, { workspaceId, state, stuckAfter, limit }: RunFilter) {
  const stuck = stuckAfter && and(isNull(runs.deliveredAt), or(isOverdue(stuckAfter), comesToNothing(stuckAfter)));
  return await tx
    .select({
      id: runs.id,
      workspaceId: runs.workspaceId,
      member: runs.memberName,
      workflow: runs.workflow,
      state: runs.state,
      priceCredits: runs.priceCredits,
      failure: runs.failure,
      createdAt: runs.createdAt,
      prompt: runs.prompt,
      settledAt: runs.settledAt,
      dueAt: runs.dueAt,
      failedAttempts: runs.failedAttempts,
    })
    .from(runs)
    .where(and(workspaceId && eq(runs.workspaceId, workspaceId), state && eq(runs.state, state), stuck))
    .orderBy(desc(runs.createdAt))
    .limit(limit);
}

/** A run that waits to start is not stuck: limits may keep it waiting for long, and the metrics show that. */
const isOverdue = ({ overdueSeconds }: StuckAfter) =>
  and(
    sql`(${runs.state} <> 'queued' OR ${runs.cancelRequestedAt} IS NOT NULL)`,
    sql`${runs.dueAt} < now() - make_interval(secs => ${overdueSeconds})`,
  );

/**
 * A dispatch moves `due_at` into the future, so such a run never looks overdue. The second number counts dispatches that never
 * reached a worker.
 */
const comesToNothing = ({ vainTurns }: StuckAfter) =>
  sql`greatest(${runs.failedAttempts}, ${runs.dispatch} - ${runs.claimed}) >= ${vainTurns}`;

const ids = z.array(z.object({ id: runId }));

/** A run of any workspace, by the beginning of its id. */
export async function findRunAnywhere(tx: Tx, reference: string): Promise<RunView | 'none' | 'ambiguous'> {
  if (!/^[0-9a-f-]{4,36}$/i.test(reference)) return 'none';
  // A range of ids lets PostgreSQL use the primary key.
  const digits = reference.toLowerCase().replaceAll('-', '');
  const bound = (fill: string) => digits.padEnd(32, fill);
  const [first, second] = ids.parse(
    await tx.execute(sql`SELECT id FROM runs WHERE id BETWEEN ${bound('0')}::uuid AND ${bound('f')}::uuid LIMIT 2`),
  );
  if (second) return 'ambiguous';
  return (first ? await loadRun(tx, first.id) : null) ?? 'none';
}

/**
 * Ends a run that does not end by itself. It captures the price of the done steps and releases the rest. It takes the lease from
 * the worker that has the run: that worker's next write fails, and VidGenie records the call that the worker is paying for as an
 * orphan. The run is due at once, for its delivery.
 */
export async function endRun(tx: Tx, id: RunId, failure: Failure, by: Actor = null): Promise<'ended' | 'over'> {
  return await tx.transaction(async (inner) => {
    const [taken] = await inner
      .update(runs)
      .set({ dispatch: sql`${runs.dispatch} + 1`, claimed: sql`${runs.dispatch} + 1`, busy: true, dueAt: sql`now()` })
      .where(and(eq(runs.id, id), inArray(runs.state, ['queued', 'running'])))
      .returning({ dispatch: runs.dispatch });
    if (!taken) return 'over';
    const lease = { runId: id, dispatch: taken.dispatch };
    const view = await loadRun(inner, id);
    if (!view) throw new Error(`run ${id} is gone`);
    const open = view.steps.filter(({ state }) => state !== 'done' && state !== 'failed' && state !== 'skipped');
    const atWork = open.filter(({ state }) => state !== 'pending');
    for (const step of atWork.length > 0 ? atWork : open.slice(0, 1)) {
      await failStep(inner, lease, step.number, failure);
    }
    const paid = view.steps.filter((step) => step.state === 'done' || step.failure?.kind === 'canceled');
    const capturedCredits = paid.reduce((sum, step) => sum + step.priceCredits, 0);
    await settle(inner, lease, { state: 'failed', capturedCredits, failure });
    const { workspaceId } = view.run;
    await recordChange(inner, {
      workspaceId,
      action: 'run_failed',
      actor: by,
      subject: id,
      details: { capturedCredits },
    });
    return 'ended';
  });
}

/**
 * The ledger, oldest first, in pages. `after` is the id of the last row of the previous page. No transaction stays open between
 * pages.
 */
export async function ledgerPage(
  tx: Tx,
  {
    workspaceId,
    after,
    before,
    limit,
  }: { workspaceId: WorkspaceId | null; after: number; before: Date; limit: number },
): Promise<LedgerRow[]> {
  return await tx
    .select()
    .from(creditTransactions)
    .where(
      and(
        gt(creditTransactions.id, after),
        lt(creditTransactions.createdAt, before),
        workspaceId === null ? undefined : eq(creditTransactions.workspaceId, workspaceId),
      ),
    )
    .orderBy(creditTransactions.id)
    .limit(limit);
}

const tallied = z.coerce.number();

/** Every workspace with its balance and its numbers of runs and keys, in pages by id. */
export async function listWorkspaces(tx: Tx, { after, limit }: { after: string; limit: number }) {
  const rows = await tx
    .select({
      id: workspaces.id,
      platform: workspaces.platform,
      name: workspaces.name,
      createdAt: workspaces.createdAt,
      balance: creditAccounts.balance,
      held: creditAccounts.held,
      runs: sql`(SELECT count(*) FROM runs r WHERE r.workspace_id = ${workspaces.id})`.mapWith((count) =>
        tallied.parse(count),
      ),
      keys: sql`(SELECT count(*) FROM workspace_keys k WHERE k.workspace_id = ${workspaces.id})`.mapWith((count) =>
        tallied.parse(count),
      ),
    })
    .from(workspaces)
    .innerJoin(creditAccounts, eq(creditAccounts.workspaceId, workspaces.id))
    .where(sql`${workspaces.id} > ${after}`)
    .orderBy(workspaces.id)
    .limit(limit);
  return rows;
}
