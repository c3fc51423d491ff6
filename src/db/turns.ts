import { and, eq, inArray, isNull, lt, or, type SQL, type SQLWrapper, sql } from 'drizzle-orm';
import type { PgUpdateSetSource } from 'drizzle-orm/pg-core';
import { z } from 'zod';
import {
  defaultLimits,
  type EnhancedPrompt,
  type Failure,
  type JsonValue,
  maxGuessed,
  maxShown,
  type RunId,
  type RunLimits,
  runId,
  type StepKind,
  type TerminalState,
  unknownStepMs,
} from '../domain.ts';
import type { Db, Tx } from './client.ts';
import { reopenProposal } from './proposals.ts';
import { loadRun, type NewAsset, type RunView, type Step } from './runs.ts';
import { providerOrphans, runs, steps } from './schema.ts';
import { standingOfRun } from './workspaces.ts';

/** One dispatch of a run. It gives the right to write to the run until the run is dispatched again. */
export type Lease = { runId: RunId; dispatch: number };

/** A run that was dispatched. `isPoll` means that its turn only asks a provider for progress, so it may share a job with others. */
export type Dispatched = Lease & { isPoll: boolean };

const leaseRows = z.array(z.object({ id: runId, dispatch: z.int(), is_poll: z.boolean() }));

/** The version of this worker: see `needsWorker` in the schema. */
const workerVersion = 3;

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

const owned = (lease: Lease) => and(eq(runs.id, lease.runId), eq(runs.dispatch, lease.dispatch));
const after = (ms: number) => sql`now() + make_interval(secs => ${ms / 1000}::float8)`;

/**
 * Polls fall due together, four times a second, so that many of them share one job. A poll that is due in less than a second does
 * not wait for that. Polls that are minutes away are few, so they are gathered over five seconds.
 */
function pollAfter(ms: number): SQL {
  if (ms < 1_000) return after(ms);
  const gathered = ms < 60_000 ? sql`interval '250 ms'` : sql`interval '5 seconds'`;
  return sql`date_bin(${gathered}, ${after(ms)} + ${gathered}, timestamptz 'epoch')`;
}

/** A moment, or now if a hook has arrived since the turn read the row: that hook must not wait. */
const unlessHooked = (column: SQLWrapper, seen: Date | null, due: SQL): SQL =>
  sql`CASE WHEN ${column} IS NOT DISTINCT FROM ${seen?.toISOString() ?? null}::timestamptz THEN ${due} ELSE now() END`;

/** A claimed run. `standing` is that of its workspace, for `readStanding`. */
export type Claimed = RunView & { standing: unknown };

/**
 * Claims a leased run, at most once for each dispatch. It counts as a failed attempt until the turn makes progress. The same
 * statement reads the standing of the workspace, because a further one in every turn would cost more.
 */
export async function claim(tx: Tx, lease: Lease, visibilityMs: number): Promise<Claimed | null> {
  const [claimed] = await tx
    .update(runs)
    .set({ claimed: lease.dispatch, dueAt: after(visibilityMs), failedAttempts: sql`${runs.failedAttempts} + 1` })
    .where(and(owned(lease), lt(runs.claimed, lease.dispatch)))
    .returning({ standing: standingOfRun });
  const view = claimed ? await loadRun(tx, lease.runId) : null;
  return claimed && view ? { ...view, standing: claimed.standing } : null;
}

/**
 * Ends leases whose job the queue did not take. The runs fall due again after `dueInMs`, together, so that polls still share jobs. A
 * lease that was claimed all the same stays.
 */
export async function giveBack(tx: Tx, leases: readonly Lease[], dueInMs: number): Promise<void> {
  const dueAt = sql`date_bin('250 ms', ${after(dueInMs)}, timestamptz 'epoch')`;
  await tx
    .update(runs)
    .set({ dueAt, busy: false })
    .where(and(or(...leases.map(owned)), lt(runs.claimed, runs.dispatch)));
}

/** Renews the lease. False if the worker lost it to another dispatch. */
export async function heartbeat(tx: Tx, lease: Lease, visibilityMs: number): Promise<boolean> {
  const rows = await tx
    .update(runs)
    .set({ dueAt: after(visibilityMs) })
    .where(and(owned(lease), eq(runs.busy, true)))
    .returning({ id: runs.id });
  return rows.length > 0;
}

/** Thrown when a turn writes to a run that was dispatched again meanwhile. PostgreSQL has written nothing. */
export class LeaseLost extends Error {
  override readonly name = 'LeaseLost';
}

