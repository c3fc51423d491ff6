import { type SQL, sql } from 'drizzle-orm';
import { z } from 'zod';
import type { RunId, RunLimits } from '../domain.ts';
import type { Tx } from './client.ts';

/**
 * The position of a run in the queue. `ahead` runs start before it. `limit` is the limit of running runs that keeps this run
 * waiting although workers are free; `atWork` is its size. Null if the run waits only for a worker, or no longer waits.
 */
export type QueuePosition = { ahead: number; limit: { of: 'member' | 'workspace'; atWork: number } | null };

const positionRows = z.array(z.object({ ahead: z.int(), member: z.boolean(), workspace: z.boolean() }));

/** Which runs to look for, in which workspace, and how many at most. */
type Crowd = { workspaceId: SQL; which: SQL; max: SQL; memberAtWork: number };

/**
 * The waiting runs of a workspace that the limit of a member lets start now, by the same rule as `dispatch_due`. A run above that
 * limit is ahead of nobody else's run. One index probe finds the next member with waiting runs, and `max` ends the search.
 */
const startable = ({ workspaceId, which, max, memberAtWork }: Crowd): SQL => sql`(
  WITH RECURSIVE member AS (
    (SELECT q.member_id FROM runs q WHERE q.workspace_id = ${workspaceId} AND q.state = 'queued' AND q.settled_at IS NULL
      ORDER BY q.member_id LIMIT 1)
    UNION ALL
    SELECT next.member_id FROM member CROSS JOIN LATERAL (
      SELECT q.member_id FROM runs q
      WHERE q.workspace_id = ${workspaceId} AND q.state = 'queued' AND q.settled_at IS NULL AND q.member_id > member.member_id
      ORDER BY q.member_id LIMIT 1
    ) next
  )
  SELECT 1 FROM member CROSS JOIN LATERAL (
    SELECT 1 FROM runs b
    WHERE b.workspace_id = ${workspaceId} AND b.state = 'queued' AND b.member_id = member.member_id AND b.settled_at IS NULL
      AND b.cancel_requested_at IS NULL AND ${which}
    LIMIT greatest(0, ${memberAtWork}::int - (
      SELECT count(*) FROM runs w
      WHERE w.workspace_id = ${workspaceId} AND w.state = 'running' AND w.member_id = member.member_id AND w.settled_at IS NULL
    ))
  ) of_member LIMIT ${max}
)`;

/**
 * The number of waiting runs that start before this one if no new run arrives. It is the sum of three counts: the member's own
 * earlier runs; the earlier runs of other members of the workspace, as far as the limit of a member lets them start; and from
 * each other workspace, as many startable runs as bring it to the same number of running runs. 0 means that the run is next, or
 * running. The query reads no more than `furthest` runs and workspaces, plus the waiting members of the run's own workspace.
 * `furthest` is also the largest possible answer.
 */
export async function queuePositionOf(
  tx: Tx,
  id: RunId,
  { memberAtWork, workspaceAtWork }: Pick<RunLimits, 'memberAtWork' | 'workspaceAtWork'>,
  furthest = 100,
): Promise<QueuePosition> {
  const ofOthers = startable({
    workspaceId: sql`me.workspace_id`,
    memberAtWork,
    max: sql`${furthest}::int`,
    which: sql`b.member_id <> me.member_id AND (b.created_at, b.id) < (me.created_at, me.id)`,
  });
  const elsewhere = startable({
    workspaceId: sql`hop.workspace_id`,
    memberAtWork,
    which: sql`true`,
    max: sql`least(${furthest}::int, greatest(0, least(own.before + own.at_work, ${workspaceAtWork}::int) - at_work.runs))`,
  });
  const [row] = positionRows.parse(
    await tx.execute(sql`
      WITH RECURSIVE me AS (
        SELECT id, workspace_id, member_id, created_at FROM runs
        WHERE id = ${id} AND state = 'queued' AND cancel_requested_at IS NULL
      ), hop AS (
        (SELECT r.workspace_id, 1 AS nth FROM runs r WHERE r.state = 'queued' AND r.cancel_requested_at IS NULL
          ORDER BY r.workspace_id LIMIT 1)
        UNION ALL
        SELECT next.workspace_id, hop.nth + 1 FROM hop CROSS JOIN LATERAL (
          SELECT r.workspace_id FROM runs r
          WHERE r.state = 'queued' AND r.cancel_requested_at IS NULL AND r.workspace_id > hop.workspace_id
          ORDER BY r.workspace_id LIMIT 1
        ) next WHERE hop.nth < ${furthest}::int
      ), counts AS MATERIALIZED (
        SELECT (SELECT count(*) FROM ${ofOthers} before) AS others,
          (SELECT count(*) FROM (
            SELECT 1 FROM runs b WHERE b.workspace_id = me.workspace_id AND b.state = 'queued' AND b.member_id = me.member_id
              AND b.settled_at IS NULL AND b.cancel_requested_at IS NULL AND (b.created_at, b.id) < (me.created_at, me.id)
              LIMIT ${furthest}::int
          ) before) AS mine,
          (SELECT count(*) FROM runs w WHERE w.workspace_id = me.workspace_id AND w.state = 'running'
            AND w.member_id = me.member_id AND w.settled_at IS NULL) AS mine_at_work,
          (SELECT count(*) FROM runs w
            WHERE w.workspace_id = me.workspace_id AND w.state = 'running' AND w.settled_at IS NULL) AS at_work
        FROM me
      ), own AS (
        SELECT others + mine AS before, at_work, mine + mine_at_work AS of_member FROM counts
      ), others AS (
        SELECT 1
        FROM own CROSS JOIN hop CROSS JOIN LATERAL (
          SELECT count(*) AS runs FROM runs w
          WHERE w.workspace_id = hop.workspace_id AND w.state = 'running' AND w.settled_at IS NULL
        ) at_work CROSS JOIN LATERAL ${elsewhere} before
        WHERE hop.workspace_id <> (SELECT workspace_id FROM me) LIMIT ${furthest}::int
      )
      SELECT least(${furthest}::int, own.before + (SELECT count(*) FROM others))::int AS ahead,
        own.of_member >= ${memberAtWork}::int AS member, own.before + own.at_work >= ${workspaceAtWork}::int AS workspace
      FROM own`),
  );
  if (!row) return { ahead: 0, limit: null };
  const limit = row.member
    ? ({ of: 'member', atWork: memberAtWork } as const)
    : row.workspace
      ? ({ of: 'workspace', atWork: workspaceAtWork } as const)
      : null;
  return { ahead: row.ahead, limit };
}
