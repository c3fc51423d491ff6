import { and, eq, inArray, lt, sql } from 'drizzle-orm';
import type { PgUpdateSetSource } from 'drizzle-orm/pg-core';
import { z } from 'zod';
import type { Tx } from './client.ts';
import { record } from './credits.ts';
import { type Asset, loadRun, type RunView } from './runs.ts';
import { assets, creditAccounts, providerOrphans, runs, steps } from './schema.ts';
import {
  type EnhancedPrompt,
  type Failure,
  type Opaque,
  type RunId,
  runId,
  type StepKind,
  type TerminalState,
} from './vocabulary.ts';

/** One dispatch of a run: the right to write to it, until it is dispatched again. */
export type Lease = { runId: RunId; dispatch: number };

const leaseRows = z.array(z.object({ id: runId, dispatch: z.int() }));

/**
 * Takes up to `limit` runs that are due and leases each for `visibilityMs`. Runs in progress go before new ones. A run whose lease is
 * not renewed falls due again: that is the only rescue there is, and the only one needed.
 */
export async function dispatchDue(tx: Tx, limit: number, visibilityMs: number): Promise<Lease[]> {
  const rows = leaseRows.parse(
    await tx.execute(sql`
      WITH going AS (
        SELECT id FROM runs WHERE state <> 'queued' AND due_at <= now()
        ORDER BY due_at LIMIT ${limit} FOR UPDATE SKIP LOCKED
      ), fresh AS (
        SELECT id FROM runs WHERE state = 'queued' AND due_at <= now()
        ORDER BY due_at LIMIT ${limit} - (SELECT count(*) FROM going) FOR UPDATE SKIP LOCKED
      )
      UPDATE runs SET due_at = now() + make_interval(secs => ${visibilityMs / 1000}::float8), dispatch = dispatch + 1, busy = true
      WHERE id IN (SELECT id FROM going UNION ALL SELECT id FROM fresh)
      RETURNING id, dispatch`),
  );
  return rows.map((row) => ({ runId: row.id, dispatch: row.dispatch }));
}

const owned = (lease: Lease) => and(eq(runs.id, lease.runId), eq(runs.dispatch, lease.dispatch));
const after = (ms: number) => sql`now() + make_interval(secs => ${ms / 1000}::float8)`;

/** Takes up a leased run: at most once for each dispatch. Counts as a setback until the turn makes progress. */
export async function claim(tx: Tx, lease: Lease, visibilityMs: number): Promise<RunView | null> {
  const rows = await tx
    .update(runs)
    .set({ claimed: lease.dispatch, dueAt: after(visibilityMs), setbacks: sql`${runs.setbacks} + 1` })
    .where(and(owned(lease), lt(runs.claimed, lease.dispatch)))
    .returning({ id: runs.id });
  return rows.length > 0 ? await loadRun(tx, lease.runId) : null;
}

/** Renews the lease; false when the run was lost to another dispatch. */
export async function heartbeat(tx: Tx, lease: Lease, visibilityMs: number): Promise<boolean> {
  const rows = await tx
    .update(runs)
    .set({ dueAt: after(visibilityMs) })
    .where(and(owned(lease), eq(runs.busy, true)))
    .returning({ id: runs.id });
  return rows.length > 0;
}

/** Thrown when a turn writes to a run that was dispatched again meanwhile. Nothing was written. */
export class LeaseLost extends Error {
  override readonly name = 'LeaseLost';
}

type StepChange = Omit<PgUpdateSetSource<typeof steps>, 'runId' | 'kind'>;
type RunChange = Pick<PgUpdateSetSource<typeof runs>, 'state' | 'startedAt'>;
export type NewAsset = Omit<Asset, 'id' | 'runId' | 'createdAt' | 'step'>;

type TurnWrite = {
  run?: RunChange;
  step?: { kind: StepKind } & StepChange;
  asset?: { step: StepKind } & NewAsset;
  /** Ends the turn: when the run falls due next, in milliseconds from now. Without it the turn goes on. */
  dueInMs?: number;
  /** A turn that came to nothing keeps its setback. */
  setback?: boolean;
};