type StepChange = Omit<PgUpdateSetSource<typeof steps>, 'runId' | 'number' | 'kind' | 'shown'>;
type RunChange = Pick<PgUpdateSetSource<typeof runs>, 'state' | 'startedAt'>;

type TurnWrite = {
  run?: RunChange;
  step?: { number: number } & StepChange;
  asset?: { step: number } & NewAsset;
  /** Ends the turn and sets when the run falls due next. Without it the turn goes on. */
  due?: SQL | undefined;
  /** The turn knew that somebody asked to stop the run, or the run is over. Otherwise such a run is due at once. */
  knowsStop?: boolean;
  /** The last hook of the run that the turn knew of. A run with a newer one is due at once. Left out: hooks do not matter. */
  hookedAt?: Date | null;
  /** The turn failed, so its failed attempt still counts. */
  isFailedAttempt?: boolean;
  /** Nothing that people see has changed, so nobody is notified. Notifications make commits wait for one another. */
  unannounced?: boolean;
  /** Writes nothing if somebody asked the run to stop. The outcome is then `refused`. */
  unlessStopped?: boolean;
};

/**
 * Every write of a turn: a compare-and-set on the dispatch, all or nothing, with a notification when there is news. It is one
 * statement, because turns write often and a transaction would take several round trips. Writing a step and its asset beside the
 * run is safe, because only the holder of the run's dispatch writes them.
 */
async function write(tx: Tx, lease: Lease, change: TurnWrite): Promise<void> {
  if ((await tryWrite(tx, lease, change)) === 'written') return;
  throw new LeaseLost(`run ${lease.runId} was dispatched again after ${lease.dispatch}`);
}

async function tryWrite(tx: Tx, lease: Lease, change: TurnWrite): Promise<'written' | 'refused'> {
  const held = tx.$with('held').as(
    tx
      .update(runs)
      .set({
        ...change.run,
        ...(change.due ? { dueAt: orSooner(change), busy: false } : { busy: true }),
        // When a run goes on, its claim counts as its only failed attempt.
        ...(change.isFailedAttempt ? {} : { failedAttempts: change.due ? 0 : 1 }),
      })
      .where(and(owned(lease), change.unlessStopped ? isNull(runs.cancelRequestedAt) : undefined))
      .returning({ id: runs.id }),
  );
  const { number, ...set } = change.step ?? {};
  const ofRun = inArray(steps.runId, tx.select({ id: held.id }).from(held));
  const parts = [];
  if (number !== undefined && Object.keys(set).length > 0) {
    parts.push(
      tx.$with('step').as(
        tx
          .update(steps)
          .set({ ...set, shown: shownUntilNow })
          .where(and(ofRun, eq(steps.number, number))),
      ),
    );
  }
  if (change.asset) parts.push(tx.$with('asset', {}).as(putAsset(held, change.asset)));
  const announced = change.unannounced ? sql`NULL` : sql`pg_notify('vidgenie_run', ${held.id}::text)`;
  const rows = await tx
    .with(held, ...parts)
    .select({ id: held.id, told: announced })
    .from(held);
  return rows.length > 0 ? 'written' : 'refused';
}

/** A run is due at once if somebody asked to stop it during the turn, or if a hook arrived. */
function orSooner({ due, knowsStop = false, hookedAt }: TurnWrite): SQL | undefined {
  const planned = due && hookedAt !== undefined ? unlessHooked(runs.hookedAt, hookedAt, due) : due;
  return knowsStop ? planned : sql`CASE WHEN ${runs.cancelRequestedAt} IS NULL THEN ${planned} ELSE now() END`;
}

/** The progress that `progressOf` shows of a step just before this write. The bounds keep the exponential from underflowing. */
const shownUntilNow = sql`greatest(shown, CASE WHEN state IN ('submitting', 'submitted', 'storing') THEN
  least(${maxShown}::float8, coalesce(fraction, ${maxGuessed}::float8 * (1 - exp(-least(50, greatest(0,
    2000 * extract(epoch FROM now() - started_at)::float8 / greatest(1, coalesce(expected_ms, ${unknownStepMs}::int)))))))) ELSE 0 END)`;

/** A later upload of the same step replaces the earlier one. */
const putAsset = (held: SQLWrapper, asset: NonNullable<TurnWrite['asset']>): SQL => sql`
  INSERT INTO assets (run_id, step_number, kind, object_key, mime, width, height, seconds, bytes, sha256, flagged)
  SELECT id, ${asset.step}::int, ${asset.kind}::media_kind, ${asset.objectKey}, ${asset.mime}, ${asset.width}::int,
    ${asset.height}::int, ${asset.seconds}::float8, ${asset.bytes}::bigint, ${asset.sha256}, ${textArray(asset.flagged)}
  FROM ${held}
  ON CONFLICT (run_id, step_number) DO UPDATE SET kind = excluded.kind, object_key = excluded.object_key, mime = excluded.mime,
    width = excluded.width, height = excluded.height, seconds = excluded.seconds, bytes = excluded.bytes, sha256 = excluded.sha256,
    flagged = excluded.flagged`;

