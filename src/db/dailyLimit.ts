import { and, desc, eq, sql } from 'drizzle-orm';
import type { Tx } from './client.ts';
import { runs } from './schema.ts';
import type { WorkspaceId } from './vocabulary.ts';

/** A member who has started as many runs as the workspace allows. `again` is when the next one is possible. */
export type DailySpent = { outcome: 'daily_limit'; most: number; again: Date };

const dayMs = 24 * 60 * 60_000;

/**
 * Looks whether a member has started `most` runs within the last 24 hours; null when there is room for another. What came to nothing
 * and cost nothing does not count. Members who ask at once are let in one after the other until the transaction ends, so that what
 * is written in it is counted by the next.
 */
export async function spentToday(
  tx: Tx,
  who: { workspaceId: WorkspaceId; memberId: string },
  most: number,
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
        sql`NOT (${runs.state} IN ('failed', 'canceled') AND ${runs.capturedCredits} = 0)`,
      ),
    )
    .orderBy(desc(runs.createdAt))
    .offset(most - 1)
    .limit(1);
  return oldest ? { outcome: 'daily_limit', most, again: new Date(oldest.createdAt.getTime() + dayMs) } : null;
}
