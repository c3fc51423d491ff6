import { and, eq, inArray, isNull, lt, or, type SQL, sql } from 'drizzle-orm';
import { z } from 'zod';
import {
  defaultLimits,
  type EnhancedPrompt,
  type Failure,
  type JsonValue,
  type RunId,
  type RunLimits,
  runId,
  type StepKind,
  type TerminalState,
} from '../domain.ts';
import type { Db, Tx } from './client.ts';
import { endPoll } from './endPoll.ts';
import { reopenProposal } from './proposals.ts';
import { clockAheadMs, type NewAsset, readAt, type Step } from './runs.ts';
import { providerOrphans, runs, steps } from './schema.ts';
import {
  announcement,
  changed,
  changing,
  computed,
  heldLease,
  inMs,
  type Lease,
  LeaseLost,
  owned,
  type TurnLease,
  type TurnWrite,
  tryWrite,
  write,
} from './turnWrite.ts';

/** A run that was dispatched. `isPoll` means that its turn only asks a provider for progress, so it may share a job with others. */
export type Dispatched = Lease & { isPoll: boolean };

const leaseRows = z.array(z.object({ id: runId, dispatch: z.int(), is_poll: z.boolean() }));

/** The version of this worker: see `needsWorker` in the schema. */
const workerVersion = 4;

/** How many polls share one job: a job costs several times as much as a poll. */
const pollsInAJob = 16;

/**
 * Leases due runs for `visibilityMs` each, as many as `jobs` jobs can carry. Runs in progress come before new ones. New runs
 * start from the workspaces in turn, within the limits (see `dispatch_due` in the migration). A run whose worker does not renew
 * the lease falls due again. No other recovery exists, and none is needed.
 */
export async function dispatchDue(
  tx: Tx,
  jobs: number,
  visibilityMs: number,
  { memberAtWork, workspaceAtWork }: Pick<RunLimits, 'memberAtWork' | 'workspaceAtWork'> = defaultLimits,
): Promise<Dispatched[]> {
  const rows = leaseRows.parse(
    await tx.execute(sql`
      SELECT id, dispatch, is_poll FROM dispatch_due(
        ${jobs}::int, make_interval(secs => ${visibilityMs / 1000}::float8), ${memberAtWork}::int, ${workspaceAtWork}::int,
        ${pollsInAJob}::int, ${workerVersion}::int)`),
  );
  return rows.map((row) => ({ runId: row.id, dispatch: row.dispatch, isPoll: row.is_poll }));
}

/**
 * Ends leases whose job the queue did not take. The runs fall due again after `dueInMs`, together, so that polls still share jobs. A
 * lease that was claimed all the same stays.
 */
export async function giveBack(tx: Tx, leases: readonly Lease[], dueInMs: number): Promise<void> {
  const dueAt = sql`date_bin('250 ms', ${inMs(dueInMs)}, timestamptz 'epoch')`;
  await tx
    .update(runs)
    .set({ dueAt, busy: false })
    .where(and(or(...leases.map(owned)), lt(runs.claimed, runs.dispatch)));
}

/** Renews the lease. False if the worker lost it to another dispatch. */
export async function heartbeat(tx: Tx, lease: Lease, visibilityMs: number): Promise<boolean> {
  const rows = await tx
    .update(runs)
    .set({ dueAt: inMs(visibilityMs) })
    .where(and(owned(lease), eq(runs.busy, true)))
    .returning({ id: runs.id });
  return rows.length > 0;
}

/**
 * pending → submitting. It is written before the call to the provider, so VidGenie never forgets a call that may have cost money.
 * `submits` is how often the step had been sent before, so the write may be repeated. If somebody asked the run to stop, VidGenie
 * sends nothing more, even if the turn checked earlier: the cost of stopping was computed from the steps sent until then.
 */
export async function beginSubmit(
  tx: Tx,
  lease: TurnLease,
  { number, submits }: Pick<Step, 'number' | 'submits'>,
): Promise<'begun' | 'stopped'> {
  const outcome = await tryWrite(tx, lease, {
    begins: true,
    step: {
      number,
      state: 'submitting',
      submits: submits + 1,
      fraction: null,
      dueAt: null,
      startedAt: computed('begun'),
    },
    // A killed call must count as a failed attempt. Otherwise a run that kills its worker would be sent for ever.
    isFailedAttempt: true,
    unlessStopped: true,
  });
  if (outcome === 'written') return 'begun';
  const [run] = await tx.select(changing).from(runs).where(owned(lease));
  if (run?.cancelRequestedAt) {
    // A first attempt may have been written although its answer was lost.
    const asStored = await tx
      .select()
      .from(steps)
      .where(and(eq(steps.runId, lease.runId), eq(steps.number, number)));
    lease.learn?.({ run, steps: asStored });
    return 'stopped';
  }
  throw new LeaseLost(`run ${lease.runId} was dispatched again after ${lease.dispatch}`);
}

