import type { z } from 'zod';
import type { medium, Run, step } from '../contract.ts';

export type Step = z.infer<typeof step>;
export type Medium = z.infer<typeof medium>;
export type StepState = Step['state'];

export const isOver = ({ state }: Run): boolean => state === 'succeeded' || state === 'failed' || state === 'canceled';

/** Keeps the furthest progress of a run. Another stream or process may report slightly less than the page has already shown. */
export function noFurtherBack(before: Run | undefined, run: Run): Run {
  if (!before || isOver(run)) return run;
  const steps = run.steps.map((step, at) => ({
    ...step,
    percent: Math.max(step.percent, before.steps[at]?.percent ?? 0),
  }));
  return { ...run, steps, percent: Math.max(run.percent, before.percent) };
}

/** The credits that a run cost in the end: captured, minus those refunded because nobody could receive its media. */
export const paidFor = ({ capturedCredits, refundedCredits }: Run): number => (capturedCredits ?? 0) - refundedCredits;

export const mediumOf = ({ media }: Run, step: Medium['step']): Medium | undefined =>
  media.find((medium) => medium.step === step);

/** A run's last medium: its video, or else its image. */
export const resultOf = (run: Run): Medium | undefined => mediumOf(run, 'video') ?? mediumOf(run, 'image');

/** Width divided by height of a step's medium, also before it exists. */
export function ratioOf(run: Run, medium: Medium | undefined): number {
  if (medium) return medium.width / medium.height;
  const given = mediumOf(run, null);
  if (given && run.workflow === 'video') return given.width / given.height;
  return { wide: 16 / 9, tall: 9 / 16, square: 1 }[run.options.aspect];
}
