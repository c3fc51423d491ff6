import type { RunView, Step } from '../db/runs.ts';
import type { Failure, StepKind, TerminalState } from '../domain.ts';
import { isBlocked, isOver, isReady } from './graph.ts';
import { maxFailedAttempts, maxOutage } from './retryPolicy.ts';

/** A transition of one step. */
export type StepTransition =
  | { kind: 'send'; step: Step }
  | { kind: 'poll'; step: Step }
  | { kind: 'store'; step: Step }
  | { kind: 'cancel'; step: Step }
  | { kind: 'fail'; step: Step; failure: Failure };

/** A transition of a whole run. Nothing else happens in the run meanwhile. */
type RunTransition =
  | { kind: 'settle'; state: TerminalState; capturedCredits: number; failure: Failure | null }
  | { kind: 'deliver' }
  | { kind: 'give_up_delivery'; failure: Failure };

export type Transition = StepTransition | RunTransition;

/**
 * The transitions of a run that are possible now. Those of `steps` may all be made at once. `waitsUntil` is the moment, on the
 * database's clock, at which the next of the other steps should be looked at; null if none waits for a moment. If neither is left,
 * and nothing is in flight, then `whole` is next.
 */
export type Next = { steps: StepTransition[]; waitsUntil: Date | null; whole: RunTransition | null };

/** How often VidGenie may send a step if it does not know whether the first request arrived. */
export const maxSubmits: Record<StepKind, number> = { enhance: 2, image: 2, video: 1, join: 2 };

/** Steps that are due within this many milliseconds are looked at together, because a turn costs more than a poll. */
export const earlyMs = 1_000;

/**
 * Decides what a run can do, from its stored state alone. `inFlight` are the numbers of the steps that this turn is working on. A
 * turn looks at steps `early` when it begins, in milliseconds, and afterwards when they are due: it must not poll a step early again
 * and again.
 */
export function nextTransitions(view: RunView, inFlight: ReadonlySet<number>, now: Date, early = earlyMs): Next {
  const { run } = view;
  if (run.settledAt) return { steps: [], waitsUntil: null, whole: delivery(view) };
  const steps: StepTransition[] = [];
  const waiting: Date[] = [];
  for (const step of view.steps) {
    if (inFlight.has(step.number) || isOver(step)) continue;
    const transition = transitionOf(view, step);
    if (!transition) continue;
    const isDue = transition.kind === 'cancel' || transition.kind === 'fail' || isLookedAt(step, now, early);
    if (isDue) steps.push(orGiveUp(view, transition));
    else if (step.dueAt) waiting.push(step.dueAt);
  }
  const isAtRest = steps.length === 0 && waiting.length === 0 && inFlight.size === 0;
  const [first] = waiting.sort((a, b) => a.getTime() - b.getTime());
  return {
    // Transitions that end soon come first: they may free something that takes longer.
    steps: steps.sort((a, b) => order.indexOf(a.kind) - order.indexOf(b.kind)),
    waitsUntil: first ?? null,
    whole: isAtRest ? settlement(view) : null,
  };
}

const order: readonly StepTransition['kind'][] = ['fail', 'cancel', 'store', 'poll', 'send'];

const isLookedAt = ({ dueAt }: Step, now: Date, early: number): boolean =>
  dueAt === null || dueAt.getTime() <= now.getTime() + early;

/** The next transition of one step, whenever it is due. Null if there is none. */
function transitionOf(view: RunView, step: Step): StepTransition | null {
  const isStopped = view.run.cancelRequestedAt !== null;
  switch (step.state) {
    case 'pending':
      return !isStopped && isReady(view, step) && !isBlocked(view, step) ? { kind: 'send', step } : null;
    case 'submitting':
      // A new dispatch found this step. The worker before died, or lost its lease, after it sent the step and before it stored
      // the answer.
      return isStopped || step.submits >= maxSubmits[step.kind]
        ? { kind: 'fail', step, failure: interrupted }
        : { kind: 'send', step };
    case 'submitted':
      return isStopped ? { kind: 'cancel', step } : { kind: 'poll', step };
    case 'storing':
      return { kind: 'store', step };
    case 'done':
    case 'failed':
    case 'skipped':
      return null;
  }
}

const interrupted: Failure = {
  kind: 'interrupted',
  detail: 'the work was interrupted while it was being sent, and sending it twice could cost twice',
};

function delivery({ run }: RunView): RunTransition {
  if (run.failedAttempts <= maxOutage + 1) return { kind: 'deliver' };
  return { kind: 'give_up_delivery', failure: cameToNothing(run.failedAttempts) };
}

/** The end of a run in which nothing is left to do. */
function settlement(view: RunView): RunTransition {
  const { run, steps } = view;
  const capturedCredits = earned(steps);
  const fatal = steps.find((step) => step.state === 'failed' && step.kind !== 'enhance');
  const isCanceled = steps.some(({ failure }) => failure?.kind === 'canceled');
  const isCut = run.cancelRequestedAt !== null && steps.some((one) => one.state === 'pending' && !isBlocked(view, one));
  if (isCanceled || isCut) {
    const failure = steps.find((step) => step.failure?.kind === 'canceled')?.failure ?? null;
    return { kind: 'settle', state: 'canceled', capturedCredits, failure };
  }
  if (fatal) return { kind: 'settle', state: 'failed', capturedCredits, failure: fatal.failure };
  return { kind: 'settle', state: 'succeeded', capturedCredits, failure: null };
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

/** The credits to capture: those of done steps, and those of steps that their member canceled after VidGenie had sent them. */
export const earned = (steps: readonly Step[]): number =>
  steps
    .filter((step) => step.state === 'done' || step.failure?.kind === 'canceled')
    .reduce((sum, step) => sum + step.priceCredits, 0);

/** VidGenie does not try a run for ever if its turns end again and again without a result (they may even kill their worker). */
function orGiveUp(view: RunView, transition: StepTransition): StepTransition {
  if (transition.kind === 'fail' || transition.kind === 'cancel') return transition;
  const maxLength = transition.kind === 'send' ? maxFailedAttempts : maxOutage;
  const failedAttempts = view.run.failedAttempts - failedAttemptsOfOthers(view, transition.step);
  if (failedAttempts <= maxLength + 1) return transition;
  return { kind: 'fail', step: transition.step, failure: cameToNothing(failedAttempts) };
}

/** The turns that ended because of other steps. Those steps have a limit of their own, and this one may just have waited. */
const failedAttemptsOfOthers = ({ steps }: RunView, step: Step): number =>
  steps.filter((one) => one.number !== step.number && !isOver(one)).reduce((sum, one) => sum + one.failedAttempts, 0);

const cameToNothing = (failedAttempts: number): Failure => ({
  kind: 'internal',
  detail: `the work was started ${failedAttempts - 1} times and came to nothing`,
});
