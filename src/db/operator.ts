import { and, desc, eq, gt, inArray, lt, type SQL, sql } from 'drizzle-orm';
import { z } from 'zod';
import type { Failure, RunId, RunState, WorkspaceId } from '../domain.ts';
import { type Actor, recordChange } from './audit.ts';
import type { Tx } from './client.ts';
import { inWorkspace, type LedgerRow } from './credits.ts';
import { loadRun } from './runs.ts';
import { creditAccounts, creditTransactions, runs, workspaces } from './schema.ts';
import { failStep, settle } from './turns.ts';

// Queries and actions for operators, across all workspaces. No chat command reaches them.

/** A run is stuck if it has been due for `overdueSeconds`, or if `vainTurns` turns in a row have failed. */
type StuckAfter = { overdueSeconds: number; vainTurns: number };

export type RunFilter = { workspaceId?: WorkspaceId; state?: RunState; stuckAfter?: StuckAfter; limit: number };

/** How many of the newest runs are looked at for those that ended in one state. */
export const maxLookedAt = 5_000;

/**
 * The newest runs of all workspaces. `stuckAfter` keeps only the stuck ones. `isCut`: there are fewer than `limit` runs in a state in
 * which runs end, among the newest {@link maxLookedAt}, and older ones were not looked at.
 */
export async function findRuns(tx: Tx, filter: RunFilter) {
  const { state, limit } = filter;
  const rows = await tx
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
    .where(sql`${runs.id} IN (${chosen(filter)})`)
    .orderBy(desc(runs.createdAt), desc(runs.id));
  const isCut = !isUnfinished(filter) && state !== undefined && rows.length < limit && (await areMore(tx, filter));
  return { runs: rows, isCut };
}

const isUnfinished = ({ state, stuckAfter }: RunFilter) =>
  stuckAfter !== undefined || state === 'queued' || state === 'running';

/** The ids of the runs of a list. */
function chosen(filter: RunFilter): SQL {
  const { state, limit } = filter;
  const among = isUnfinished(filter) ? unfinishedRuns(filter) : newestRuns(filter);
  const which = state === undefined ? sql`true` : sql`state = ${state}`;
  return sql`SELECT id FROM (${among}) AS looked_at WHERE ${which} ORDER BY created_at DESC, id DESC LIMIT ${sql.raw(String(limit))}`;
}

/** An index has the unfinished runs, and one has those that are stuck, for all who ask by the same condition as the index. */
function unfinishedRuns({ workspaceId, stuckAfter }: RunFilter): SQL {
  const here = workspaceId === undefined ? sql`true` : sql`workspace_id = ${workspaceId}`;
  return stuckAfter
    ? sql`SELECT id, state, created_at FROM runs
        WHERE (state <> 'queued' OR cancel_requested_at IS NOT NULL) AND due_at IS NOT NULL AND ${here}
          AND (${isOverdue(stuckAfter)} OR ${comesToNothing(stuckAfter)}) OFFSET 0`
    : sql`SELECT id, state, created_at FROM runs WHERE settled_at IS NULL AND ${here} OFFSET 0`;
}

/** The newest runs, as many as are looked at. Every run has one hold, and the ids of the ledger grow with time. */
function newestRuns({ workspaceId, state, limit }: RunFilter): SQL {
  const read = state === undefined ? limit : maxLookedAt;
  return workspaceId === undefined
    ? sql`SELECT own.* FROM (
        SELECT run_id FROM credit_transactions WHERE kind = 'hold' ORDER BY id DESC LIMIT ${sql.raw(String(read))}
      ) AS newest CROSS JOIN LATERAL (SELECT id, state, created_at FROM runs WHERE runs.id = newest.run_id OFFSET 0) AS own`
    : sql`SELECT id, state, created_at FROM runs WHERE workspace_id = ${workspaceId}
        ORDER BY created_at DESC, id DESC LIMIT ${sql.raw(String(read))}`;
}

async function areMore(tx: Tx, filter: RunFilter): Promise<boolean> {
  const rows = await tx.execute(
    sql`SELECT 1 FROM (${newestRuns(filter)}) AS newest OFFSET ${maxLookedAt - 1}::int LIMIT 1`,
  );
  return rows.length > 0;
}

/** A run that waits to start is not stuck: limits may keep it waiting for long, and the metrics show that. */
const isOverdue = ({ overdueSeconds }: StuckAfter) =>
  sql`due_at < now() - make_interval(secs => ${overdueSeconds}::float8)`;

/**
 * A dispatch moves `due_at` into the future, so such a run never looks overdue. The second number counts dispatches that never
 * reached a worker.
 */
const comesToNothing = ({ vainTurns }: StuckAfter) =>
  sql`greatest(failed_attempts, dispatch - claimed) >= ${vainTurns}::int`;

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
        workspaceId === null ? undefined : inWorkspace(workspaceId),
      ),
    )
    .orderBy(...(workspaceId === null ? [] : [creditTransactions.workspaceId]), creditTransactions.id)
    .limit(limit);
}

const tallied = z.coerce.number();
const moment = z.coerce.date().nullable();

/** Every workspace with its balance, the time of its newest run and its number of keys, in pages by id. */
export async function listWorkspaces(tx: Tx, { after, limit }: { after: string; limit: number }) {
  return await tx
    .select({
      id: workspaces.id,
      platform: workspaces.platform,
      name: workspaces.name,
      createdAt: workspaces.createdAt,
      balance: creditAccounts.balance,
      held: creditAccounts.held,
      // An index knows the newest run. To count the runs would read the whole history of the workspace.
      lastRunAt: sql`(SELECT max(r.created_at) FROM runs r WHERE r.workspace_id = ${workspaces.id})`.mapWith((at) =>
        moment.parse(at),
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
}