const textArray = (texts: readonly string[] | null | undefined): SQL =>
  texts ? sql`ARRAY(SELECT jsonb_array_elements_text(${JSON.stringify(texts)}::jsonb))` : sql`NULL::text[]`;

/**
 * pending → submitting. It is written before the call to the provider, so VidGenie never forgets a call that may have cost money.
 * `submits` is how often the step had been sent before, so the write may be repeated. If somebody asked the run to stop, VidGenie
 * sends nothing more, even if the turn checked earlier: the cost of stopping was computed from the steps sent until then.
 */
export async function beginSubmit(
  tx: Tx,
  lease: Lease,
  { number, submits }: Pick<Step, 'number' | 'submits'>,
): Promise<'begun' | 'stopped'> {
  const outcome = await tryWrite(tx, lease, {
    run: { state: 'running', startedAt: sql`coalesce(started_at, now())` },
    step: {
      number,
      state: 'submitting',
      submits: submits + 1,
      fraction: null,
      dueAt: null,
      startedAt: sql`coalesce(started_at, now())`,
    },
    // A killed call must count as a failed attempt. Otherwise a run that kills its worker would be sent for ever.
    isFailedAttempt: true,
    unlessStopped: true,
  });
  if (outcome === 'written') return 'begun';
  const [run] = await tx.select({ stoppedAt: runs.cancelRequestedAt }).from(runs).where(owned(lease));
  if (run?.stoppedAt) return 'stopped';
  throw new LeaseLost(`run ${lease.runId} was dispatched again after ${lease.dispatch}`);
}

/**
 * The end of a turn, together with the last write of its last step. `othersDueAt` is when the next of the other steps is due, null
 * if none waits. `knowsStop` is true if the turn knew that somebody asked to stop the run. `hookedAt` is the last hook that it knew of.
 */
export type TurnEnd = { othersDueAt: Date | null; knowsStop: boolean; hookedAt: Date | null };

function endOf(pollAfterMs: number, end: TurnEnd | null): Pick<TurnWrite, 'due' | 'knowsStop' | 'hookedAt'> {
  if (!end) return {};
  const { othersDueAt, knowsStop, hookedAt } = end;
  const own = pollAfter(pollAfterMs);
  return {
    due: othersDueAt ? sql`least(${own}, ${othersDueAt.toISOString()}::timestamptz)` : own,
    knowsStop,
    hookedAt,
  };
}

/** When to poll a step, as the turn has read it. */
const nextPoll = ({ hookedAt }: Pick<Step, 'hookedAt'>, pollAfterMs: number): SQL =>
  unlessHooked(steps.hookedAt, hookedAt, pollAfter(pollAfterMs));

/** submitting → submitted. From here on any process can poll, and nobody submits again. It ends the turn if `end` is given. */
export const saveHandle = (
  tx: Tx,
  lease: Lease,
  step: Pick<Step, 'number' | 'hookedAt'>,
  { handle, pollAfterMs }: { handle: JsonValue; pollAfterMs: number },
  end: TurnEnd | null,
): Promise<void> =>
  write(tx, lease, {
    step: { number: step.number, state: 'submitted', handle, dueAt: nextPoll(step, pollAfterMs), failedAttempts: 0 },
    ...endOf(pollAfterMs, end),
  });

/**
 * The provider is still working. `fraction` is null when it reported nothing new, as in most polls. If the turn ends with it, then
 * the run's own moment serves as the step's, and the step need not be written.
 */
export const saveProgress = (
  tx: Tx,
  lease: Lease,
  step: Pick<Step, 'number' | 'failedAttempts' | 'hookedAt'>,
  { fraction, pollAfterMs }: { fraction: number | null; pollAfterMs: number },
  end: TurnEnd | null,
): Promise<void> => {
  const { number, failedAttempts } = step;
  const isPlain = fraction === null && failedAttempts === 0 && end !== null && end.othersDueAt === null;
  const news = fraction === null ? {} : { fraction };
  return write(tx, lease, {
    ...(isPlain ? {} : { step: { number, ...news, dueAt: nextPoll(step, pollAfterMs), failedAttempts: 0 } }),
    ...(fraction === null ? { unannounced: true } : {}),
    ...endOf(pollAfterMs, end),
  });
};

