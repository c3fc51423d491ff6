import { sql } from 'drizzle-orm';
import { z } from 'zod';
import type { Tx } from './client.ts';
import type { RunId } from './vocabulary.ts';

const aheadRows = z.array(z.object({ ahead: z.int() }));

/**
 * How many waiting runs would be started before this one, if nobody came after: those of its workspace before it, and of each other
 * workspace as many as bring that one to as many runs at work. 0: it is next, or at work. Looks at no more than `furthest` runs and
 * workspaces; more than so many are told as so many.
 */
export async function placeInQueue(tx: Tx, id: RunId, furthest = 100): Promise<number> {
  const [row] = aheadRows.parse(
    await tx.execute(sql`
      WITH RECURSIVE me AS (
        SELECT id, workspace_id, created_at FROM runs WHERE id = ${id} AND state = 'queued' AND cancel_requested_at IS NULL
      ), hop AS (
        (SELECT r.workspace_id, 1 AS nth FROM runs r WHERE r.state = 'queued' AND r.cancel_requested_at IS NULL
          ORDER BY r.workspace_id LIMIT 1)
        UNION ALL
        SELECT next.workspace_id, hop.nth + 1 FROM hop CROSS JOIN LATERAL (
          SELECT r.workspace_id FROM runs r
          WHERE r.state = 'queued' AND r.cancel_requested_at IS NULL AND r.workspace_id > hop.workspace_id
          ORDER BY r.workspace_id LIMIT 1
        ) next WHERE hop.nth < ${furthest}::int
      ), own AS (
        SELECT (SELECT count(*) FROM (
            SELECT 1 FROM runs b WHERE b.workspace_id = me.workspace_id AND b.state = 'queued' AND b.cancel_requested_at IS NULL
              AND (b.created_at, b.id) < (me.created_at, me.id) LIMIT ${furthest}::int
          ) before) AS before,
          (SELECT count(*) FROM runs w
            WHERE w.workspace_id = me.workspace_id AND w.state = 'running' AND w.settled_at IS NULL) AS at_work
        FROM me
      ), others AS (
        SELECT (SELECT count(*) FROM (
            SELECT 1 FROM runs b WHERE b.workspace_id = hop.workspace_id AND b.state = 'queued' AND b.cancel_requested_at IS NULL
            LIMIT least(${furthest}::int, greatest(0, own.before + own.at_work - at_work.runs))
          ) before) AS before
        FROM hop CROSS JOIN own CROSS JOIN LATERAL (
          SELECT count(*) AS runs FROM runs w
          WHERE w.workspace_id = hop.workspace_id AND w.state = 'running' AND w.settled_at IS NULL
        ) at_work
        WHERE hop.workspace_id <> (SELECT workspace_id FROM me)
      )
      SELECT least(${furthest}::int, own.before + coalesce((SELECT sum(before) FROM others), 0))::int AS ahead FROM own`),
  );
  return row?.ahead ?? 0;
}
