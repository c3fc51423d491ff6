import { sql } from 'drizzle-orm';
import { z } from 'zod';
import { type JsonValue, type RunId, runId, type WorkspaceId } from '../domain.ts';
import type { Tx } from './client.ts';

/** The number of runs that one lookup reads at most, at each of its two places. */
const maxRead = 1_000;

const found = z.array(z.object({ id: runId }));

type Thread = {
  /** When the first message of the thread was posted. */
  startedAt: Date;
  /** What the conversation of a run that was started in the thread contains. */
  conversation: JsonValue;
  /** What the run whose message opened the thread has saved. */
  opening: { conversation: JsonValue; posted: JsonValue };
};

/**
 * Finds the run that a message in a thread is about: the newest one there that has ended, or else the newest one. No index knows
 * threads. So this reads the runs of the day that ended with the thread's first message, for the run that opened it, and the newest
 * runs of the workspace since then, for those that were started in it.
 */
export async function findRunInThread(tx: Tx, id: WorkspaceId, thread: Thread): Promise<RunId | null> {
  const { startedAt, conversation, opening } = thread;
  const began = sql`${startedAt.toISOString()}::timestamptz`;
  const columns = sql`id, created_at, settled_at, deleted_at, conversation, posted_messages`;
  const [first] = found.parse(
    await tx.execute(sql`
      SELECT id FROM (
        (SELECT ${columns} FROM runs WHERE workspace_id = ${id} AND created_at > ${began} - interval '1 day'
           AND created_at < ${began} + interval '1 minute' ORDER BY created_at DESC LIMIT ${maxRead})
        UNION ALL
        (SELECT ${columns} FROM runs WHERE workspace_id = ${id} AND created_at > ${began} - interval '1 minute'
         ORDER BY created_at DESC LIMIT ${maxRead})
      ) AS near
      WHERE deleted_at IS NULL AND (
        conversation @> ${JSON.stringify(conversation)}::jsonb
        OR (conversation @> ${JSON.stringify(opening.conversation)}::jsonb
            AND posted_messages @> ${JSON.stringify(opening.posted)}::jsonb))
      ORDER BY settled_at IS NOT NULL DESC, created_at DESC LIMIT 1`),
  );
  return first?.id ?? null;
}
