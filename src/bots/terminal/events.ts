import { type RunView, refundedCredits, type Step } from '../../db/runs.ts';
import { resultsOf } from '../../pipeline/graph.ts';
import type { Progress } from '../../pipeline/progress.ts';
import { choicesOf } from '../actions/subject.ts';
import { type Card, isAsking } from '../card.ts';
import type { Refusal } from '../commands/refusal.ts';
import type { Text } from '../text.ts';
import { typedName } from './actionNames.ts';
import type { StartedRun } from './reporter.ts';

/** One line of JSON for machines. `event` names its kind. Its values are those of the database, not of a person. */
export type JsonEvent = { event: string } & Record<string, unknown>;

export function acceptedEvent(answer: StartedRun): JsonEvent {
  const { runId, workflow, prompt, started } = answer;
  const credits = started && { held: started.priceCredits, balance: started.balance };
  return {
    event: 'accepted',
    runId,
    workflow,
    prompt,
    options: started?.options ?? null,
    credits,
    ahead: started?.queue.ahead ?? null,
  };
}

/** The changes between two views of a run. */
export function changeEvents(before: RunView | null, view: RunView, progress: Progress): JsonEvent[] {
  const runId = view.run.id;
  const changed = view.steps.flatMap((step): JsonEvent[] => {
    const previous = before?.steps.find((one) => one.number === step.number);
    return (previous?.state ?? 'pending') === step.state ? [] : [stepEvent(runId, step)];
  });
  const moved = view.steps.some((step) => {
    const previous = before?.steps.find((one) => one.number === step.number);
    return step.fraction !== null && previous !== undefined && previous.fraction !== step.fraction;
  });
  if (!moved || view.run.settledAt) return changed;
  const { percent, remainingMs } = progress;
  return [...changed, { event: 'progress', runId, percent, remainingMs }];
}

function stepEvent(runId: string, step: Step): JsonEvent {
  const { number, kind, scene, state, enhanced, failure, model, insteadOf } = step;
  const ofScene = scene === null ? {} : { scene };
  return {
    event: 'step',
    runId,
    step: kind,
    number,
    ...ofScene,
    state,
    ...(insteadOf && { model, insteadOf: insteadOf.model }),
    ...(enhanced && { enhanced }),
    ...(failure && { failure }),
  };
}

/** The last event of a run: its results and its cost. */
export function finalEvent(view: RunView, balance: number | null, links: ReadonlyMap<string, string>): JsonEvent {
  const { run } = view;
  return {
    event: run.state,
    runId: run.id,
    workflow: run.workflow,
    assets: assetsOf(view, links),
    credits: creditsOf(view, balance),
    ...(run.failure && { failure: run.failure }),
  };
}

function assetsOf(view: RunView, links: ReadonlyMap<string, string>): Record<string, unknown>[] {
  return resultsOf(view)
    .map(({ asset }) => asset)
    .map(({ kind, step, objectKey, mime, width, height, bytes, seconds }) => ({
      kind,
      step,
      path: links.get(objectKey) ?? objectKey,
      mime,
      width,
      height,
      bytes,
      ...(seconds === null ? {} : { seconds }),
    }));
}

const creditsOf = ({ run }: RunView, balance: number | null) => ({
  held: run.priceCredits,
  captured: run.capturedCredits ?? 0,
  released: run.releasedCredits ?? 0,
  balance,
});

/** The actions on a result, as they are typed. `image` is the number of one of several images, `credits` the price. */
export function nextOf(card: Card, view: RunView): Record<string, unknown>[] {
  const choices = choicesOf(view);
  return card.buttons.flatMap(({ action, runId, step, credits }) => {
    if (action === 'keep' || action === 'start' || action === 'cancel') return [];
    const image = choices.find((choice) => choice.step === step)?.number;
    return [
      {
        action: typedName(action),
        runId,
        ...(image === undefined ? {} : { image }),
        ...(credits === undefined ? {} : { credits }),
        needsWords: isAsking(action),
      },
    ];
  });
}

/** The current state of a run, for `status --json` and `history --json`. */
export function runJson(
  view: RunView,
  progress: Progress,
  links: ReadonlyMap<string, string>,
): Record<string, unknown> {
  const { run, steps } = view;
  return {
    runId: run.id,
    workflow: run.workflow,
    state: run.state,
    prompt: run.prompt,
    options: run.options,
    percent: progress.percent,
    remainingMs: progress.remainingMs,
    steps: steps.map(({ number, kind, scene, state, enhanced, failure, model, insteadOf }) => ({
      step: kind,
      number,
      scene,
      state,
      enhanced,
      failure,
      ...(insteadOf && { model, insteadOf: insteadOf.model }),
    })),
    assets: assetsOf(view, links),
    credits: {
      held: run.priceCredits,
      captured: run.capturedCredits,
      released: run.releasedCredits,
      refunded: refundedCredits(view),
    },
    failure: run.failure,
    createdAt: run.createdAt,
    settledAt: run.settledAt,
    deliveredAt: run.deliveredAt,
  };
}

/** Nothing was started. The event gives the reason for machines and for people. */
export function refusedEvent(refusal: Refusal, text: Text): JsonEvent {
  const { title, text: sentence } = text.refusals.refusal(refusal);
  return { event: 'refused', ...refusal, message: `${title}. ${sentence}` };
}
