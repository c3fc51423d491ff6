import { sql } from 'drizzle-orm';
import { z } from 'zod';
import type { WorkspaceId } from '../domain.ts';
import type { Tx } from './client.ts';

/**
 * How many edits a workspace's app may make: `perMinute` in the long run, `burst` at once. `kept` of the burst are reserved for
 * finals.
 */
export type EditPace = { perMinute: number; burst: number; kept: number };

const granted = z.array(z.object({ edits: z.number() }));

/**
 * Takes one edit from the workspace's budget, which all processes share. It refuses progress while the budget is low or Slack has
 * paused us: newer progress follows soon. It never refuses a final. A final may push the budget below zero, and progress then
 * waits until it has recovered.
 */
export async function takeEdit(
  tx: Tx,
  workspaceId: WorkspaceId,
  kind: 'progress' | 'final',
  pace: EditPace,
): Promise<boolean> {
  const perSecond = pace.perMinute / 60;
  const refilled = sql`least(${pace.burst}::float8, b.edits + extract(epoch FROM now() - b.counted_at) * ${perSecond}::float8)`;
  const min = kind === 'final' ? sql`'-infinity'::float8` : sql`${1 + pace.kept}::float8`;
  const rows = granted.parse(
    await tx.execute(sql`
      INSERT INTO edit_budgets AS b (workspace_id, edits) VALUES (${workspaceId}, ${pace.burst - 1})
      ON CONFLICT (workspace_id) DO UPDATE SET edits = ${refilled} - 1, counted_at = now()
      WHERE ${refilled} >= ${min} AND (${kind === 'final'} OR b.paused_until IS NULL OR b.paused_until <= now())
      RETURNING edits`),
  );
  return rows.length > 0;
}

/** Slack told us to pause: nobody posts progress until the pause is over. */
export async function pauseEdits(tx: Tx, workspaceId: WorkspaceId, pauseMs: number): Promise<void> {
  const until = sql`now() + make_interval(secs => ${pauseMs / 1000}::float8)`;
  await tx.execute(sql`
    INSERT INTO edit_budgets AS b (workspace_id, edits, paused_until) VALUES (${workspaceId}, 0, ${until})
    ON CONFLICT (workspace_id) DO UPDATE SET paused_until = greatest(b.paused_until, excluded.paused_until)`);
}
