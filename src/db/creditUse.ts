import { type SQL, sql } from 'drizzle-orm';
import { z } from 'zod';
import type { WorkspaceId } from '../domain.ts';
import type { Tx } from './client.ts';

// The use of credits by runs: captured ones minus refunded ones. A trigger adds up whole days, see `credit_use` in the schema.

export type Usage = { day: number; week: number; month: number };

const usages = z.tuple([z.object({ day: z.int(), week: z.int(), month: z.int() })]);

/** The credits that a workspace used in the last 24 hours, 7 days and 30 days. */
export async function usageOf(tx: Tx, workspaceId: WorkspaceId): Promise<Usage> {
  const rows = await tx.execute(sql`
    SELECT ${usedSince(workspaceId, 1)} AS day, ${usedSince(workspaceId, 7)} AS week, ${usedSince(workspaceId, 30)} AS month`);
  return usages.parse([...rows])[0];
}

/** The whole days after the moment come from the table of days, and the rest of the moment's own day from the ledger. */
function usedSince(workspaceId: WorkspaceId, days: number): SQL {
  const since = sql`(now() - make_interval(days => ${days}::int))`;
  const day = sql`(${since} AT TIME ZONE 'UTC')::date`;
  return sql`(
    (SELECT coalesce(sum(credits), 0) FROM credit_use WHERE workspace_id = ${workspaceId} AND day > ${day})
    + (SELECT coalesce(sum(CASE kind WHEN 'capture' THEN amount ELSE -amount END), 0) FROM credit_transactions
      WHERE workspace_id = ${workspaceId} AND kind IN ('capture', 'refund')
        AND created_at > ${since} AND created_at < (${day} + 1)::timestamp AT TIME ZONE 'UTC')
  )::int`;
}

/** Today and the days before it (UTC), `days` together. */
const inLast = (days: number): SQL => sql`day > (now() AT TIME ZONE 'UTC')::date - ${days}::int`;

export type UsedByDay = { day: string; credits: number };

const usedDays = z.array(z.object({ day: z.string(), credits: z.int() }));

/** The credits that a workspace used on each of the last days (UTC, `2026-11-23`) on which it used any. */
export async function usedByDay(tx: Tx, workspaceId: WorkspaceId, days: number): Promise<UsedByDay[]> {
  const rows = await tx.execute(sql`
    SELECT day::text, sum(credits)::int AS credits FROM credit_use
    WHERE workspace_id = ${workspaceId} AND ${inLast(days)} GROUP BY 1 ORDER BY 1`);
  return usedDays.parse(rows);
}

export type UsedByMember = { id: string; name: string; credits: number };

const usedMembers = z.array(z.object({ id: z.string(), name: z.string(), credits: z.int() }));

/** At most this many members are told apart. */
const maxMembers = 500;

/** The credits that members used in the last days, under their latest names, the most first. `memberId` keeps only one of them. */
export async function usedByMember(
  tx: Tx,
  workspaceId: WorkspaceId,
  { days, memberId }: { days: number; memberId: string | undefined },
): Promise<UsedByMember[]> {
  const whose = memberId === undefined ? sql`member_id <> ''` : sql`member_id = ${memberId}`;
  const rows = await tx.execute(sql`
    SELECT used.member_id AS id, named.member_name AS name, used.credits FROM (
      SELECT member_id, sum(credits)::int AS credits FROM credit_use
      WHERE workspace_id = ${workspaceId} AND ${inLast(days)} AND ${whose}
      GROUP BY member_id HAVING sum(credits) <> 0 ORDER BY 2 DESC LIMIT ${maxMembers}
    ) used CROSS JOIN LATERAL (
      SELECT member_name FROM runs WHERE workspace_id = ${workspaceId} AND member_id = used.member_id
      ORDER BY created_at DESC LIMIT 1
    ) named
    ORDER BY used.credits DESC, used.member_id`);
  return usedMembers.parse(rows);
}
