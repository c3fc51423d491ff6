import type { z } from 'zod';
import type { medium, Run, step } from '../contract.ts';

export type Step = z.infer<typeof step>;
export type Medium = z.infer<typeof medium>;
export type StepState = Step['state'];

export const isOver = ({ state }: Run): boolean => state === 'succeeded' || state === 'failed' || state === 'canceled';

/** What was told of a run before by another way, or another process, is not taken back by a hair. */
export function noFurtherBack(before: Run | undefined, run: Run): Run {
  if (!before || isOver(run)) return run;
  const steps = run.steps.map((step, at) => ({
    ...step,
    percent: Math.max(step.percent, before.steps[at]?.percent ?? 0),
  }));
  return { ...run, steps, percent: Math.max(run.percent, before.percent) };
}

/** The credits that a run cost in the end: captured, but for what went back because nobody could receive it. */
export const paidFor = ({ capturedCredits, refundedCredits }: Run): number => (capturedCredits ?? 0) - refundedCredits;

export const mediumOf = ({ media }: Run, step: Medium['step']): Medium | undefined =>
  media.find((medium) => medium.step === step);

/** What a run made last: its video, or else its image. */
export const resultOf = (run: Run): Medium | undefined => mediumOf(run, 'video') ?? mediumOf(run, 'image');

/** Width by height of what a step makes, also before it is there. */
export function ratioOf(run: Run, medium: Medium | undefined): number {
  if (medium) return medium.width / medium.height;
  const given = mediumOf(run, null);
  if (given && run.workflow === 'video') return given.width / given.height;
  return { wide: 16 / 9, tall: 9 / 16, square: 1 }[run.options.aspect];
}
