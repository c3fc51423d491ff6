import { and, eq, inArray, isNotNull, isNull, or, sql } from 'drizzle-orm';
import { z } from 'zod';
import {
  type CastEntry,
  defaultLimits,
  type EnhancedPrompt,
  type JsonValue,
  type KeySource,
  type Platform,
  type RunId,
  type RunLimits,
  type RunOptions,
  runId,
  runOptions,
  type StepKind,
  type Workflow,
  type WorkspaceId,
} from '../domain.ts';
import type { Tx } from './client.ts';
import { type DailySpent, spentToday } from './dailyLimit.ts';
import { assets, proposals, runs, steps } from './schema.ts';

/** Without the column that only the sweeper reads. */
export type Run = Omit<typeof runs.$inferSelect, 'mediaRemoved'>;
export type Step = typeof steps.$inferSelect;
/** A stored object of a run, without the columns that only the sweeper reads. */
export type Asset = Omit<typeof assets.$inferSelect, 'eraseAttempts' | 'eraseDueAt' | 'isGiven' | 'stepKind'>;

/** A run with everything that belongs to it. Its steps are in the order of their numbers. */
export type RunView = {
  run: Run;
  steps: Step[];
  assets: Asset[];
  /**
   * How far the database's clock was ahead of this machine's clock when the run was read, in milliseconds. All times of a run
   * come from the database's clock.
   */
  clockAheadMs: number;
};

/**
 * Credits to refund for steps whose results nobody could receive. The end of delivery writes the refund into the ledger. Members
 * are told about it just before.
 */
export const refundedCredits = ({ run, steps }: Pick<RunView, 'run' | 'steps'>): number =>
  steps
    .filter(({ number, state }) => state === 'done' && run.unreached?.includes(number))
    .reduce((sum, step) => sum + step.priceCredits, 0);

export type NewRun = {
  id: RunId;
  workspaceId: WorkspaceId;
  requestKey: string;
  memberId: string;
  memberName: string;
  workflow: Workflow;
  prompt: string;
  options: RunOptions;
  /** The run of which this one is made. Left out if a command started it. */
  parent?: Parent | null;
  /** The entries of the cast that the prompt names. */
  cast?: readonly CastEntry[];
  /** Null if the run posts on its workspace's own platform. */
  platform?: Platform | null;
  conversation: JsonValue;
  steps: NewStep[];
  /** The image that the member gave, or null. */
  input: NewAsset | null;
  /**
   * In milliseconds. How long the run waits for its first message, which the process that took the command posts: see {@link
   * announceRun}. After that the run starts anyway and posts a message of its own.
   */
  waitsForAnswerMs?: number;
};

/**
 * The run whose result a new one begins with, and the number of that result's step. `isOnce`: a second such run of the same member,
 * of the same result and with the same words, within {@link repeatSeconds} is the same press again, and changes nothing.
 */
export type Parent = { runId: RunId; step: number | null; isOnce: boolean };

/** In seconds. Somebody who presses a button twice means it once. */
const repeatSeconds = 60;

/** A step as it is inserted. The columns of the schema explain the rest. */
export type NewStep = {
  number: number;
  kind: StepKind;
  inputs: readonly number[];
  scene: number | null;
  variant: number | null;
  seconds: number | null;
  isExtension: boolean;
  size: string;
  priceCredits: number;
  provider: string;
  model: string;
  keySource: KeySource;
  /** The expected duration in milliseconds. */
  expectedMs: number;
  /** A step that another run has done already, or that nothing needs any more. It is not worked again. */
  takenOver: { handle: JsonValue; enhanced: EnhancedPrompt | null; asset: NewAsset | null } | 'skipped' | null;
};

/** An object of the store that a new run begins with. */
export type NewAsset = Pick<
  Asset,
  'kind' | 'objectKey' | 'mime' | 'width' | 'height' | 'seconds' | 'bytes' | 'sha256'
> &
  Partial<Pick<Asset, 'flagged'>>;

export type InsertOutcome =
  | { outcome: 'accepted'; balance: number; price: number }
  | { outcome: 'repeated'; runId: RunId }
  | { outcome: 'insufficient'; balance: number; price: number }
  /** The member has the maximum number of running and waiting runs. */
  | { outcome: 'busy'; max: number }
  | DailySpent;

