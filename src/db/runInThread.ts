import { sql } from 'drizzle-orm';
import { z } from 'zod';
import { type JsonValue, type RunId, runId, type WorkspaceId } from '../domain.ts';
import type { Tx } from './client.ts';

/** The number of runs that one look-up reads at most, at each of its two places. */
const maxRead = 1_000;

const found = z.array(z.object({ id: runId }));

/** The contents of the two columns of a run that only its platform reads, if the run posts in a thread or has posted a message. */
export type Trace = { conversation: JsonValue; posted: JsonValue };

/**
 * Finds the run that a thread or a message of a platform is about: of all runs that have one of the traces, the newest one that has
 * ended, or else the newest one; a deleted one only if there is no other. `postedAt` is when the message, or the first message of the thread, was posted. No index knows
 * threads. So this reads the runs of the day that ended with that message, for the run that posted it, all that were made of those
 * runs, and the newest runs of the workspace since then, for those that were started in the thread.
 */
export async function findRunInThread(
  tx: Tx,
  id: WorkspaceId,
  { postedAt, traces }: { postedAt: Date; traces: readonly Trace[] },
): Promise<RunId | null> {
  const posted = sql`${postedAt.toISOString()}::timestamptz`;
  const columns = sql`id, created_at, settled_at, deleted_at, conversation, posted_messages`;
  const isTraced = sql`EXISTS (
    SELECT FROM jsonb_to_recordset(${JSON.stringify(traces)}::jsonb) AS trace(conversation jsonb, posted jsonb)
    WHERE near.conversation @> trace.conversation AND near.posted_messages @> trace.posted)`;
  const [first] = found.parse(
    await tx.execute(sql`
      WITH RECURSIVE near AS (
        (SELECT ${columns} FROM runs WHERE workspace_id = ${id} AND created_at > ${posted} - interval '1 day'
           AND created_at < ${posted} + interval '1 minute' ORDER BY created_at DESC LIMIT ${maxRead})
        UNION ALL
        (SELECT ${columns} FROM runs WHERE workspace_id = ${id} AND created_at > ${posted} - interval '1 minute'
         ORDER BY created_at DESC LIMIT ${maxRead})
      ), made AS (
        SELECT * FROM near WHERE ${isTraced}
        UNION
        SELECT next.* FROM made CROSS JOIN LATERAL (SELECT ${columns} FROM runs WHERE parent_id = made.id) next
      )
      SELECT id FROM (SELECT * FROM made LIMIT ${2 * maxRead}) AS near WHERE ${isTraced}
      ORDER BY deleted_at IS NULL DESC, settled_at IS NOT NULL DESC, created_at DESC LIMIT 1`),
  );
  return first?.id ?? null;
}
