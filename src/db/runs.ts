import { and, eq, inArray, isNotNull, isNull, or, sql } from 'drizzle-orm';
import { z } from 'zod';
import { type JsonValue, type RunId, runId, runOptions, type StepKind, type WorkspaceId } from '../domain.ts';
import type { Tx } from './client.ts';
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

/** An object of the store that a new run begins with. */
export type NewAsset = Pick<
  Asset,
  'kind' | 'objectKey' | 'mime' | 'width' | 'height' | 'seconds' | 'bytes' | 'sha256'
> &
  Partial<Pick<Asset, 'flagged'>>;

/**
 * Lets a run start after its command was answered, and saves the `conversation` that the answer created. Returns false if the run
 * has started already. It then posts a message of its own, unless it has found this one. Also false if the run was withdrawn: another
 * delivery of its command may be answered after that, and the run stays over.
 */
export async function announceRun(tx: Tx, id: RunId, conversation: JsonValue): Promise<boolean> {
  const rows = await tx
    .update(runs)
    .set({ conversation, dueAt: sql`least(${runs.dueAt}, now())` })
    .where(and(eq(runs.id, id), eq(runs.dispatch, 0), isNull(runs.deliveredAt)))
    .returning({ id: runs.id });
  return rows.length > 0;
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

const hasNothingToTakeBack = sql`(${runs.busy} OR ${runs.postedMessages} = '{}')`;
/** See `needsWorker` in the schema. An older worker would deliver the run again. */
const takesBack = 4;

/**
 * Marks a settled run as deleted. Its media are removed afterwards, so a kill in between leaves no run that shows removed media.
 * `byWorker`: the caller cannot take back the messages of the run, so a run that has posted any falls due, and a worker does it. A worker
 * that is in the middle of delivering the run takes them back in any case.
 */
export async function markDeleted(
  tx: Tx,
  id: RunId,
  { byWorker = false }: { byWorker?: boolean } = {},
): Promise<'deleted' | 'unsettled'> {
  const rows = await tx
    .update(runs)
    .set({
      deletedAt: sql`coalesce(${runs.deletedAt}, now())`,
      ...(byWorker
        ? {
            dueAt: sql`CASE WHEN ${hasNothingToTakeBack} THEN ${runs.dueAt} ELSE now() END`,
            needsWorker: sql`CASE WHEN ${hasNothingToTakeBack} THEN ${runs.needsWorker} ELSE ${takesBack}::int END`,
          }
        : {}),
    })
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
