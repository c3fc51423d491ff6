import { and, desc, eq, sql } from 'drizzle-orm';
import type { WorkspaceId } from '../domain.ts';
import type { Tx } from './client.ts';
import { runs } from './schema.ts';

/** A member who has started as many runs as the workspace allows. `again` is when the next one is possible. */
export type DailySpent = { outcome: 'daily_limit'; max: number; again: Date };

const dayMs = 24 * 60 * 60_000;

/**
 * A run counts while it may still make something, and when it made an image or a video, whatever that cost: steps on a workspace's own
 * key may be free of charge. So does a step that its member stopped after it had been sent, for its provider was paid, and stopping
 * would otherwise be the way around the limit. A failed run that made nothing more than a better prompt does not count.
 */
const counts = sql`(
  ${runs.state} NOT IN ('failed', 'canceled') OR EXISTS (
    SELECT FROM steps WHERE steps.run_id = ${runs.id} AND steps.kind <> 'enhance'
      AND (steps.state = 'done' OR steps.failure ->> 'kind' = 'canceled')
  )
)`;

/**
 * Looks whether a member has started `max` runs within the last 24 hours; null when there is room for another. What made nothing does
 * not count, see {@link counts}. Members who ask at once are let in one after the other until the transaction ends, so that what
 * is written in it is counted by the next.
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
