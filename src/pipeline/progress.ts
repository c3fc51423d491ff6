import type { RunView, Step } from '../db/runs.ts';
import { maxGuessed, maxShown, type RunId, type StepKind, unknownStepMs } from '../domain.ts';
import type { Providers } from './providers/registry.ts';

export type StepProgress = { kind: StepKind; percent: number; elapsedMs: number; remainingMs: number };
/** Percent is 0 to 100 over the whole run, weighted by the steps' expected durations; 100 is shown only when it is over. */
export type Progress = { percent: number; remainingMs: number; steps: StepProgress[] };

export type Look = (view: RunView, providers: Providers, now: Date) => Progress;

/**
 * The progress of a run and the time that it may still take, from the reports of providers and the usual durations of their steps.
 *
 * No percent ever goes back, whichever process looks. A step's share of the run and the pace of a guess are what was expected when the
 * run was submitted; elapsed time is by the database's clock; and each write to a step keeps the largest part of it that may have been
 * shown before (`steps.shown`), so that a provider that reports less, or begins again, takes nothing back. What is no promise, the time
 * that is left, follows the newest estimates.
 */
export const progressOf: Look = (view, providers, now) => {
  const at = now.getTime() + view.clockAheadMs;
  const steps = view.steps.map((step) => stepProgress(step, expectedNowMs(view, step, providers), at));
  const weights = view.steps.map((step) => expectedMs(step, expectedNowMs(view, step, providers)));
  const weight = weights.reduce((sum, ms) => sum + ms, 0);
  const done = view.steps.reduce((sum, step, index) => sum + shareOf(step, weights[index] ?? 0, at), 0);
  const over = view.run.settledAt !== null;
  return {
    percent: over ? 100 : Math.min(99, percentOf(done / Math.max(1, weight))),
    remainingMs: over ? 0 : steps.reduce((sum, step) => sum + step.remainingMs, 0),
    steps,
  };
};

/**
 * For one viewer that looks again and again. Between two reads of a run its time is told by this machine's clock, and how far that is
 * off is known only as well as the network was quick: this keeps what it showed before.
 */
export function createSteadyLook(): Look {
  const shown = new Map<RunId, Progress>();
  return (view, providers, now) => {
    const { id, settledAt } = view.run;
    const before = shown.get(id);
    const progress = before
      ? noFurtherBack(before, progressOf(view, providers, now))
      : progressOf(view, providers, now);
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

/** 0.57 is a little less as a binary fraction, and must not become 56 %. */
const percentOf = (fraction: number): number => Math.floor(fraction * 100 + 1e-6);

/** As the provider has it now; one that this process does not know is taken at what was expected. */
const expectedNowMs = (view: RunView, step: Step, providers: Providers): number =>
  providers.find(step.kind, step.provider, step.model)?.expectedMs(view.run.options) ?? expectedMs(step, unknownStepMs);

/** Runs of an older version have no expectation of their own. */
const expectedMs = (step: Step, expected: number): number => Math.max(1, step.expectedMs ?? expected);

/** A step that came to nothing is behind the run as well. */
function shareOf(step: Step, weight: number, at: number): number {
  switch (step.state) {
    case 'pending':
    case 'submitting':
    case 'submitted':
    case 'storing':
      return weight * fractionOf(step, weight, at);
    case 'done':
    case 'failed':
    case 'skipped':
      return weight;
  }
}

/** How much of a step is done, as it is shown: 0 to 1. */
function fractionOf(step: Step, expected: number, at: number): number {
  switch (step.state) {
    case 'pending':
    case 'failed':
    case 'skipped':
      return step.shown;
    case 'submitting':
    case 'submitted':
    case 'storing': {
      // A time-based guess approaches its end without reaching it, so that a slow step never claims to be done.
      const guessed = maxGuessed * (1 - Math.exp((-2 * elapsed(step, at)) / expected));
      return Math.max(step.shown, Math.min(maxShown, step.fraction ?? guessed));
    }
    case 'done':
      return 1;
  }
}

function stepProgress(step: Step, expected: number, at: number): StepProgress {
  const { kind, state } = step;
  const elapsedMs = elapsed(step, at);
  const fraction = fractionOf(step, expectedMs(step, expected), at);
  const percent = percentOf(fraction);
  switch (state) {
    case 'pending':
      return { kind, percent, elapsedMs: 0, remainingMs: expected };
    case 'done':
    case 'failed':
    case 'skipped':
      return { kind, percent, elapsedMs, remainingMs: 0 };
    case 'submitting':
    case 'submitted':
    case 'storing': {
      const planned = Math.max(expected - elapsedMs, expected * 0.1);
      // At first a provider's report says little about its pace. From half-way on it says everything.
      const trust = step.fraction === null ? 0 : Math.min(1, 2 * step.fraction);
      const paced = trust > 0 ? (elapsedMs / fraction) * (1 - fraction) : 0;
      return { kind, percent, elapsedMs, remainingMs: Math.round(trust * paced + (1 - trust) * planned) };
    }
  }
}

const elapsed = (step: Step, at: number): number =>
  step.startedAt ? Math.max(0, (step.finishedAt?.getTime() ?? at) - step.startedAt.getTime()) : 0;
