import { finishEnhance } from '../../db/turns.ts';
import { retryWhileDatabaseAway } from './retryWhileAway.ts';
import type { StepWork } from './step.ts';

/** Prompt → enhanced prompt. If it fails, the run goes on with the member's own prompt. */
export const enhance: StepWork<'enhance'> = {
  kind: 'enhance',
  sendDeadlineMs: 60_000,
  workDeadlineMs: 60_000,
  request: async ({ view }) => ({
    prompt: view.run.prompt,
    style: view.run.options.style,
    aspect: view.run.options.aspect,
    duration: view.run.workflow === 'complete' ? view.run.options.duration : null,
  }),
  keep: async (turn, _step, output, cost) => {
    await retryWhileDatabaseAway(turn, () => finishEnhance(turn.deps.db, turn.lease, output, cost));
    turn.deps.reachFailpoint('step_done', { runId: turn.lease.runId, step: 'enhance' });
  },
};
