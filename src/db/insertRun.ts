import { eq, sql } from 'drizzle-orm';
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
  type StepKind,
  type Workflow,
  type WorkspaceId,
} from '../domain.ts';
import type { Tx } from './client.ts';
import { type DailySpent, spentToday } from './dailyLimit.ts';
import type { NewAsset } from './runs.ts';
import { runs } from './schema.ts';

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
 * of the same result and with the same words, within {@link repeatSeconds} is the same press again, and changes nothing. A run that
 * has failed or was canceled answers no press.
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

const postgresError = z.object({ code: z.string(), constraint_name: z.string().optional() });

function isUniqueViolation(error: unknown, constraint: string): boolean {
  const cause = error instanceof Error && error.cause !== undefined ? error.cause : error;
  const known = postgresError.safeParse(cause);
  return known.success && known.data.code === '23505' && known.data.constraint_name === constraint;
}
