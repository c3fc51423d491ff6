import type { RunView, Step } from '../db/runs.ts';
import { maxGuessed, maxShown, type RunId, type StepKind, unknownStepMs } from '../domain.ts';
import { inputsOf, isBlocked } from './graph.ts';

export type StepProgress = {
  number: number;
  kind: StepKind;
  percent: number;
  elapsedMs: number;
  remainingMs: number;
};
/** `percent` is 0 to 100 over the whole run, weighted by the steps' expected durations. 100 means that the run is over. */
export type Progress = { percent: number; remainingMs: number; steps: StepProgress[] };

export type Look = (view: RunView, now: Date) => Progress;

/**
 * The progress of a run and its remaining time, from the providers' reports and the usual durations of its steps.
 *
 * No percentage ever goes back, in any process. A step's share of the run and the pace of a guess use the durations expected at
 * submit. Elapsed time comes from the database's clock. Each write to a step stores the largest progress that may have been shown
 * before (`steps.shown`), so the percentage stays when a provider reports less or begins again. The remaining time is no promise:
 * it is the longest way through the steps that are left.
 */
export const progressOf: Look = (view, now) => {
  const at = now.getTime() + view.clockAheadMs;
  const steps = view.steps.map((step) => stepProgress(step, at));
  const weight = view.steps.reduce((sum, step) => sum + expectedMs(step), 0);
  const done = view.steps.reduce((sum, step) => sum + shareOf(view, step, at), 0);
  const over = view.run.settledAt !== null;
  return {
    percent: over ? 100 : Math.min(99, percentOf(done / Math.max(1, weight))),
    remainingMs: over ? 0 : longestWay(view, steps),
    steps,
  };
};

/** The time of the longest way through the steps that are left, in milliseconds. A step comes after all that it is made from. */
function longestWay(view: RunView, steps: readonly StepProgress[]): number {
  const ends = new Map<number, number>();
  for (const step of view.steps) {
    const own = isBlocked(view, step) ? 0 : (steps.find(({ number }) => number === step.number)?.remainingMs ?? 0);
    const before = inputsOf(view, step).map(({ number }) => ends.get(number) ?? 0);
    ends.set(step.number, own + Math.max(0, ...before));
  }
  return Math.max(0, ...ends.values());
}

/**
 * For one viewer that reads a run many times. Between two reads, time comes from this machine's clock, and we know its offset
 * only as exactly as the network allows. So this function never shows less than before.
 */
export function createSteadyLook(): Look {
  const shown = new Map<RunId, Progress>();
  return (view, now) => {
    const { id, settledAt } = view.run;
    const before = shown.get(id);
    const progress = before ? noFurtherBack(before, progressOf(view, now)) : progressOf(view, now);
    if (settledAt) shown.delete(id);
    else shown.set(id, progress);
    return progress;
  };
}

const noFurtherBack = (before: Progress, now: Progress): Progress => ({
  ...now,
  percent: Math.max(before.percent, now.percent),
  steps: now.steps.map((step, at) => ({ ...step, percent: Math.max(before.steps[at]?.percent ?? 0, step.percent) })),
});

/** 0.57 is slightly less as a binary fraction, but must not become 56 %. */
const percentOf = (fraction: number): number => Math.floor(fraction * 100 + 1e-6);

/** Runs of an older version may have no stored estimate. */
const expectedMs = (step: Step): number => Math.max(1, step.expectedMs ?? unknownStepMs);

/** A failed step counts as finished work of the run, and so does one that can never begin. */
function shareOf(view: RunView, step: Step, at: number): number {
  const weight = expectedMs(step);
  switch (step.state) {
    case 'pending':
      return isBlocked(view, step) ? weight : weight * fractionOf(step, at);
    case 'submitting':
    case 'submitted':
    case 'storing':
      return weight * fractionOf(step, at);
    case 'done':
    case 'failed':
    case 'skipped':
      return weight;
  }
}

/** The progress of a step as it is shown, from 0 to 1. */
function fractionOf(step: Step, at: number): number {
  switch (step.state) {
    case 'pending':
    case 'failed':
    case 'skipped':
      return step.shown;
    case 'submitting':
    case 'submitted':
    case 'storing': {
      // A time-based guess approaches its end but never reaches it, so a slow step never looks done.
      const guessed = maxGuessed * (1 - Math.exp((-2 * elapsed(step, at)) / expectedMs(step)));
      return Math.max(step.shown, Math.min(maxShown, step.fraction ?? guessed));
    }
    case 'done':
      return 1;
  }
}

function stepProgress(step: Step, at: number): StepProgress {
  const { number, kind, state } = step;
  const expected = expectedMs(step);
  const elapsedMs = elapsed(step, at);
  const fraction = fractionOf(step, at);
  const percent = percentOf(fraction);
  switch (state) {
    case 'pending':
      return { number, kind, percent, elapsedMs: 0, remainingMs: expected };
    case 'done':
    case 'failed':
    case 'skipped':
      return { number, kind, percent, elapsedMs, remainingMs: 0 };
    case 'submitting':
    case 'submitted':
    case 'storing': {
      const planned = Math.max(expected - elapsedMs, expected * 0.1);
      // At first a provider's report says little about its pace. From half-way on we trust it fully.
      const trust = step.fraction === null ? 0 : Math.min(1, 2 * step.fraction);
      const paced = trust > 0 ? (elapsedMs / fraction) * (1 - fraction) : 0;
      return { number, kind, percent, elapsedMs, remainingMs: Math.round(trust * paced + (1 - trust) * planned) };
    }
  }
}

const elapsed = (step: Step, at: number): number =>
  step.startedAt ? Math.max(0, (step.finishedAt?.getTime() ?? at) - step.startedAt.getTime()) : 0;
