import { sql } from 'drizzle-orm';
import { z } from 'zod';
import type { WorkspaceId } from '../domain.ts';
import type { Tx } from './client.ts';

/** How many edits a workspace's app may make: `perMinute` in the long run, `burst` at once, of which `kept` are for finals alone. */
export type EditPace = { perMinute: number; burst: number; kept: number };

const granted = z.array(z.object({ edits: z.number() }));

/**
 * Asks for one edit of the workspace's purse, which all processes share. Progress is refused while the purse is low or Slack
 * asked for silence: a newer word follows soon. A final is never refused; it may put the purse in debt, which progress pays.
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

/** Slack asked for silence: nobody shows progress before it is over. */
export async function pauseEdits(tx: Tx, workspaceId: WorkspaceId, pauseMs: number): Promise<void> {
  const until = sql`now() + make_interval(secs => ${pauseMs / 1000}::float8)`;
  await tx.execute(sql`
    INSERT INTO edit_budgets AS b (workspace_id, edits, paused_until) VALUES (${workspaceId}, 0, ${until})
    ON CONFLICT (workspace_id) DO UPDATE SET paused_until = greatest(b.paused_until, excluded.paused_until)`);
}