/**
 * The end of a turn, together with the last write of its last step. `othersDueAt` is when the next of the other steps is due, null
 * if none waits. `knowsStop` is true if the turn knew that somebody asked to stop the run. `hookedAt` is the last hook that it knew of.
 */
export type TurnEnd = { othersDueAt: Date | null; knowsStop: boolean; hookedAt: Date | null };

function endOf(pollAfterMs: number, end: TurnEnd | null): Pick<TurnWrite, 'due' | 'knowsStop' | 'hookedAt'> {
  if (!end) return {};
  const { othersDueAt, ...known } = end;
  return { due: { form: 'poll', ms: pollAfterMs, at: othersDueAt }, ...known };
}

/** When to poll a step: at once if a hook about it has arrived since the turn looked at it. */
const nextPoll = (pollAfterMs: number) => ({ dueAt: computed('pollUnlessHooked', pollAfterMs) });

/** submitting → submitted. From here on any process can poll, and nobody submits again. It ends the turn if `end` is given. */
export const saveHandle = (
  tx: Tx,
  lease: TurnLease,
  step: Pick<Step, 'number' | 'hookedAt'>,
  { handle, pollAfterMs }: { handle: JsonValue; pollAfterMs: number },
  end: TurnEnd | null,
): Promise<void> =>
  write(tx, lease, {
    step: { number: step.number, state: 'submitted', handle, ...nextPoll(pollAfterMs), failedAttempts: 0 },
    stepHookedAt: step.hookedAt,
    ...endOf(pollAfterMs, end),
  });

/**
 * The provider is still working. `fraction` is null when it reported nothing new, as in most polls. If the turn ends with it, then
 * the run's own moment serves as the step's, and the step need not be written.
 */
export async function saveProgress(
  tx: Tx,
  lease: TurnLease,
  step: Pick<Step, 'number' | 'failedAttempts' | 'hookedAt'>,
  { fraction, pollAfterMs }: { fraction: number | null; pollAfterMs: number },
  end: TurnEnd | null,
): Promise<void> {
  if (fraction === null && step.failedAttempts === 0 && end !== null && end.othersDueAt === null) {
    const { knowsStop, hookedAt } = end;
    if (await endPoll(tx, lease, { pollAfterMs, knowsStop, hookedAt })) return;
    throw new LeaseLost(`run ${lease.runId} was dispatched again after ${lease.dispatch}`);
  }
  const news = fraction === null ? {} : { fraction };
  await write(tx, lease, {
    step: { number: step.number, ...news, ...nextPoll(pollAfterMs), failedAttempts: 0 },
    stepHookedAt: step.hookedAt,
    ...(fraction === null ? { unannounced: true } : {}),
    ...endOf(pollAfterMs, end),
  });
}

/** Ends a turn in which nothing is in flight. `hasProgress` is false if its attempts have all failed. */
export const endTurn = (
  tx: Tx,
  lease: Lease,
  end: { dueAt: Date; hasProgress: boolean; knowsStop: boolean; hookedAt: Date | null },
): Promise<void> =>
  write(tx, lease, {
    due: { form: 'at', ms: 0, at: end.dueAt },
    knowsStop: end.knowsStop,
    hookedAt: end.hookedAt,
    unannounced: true,
    isFailedAttempt: !end.hasProgress,
  });

/** submitted → storing, or pending → storing for a step that needs no provider. The rest can be repeated at no cost. */
export const beginStoring = (tx: Tx, lease: TurnLease, number: number, cost: Cost | null): Promise<void> =>
  write(tx, lease, {
    begins: true,
    step: {
      number,
      state: 'storing',
      fraction: 1,
      dueAt: null,
      startedAt: computed('begun'),
      ...costColumns(cost),
    },
    isFailedAttempt: true,
  });

type Cost = { microUsd: number | null; usage: JsonValue; isEstimate?: boolean };
const costColumns = (cost: Cost | null) =>
  cost ? { costMicroUsd: cost.microUsd, usage: cost.usage, isCostEstimate: cost.isEstimate ?? false } : {};

const finished = { state: 'done', fraction: 1, finishedAt: computed('now'), dueAt: null, failedAttempts: 0 } as const;

