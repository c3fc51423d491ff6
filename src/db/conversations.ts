import { and, between, desc, eq, sql } from 'drizzle-orm';
import { z } from 'zod';
import { type RunId, runId, type WorkspaceId } from '../domain.ts';
import type { Tx } from './client.ts';
import type { Run } from './runs.ts';
import { runs } from './schema.ts';

/** Where a run posts, and what it has posted. Only the run's platform reads the two columns. */
export type Posting = Pick<Run, 'id' | 'conversation' | 'postedMessages'>;

const columns = { id: runs.id, conversation: runs.conversation, postedMessages: runs.postedMessages };

/** The most runs that a look-up by time reads. */
const maxRead = 500;

/** The runs of a workspace that were created between two moments, newest first. */
export async function postingsBetween(
  tx: Tx,
  workspaceId: WorkspaceId,
  { from, to }: { from: Date; to: Date },
): Promise<Posting[]> {
  return await tx
    .select(columns)
    .from(runs)
    .where(and(eq(runs.workspaceId, workspaceId), between(runs.createdAt, from, to)))
    .orderBy(desc(runs.createdAt))
    .limit(maxRead);
}

/** The newest runs of a workspace. */
export async function newestPostings(tx: Tx, workspaceId: WorkspaceId, limit: number): Promise<Posting[]> {
  return await tx
    .select(columns)
    .from(runs)
    .where(eq(runs.workspaceId, workspaceId))
    .orderBy(desc(runs.createdAt))
    .limit(limit);
}

const descended = z.array(z.object({ id: runId }));

/** The runs that were made of a run, and of those, newest first, and that run itself. At most {@link maxRead}, the nearest ones. */
export async function descendantsOf(tx: Tx, id: RunId): Promise<RunId[]> {
  const rows = descended.parse(
    await tx.execute(sql`
      WITH RECURSIVE descended AS (
        SELECT id, created_at FROM runs WHERE id = ${id}
        UNION
        SELECT r.id, r.created_at FROM runs r JOIN descended ON r.parent_id = descended.id
      )
      SELECT id FROM (SELECT * FROM descended LIMIT ${maxRead}) AS nearest ORDER BY created_at DESC`),
  );
  return rows.map((row) => row.id);
}