/** `dailyRuns` is the number of runs that a member may start in 24 hours. Null means that only credits limit it. */
type InsertLimits = Partial<Pick<RunLimits, 'memberAtWork' | 'memberWaiting'> & { dailyRuns: number | null }>;

/** The conditions of a debit, besides the balance and the request key. */
type Gate = { price: number; maxOfMember: number };

const debited = z.array(z.object({ balance: z.int() }));

/**
 * Holds a run's price and writes the run, due at once, in one statement, so neither ever exists without the other. The debit
 * requires a sufficient balance and a new request key. If two deliveries of a command pass this check at the same instant, the
 * unique key undoes the whole statement of the second. The debit also checks the member's number of runs. A submit that waited
 * for the account's row counts them again, so fifty concurrent commands get the same outcome as fifty commands in a row.
 */
export async function insertRun(tx: Tx, run: NewRun, limits: InsertLimits = {}): Promise<InsertOutcome> {
  const { dailyRuns, gate } = gateOf(run, limits);
  for (;;) {
    const written = await writeOnce(tx, run, gate, dailyRuns);
    if (written) return written;
    const known = (await runOfRequest(tx, run.requestKey)) ?? (await recentChild(tx, run));
    if (known) return { outcome: 'repeated', runId: known };
    const shut = await whyShut(tx, run, gate);
    if (shut) return shut;
    // Another run has ended meanwhile and the reason for the refusal is gone: try again.
  }
}

/** Null when the debit was refused. */
async function writeOnce(tx: Tx, run: NewRun, gate: Gate, dailyRuns: number | null): Promise<InsertOutcome | null> {
  try {
    if (dailyRuns === null) return await holdAndWrite(tx, run, gate);
    return await tx.transaction((inner) => writeWithin(inner, run, gate, dailyRuns));
  } catch (error) {
    if (!isUniqueViolation(error, 'runs_request_key')) throw error;
    return null;
  }
}

/**
 * The reason why `insertRun` would refuse a run now. Null if it would accept it. Call this before work that a refusal would
 * waste. The decision itself is up to {@link insertRun}.
 */
export async function foreseeRefusal(
  tx: Tx,
  run: Omit<NewRun, 'input'>,
  limits: InsertLimits = {},
): Promise<Exclude<InsertOutcome, { outcome: 'accepted' }> | null> {
  const { dailyRuns, gate } = gateOf(run, limits);
  const known = (await runOfRequest(tx, run.requestKey)) ?? (await recentChild(tx, run));
  if (known) return { outcome: 'repeated', runId: known };
  return (await whyShut(tx, run, gate)) ?? (dailyRuns === null ? null : await spentToday(tx, run, dailyRuns));
}

function gateOf(
  { steps: planned }: Pick<NewRun, 'steps'>,
  limits: InsertLimits,
): { gate: Gate; dailyRuns: number | null } {
  const { dailyRuns = null, memberAtWork, memberWaiting } = { ...defaultLimits, ...limits };
  const price = planned.reduce((sum, { priceCredits }) => sum + priceCredits, 0);
  return { gate: { price, maxOfMember: memberAtWork + memberWaiting }, dailyRuns };
}

const room = z.array(z.object({ balance: z.int(), runs: z.int() }));

/** The reason why a run is refused now. Null if there is no reason any more. */
async function whyShut(
  tx: Tx,
  run: Pick<NewRun, 'workspaceId' | 'memberId'>,
  { price, maxOfMember }: Gate,
): Promise<Extract<InsertOutcome, { outcome: 'insufficient' | 'busy' }> | null> {
  const [now] = room.parse(
    await tx.execute(sql`
      SELECT balance, member_runs_unsettled(${run.workspaceId}, ${run.memberId}) AS runs
      FROM credit_accounts WHERE workspace_id = ${run.workspaceId}`),
  );
  if (!now) throw new Error(`workspace ${run.workspaceId} has no credit account`);
  if (now.balance < price) return { outcome: 'insufficient', balance: now.balance, price };
  return now.runs >= maxOfMember ? { outcome: 'busy', max: maxOfMember } : null;
}

/** The run that a request has started. Null: none. */
export async function runOfRequest(tx: Tx, requestKey: string): Promise<RunId | null> {
  const [known] = await tx.select({ id: runs.id }).from(runs).where(eq(runs.requestKey, requestKey));
  return known?.id ?? null;
}

