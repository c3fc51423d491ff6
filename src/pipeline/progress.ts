import type { RunView, Step } from '../db/runs.ts';
import type { StepKind } from '../db/vocabulary.ts';
import type { Providers } from './providers/registry.ts';

export type StepProgress = { kind: StepKind; percent: number; elapsedMs: number; remainingMs: number };
/** Percent is 0 to 100 over the whole run, weighted by the steps' usual durations; 100 is shown only when it is over. */
export type Progress = { percent: number; remainingMs: number; steps: StepProgress[] };

/** Duration of a step in milliseconds when nothing better is known. */
const unknownStepMs = 15_000;

/** Where a run stands and how long it may still take, from what providers report and from what their steps usually take. */
export function progressOf(view: RunView, providers: Providers, now: Date): Progress {
  const steps = view.steps.map((step) => stepProgress(step, usualMs(view, step, providers), now));
  const weights = view.steps.map((step) => usualMs(view, step, providers));
  const weight = weights.reduce((sum, ms) => sum + ms, 0);
  const done = steps.reduce((sum, step, index) => sum + (step.percent / 100) * (weights[index] ?? 0), 0);
  const over = view.run.settledAt !== null;
  return {
    percent: over ? 100 : Math.min(99, Math.floor((100 * done) / Math.max(1, weight))),
    remainingMs: over ? 0 : steps.reduce((sum, step) => sum + step.remainingMs, 0),
    steps,
  };
}

function usualMs(view: RunView, step: Step, providers: Providers): number {
  return providers.find(step.kind, step.provider, step.model)?.usualMs(view.run.options) ?? unknownStepMs;
}

function stepProgress(step: Step, usual: number, now: Date): StepProgress {
  const { kind } = step;
  switch (step.state) {
    case 'pending':
      return { kind, percent: 0, elapsedMs: 0, remainingMs: usual };
    case 'done':
    case 'failed':
    case 'skipped':
      return { kind, percent: step.state === 'done' ? 100 : 0, elapsedMs: elapsed(step, now), remainingMs: 0 };
    case 'submitting':
    case 'submitted':
    case 'storing': {
      const elapsedMs = elapsed(step, now);
      // A time-based guess approaches its end without reaching it, so that a slow step never claims to be done.
      const guessed = 0.95 * (1 - Math.exp((-2 * elapsedMs) / usual));
      const fraction = Math.min(0.98, step.fraction ?? guessed);
      const planned = Math.max(usual - elapsedMs, usual * 0.1);
      // What the provider reports says little about its pace at first, and everything from half-way on.
      const trust = step.fraction === null ? 0 : Math.min(1, 2 * step.fraction);
      const paced = trust > 0 ? (elapsedMs / fraction) * (1 - fraction) : 0;
      const remainingMs = Math.round(trust * paced + (1 - trust) * planned);
      return { kind, percent: Math.floor(fraction * 100), elapsedMs, remainingMs };
    }
  }
}

const elapsed = (step: Step, now: Date) =>
  step.startedAt ? Math.max(0, (step.finishedAt ?? now).getTime() - step.startedAt.getTime()) : 0;