export const finishEnhance = (
  tx: Tx,
  lease: TurnLease,
  number: number,
  enhanced: EnhancedPrompt,
  cost: Cost | null,
): Promise<void> => write(tx, lease, { step: { number, enhanced, ...finished, ...costColumns(cost) } });

/** `isAppended`: the stored clip is longer than the one that the provider knows, so its handle serves for no extension. */
export const finishMedia = (
  tx: Tx,
  lease: TurnLease,
  number: number,
  asset: NewAsset,
  { cost, isAppended }: { cost: Cost | null; isAppended: boolean },
): Promise<void> =>
  write(tx, lease, {
    step: { number, ...finished, ...costColumns(cost), ...(isAppended ? { handle: null } : {}) },
    asset: { step: number, ...asset },
  });

/** `cost`: what the provider charges all the same, if that is known only now. */
export const failStep = (
  tx: Tx,
  lease: TurnLease,
  number: number,
  failure: Failure,
  cost: Cost | null = null,
): Promise<void> =>
  write(tx, lease, {
    step: { number, state: 'failed', failure, dueAt: null, finishedAt: computed('now'), ...costColumns(cost) },
  });

/** Back to pending, after a call that provably generated nothing. That call does not count as a submit. */
export const retrySubmit = (tx: Tx, lease: TurnLease, number: number, pauseMs: number): Promise<void> =>
  write(tx, lease, {
    step: {
      number,
      state: 'pending',
      submits: computed('oneSubmitLess'),
      ...failedOnce,
      dueAt: computed('after', pauseMs),
    },
    isFailedAttempt: true,
  });

/** Another model for a step. */
export type Replacement = Pick<Step, 'provider' | 'model' | 'keySource' | 'priceCredits'> & {
  insteadOf: NonNullable<Step['insteadOf']>;
};

/**
 * Gives a step to another model, back to pending, after the one before provably generated nothing. Only for a step whose every
 * earlier call generated nothing, so it has no submit. It begins anew, and its price never rises.
 */
export const replaceModel = (
  tx: Tx,
  lease: TurnLease,
  number: number,
  { priceCredits, ...by }: Replacement,
): Promise<void> =>
  write(tx, lease, {
    step: {
      number,
      ...by,
      priceCredits: computed('atMost', priceCredits),
      state: 'pending',
      submits: 0,
      failedAttempts: 0,
      fraction: null,
      startedAt: null,
      dueAt: null,
    },
  });

/** A transition of a step failed. The step stays as it is, and is tried again after the pause. */
export const postponeStep = (tx: Tx, lease: TurnLease, number: number, pauseMs: number): Promise<void> =>
  write(tx, lease, { step: { number, ...failedOnce, dueAt: computed('after', pauseMs) }, isFailedAttempt: true });

const failedOnce = { failedAttempts: computed('oneAttemptMore') };

/** A step needs something of which this process has only one, and which is busy. That is no failed attempt. */
export const waitWithStep = (tx: Tx, lease: TurnLease, number: number, pauseMs: number): Promise<void> =>
  write(tx, lease, { step: { number, dueAt: computed('after', pauseMs) }, unannounced: true });

/** Ends a turn whose transition of the whole run failed. A later turn tries again. */
export const postpone = (tx: Tx, lease: Lease, dueInMs: number): Promise<void> =>
  write(tx, lease, { due: { form: 'after', ms: dueInMs, at: null }, knowsStop: true, isFailedAttempt: true });

/** Returns a run that could go on: no failed attempt, due at once for another turn. */
export const handBack = (tx: Tx, lease: Lease): Promise<void> =>
  write(tx, lease, { due: { form: 'after', ms: 0, at: null }, unannounced: true });

/** Ends a turn that needs something of which this process has only one, and which is busy. It never counts as a failed attempt. */
export async function comeBack(tx: Tx, lease: Lease, dueInMs: number): Promise<void> {
  const rows = await tx
    .update(runs)
    .set({ dueAt: inMs(dueInMs), busy: false, failedAttempts: sql`greatest(${runs.failedAttempts} - 1, 0)` })
    .where(owned(lease))
    .returning({ id: runs.id });
  if (rows.length === 0) throw new LeaseLost(`run ${lease.runId} was dispatched again after ${lease.dispatch}`);
}

/**
 * Adds to what a run has posted: each key of `posted` replaces the key that was saved before, and the others stay. An edit may end
 * after a newer message was saved, and must not take it back.
 */