/** Every write of a turn: a compare-and-set on the dispatch, all or nothing, announced to whoever watches the run. */
async function write(tx: Tx, lease: Lease, change: TurnWrite): Promise<void> {
  await tx.transaction(async (inner) => {
    const rows = await inner
      .update(runs)
      .set({
        ...change.run,
        ...(change.dueInMs === undefined ? { busy: true } : { dueAt: after(change.dueInMs), busy: false }),
        ...(change.setback ? {} : { setbacks: 0 }),
      })
      .where(owned(lease))
      .returning({ id: runs.id });
    if (rows.length === 0) throw new LeaseLost(`run ${lease.runId} was dispatched again after ${lease.dispatch}`);
    const { kind, ...set } = change.step ?? {};
    if (kind && Object.keys(set).length > 0) {
      await inner
        .update(steps)
        .set(set)
        .where(and(eq(steps.runId, lease.runId), eq(steps.kind, kind)));
    }
    if (change.asset) {
      const values = { ...change.asset, runId: lease.runId };
      await inner
        .insert(assets)
        .values(values)
        .onConflictDoUpdate({ target: [assets.runId, assets.step], set: values });
    }
    await inner.execute(sql`SELECT pg_notify('vidgenie_run', ${lease.runId})`);
  });
}

/** pending → submitting: written before the provider is called, so that a call which may have cost money is never forgotten. */
export const beginSubmit = (tx: Tx, lease: Lease, kind: StepKind): Promise<void> =>
  write(tx, lease, {
    run: { state: 'running', startedAt: sql`coalesce(started_at, now())` },
    step: {
      kind,
      state: 'submitting',
      submits: sql`submits + 1`,
      fraction: null,
      startedAt: sql`coalesce(started_at, now())`,
    },
    // A killed call must count, or a run that kills its worker would be sent for ever.
    setback: true,
  });

/** submitting → submitted: from here on any process can poll, and nobody submits again. */
export const saveHandle = (tx: Tx, lease: Lease, kind: StepKind, handle: Opaque, pollAfterMs: number): Promise<void> =>
  write(tx, lease, { step: { kind, state: 'submitted', handle }, dueInMs: pollAfterMs });

export const saveProgress = (
  tx: Tx,
  lease: Lease,
  kind: StepKind,
  fraction: number | null,
  pollAfterMs: number,
): Promise<void> => write(tx, lease, { step: fraction === null ? { kind } : { kind, fraction }, dueInMs: pollAfterMs });

/** submitted → storing: the provider has finished; what is left can be repeated without costing anything. */
export const beginStoring = (tx: Tx, lease: Lease, kind: StepKind, cost: Cost | null): Promise<void> =>
  write(tx, lease, { step: { kind, state: 'storing', fraction: 1, ...costColumns(cost) }, setback: true });

type Cost = { microUsd: number | null; usage: Opaque };
const costColumns = (cost: Cost | null) => (cost ? { costMicroUsd: cost.microUsd, usage: cost.usage } : {});

export const finishEnhance = (tx: Tx, lease: Lease, enhanced: EnhancedPrompt, cost: Cost | null): Promise<void> =>
  write(tx, lease, {
    step: {
      kind: 'enhance',
      state: 'done',
      enhanced,
      fraction: 1,
      finishedAt: sql`now()`,
      ...costColumns(cost),
    },
    dueInMs: 0,
  });

export const finishMedia = (tx: Tx, lease: Lease, kind: StepKind, asset: NewAsset, cost: Cost | null): Promise<void> =>
  write(tx, lease, {
    step: { kind, state: 'done', fraction: 1, finishedAt: sql`now()`, ...costColumns(cost) },
    asset: { step: kind, ...asset },
    dueInMs: 0,
  });

export const failStep = (tx: Tx, lease: Lease, kind: StepKind, failure: Failure): Promise<void> =>
  write(tx, lease, { step: { kind, state: 'failed', failure, finishedAt: sql`now()` }, dueInMs: 0 });

/** Back to pending, for a call that is proven to have generated nothing: it does not count as a submit. */
export const retrySubmit = (tx: Tx, lease: Lease, kind: StepKind, dueInMs: number): Promise<void> =>
  write(tx, lease, { step: { kind, state: 'pending', submits: sql`submits - 1` }, dueInMs, setback: true });

