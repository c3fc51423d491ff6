import { and, desc, eq, sql } from 'drizzle-orm';
import type { WorkspaceId } from '../domain.ts';
import type { Tx } from './client.ts';
import { runs } from './schema.ts';

/** The member has started as many runs as the workspace allows. `again` is when the next run is possible. */
export type DailySpent = { outcome: 'daily_limit'; max: number; again: Date };

const dayMs = 24 * 60 * 60_000;

/**
 * Which runs count. An unfinished run counts. A run that made an image or a video counts, whatever it cost: steps on a
 * workspace's own key may be free of charge. A step that its member stopped after VidGenie had sent it counts too: the provider
 * was paid, and members could otherwise stop runs to get around the limit. A failed run that made nothing more than an enhanced
 * prompt does not count.
 */
const counts = sql`(
  ${runs.state} NOT IN ('failed', 'canceled') OR EXISTS (
    SELECT FROM steps WHERE steps.run_id = ${runs.id} AND steps.kind <> 'enhance'
      AND (steps.state = 'done' OR steps.failure ->> 'kind' = 'canceled')
  )
)`;

/**
 * Checks whether a member has started `max` runs within the last 24 hours. Null when there is room for another. {@link counts}
 * says which runs count. The lock lets a member's concurrent submits in one after the other until the transaction ends, so each
 * submit counts the runs of the one before.
 */
export async function spentToday(
  tx: Tx,
  who: { workspaceId: WorkspaceId; memberId: string },
  max: number,
): Promise<DailySpent | null> {
  const { workspaceId, memberId } = who;
  await tx.execute(sql`SELECT pg_advisory_xact_lock(hashtextextended(${`daily ${workspaceId} ${memberId}`}, 0))`);
  const [oldest] = await tx
    .select({ createdAt: runs.createdAt })
    .from(runs)
    .where(
      and(
        eq(runs.workspaceId, workspaceId),
        eq(runs.memberId, memberId),
        sql`${runs.createdAt} > now() - interval '24 hours'`,
        counts,
      ),
    )
    .orderBy(desc(runs.createdAt))
    .offset(max - 1)
    .limit(1);
  return oldest ? { outcome: 'daily_limit', max, again: new Date(oldest.createdAt.getTime() + dayMs) } : null;
}
