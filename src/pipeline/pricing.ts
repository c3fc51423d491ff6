import { type Resolution, type RunOptions, type StepKind, stepsOf, type Workflow } from '../domain.ts';

/**
 * Credits for a video without sound, by seconds. A duration between two rows costs as much as the next higher row.
 * docs/providers-and-keys.md has the table for people.
 */
const videoPrices: readonly { seconds: number; credits: Record<Resolution, number> }[] = [
  { seconds: 5, credits: { '720p': 8, '1080p': 12, '4k': 25 } },
  { seconds: 8, credits: { '720p': 10, '1080p': 15, '4k': 30 } },
  { seconds: 15, credits: { '720p': 18, '1080p': 25, '4k': 50 } },
  { seconds: 30, credits: { '720p': 35, '1080p': 50, '4k': 100 } },
  { seconds: 60, credits: { '720p': 70, '1080p': 100, '4k': 200 } },
];

const imagePrices = { standard: { square: 2, wide: 3, tall: 3 }, hd: { square: 3, wide: 5, tall: 5 } } as const;

/**
 * Sound adds a fifth, rounded up. The integers avoid rounding errors: 15 × 1.2 is 18 here and 18.000000000000004 in floating
 * point.
 */
const withSound = (credits: number) => Math.ceil((credits * 12) / 10);

export const maxVideoSeconds = 60;

/** The price of one step in credits. Throws a RangeError for a video longer than a minute, because options are validated before. */
export function priceStep(step: StepKind, options: RunOptions): number {
  switch (step) {
    case 'enhance':
      return 1;
    case 'image':
      return imagePrices[options.quality][options.aspect];
    case 'video': {
      const row = videoPrices.find((candidate) => options.duration <= candidate.seconds);
      if (!row) throw new RangeError(`no price for ${options.duration} seconds of video`);
      const credits = row.credits[options.resolution];
      return options.audio ? withSound(credits) : credits;
    }
  }
}

/** The price of a whole workflow in credits, step by step. */
export function priceSteps(workflow: Workflow, options: RunOptions): { kind: StepKind; priceCredits: number }[] {
  return stepsOf[workflow].map((kind) => ({ kind, priceCredits: priceStep(kind, options) }));
}

export const total = (steps: readonly { priceCredits: number }[]): number =>
  steps.reduce((sum, step) => sum + step.priceCredits, 0);