/** The call of the database function that finds the run of the same press, if the member has pressed just before. */
const recentChildOf = ({ parent, memberId, workflow, options, prompt }: Omit<NewRun, 'input'>) =>
  parent?.isOnce
    ? sql`recent_child(${parent.runId}::uuid, ${parent.step}::integer, ${memberId}, ${workflow}, ${options.change}, ${prompt},
        ${repeatSeconds}::integer)`
    : sql`NULL::uuid`;

const foundChild = z.array(z.object({ id: runId.nullable() }));

async function recentChild(tx: Tx, run: Omit<NewRun, 'input'>): Promise<RunId | null> {
  if (!run.parent?.isOnce) return null;
  const [found] = foundChild.parse(await tx.execute(sql`SELECT ${recentChildOf(run)} AS id`));
  return found?.id ?? null;
}

/** The count and the write are one transaction under the member's lock, so concurrent submits cannot get around the limit. */
async function writeWithin(tx: Tx, run: NewRun, gate: Gate, dailyRuns: number): Promise<InsertOutcome | null> {
  const spent = await spentToday(tx, run, dailyRuns);
  // A redelivered command already has its run, so the daily limit must not refuse it. The same goes for a second press.
  if (spent) return ((await runOfRequest(tx, run.requestKey)) ?? (await recentChild(tx, run))) ? null : spent;
  return await holdAndWrite(tx, run, gate);
}

/** See `needsWorker` in the schema. */
const neededWorker = 3;

/** Null when the debit was refused: the balance is too low, the member has too many runs, or the request key is known. */
async function holdAndWrite(tx: Tx, run: NewRun, { price, maxOfMember }: Gate): Promise<InsertOutcome | null> {
  const [row] = debited.parse(
    await tx.execute(sql`
      WITH debit AS (
        UPDATE credit_accounts SET balance = balance - ${price}, held = held + ${price}
        WHERE workspace_id = ${run.workspaceId} AND balance >= ${price}
          AND NOT EXISTS (SELECT 1 FROM runs WHERE request_key = ${run.requestKey})
          AND ${recentChildOf(run)} IS NULL
          AND member_runs_unsettled(${run.workspaceId}, ${run.memberId}) < ${maxOfMember}::int
        RETURNING balance, held
      ), new_run AS (
        INSERT INTO runs (id, workspace_id, request_key, member_id, member_name, workflow, prompt, options, platform, conversation, parent_id, parent_step, "cast",
          price_credits, needs_worker, due_at)
        SELECT ${run.id}::uuid, ${run.workspaceId}, ${run.requestKey}, ${run.memberId}, ${run.memberName},
          ${run.workflow}::workflow, ${run.prompt}, ${JSON.stringify(run.options)}::jsonb, ${run.platform ?? null}::platform,
          ${JSON.stringify(run.conversation)}::jsonb, ${run.parent?.runId ?? null}::uuid, ${run.parent?.step ?? null}::int,
          ${JSON.stringify(run.cast ?? [])}::jsonb, ${price}::int, ${neededWorker}::int,
          now() + make_interval(secs => ${(run.waitsForAnswerMs ?? 0) / 1000}::float8)
        FROM debit
        RETURNING id
      ), new_steps AS (
        INSERT INTO steps (run_id, number, kind, inputs, scene, variant, seconds, is_extension, size, price_credits, provider, model,
          key_source, expected_ms, state, handle, enhanced)
        SELECT new_run.id, s.number, s.kind::step_kind, s.inputs, s.scene, s.variant, s.seconds, s."isExtension", s.size,
          s."priceCredits", s.provider, s.model, s."keySource", s."expectedMs", s.state::step_state, s.handle, s.enhanced
        FROM new_run, jsonb_to_recordset(${JSON.stringify(run.steps.map(stepRow))}::jsonb)
          AS s(number int, kind text, inputs int[], scene int, variant int, seconds int, "isExtension" boolean, size text,
            "priceCredits" int, provider text, model text, "keySource" text, "expectedMs" int, state text, handle jsonb, enhanced jsonb)
      ), new_assets AS (
        INSERT INTO assets (run_id, step_number, kind, object_key, mime, width, height, seconds, bytes, sha256, flagged, is_given)
        SELECT new_run.id, a.step, a.kind::media_kind, a."objectKey", a.mime, a.width, a.height, a.seconds, a.bytes, a.sha256, a.flagged,
          a.step IS NULL AND ${run.parent?.step ?? null}::int IS NULL
        FROM new_run, jsonb_to_recordset(${JSON.stringify(assetRows(run))}::jsonb)
          AS a(step int, kind text, "objectKey" text, mime text, width int, height int, seconds float8, bytes bigint, sha256 text,
            flagged text[])
      ), entry AS (
        INSERT INTO credit_transactions (workspace_id, run_id, kind, amount, balance_after, held_after, idempotency_key)
        SELECT ${run.workspaceId}, ${run.id}::uuid, 'hold', ${price}::int, debit.balance, debit.held, ${`hold:${run.id}`}
        FROM debit
      )
      SELECT balance FROM debit`),
  );
  return row ? { outcome: 'accepted', balance: row.balance, price } : null;
}