/** Ends a turn in which nothing is in flight. `hasProgress` is false if its attempts have all failed. */
export const endTurn = (
  tx: Tx,
  lease: Lease,
  end: { dueAt: Date; hasProgress: boolean; knowsStop: boolean; hookedAt: Date | null },
): Promise<void> =>
  write(tx, lease, {
    due: sql`${end.dueAt.toISOString()}::timestamptz`,
    knowsStop: end.knowsStop,
    hookedAt: end.hookedAt,
    unannounced: true,
    isFailedAttempt: !end.hasProgress,
  });

/** submitted → storing, or pending → storing for a step that needs no provider. The rest can be repeated at no cost. */
export const beginStoring = (tx: Tx, lease: Lease, number: number, cost: Cost | null): Promise<void> =>
  write(tx, lease, {
    run: { state: 'running', startedAt: sql`coalesce(started_at, now())` },
    step: {
      number,
      state: 'storing',
      fraction: 1,
      dueAt: null,
      startedAt: sql`coalesce(started_at, now())`,
      ...costColumns(cost),
    },
    isFailedAttempt: true,
  });

type Cost = { microUsd: number | null; usage: JsonValue; isEstimate?: boolean };
const costColumns = (cost: Cost | null) =>
  cost ? { costMicroUsd: cost.microUsd, usage: cost.usage, isCostEstimate: cost.isEstimate ?? false } : {};

const finished = { state: 'done', fraction: 1, finishedAt: sql`now()`, dueAt: null, failedAttempts: 0 } as const;

export const finishEnhance = (
  tx: Tx,
  lease: Lease,
  number: number,
  enhanced: EnhancedPrompt,
  cost: Cost | null,
): Promise<void> => write(tx, lease, { step: { number, enhanced, ...finished, ...costColumns(cost) } });

/** `isAppended`: the stored clip is longer than the one that the provider knows, so its handle serves for no extension. */
export const finishMedia = (
  tx: Tx,
  lease: Lease,
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
  lease: Lease,
  number: number,
  failure: Failure,
  cost: Cost | null = null,
): Promise<void> =>
  write(tx, lease, {
    step: { number, state: 'failed', failure, dueAt: null, finishedAt: sql`now()`, ...costColumns(cost) },
  });

