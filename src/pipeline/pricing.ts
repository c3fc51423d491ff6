import type { Resolution, RunOptions } from '../domain.ts';
import { costOf, type Work } from './cost.ts';
import type { ModelPrices } from './providers/provider.ts';

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

const enhancePrice = 1;

export const priceImage = ({ quality, aspect }: Pick<RunOptions, 'quality' | 'aspect'>): number =>
  imagePrices[quality][aspect];

/** The price of a film in credits, however many calls it takes. Throws a RangeError for more than a minute: options are checked before. */
export function priceVideo({
  duration,
  resolution,
  audio,
}: Pick<RunOptions, 'duration' | 'resolution' | 'audio'>): number {
  const row = videoPrices.find((candidate) => duration <= candidate.seconds);
  if (!row) throw new RangeError(`no price for ${duration} seconds of video`);
  const credits = row.credits[resolution];
  return audio ? withSound(credits) : credits;
}

/** Splits a price over parts by their weights, to the last credit: the largest remainders are rounded up. */
export function splitPrice(price: number, weights: readonly number[]): number[] {
  const whole = weights.reduce((sum, weight) => sum + weight, 0);
  const shares = weights.map((weight) => (price * weight) / Math.max(1, whole));
  const parts = shares.map(Math.floor);
  const left = price - parts.reduce((sum, part) => sum + part, 0);
  const byRemainder = shares
    .map((share, index) => ({ index, remainder: share - Math.floor(share) }))
    .sort((a, b) => b.remainder - a.remainder || a.index - b.index);
  for (const { index } of byRemainder.slice(0, left)) parts[index] = (parts[index] ?? 0) + 1;
  return parts;
}

/** One call of a film: the whole seconds that it makes, or that it adds. */
type FilmCall = { seconds: number };

/** The prices of a model's steps in credits. */
export type StepPrices = {
  enhance: () => number;
  /** A look at a finished frame, for which the words are written anew. */
  look: () => number;
  /** `pictures` is how many pictures the call looks at. */
  image: (options: Pick<RunOptions, 'quality' | 'aspect'>, pictures: number) => number;
  /** The price of each call of a film of `options.duration` seconds, which may consist of several clips. */
  film: (options: Pick<RunOptions, 'duration' | 'resolution' | 'audio'>, calls: readonly FilmCall[]) => number[];
};

/** The prices of the fixed table, in percent. A film is sold by its whole length, and the price is split over its calls. */
export function tablePrices(percent: number): StepPrices {
  const of = (credits: number) => Math.ceil((credits * percent) / 100);
  return {
    enhance: () => of(enhancePrice),
    look: () => 0,
    image: (options) => of(priceImage(options)),
    film: (options, calls) =>
      splitPrice(
        of(priceVideo(options)),
        calls.map(({ seconds }) => seconds),
      ),
  };
}

/** The value of a credit, in millionths of a US dollar, and the markup on a vendor's price. */
export type PriceBook = { creditMicroUsd: number; markupPercent: number };

/** No account holds that much. A catalogue may contain absurd prices, and the prices of a run must fit into its columns. */
const maxStepCredits = 20_000_000;

/**
 * A vendor's charge in credits, with the markup, rounded up: at least one. The charge is in millionths of a US dollar. Large integers
 * are exact, and numbers would not be.
 */
export function inCredits(microUsd: number, { creditMicroUsd, markupPercent }: PriceBook): number {
  const charge = BigInt(Math.ceil(microUsd)) * BigInt(100 + markupPercent);
  const credit = 100n * BigInt(creditMicroUsd);
  const credits = (charge + credit - 1n) / credit;
  return Math.min(maxStepCredits, Math.max(1, Number(credits)));
}

/** The prices of a price book: each call at what its vendor charges. The table serves where no price is known. */
export function bookPrices(prices: ModelPrices | null, book: PriceBook, percent: number): StepPrices {
  const table = tablePrices(percent);
  const of = (work: Work): number | null => {
    const microUsd = costOf(prices, work);
    return microUsd === null ? null : Math.ceil((inCredits(microUsd, book) * percent) / 100);
  };
  return {
    enhance: () => of({ kind: 'enhance' }) ?? table.enhance(),
    look: () => of({ kind: 'enhance' }) ?? table.look(),
    image: ({ quality, aspect }, pictures) =>
      of({ kind: 'image', quality, aspect, pictures }) ?? table.image({ quality, aspect }, pictures),
    film: (options, calls) => {
      const { resolution, audio } = options;
      const ofCalls = calls.flatMap(({ seconds }) => of({ kind: 'video', seconds, resolution, audio }) ?? []);
      return ofCalls.length === calls.length ? ofCalls : table.film(options, calls);
    },
  };
}

/** The higher of two prices, step by step. */
export const dearerPrices = (one: StepPrices, other: StepPrices): StepPrices => ({
  enhance: () => Math.max(one.enhance(), other.enhance()),
  look: () => Math.max(one.look(), other.look()),
  image: (options, pictures) => Math.max(one.image(options, pictures), other.image(options, pictures)),
  film: (options, calls) => {
    const others = other.film(options, calls);
    return one.film(options, calls).map((price, index) => Math.max(price, others[index] ?? 0));
  },
});

export const total = (steps: readonly { priceCredits: number }[]): number =>
  steps.reduce((sum, step) => sum + step.priceCredits, 0);