function stepRow({ takenOver, ...step }: NewStep) {
  if (takenOver === null) return { ...step, state: 'pending' };
  if (takenOver === 'skipped') return { ...step, state: 'skipped' };
  return { ...step, state: 'done', handle: takenOver.handle, enhanced: takenOver.enhanced };
}

const assetRows = ({ steps: planned, input }: NewRun) => [
  ...(input ? [{ ...input, step: null }] : []),
  ...planned.flatMap(({ number, takenOver }) =>
    takenOver !== null && takenOver !== 'skipped' && takenOver.asset ? [{ ...takenOver.asset, step: number }] : [],
  ),
];

/**
 * Lets a run start after its command was answered, and saves the `conversation` that the answer created. Returns false if the run
 * has started already. It then posts a message of its own, unless it has found this one.
 */
export async function announceRun(tx: Tx, id: RunId, conversation: JsonValue): Promise<boolean> {
  const rows = await tx
    .update(runs)
    .set({ conversation, dueAt: sql`least(${runs.dueAt}, now())` })
    .where(and(eq(runs.id, id), eq(runs.dispatch, 0)))
    .returning({ id: runs.id });
  return rows.length > 0;
}

const postgresError = z.object({ code: z.string(), constraint_name: z.string().optional() });

function isUniqueViolation(error: unknown, constraint: string): boolean {
  const cause = error instanceof Error && error.cause !== undefined ? error.cause : error;
  const known = postgresError.safeParse(cause);
  return known.success && known.data.code === '23505' && known.data.constraint_name === constraint;
}

/** The numbers that a trigger of the database gives to the steps of runs that older versions inserted. */
const numberOfKind: Record<StepKind, number> = { enhance: 1, image: 2, video: 3, join: 4 };

/** The database's clock when a statement began, in milliseconds. */
export const readAt = sql<number>`(extract(epoch FROM now()) * 1000)::float8`.as('read_at');

/** Both readings of our clock are cut to whole milliseconds. One less, and the estimate is never ahead of the database. */
export const clockAheadMs = (at: number): number => at - Date.now() - 1;

/** A member's input image belongs to no step, so it is found beside every step of the run. */
export const isAssetOfStep = and(eq(assets.runId, steps.runId), or(eq(assets.step, steps.number), isNull(assets.step)));

/** Runs with their steps and assets, one row for each step. */
const withParts = (tx: Tx) =>
  tx
    .select({ run: runs, step: steps, asset: assets, readAt })
    .from(runs)
    .innerJoin(steps, eq(steps.runId, runs.id))
    .leftJoin(assets, isAssetOfStep);

/** Loads runs by their ids, in that order. It leaves out ids that do not exist. */
export async function loadRuns(tx: Tx, ids: readonly RunId[]): Promise<RunView[]> {
  if (ids.length === 0) return [];
  const found = await withParts(tx).where(inArray(runs.id, [...ids]));
  return ids.flatMap((id) => viewOf(found.filter(({ run }) => run.id === id)) ?? []);
}

const lookingAtOne = (tx: Tx) =>
  withParts(tx)
    .where(eq(runs.id, sql.placeholder('id')))
    .prepare('look_at_run');

/** Prepared statements. Building the text of this statement takes longer than running it. */
const looks = new WeakMap<Tx, ReturnType<typeof lookingAtOne>>();

export async function loadRun(tx: Tx, id: RunId): Promise<RunView | null> {
  const look = looks.get(tx) ?? lookingAtOne(tx);
  looks.set(tx, look);
  return viewOf(await look.execute({ id }));
}