/** Back to pending, after a call that provably generated nothing. That call does not count as a submit. */
export const retrySubmit = (tx: Tx, lease: Lease, number: number, pauseMs: number): Promise<void> =>
  write(tx, lease, {
    step: { number, state: 'pending', submits: sql`submits - 1`, ...failedOnce, dueAt: after(pauseMs) },
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
  lease: Lease,
  number: number,
  { priceCredits, ...by }: Replacement,
): Promise<void> =>
  write(tx, lease, {
    step: {
      number,
      ...by,
      priceCredits: sql`least(price_credits, ${priceCredits}::int)`,
      state: 'pending',
      submits: 0,
      failedAttempts: 0,
      fraction: null,
      startedAt: null,
      dueAt: null,
    },
  });

/** A transition of a step failed. The step stays as it is, and is tried again after the pause. */
export const postponeStep = (tx: Tx, lease: Lease, number: number, pauseMs: number): Promise<void> =>
  write(tx, lease, { step: { number, ...failedOnce, dueAt: after(pauseMs) }, isFailedAttempt: true });

const failedOnce = { failedAttempts: sql`failed_attempts + 1` };

/** A step needs something of which this process has only one, and which is busy. That is no failed attempt. */
export const waitWithStep = (tx: Tx, lease: Lease, number: number, pauseMs: number): Promise<void> =>
  write(tx, lease, { step: { number, dueAt: after(pauseMs) }, unannounced: true });

/** Ends a turn whose transition of the whole run failed. A later turn tries again. */
export const postpone = (tx: Tx, lease: Lease, dueInMs: number): Promise<void> =>
  write(tx, lease, { due: after(dueInMs), knowsStop: true, isFailedAttempt: true });

/** Returns a run that could go on: no failed attempt, due at once for another turn. */
export const handBack = (tx: Tx, lease: Lease): Promise<void> => write(tx, lease, { due: after(0), unannounced: true });

/** Ends a turn that needs something of which this process has only one, and which is busy. It never counts as a failed attempt. */
export async function comeBack(tx: Tx, lease: Lease, dueInMs: number): Promise<void> {
  const rows = await tx
    .update(runs)
    .set({ dueAt: after(dueInMs), busy: false, failedAttempts: sql`greatest(${runs.failedAttempts} - 1, 0)` })
    .where(owned(lease))
    .returning({ id: runs.id });
  if (rows.length === 0) throw new LeaseLost(`run ${lease.runId} was dispatched again after ${lease.dispatch}`);
}

export const savePostedMessages = async (tx: Tx, lease: Lease, postedMessages: JsonValue): Promise<void> => {
  const rows = await tx.update(runs).set({ postedMessages }).where(owned(lease)).returning({ id: runs.id });
  if (rows.length === 0) throw new LeaseLost(`run ${lease.runId} was dispatched again after ${lease.dispatch}`);
};

/**
 * Ends a run's work and its hold in one statement. It captures the price of what was made and releases the rest, exactly once.
 * Steps that are still pending become skipped. The lease stays for the delivery.
 */
export async function settle(
  tx: Tx,
  lease: Lease,
  { state, capturedCredits, failure }: { state: TerminalState; capturedCredits: number; failure: Failure | null },
): Promise<void> {
  const rows = await tx.execute(sql`
    WITH run AS (
      UPDATE runs SET state = ${state}::run_state, failure = ${failure && JSON.stringify(failure)}::jsonb, settled_at = now(),
        captured_credits = ${capturedCredits}::int, released_credits = price_credits - ${capturedCredits}::int,
        started_at = coalesce(started_at, now()), failed_attempts = 1
      WHERE ${owned(lease)} AND state IN ('queued', 'running')
      RETURNING id, workspace_id, price_credits AS price, captured_credits AS captured, released_credits AS released
    ), skipped AS (
      UPDATE steps SET state = 'skipped' FROM run WHERE steps.run_id = run.id AND steps.state = 'pending'
    ), account AS (
      UPDATE credit_accounts SET held = held - run.price, balance = balance + run.released
      FROM run WHERE credit_accounts.workspace_id = run.workspace_id
      RETURNING balance, held
    ), entries AS (
      INSERT INTO credit_transactions (workspace_id, run_id, kind, amount, balance_after, held_after, idempotency_key)
      SELECT workspace_id, id, 'capture'::transaction_kind, captured, balance - released, held + released, 'capture:' || id
      FROM run, account WHERE captured > 0
      UNION ALL
      SELECT workspace_id, id, 'release', released, balance, held, 'release:' || id
      FROM run, account WHERE released > 0
    )
    SELECT pg_notify('vidgenie_run', id::text) FROM run`);
  if (rows.length === 0) throw new LeaseLost(`run ${lease.runId} was dispatched again after ${lease.dispatch}`);
}

/**
 * Records for good that nobody can receive the results of these steps. It is written before anybody is told, so that no later
 * attempt, in any process, shares results whose refund was announced. {@link finishDelivery} refunds the credits.
 */
export async function saveUnreached(tx: Tx, lease: Lease, numbers: readonly number[]): Promise<number[]> {
  const [row] = await tx
    .update(runs)
    .set({ unreached: withMore(numbers) })
    .where(owned(lease))
    .returning({ unreached: runs.unreached });
  if (!row) throw new LeaseLost(`run ${lease.runId} was dispatched again after ${lease.dispatch}`);
  return row.unreached ?? [];
}

const withMore = (numbers: readonly number[]): SQL => sql`ARRAY(
  SELECT DISTINCT one FROM (
    SELECT unnest(unreached_steps) AS one UNION SELECT jsonb_array_elements_text(${JSON.stringify(numbers)}::jsonb)::int
  ) AS known ORDER BY one)`;

/**
 * How delivery ended. `posted` is what was posted; null leaves what was saved. `unreached` is added to the steps that were
 * recorded before.
 */
export type DeliveryEnd = { posted: JsonValue | null; failure: Failure | null; unreached: readonly number[] };

/**
 * Ends delivery, successful or given up (`failure`). Nothing is left to do. The same statement refunds the steps that reached
 * nobody. It refunds once, because the ledger row's key contains the run's id. It refunds only now, because a further attempt
 * could succeed after an outage.
 */
export async function finishDelivery(tx: Tx, lease: Lease, { posted, failure, unreached }: DeliveryEnd): Promise<void> {
  const rows = await tx.execute(sql`
    WITH run AS (
      UPDATE runs SET delivered_at = now(), delivery_failure = ${failure && JSON.stringify(failure)}::jsonb,
        posted_messages = coalesce(${posted && JSON.stringify(posted)}::jsonb, posted_messages), unreached_steps = ${withMore(unreached)},
        due_at = NULL, busy = false, failed_attempts = 0
      WHERE ${owned(lease)}
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
  if (rows.length === 0) throw new LeaseLost(`run ${lease.runId} was dispatched again after ${lease.dispatch}`);
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
