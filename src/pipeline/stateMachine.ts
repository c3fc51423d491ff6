import type { RunView, Step } from '../db/runs.ts';
import type { Failure, StepKind, TerminalState } from '../domain.ts';
import { maxFailedAttempts, maxOutage } from './retryPolicy.ts';

/** The next transition of a turn. It is exactly one of these. */
export type Transition =
  | { kind: 'send'; step: Step }
  | { kind: 'poll'; step: Step }
  | { kind: 'store'; step: Step }
  | { kind: 'cancel'; step: Step }
  | { kind: 'fail'; step: Step; failure: Failure }
  | { kind: 'settle'; state: TerminalState; capturedCredits: number; failure: Failure | null }
  | { kind: 'deliver' }
  | { kind: 'give_up_delivery'; failure: Failure };

/** How often VidGenie may send a step if it does not know whether the first request arrived. */
export const maxSubmits: Record<StepKind, number> = { enhance: 2, image: 2, video: 1 };

/** Decides the next transition of a run from its stored state alone. */
export function nextTransition(view: RunView): Transition {
  const { run, steps } = view;
  if (run.settledAt) {
    if (run.failedAttempts <= maxOutage + 1) return { kind: 'deliver' };
    return { kind: 'give_up_delivery', failure: cameToNothing(run.failedAttempts) };
  }
  const fatal = steps.find((step) => step.state === 'failed' && step.kind !== 'enhance');
  if (fatal) return settled(steps, endedBy(fatal), fatal.failure);
  const step = steps.find((one) => one.state !== 'done' && one.state !== 'failed' && one.state !== 'skipped');
  if (!step) return settled(steps, 'succeeded', null);

  switch (step.state) {
    case 'pending':
      return run.cancelRequestedAt ? settled(steps, 'canceled', null) : orGiveUp(view, { kind: 'send', step });
    case 'submitting':
      // A new dispatch found this step. The worker before died, or lost its lease, after it sent the step and before it stored
      // the answer.
      return run.cancelRequestedAt || step.submits >= maxSubmits[step.kind]
        ? { kind: 'fail', step, failure: interrupted }
        : orGiveUp(view, { kind: 'send', step });
    case 'submitted':
      return run.cancelRequestedAt ? { kind: 'cancel', step } : orGiveUp(view, { kind: 'poll', step });
    case 'storing':
      return orGiveUp(view, { kind: 'store', step });
    case 'done':
    case 'failed':
    case 'skipped':
      throw new Error(`a step that is ${step.state} is not at work`);
  }
}

const interrupted: Failure = {
  kind: 'interrupted',
  detail: 'the work was interrupted while it was being sent, and sending it twice could cost twice',
};

const endedBy = (step: Step): TerminalState => (step.failure?.kind === 'canceled' ? 'canceled' : 'failed');

function settled(steps: readonly Step[], state: TerminalState, failure: Failure | null): Transition {
  return { kind: 'settle', state, failure, capturedCredits: earned(steps) };
}

/** The cost of a stop: at most `credits` are captured, at least `back` are released, and a provider is working on `atWork`. */
export type StopCost = { credits: number; back: number; atWork: StepKind | null };

/**
 * The cost of stopping a run now. A step that was sent to a provider is paid for, even if nobody knows yet whether it arrived.
 * Everything else is released. After a stop request the run sends nothing more, so the cost never rises.
 */
export function stopCost({ run, steps }: RunView): StopCost {
  const isAtWork = ({ state }: Step) => state === 'submitting' || state === 'submitted' || state === 'storing';
  const sent = steps.filter(isAtWork);
  const credits = earned(steps) + sent.reduce((sum, step) => sum + step.priceCredits, 0);
  return { credits, back: run.priceCredits - credits, atWork: sent.at(-1)?.kind ?? null };
}

/** The credits to capture: those of done steps, and those of a step that its member canceled after VidGenie had sent it. */
const earned = (steps: readonly Step[]): number =>
  steps
    .filter((step) => step.state === 'done' || step.failure?.kind === 'canceled')
    .reduce((sum, step) => sum + step.priceCredits, 0);

/** VidGenie does not try a run for ever if its turns end again and again without a result (they may even kill their worker). */
function orGiveUp(view: RunView, transition: Extract<Transition, { step: Step }>): Transition {
  const maxLength = transition.kind === 'send' ? maxFailedAttempts : maxOutage;
  if (view.run.failedAttempts <= maxLength + 1) return transition;
  return { kind: 'fail', step: transition.step, failure: cameToNothing(view.run.failedAttempts) };
}

const cameToNothing = (failedAttempts: number): Failure => ({
  kind: 'internal',
  detail: `the work was started ${failedAttempts - 1} times and came to nothing`,
});
