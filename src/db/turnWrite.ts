import { and, eq, getTableColumns, inArray, isNotNull, isNull, or, type SQL, type SQLWrapper, sql } from 'drizzle-orm';
import type { PgColumn } from 'drizzle-orm/pg-core';
import { maxGuessed, maxShown, type RunId, unknownStepMs } from '../domain.ts';
import type { Tx } from './client.ts';
import { pollAfter, unlessHooked } from './endPoll.ts';
import { type Asset, clockAheadMs, type NewAsset, type Run, readAt, type Step } from './runs.ts';
import { assets, runs, steps } from './schema.ts';

/** One dispatch of a run. It gives the right to write to the run until the run is dispatched again. */
export type Lease = { runId: RunId; dispatch: number };

/** A run after a write: its columns that other processes or the database set, and whole rows of steps and assets. */
export type Written = { run: Partial<Run>; steps?: readonly Step[]; asset?: Asset; clockAheadMs?: number };

/** The lease of a turn. `learn` hears of every write, so a turn knows its run without reading it again. */
export type TurnLease = Lease & { learn?: (written: Written) => void };

/** Thrown when a turn writes to a run that was dispatched again or delivered meanwhile. PostgreSQL has written nothing. */
export class LeaseLost extends Error {
  override readonly name = 'LeaseLost';
}

/** Values that the database computes, some of them from a number. Times are in milliseconds. */
const formulas = {
  now: () => sql`now()`,
  begun: () => sql`coalesce(started_at, now())`,
  oneSubmitLess: () => sql`submits - 1`,
  oneAttemptMore: () => sql`failed_attempts + 1`,
  atMost: (credits: SQLWrapper) => sql`least(price_credits, ${credits}::int)`,
  after: (ms: SQLWrapper) => sql`now() + ${ms}::float8 * interval '1 ms'`,
  poll: (ms: SQLWrapper) => pollAfter(sql`${ms}::float8`),
  pollUnlessHooked: (ms: SQLWrapper) =>
    unlessHooked(sql`hooked_at`, sql`${sql.placeholder('stepHookedAt')}`, pollAfter(sql`${ms}::float8`)),
};
class Computed {
  readonly formula: keyof typeof formulas;
  readonly from: number | null;
  constructor(formula: keyof typeof formulas, from: number | null) {
    this.formula = formula;
    this.from = from;
  }
}
export const computed = (formula: keyof typeof formulas, from: number | null = null): Computed =>
  new Computed(formula, from);

type StepChange = { [Name in keyof Omit<Step, 'runId' | 'number' | 'kind' | 'shown'>]?: Step[Name] | Computed };

