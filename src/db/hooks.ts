import { sql } from 'drizzle-orm';
import { z } from 'zod';
import type { RunId, Vendor } from '../domain.ts';
import type { Tx } from './client.ts';

const rows = z.array(z.object({ id: z.string() }));

/**
 * A vendor says that a step is over. The step falls due, and the poll decides. It happens at most once in five seconds for a step, and
 * only for one that is being sent or is at its vendor. So hooks that are repeated, late or untrue cost one early poll at most.
 *
 * A run in the middle of a turn is only marked: the write that ends the turn sees the mark and makes the run due at once. The run is
 * locked before the step, like in every write of a turn. Each hook of a run has a moment of its own, which tells it from the one before. A step whose polls fail keeps its pause.
 */
export async function takeHook(
  tx: Tx,
  vendor: Vendor,
  { runId, step }: { runId: RunId; step: number },
): Promise<'taken' | 'ignored'> {
  const taken = await tx.execute(sql`
    WITH run AS MATERIALIZED (
      SELECT id FROM runs WHERE id = ${runId} AND settled_at IS NULL FOR UPDATE
    ), hooked AS (
      UPDATE steps SET hooked_at = date_trunc('milliseconds', now()),
        due_at = CASE WHEN state = 'submitted' THEN least(due_at, now()) ELSE due_at END
      FROM run
      WHERE steps.run_id = run.id AND steps.number = ${step}::int AND steps.state IN ('submitting', 'submitted')
        AND (steps.state = 'submitting' OR steps.failed_attempts = 0)
        AND (steps.hooked_at IS NULL OR steps.hooked_at < now() - interval '5 seconds')
      RETURNING steps.run_id AS id
    ), due AS (
      UPDATE runs SET hooked_at = greatest(date_trunc('milliseconds', now()), runs.hooked_at + interval '1 ms'),
        due_at = CASE WHEN busy THEN due_at ELSE least(due_at, now()) END
      FROM hooked WHERE runs.id = hooked.id
      RETURNING runs.id, busy
    ), arrival AS (
      INSERT INTO hook_arrivals (vendor, arrived_at) SELECT ${vendor}, now() FROM hooked
      -- Most hooks write nothing here, so they do not wait for one another.
      WHERE NOT EXISTS (
        SELECT FROM hook_arrivals
        WHERE vendor = ${vendor} AND arrived_at > now() - interval '1 minute' AND (missed_at IS NULL OR missed_at < arrived_at)
      )
      ON CONFLICT (vendor) DO UPDATE SET arrived_at = excluded.arrived_at
    )
    SELECT id, CASE WHEN NOT busy THEN pg_notify('vidgenie_due', '')::text END AS told FROM due`);
  return rows.parse([...taken]).length > 0 ? 'taken' : 'ignored';
}

const heard = z.array(z.object({ vendor: z.string() }));

/** The vendors from which a hook arrived within a day, and that have missed none since. */
export async function vendorsHeard(tx: Tx): Promise<Set<string>> {
  const found = await tx.execute(sql`
    SELECT vendor FROM hook_arrivals
    WHERE arrived_at > now() - interval '1 day' AND (missed_at IS NULL OR missed_at < arrived_at)`);
  return new Set(heard.parse([...found]).map(({ vendor }) => vendor));
}

/** A step was found to be over, and no hook had said so. Until the next hook arrives, its vendor is asked as often as any other. */
export async function noteMissedHook(
  tx: Tx,
  vendor: Vendor,
  { runId, step }: { runId: RunId; step: number },
): Promise<void> {
  await tx.execute(sql`
    UPDATE hook_arrivals SET missed_at = now()
    WHERE vendor = ${vendor}
      AND EXISTS (SELECT FROM steps WHERE run_id = ${runId} AND number = ${step}::int AND hooked_at IS NULL)`);
}
