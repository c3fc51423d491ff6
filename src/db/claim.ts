import { eq, getTableColumns, sql } from 'drizzle-orm';
import type { RunId } from '../domain.ts';
import type { Tx } from './client.ts';
import { isAssetOfStep, type RunView, readAt, viewOf } from './runs.ts';
import { assets, runs, steps } from './schema.ts';
import type { Lease } from './turnWrite.ts';
import { standingOfRun } from './workspaces.ts';

/** A claimed run. `standing` is that of its workspace, for `readStanding`. */
export type Claimed = RunView & { standing: unknown };

/**
 * The last hook of a run as it was when the statement began, like the steps that it reads. A claim may wait for a hook that is being
 * written: then it would return the new mark beside steps that are not due yet, and the turn would end as if it had looked at them.
 */
const hookedAt = sql`(SELECT seen.hooked_at FROM runs AS seen WHERE seen.id = runs.id)`
  .mapWith(runs.hookedAt)
  .as('seen_hooked_at');

/** Finds the runs by an array of ids, so that their index serves however few runs there are. */
const claiming = (tx: Tx) => {
  const leases = sql`${sql.placeholder('leases')}::jsonb`;
  const claimed = tx.$with('claimed').as(
    tx
      .update(runs)
      .set({
        claimed: sql`${runs.dispatch}`,
        // A lease that was given back is one again if the queue has taken its job all the same.
        busy: true,
        dueAt: sql`now() + make_interval(secs => ${sql.placeholder('seconds')}::float8)`,
        failedAttempts: sql`${runs.failedAttempts} + 1`,
      })
      .where(sql`${runs.id} = ANY (ARRAY(SELECT jsonb_object_keys(${leases})::uuid))
        AND ${runs.dispatch} = (${leases} ->> ${runs.id}::text)::int AND ${runs.claimed} < ${runs.dispatch}`)
      .returning({ ...getTableColumns(runs), hookedAt, standing: standingOfRun.as('standing'), readAt }),
  );
  return tx
    .with(claimed)
    .select()
    .from(claimed)
    .innerJoin(steps, eq(steps.runId, claimed.id))
    .leftJoin(assets, isAssetOfStep)
    .prepare('claim_runs');
};
const claims = new WeakMap<Tx, ReturnType<typeof claiming>>();

/**
 * Claims leased runs, each at most once for each dispatch. It counts as a failed attempt until the turn makes progress. The same
 * statement reads the runs and the standings of their workspaces, because further ones in every turn would cost more. It sees every
 * write to their steps, but for hooks: those of earlier leases were over before the runs were dispatched.
 */
export async function claim(
  tx: Tx,
  leases: readonly Lease[],
  visibilityMs: number,
): Promise<ReadonlyMap<RunId, Claimed>> {
  const statement = claims.get(tx) ?? claiming(tx);
  claims.set(tx, statement);
  const dispatches = Object.fromEntries(leases.map((lease) => [lease.runId, lease.dispatch]));
  const rows = await statement.execute({ leases: JSON.stringify(dispatches), seconds: visibilityMs / 1000 });
  const ofRun = Map.groupBy(rows, (row) => row.claimed.id);
  return new Map(
    [...ofRun].flatMap(([id, parts]) => {
      const view = viewOf(
        parts.map(({ claimed: { standing: _, readAt: at, ...run }, steps: step, assets: asset }) => ({
          run,
          step,
          asset,
          readAt: at,
        })),
      );
      return view ? [[id, { ...view, standing: parts[0]?.claimed.standing }]] : [];
    }),
  );
}
