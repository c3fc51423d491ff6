import { type SQL, sql } from 'drizzle-orm';
import { z } from 'zod';
import { type RunId, runId } from '../domain.ts';
import type { Tx } from './client.ts';
import { runs } from './schema.ts';

/**
 * Polls fall due together, four times a second, so that many of them share one job. A poll that is due in less than a second does
 * not wait for that. Polls that are minutes away are few, so they are gathered over five seconds. `ms` is in milliseconds.
 */
export const pollAfter = (ms: SQL): SQL => sql`CASE WHEN ${ms} < 1000 THEN now() + ${ms} * interval '1 ms'
  WHEN ${ms} < 60000 THEN date_bin('250 ms', now() + ${ms} * interval '1 ms' + interval '250 ms', timestamptz 'epoch')
  ELSE date_bin('5 seconds', now() + ${ms} * interval '1 ms' + interval '5 seconds', timestamptz 'epoch') END`;

/** A moment, or now if a hook has arrived since the turn looked at the row: that hook must not wait. */
export const unlessHooked = (hookedAt: SQL, seen: SQL, due: SQL): SQL =>
  sql`CASE WHEN ${hookedAt} IS NOT DISTINCT FROM ${seen}::timestamptz THEN ${due} ELSE now() END`;

type Held = { runId: RunId; dispatch: number };
/** `knowsStop`: the turn knew that somebody had asked to stop the run. `hookedAt`: the last hook that it knew. */
type PollEnd = { pollAfterMs: number; knowsStop: boolean; hookedAt: Date | null };

/** Ends that wait to be written. `isWriting`: the ones before them are on their way. */
type Batch = { ends: Ending[]; isWriting: boolean };
type Ending = Held & PollEnd & { resolve: (isHeld: boolean) => void; reject: (error: unknown) => void };

const batches = new WeakMap<Tx, Batch>();

/**
 * Ends a turn that has only learned that a provider is still working. Most turns are such, and many end at the same moment, because
 * polls share jobs. So they are written together: one statement and one commit. False if the run was dispatched again.
 */
export function endPoll(tx: Tx, { runId: id, dispatch }: Held, end: PollEnd): Promise<boolean> {
  const batch = batches.get(tx) ?? { ends: [], isWriting: false };
  batches.set(tx, batch);
  return new Promise((resolve, reject) => {
    batch.ends.push({ runId: id, dispatch, ...end, resolve, reject });
    if (!batch.isWriting) void writeAll(tx, batch);
  });
}

/** Never rejects. */
async function writeAll(tx: Tx, batch: Batch): Promise<void> {
  batch.isWriting = true;
  // Polls of the same job end in the same moment.
  await new Promise((resolve) => setImmediate(resolve));
  while (batch.ends.length > 0) {
    const ends = batch.ends.splice(0);
    try {
      const held = await endAll(tx, ends);
      for (const one of ends) one.resolve(held.has(nameOf(one.runId, one.dispatch)));
    } catch (error) {
      for (const one of ends) one.reject(error);
    }
  }
  batch.isWriting = false;
}

const leases = z.array(z.object({ id: runId, dispatch: z.int() }));
const nameOf = (id: RunId, dispatch: number) => `${id} ${dispatch}`;

async function endAll(tx: Tx, ends: readonly Ending[]): Promise<ReadonlySet<string>> {
  const rows = ends.map((one) => ({
    id: one.runId,
    dispatch: one.dispatch,
    ms: one.pollAfterMs,
    knows: one.knowsStop,
    hooked: one.hookedAt,
  }));
  const planned = unlessHooked(sql`hooked_at`, sql`one.hooked`, pollAfter(sql`one.ms`));
  const ended = leases.parse(
    await tx.execute(sql`
      UPDATE ${runs} SET busy = false, failed_attempts = 0,
        due_at = CASE WHEN one.knows OR cancel_requested_at IS NULL THEN ${planned} ELSE now() END
      FROM jsonb_to_recordset(${JSON.stringify(rows)}::jsonb) AS one(id uuid, dispatch int, ms float8, knows boolean, hooked timestamptz)
      WHERE runs.id = one.id AND runs.dispatch = one.dispatch
        AND runs.id = ANY (ARRAY(SELECT (jsonb_array_elements(${JSON.stringify(rows)}::jsonb) ->> 'id')::uuid))
      RETURNING runs.id, runs.dispatch`),
  );
  return new Set(ended.map((one) => nameOf(one.id, one.dispatch)));
}