const defaultOptions = runOptions.parse({});

/** The numbers of the steps that nobody received, by what workers of this version and of the one before have written. */
function unreachedOf({ unreached, unreachedKinds }: Run): number[] | null {
  if (!unreachedKinds) return unreached;
  const numbers = unreachedKinds.map((kind) => numberOfKind[kind]);
  return [...new Set([...numbers, ...(unreached ?? [])])].sort((a, b) => a - b);
}

/** `parts` has a row for each step and its asset. */
export function viewOf(
  parts: readonly { run: Run; step: Step; asset: Asset | null; readAt: number }[],
): RunView | null {
  const [first] = parts;
  if (!first) return null;
  const ownSteps = new Map(parts.map(({ step }) => [step.number, step]));
  const ownAssets = new Map(parts.flatMap(({ asset }) => (asset ? [[asset.id, asset] as const] : [])));
  const { run } = first;
  return {
    run: {
      ...run,
      // Runs of older versions lack the newest options.
      options: { ...defaultOptions, ...run.options },
      unreached: unreachedOf(run),
    },
    steps: [...ownSteps.values()].sort((a, b) => a.number - b.number),
    assets: [...ownAssets.values()].sort((a, b) => a.createdAt.getTime() - b.createdAt.getTime()),
    clockAheadMs: clockAheadMs(first.readAt),
  };
}

const listed = z.array(z.object({ id: runId }));

/** The runs of a workspace, newest first. `memberId` keeps only one member's runs. */
export async function listRuns(
  tx: Tx,
  workspaceId: WorkspaceId,
  page: { limit: number; memberId?: string; unfinished?: boolean },
): Promise<RunView[]> {
  const { memberId, limit, unfinished = false } = page;
  const own = and(eq(runs.workspaceId, workspaceId), memberId === undefined ? undefined : eq(runs.memberId, memberId));
  // The unfinished runs are all read, and then sorted. In the order of their age they would be looked for in the whole history.
  const from = unfinished
    ? sql`(SELECT id, created_at FROM runs WHERE ${own} AND settled_at IS NULL AND state IN ('queued', 'running') OFFSET 0) AS unfinished`
    : sql`runs WHERE ${own}`;
  const rows = listed.parse(
    await tx.execute(sql`SELECT id FROM ${from} ORDER BY created_at DESC, id DESC LIMIT ${limit}::int`),
  );
  return await loadRuns(
    tx,
    rows.map((row) => row.id),
  );
}

/**
 * Marks a settled run as deleted. Marking it again changes nothing. Its media are removed afterwards, so a kill in between leaves
 * no run that shows removed media.
 */
export async function markDeleted(tx: Tx, id: RunId): Promise<'deleted' | 'unsettled'> {
  const rows = await tx
    .update(runs)
    .set({ deletedAt: sql`coalesce(${runs.deletedAt}, now())` })
    .where(and(eq(runs.id, id), isNotNull(runs.settledAt)))
    .returning({ id: runs.id });
  if (rows.length === 0) return 'unsettled';
  // They hold members' words about what is deleted.
  await tx.delete(proposals).where(eq(proposals.runId, id));
  return 'deleted';
}

/** Locks a run until the transaction ends: nobody else can write to it. False if there is no such run. */
export async function lockRun(tx: Tx, id: RunId): Promise<boolean> {
  const rows = await tx.select({ id: runs.id }).from(runs).where(eq(runs.id, id)).for('update');
  return rows.length > 0;
}

/**
 * Records that a member asked to stop a run, and lets it fall due at once. If a worker is in the middle of its turn, the request
 * waits for the end of the turn. A request that VidGenie has sent is paid for, so its result is kept.
 */
export async function requestCancel(tx: Tx, id: RunId): Promise<'requested' | 'finished'> {
  const rows = await tx
    .update(runs)
    .set({
      cancelRequestedAt: sql`coalesce(${runs.cancelRequestedAt}, now())`,
      dueAt: sql`CASE WHEN ${runs.busy} THEN ${runs.dueAt} ELSE now() END`,
    })
    .where(and(eq(runs.id, id), inArray(runs.state, ['queued', 'running'])))
    .returning({ id: runs.id });
  return rows.length > 0 ? 'requested' : 'finished';
}