export type TurnWrite = {
  /** The run is running from now on, if it was not before. */
  begins?: boolean;
  step?: { number: number } & StepChange;
  /** The last hook about the step that the turn knew of, for `pollUnlessHooked`. */
  stepHookedAt?: Date | null;
  asset?: { step: number } & NewAsset;
  /** Ends the turn and sets when the run falls due next: at the earlier of both, if both are given. Without it the turn goes on. */
  due?: { form: 'after' | 'poll' | 'at'; ms: number; at: Date | null };
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
 * Every write of a turn: a compare-and-set on the dispatch, all or nothing, with a notification when there is news. A delivered run
 * takes none: a worker that stops may not have heard yet that its run is delivered, and must not make it due again. One that was deleted
 * afterwards does, because its messages have to be taken back.
 *
 * It is one statement, because turns write often and a transaction would take several round trips. Writing a step and its asset beside
 * the run is safe, because only the holder of the run's dispatch writes them. For the same reason its answer tells the turn all that
 * has changed.
 */
export async function write(tx: Tx, lease: TurnLease, change: TurnWrite): Promise<void> {
  if ((await tryWrite(tx, lease, change)) === 'written') return;
  throw new LeaseLost(`run ${lease.runId} was dispatched again after ${lease.dispatch}`);
}

export async function tryWrite(tx: Tx, lease: TurnLease, change: TurnWrite): Promise<'written' | 'refused'> {
  const written = await statementFor(
    tx,
    change,
  )({
    ...valuesOf(change),
    runId: lease.runId,
    dispatch: lease.dispatch,
  });
  if (!written) return 'refused';
  lease.learn?.(written);
  return 'written';
}

type Statement = (values: Record<string, unknown>) => Promise<Written | null>;

/** Turns write in some twenty shapes. Building the text of one takes longer than sending it, so each is built once. */
const statements = new WeakMap<Tx, Map<string, Statement>>();

function statementFor(tx: Tx, change: TurnWrite): Statement {
  const known = statements.get(tx) ?? new Map<string, Statement>();
  statements.set(tx, known);
  const shape = shapeOf(change);
  const statement = known.get(shape) ?? prepare(tx, change);
  known.set(shape, statement);
  return statement;
}

const fieldsOf = ({ step: { number: _, ...set } = { number: 0 } }: TurnWrite): [string, unknown][] =>
  Object.entries(set).filter(([, value]) => value !== undefined);

/** All that the text of the statement depends on. */
function shapeOf(change: TurnWrite): string {
  const { begins, step, asset, due, knowsStop, hookedAt, isFailedAttempt, unannounced, unlessStopped } = change;
  const heedsHooks = hookedAt !== undefined;
  const flags = [begins, step, asset, knowsStop, heedsHooks, isFailedAttempt, unannounced, unlessStopped].map(Boolean);
  const fields = fieldsOf(change).map(([name, value]) => {
    if (value instanceof Computed) return `${name}=${value.formula}`;
    return value === null ? `${name}=null` : name;
  });
  return [flags, due?.form, ...fields].join(' ');
}

function valuesOf(change: TurnWrite): Record<string, unknown> {
  const { step, asset, due } = change;
  const fields = fieldsOf(change).map(([name, value]) => [name, value instanceof Computed ? value.from : value]);
  return {
    ...Object.fromEntries(fields),
    number: step?.number,
    asset: asset && JSON.stringify(asset),
    runDueMs: due?.ms,
    runDueAt: due?.at?.toISOString() ?? null,
    runHookedAt: change.hookedAt?.toISOString() ?? null,
    stepHookedAt: change.stepHookedAt?.toISOString() ?? null,
  };
}

/** The lease that a prepared statement is carried out with. */
export const heldLease = and(eq(runs.id, sql.placeholder('runId')), eq(runs.dispatch, sql.placeholder('dispatch')));

export const owned = (lease: Lease) => and(eq(runs.id, lease.runId), eq(runs.dispatch, lease.dispatch));
export const inMs = (ms: number) => formulas.after(sql`${ms}`);

/**
 * What others or the database decide about a run in a turn. `hookedAt` is not among it: a turn that knew of a hook without having
 * looked at the hooked step would end as if it had.
 */
export const changing = {
  state: runs.state,
  startedAt: runs.startedAt,
  dueAt: runs.dueAt,
  failedAttempts: runs.failedAttempts,
  cancelRequestedAt: runs.cancelRequestedAt,
};

export const changed = ({
  state,
  startedAt,
  dueAt,
  failedAttempts,
  cancelRequestedAt,
}: Pick<Run, keyof typeof changing>) => ({ state, startedAt, dueAt, failedAttempts, cancelRequestedAt });

export const announcement = sql`pg_notify('vidgenie_run', ${runs.id}::text)`;
const nothing = sql`NULL::text`;

function prepare(tx: Tx, change: TurnWrite): Statement {
  const held = tx.$with('held').as(
    tx
      .update(runs)
      .set({
        ...(change.begins ? { state: 'running', startedAt: formulas.begun() } : {}),
        ...(change.due ? { dueAt: orSooner(change), busy: false } : { busy: true }),
        // When a run goes on, its claim counts as its only failed attempt.
        ...(change.isFailedAttempt ? {} : { failedAttempts: change.due ? 0 : 1 }),
      })
      .where(
        and(
          heldLease,
          or(isNull(runs.deliveredAt), isNotNull(runs.deletedAt)),
          change.unlessStopped ? isNull(runs.cancelRequestedAt) : undefined,
        ),
      )
      .returning({ id: runs.id, ...changing, readAt, told: (change.unannounced ? nothing : announcement).as('told') }),
  );
  const ofRun = (row: HeldRun) => ({ run: changed(row), clockAheadMs: clockAheadMs(row.readAt) });
  if (!change.step) {
    const statement = tx.with(held).select().from(held).prepare('write_run');
    return async (values) => {
      const [row] = await statement.execute(values);
      return row ? ofRun(row) : null;
    };
  }
  const step = tx.$with('step').as(
    tx
      .update(steps)
      .set({ ...Object.fromEntries(fieldsOf(change).map(cell)), shown: shownUntilNow })
      .where(
        and(inArray(steps.runId, tx.select({ id: held.id }).from(held)), eq(steps.number, sql.placeholder('number'))),
      )
      .returning(),
  );
  const always = sql`true`;
  if (!change.asset) {
    const statement = tx.with(held, step).select().from(held).innerJoin(step, always).prepare('write_step');
    return async (values) => {
      const [row] = await statement.execute(values);
      return row ? { ...ofRun(row.held), steps: [row.step] } : null;
    };
  }
  const asset = tx.$with('asset', getTableColumns(assets)).as(putAsset);
  const statement = tx
    .with(held, step, asset)
    .select()
    .from(held)
    .innerJoin(step, always)
    .innerJoin(asset, always)
    .prepare('write_asset');
  return async (values) => {
    const [row] = await statement.execute(values);
    return row ? { ...ofRun(row.held), steps: [row.step], asset: row.asset } : null;
  };
}

type HeldRun = Pick<Run, keyof typeof changing> & { readAt: number };

const columns: Record<string, PgColumn> = getTableColumns(steps);

/** A field of a step, whose value comes with each execution. The driver would write a null in JSON as JSON's own null. */
function cell([name, value]: [string, unknown]): [string, SQL] {
  const given = sql.placeholder(name);
  if (value instanceof Computed) return [name, formulas[value.formula](sql`${given}`)];
  const column = columns[name];
  if (!column) throw new Error(`a step has no ${name}`);
  return [name, value === null ? sql`NULL` : sql`${sql.param(given, column)}`];
}

/** A run is due at once if somebody asked to stop it during the turn, or if a hook arrived. */
function orSooner({ due, knowsStop = false, hookedAt }: TurnWrite): SQL {
  const ms = sql`${sql.placeholder('runDueMs')}`;
  const at = sql`${sql.placeholder('runDueAt')}::timestamptz`;
  const moment = due?.form === 'at' ? at : sql`least(${formulas[due?.form ?? 'after'](ms)}, ${at})`;
  const seen = sql`${sql.placeholder('runHookedAt')}`;
  const planned = hookedAt === undefined ? moment : unlessHooked(sql`${runs.hookedAt}`, seen, moment);
  return knowsStop ? planned : sql`CASE WHEN ${runs.cancelRequestedAt} IS NULL THEN ${planned} ELSE now() END`;
}

/** The progress that `progressOf` shows of a step just before this write. The bounds keep the exponential from underflowing. */
const shownUntilNow = sql`greatest(shown, CASE WHEN state IN ('submitting', 'submitted', 'storing') THEN
  least(${maxShown}::float8, coalesce(fraction, ${maxGuessed}::float8 * (1 - exp(-least(50, greatest(0,
    2000 * extract(epoch FROM now() - started_at)::float8 / greatest(1, coalesce(expected_ms, ${unknownStepMs}::int)))))))) ELSE 0 END)`;

/** A later upload of the same step replaces the earlier one. */
const putAsset = sql`
  INSERT INTO assets (run_id, step_number, kind, object_key, mime, width, height, seconds, bytes, sha256, flagged)
  SELECT held.id, a.step, a.kind::media_kind, a."objectKey", a.mime, a.width, a.height, a.seconds, a.bytes, a.sha256, a.flagged
  FROM held, jsonb_to_record(${sql.placeholder('asset')}::jsonb)
    AS a(step int, kind text, "objectKey" text, mime text, width int, height int, seconds float8, bytes bigint, sha256 text,
      flagged text[])
  ON CONFLICT (run_id, step_number) DO UPDATE SET kind = excluded.kind, object_key = excluded.object_key, mime = excluded.mime,
    width = excluded.width, height = excluded.height, seconds = excluded.seconds, bytes = excluded.bytes, sha256 = excluded.sha256,
    flagged = excluded.flagged
  RETURNING *`;
