import type { z } from 'zod';
import type { medium, Run, step } from '../contract/run.ts';

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

/** Whether its images are shown to choose from, each with actions of its own. */
export const isBoard = ({ choices, steps }: Run): boolean =>
  choices.length > 0 && steps.some(({ variant }) => variant !== null);

/** Whether a step looks at a finished image, and writes the motion for it. */
export const isLook = ({ kind, inputs }: Step): boolean => kind === 'enhance' && inputs.length > 0;

/** The credits that a run cost in the end: captured, minus those refunded because nobody could receive its media. */
export const paidFor = ({ capturedCredits, refundedCredits }: Run): number => (capturedCredits ?? 0) - refundedCredits;

export const mediumOf = ({ media }: Run, step: Medium['step']): Medium | undefined =>
  media.find((medium) => medium.step === step);

/** The results of a run, without media that became a part of a result. */
export const resultsOf = ({ media }: Run): Medium[] => media.filter(({ step, isResult }) => step !== null && isResult);

/** The medium that stands for a run: its last video, or else its first image. */
export const resultOf = (run: Run): Medium | undefined => {
  const results = resultsOf(run);
  return results.findLast(({ kind }) => kind === 'video') ?? results[0];
};

/** The first frame of a step's video: an image of the run, or the member's own. */
export function frameOf(run: Run, step: Step): Medium | undefined {
  const sources = run.steps.filter(({ number }) => step.inputs.includes(number));
  const image = sources.find(({ kind }) => kind === 'image');
  if (image) return mediumOf(run, image.number);
  const before = sources.find(({ kind }) => kind === 'video' || kind === 'join');
  return before ? (mediumOf(run, before.number) ?? frameOf(run, before)) : mediumOf(run, null);
}

/** Width divided by height of a step's medium, also before it exists. */
export function ratioOf(run: Run, medium: Medium | undefined): number {
  if (medium) return medium.width / medium.height;
  const given = mediumOf(run, null);
  if (given && run.workflow === 'video') return given.width / given.height;
  return { wide: 16 / 9, tall: 9 / 16, square: 1 }[run.options.aspect];
}