/** Ends a turn that came to nothing; the step stays as it is and is looked at again later. */
export const postpone = (tx: Tx, lease: Lease, dueInMs: number): Promise<void> =>
  write(tx, lease, { dueInMs, setback: true });

/** Gives a run back at a stop: no setback, due at once, for another process to take up. */
export const handBack = (tx: Tx, lease: Lease): Promise<void> => write(tx, lease, { dueInMs: 0 });

export const saveSpeech = async (tx: Tx, lease: Lease, speech: Opaque): Promise<void> => {
  const rows = await tx.update(runs).set({ speech }).where(owned(lease)).returning({ id: runs.id });
  if (rows.length === 0) throw new LeaseLost(`run ${lease.runId} was dispatched again after ${lease.dispatch}`);
};

/**
 * Ends a run's work and its hold together: what was earned is captured, the rest released, exactly once. Steps that nobody will work
 * any more become skipped. The run stays due, for its delivery.
 */
export async function settle(
  tx: Tx,
  lease: Lease,
  end: { state: TerminalState; capturedCredits: number; failure: Failure | null },
): Promise<void> {
  await tx.transaction(async (inner) => {
    const [run] = await inner
      .update(runs)
      .set({
        state: end.state,
        failure: end.failure,
        capturedCredits: end.capturedCredits,
        releasedCredits: sql`${runs.priceCredits} - ${end.capturedCredits}`,
        settledAt: sql`now()`,
        startedAt: sql`coalesce(${runs.startedAt}, now())`,
        dueAt: sql`now()`,
        busy: false,
        setbacks: 0,
      })
      .where(and(owned(lease), inArray(runs.state, ['queued', 'running'])))
      .returning();
    if (!run) throw new LeaseLost(`run ${lease.runId} was dispatched again after ${lease.dispatch}`);
    const released = run.priceCredits - end.capturedCredits;
    await inner
      .update(steps)
      .set({ state: 'skipped' })
      .where(and(eq(steps.runId, run.id), eq(steps.state, 'pending')));
    const [account] = await inner
      .update(creditAccounts)
      .set({
        held: sql`${creditAccounts.held} - ${run.priceCredits}`,
        balance: sql`${creditAccounts.balance} + ${released}`,
      })
      .where(eq(creditAccounts.workspaceId, run.workspaceId))
      .returning();
    if (!account) throw new Error(`workspace ${run.workspaceId} has no credit account`);
    if (end.capturedCredits > 0) {
      const between = { balance: account.balance - released, held: account.held + released };
      const entry = { kind: 'capture', runId: run.id, amount: end.capturedCredits } as const;
      await record(inner, run.workspaceId, between, { ...entry, idempotencyKey: `capture:${run.id}` });
    }
    if (released > 0) {
      const entry = { kind: 'release', runId: run.id, amount: released } as const;
      await record(inner, run.workspaceId, account, { ...entry, idempotencyKey: `release:${run.id}` });
    }
    await inner.execute(sql`SELECT pg_notify('vidgenie_run', ${run.id})`);
  });
}

/** The result was told, or could not be told for good (`failure`): nothing is left to do. */
export async function finishDelivery(tx: Tx, lease: Lease, speech: Opaque, failure: Failure | null): Promise<void> {
  const rows = await tx
    .update(runs)
    .set({ speech, deliveredAt: sql`now()`, deliveryFailure: failure, dueAt: null, busy: false, setbacks: 0 })
    .where(owned(lease))
    .returning({ id: runs.id });
  if (rows.length === 0) throw new LeaseLost(`run ${lease.runId} was dispatched again after ${lease.dispatch}`);
  await tx.execute(sql`SELECT pg_notify('vidgenie_run', ${lease.runId})`);
}

/** Notes a call that was made for a run which somebody else has taken up since. The one write that needs no lease. */
export async function recordOrphan(
  tx: Tx,
  lease: Lease,
  call: { step: StepKind; provider: string; handle: Opaque | null },
): Promise<void> {
  await tx.insert(providerOrphans).values({ runId: lease.runId, dispatch: lease.dispatch, ...call });
}
