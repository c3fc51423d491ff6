import type { Step } from '../../db/runs.ts';
import { replaceModel } from '../../db/turns.ts';
import type { FailureKind } from '../../domain.ts';
import { replacementFor } from '../failover.ts';
import type { Turn } from '../turnContext.ts';
import { retryWhileDatabaseAway } from './retryWhileAway.ts';

/**
 * Gives a step to another model, because its own one provably generated nothing. The next look at the run sends it. False if no other
 * model can take it.
 */
export async function handOver(turn: Turn, step: Step, failure: FailureKind): Promise<boolean> {
  const { deps, lease, view } = turn;
  const replacement = replacementFor(deps, view, step, turn.standing(), failure);
  if (!replacement) return false;
  await retryWhileDatabaseAway(turn, () => replaceModel(deps.db, lease, step.number, replacement));
  deps.reachFailpoint('step_replaced', { runId: lease.runId, step: step.kind, number: step.number });
  const { provider, model } = replacement;
  deps.meter.stepReplaced({ kind: step.kind, from: step.provider, to: provider });
  deps.log.warn(
    {
      runId: lease.runId,
      step: step.kind,
      failure,
      from: `${step.provider} ${step.model}`,
      to: `${provider} ${model}`,
    },
    'another model makes a step, because the first one generated nothing',
  );
  return true;
}
