import type { Db } from '../db/client.ts';
import { loadRuns, lockRun, requestCancel } from '../db/runs.ts';
import type { RunId } from '../domain.ts';
import { type StopCost, stopCost } from './stateMachine.ts';

export type StopOutcome =
  | { outcome: 'requested'; cost: StopCost }
  /** Stopping costs more than the member agreed to. Nothing has changed. */
  | { outcome: 'costs'; cost: StopCost }
  | { outcome: 'finished' };

/**
 * Asks a run to stop, unless that costs more than `maxCredits` (null means any cost). One transaction under the run's lock reads
 * the cost and records the request, so no step is sent in between. If the run is stopping already, the cost was agreed to before.
 */
export async function stopRun(db: Db, id: RunId, maxCredits: number | null): Promise<StopOutcome> {
  return await db.transaction(async (tx) => {
    await lockRun(tx, id);
    const [view] = await loadRuns(tx, [id]);
    if (!view || view.run.settledAt) return { outcome: 'finished' };
    const cost = stopCost(view);
    const isAgreed = maxCredits === null || cost.credits <= maxCredits || view.run.cancelRequestedAt !== null;
    if (!isAgreed) return { outcome: 'costs', cost };
    await requestCancel(tx, id);
    return { outcome: 'requested', cost };
  });
}