export const savePostedMessages = async (tx: Tx, lease: TurnLease, posted: JsonValue): Promise<void> => {
  const [row] = await tx
    .update(runs)
    .set({ postedMessages: sql`${runs.postedMessages} || ${JSON.stringify(posted)}::jsonb` })
    .where(owned(lease))
    .returning({ postedMessages: runs.postedMessages });
  if (!row) throw new LeaseLost(`run ${lease.runId} was dispatched again after ${lease.dispatch}`);
  lease.learn?.({ run: row });
};

/**
 * Ends a run's work and its hold in one statement. It captures the price of what was made and releases the rest, exactly once.
 * Steps that are still pending become skipped. The lease stays for the delivery.
 */
export async function settle(
  tx: Tx,
  lease: TurnLease,
  { state, capturedCredits, failure }: { state: TerminalState; capturedCredits: number; failure: Failure | null },
): Promise<void> {
  const statement = settlements.get(tx) ?? settling(tx);
  settlements.set(tx, statement);
  const rows = await statement.execute({
    runId: lease.runId,
    dispatch: lease.dispatch,
    state,
    captured: capturedCredits,
    failure: failure && JSON.stringify(failure),
  });
  const [first] = rows;
  if (!first) throw new LeaseLost(`run ${lease.runId} was dispatched again after ${lease.dispatch}`);
  const { capturedCredits: captured, releasedCredits, settledAt, readAt: at } = first.run;
  lease.learn?.({
    run: { ...changed(first.run), failure, capturedCredits: captured, releasedCredits, settledAt },
    steps: rows.flatMap((row) => row.skipped ?? []),
    clockAheadMs: clockAheadMs(at),
  });
}

const settling = (tx: Tx) => {
  const captured = sql`${sql.placeholder('captured')}::int`;
  const run = tx.$with('run').as(
    tx
      .update(runs)
      .set({
        state: sql`${sql.placeholder('state')}::run_state`,
        failure: sql`${sql.placeholder('failure')}::jsonb`,
        settledAt: sql`now()`,
        capturedCredits: captured,
        releasedCredits: sql`price_credits - ${captured}`,
        startedAt: sql`coalesce(started_at, now())`,
        failedAttempts: 1,
      })
      .where(and(heldLease, inArray(runs.state, ['queued', 'running'])))
      .returning({
        id: runs.id,
        workspaceId: runs.workspaceId,
        priceCredits: runs.priceCredits,
        ...changing,
        capturedCredits: runs.capturedCredits,
        releasedCredits: runs.releasedCredits,
        settledAt: runs.settledAt,
        readAt,
        told: announcement.as('told'),
      }),
  );
  const skipped = tx.$with('skipped').as(
    tx
      .update(steps)
      .set({ state: 'skipped' })
      .where(and(inArray(steps.runId, tx.select({ id: run.id }).from(run)), eq(steps.state, 'pending')))
      .returning(),
  );
  const account = tx.$with('account', {}).as(sql`
    UPDATE credit_accounts SET held = held - run.price_credits, balance = balance + run.released_credits
    FROM run WHERE credit_accounts.workspace_id = run.workspace_id
    RETURNING balance, held`);
  const entries = tx.$with('entries', {}).as(sql`
    INSERT INTO credit_transactions (workspace_id, run_id, kind, amount, balance_after, held_after, idempotency_key)
    SELECT workspace_id, id, 'capture'::transaction_kind, captured_credits, balance - released_credits, held + released_credits,
      'capture:' || id
    FROM run, account WHERE captured_credits > 0
    UNION ALL
    SELECT workspace_id, id, 'release', released_credits, balance, held, 'release:' || id
    FROM run, account WHERE released_credits > 0`);
  return tx.with(run, skipped, account, entries).select().from(run).leftJoin(skipped, sql`true`).prepare('settle_run');
};
const settlements = new WeakMap<Tx, ReturnType<typeof settling>>();

/**
 * Records for good that nobody can receive the results of these steps. It is written before anybody is told, so that no later
 * attempt, in any process, shares results whose refund was announced. {@link finishDelivery} refunds the credits.
 */
export async function saveUnreached(tx: Tx, lease: TurnLease, numbers: readonly number[]): Promise<number[]> {
  const [row] = await tx
    .update(runs)
    .set({ unreached: withMore(numbers) })
    .where(owned(lease))
    .returning({ unreached: runs.unreached });
  if (!row) throw new LeaseLost(`run ${lease.runId} was dispatched again after ${lease.dispatch}`);
  lease.learn?.({ run: row });
  return row.unreached ?? [];
}

