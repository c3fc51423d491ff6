import { and, desc, eq, exists, ilike, inArray, isNotNull, type SQL, sql } from 'drizzle-orm';
import type { RunId, RunState, WorkspaceId } from '../domain.ts';
import type { Tx } from './client.ts';
import { loadRuns, type RunView } from './runs.ts';
import { assets, creditTransactions, runs } from './schema.ts';

export type RunSearch = {
  limit: number;
  /** The last run of the previous page. */
  after?: RunId | undefined;
  memberId?: string | undefined;
  /** Only runs that made such a thing and still have it. */
  made?: 'image' | 'video' | undefined;
  states?: readonly RunState[] | undefined;
  /** Text that the prompt contains, in upper or lower case. */
  words?: string | undefined;
};

/** A page of a workspace's runs, newest first. */
export async function searchRuns(tx: Tx, workspaceId: WorkspaceId, search: RunSearch): Promise<RunView[]> {
  const { limit, after, memberId, made, states, words } = search;
  const narrowed: (SQL | undefined)[] = [
    eq(runs.workspaceId, workspaceId),
    // If `after` names a run of another workspace or of another member, the comparison is null and the page is empty.
    after &&
      sql`(${runs.createdAt}, ${runs.id}) < (
        SELECT r.created_at, r.id FROM runs r
        WHERE r.id = ${after} AND r.workspace_id = ${workspaceId} AND r.member_id = coalesce(${memberId ?? null}, r.member_id))`,
    memberId === undefined ? undefined : eq(runs.memberId, memberId),
    states && inArray(runs.state, [...states]),
    words === undefined ? undefined : ilike(runs.prompt, `%${words.replace(/[\\%_]/g, '\\$&')}%`),
    made && sql`${runs.deletedAt} IS NULL`,
    made &&
      exists(
        tx
          .select({ id: assets.id })
          .from(assets)
          .where(and(eq(assets.runId, runs.id), eq(assets.kind, made), isNotNull(assets.step))),
      ),
  ];
  const rows = await tx
    .select({ id: runs.id })
    .from(runs)
    .where(and(...narrowed))
    .orderBy(desc(runs.createdAt), desc(runs.id))
    .limit(limit);
  return await loadRuns(
    tx,
    rows.map((row) => row.id),
  );
}

export type KnownMember = { id: string; name: string; runs: number };

/** Every member who ever started a run in a workspace, under the latest name, the member with the most runs first. */
export async function membersOf(tx: Tx, workspaceId: WorkspaceId): Promise<KnownMember[]> {
  return await tx
    .select({
      id: runs.memberId,
      name: sql<string>`(array_agg(${runs.memberName} ORDER BY ${runs.createdAt} DESC))[1]`,
      runs: sql<number>`count(*)::int`,
    })
    .from(runs)
    .where(eq(runs.workspaceId, workspaceId))
    .groupBy(runs.memberId)
    .orderBy(desc(sql`count(*)`), runs.memberId)
    .limit(500);
}

export type DailyUse = { day: string; memberId: string | null; credits: number };

/** Captured credits minus refunded ones, by day (UTC, `2026-11-23`) and by the member whose run it was. */
export async function dailyUse(tx: Tx, workspaceId: WorkspaceId, days: number): Promise<DailyUse[]> {
  const day = sql<string>`to_char(${creditTransactions.createdAt} AT TIME ZONE 'UTC', 'YYYY-MM-DD')`;
  const credits = sql<number>`sum(CASE ${creditTransactions.kind} WHEN 'capture' THEN ${creditTransactions.amount} ELSE -${creditTransactions.amount} END)::int`;
  return await tx
    .select({ day: day.as('day'), memberId: runs.memberId, credits })
    .from(creditTransactions)
    .leftJoin(runs, eq(runs.id, creditTransactions.runId))
    .where(
      and(
        eq(creditTransactions.workspaceId, workspaceId),
        inArray(creditTransactions.kind, ['capture', 'refund']),
        sql`${creditTransactions.createdAt} > now() - make_interval(days => ${days})`,
      ),
    )
    .groupBy(sql`1`, runs.memberId)
    .orderBy(sql`1`);
}