const withMore = (numbers: readonly number[]): SQL => sql`ARRAY(
  SELECT DISTINCT one FROM (
    SELECT unnest(unreached_steps) AS one UNION SELECT jsonb_array_elements_text(${JSON.stringify(numbers)}::jsonb)::int
  ) AS known ORDER BY one)`;

/**
 * How delivery ended. `posted` is what was posted; null leaves what was saved. `unreached` is added to the steps that were
 * recorded before. `unlessDeleted`: nothing is written if the run was deleted, because its messages have to be taken back first.
 */
export type DeliveryEnd = {
  posted: JsonValue | null;
  failure: Failure | null;
  unreached: readonly number[];
  unlessDeleted?: boolean;
};

/**
 * Ends delivery, successful or given up (`failure`). Nothing is left to do. The same statement refunds the steps that reached
 * nobody. It refunds once, because the ledger row's key contains the run's id. It refunds only now, because a further attempt
 * could succeed after an outage. A run that was delivered before was due only to have its messages taken back, and its delivery stays
 * as it was.
 */
export async function finishDelivery(
  tx: Tx,
  lease: Lease,
  { posted, failure, unreached, unlessDeleted = false }: DeliveryEnd,
): Promise<'ended' | 'deleted'> {
  const rows = await tx.execute(sql`
    WITH run AS (
      UPDATE runs SET delivered_at = coalesce(delivered_at, now()),
        delivery_failure = CASE WHEN delivered_at IS NULL THEN ${failure && JSON.stringify(failure)}::jsonb ELSE delivery_failure END,
        posted_messages = coalesce(${posted && JSON.stringify(posted)}::jsonb, posted_messages), unreached_steps = ${withMore(unreached)},
        due_at = NULL, busy = false, failed_attempts = 0
      WHERE ${and(owned(lease), unlessDeleted ? isNull(runs.deletedAt) : undefined)}
      RETURNING id, workspace_id, unreached_steps, unreached
    ), owed AS (
      SELECT run.id, run.workspace_id, sum(steps.price_credits)::int AS amount
      FROM run JOIN steps ON steps.run_id = run.id AND steps.state = 'done'
        AND (steps.number = ANY (run.unreached_steps) OR steps.kind::text = ANY (run.unreached))
      GROUP BY run.id, run.workspace_id
    ), account AS (
      UPDATE credit_accounts SET balance = balance + owed.amount FROM owed
      WHERE credit_accounts.workspace_id = owed.workspace_id AND owed.amount > 0
        AND NOT EXISTS (SELECT 1 FROM credit_transactions WHERE idempotency_key = 'undelivered:' || owed.id)
      RETURNING balance, held
    ), entry AS (
      INSERT INTO credit_transactions (workspace_id, run_id, kind, amount, balance_after, held_after, idempotency_key)
      SELECT workspace_id, id, 'refund'::transaction_kind, amount, balance, held, 'undelivered:' || id FROM owed, account
    )
    SELECT pg_notify('vidgenie_run', id::text) FROM run`);
  if (rows.length > 0) return 'ended';
  const [run] = await tx.select({ deletedAt: runs.deletedAt }).from(runs).where(owned(lease));
  if (unlessDeleted && run?.deletedAt) return 'deleted';
  throw new LeaseLost(`run ${lease.runId} was dispatched again after ${lease.dispatch}`);
}

/**
 * Cancels a run that nobody has been told about, because its command was taken too late to be answered. It releases all credits
 * and the run posts nothing. False if the run has started. Then it ends as every run does.
 */
export async function withdrawRun(db: Db, id: RunId): Promise<boolean> {
  // Until its first dispatch a run belongs to the process that took its command.
  const undispatched = { runId: id, dispatch: 0 };
  try {
    await db.transaction(async (tx) => {
      await settle(tx, undispatched, { state: 'canceled', capturedCredits: 0, failure: null });
      await finishDelivery(tx, undispatched, { posted: null, failure: null, unreached: [] });
      await reopenProposal(tx, id);
    });
    return true;
  } catch (error) {
    if (error instanceof LeaseLost) return false;
    throw error;
  }
}

/**
 * Records a paid call whose result this process will not deliver, because it lost the run or is stopping. No other write of a
 * turn works without the lease.
 */
export async function recordOrphan(
  tx: Tx,
  lease: Lease,
  call: { step: StepKind; number: number; provider: string; handle: JsonValue | null },
): Promise<void> {
  await tx.insert(providerOrphans).values({ runId: lease.runId, dispatch: lease.dispatch, ...call });
}
