import type { RunView, Step } from '../db/runs.ts';
import type { ProvidedKind, RunOptions } from '../domain.ts';
import { givenOf, inputsOf } from './graph.ts';
import type { ModelPrices, ProviderCost } from './providers/provider.ts';

/** One call of a model, as far as its vendor's price depends on it. `pictures` is how many pictures an image call looks at. */
export type Work =
  | { kind: 'enhance' }
  | ({ kind: 'image'; pictures: number } & Pick<RunOptions, 'quality' | 'aspect'>)
  | ({ kind: 'video'; seconds: number } & Pick<RunOptions, 'resolution' | 'audio'>);

/** Sums of floating point numbers miss a whole number by less than this. */
const noise = 1e-6;

/** The published price of one call, in whole millionths of a US dollar, rounded up. Null if none is known. */
export function costOf(prices: ModelPrices | null, work: Work): number | null {
  const exact = prices && exactCost(prices, work);
  return exact === null ? null : Math.ceil(exact - noise);
}

function exactCost(prices: ModelPrices, work: Work): number | null {
  switch (work.kind) {
    case 'enhance':
      return prices.kind === 'enhance' ? prices.perCall : null;
    case 'image':
      if (prices.kind !== 'image') return null;
      return prices.perImage[work.quality][work.aspect] + work.pictures * prices.perPicture;
    case 'video': {
      const second = prices.kind === 'video' ? prices.perSecond[work.resolution] : undefined;
      return second ? work.seconds * (work.audio ? second.sound : second.silent) : null;
    }
  }
}

/** The call that a step makes. */
export function workOf(view: Pick<RunView, 'run' | 'steps' | 'assets'>, step: Step, kind: ProvidedKind): Work {
  const { quality, aspect, resolution, audio, duration } = view.run.options;
  switch (kind) {
    case 'enhance':
      return { kind };
    case 'image':
      return { kind, quality, aspect, pictures: picturesOf(view, step) };
    case 'video':
      return { kind, resolution, audio, seconds: step.seconds ?? duration };
  }
}

/** The image that is changed or followed, the pictures of the cast, and the images of other scenes. */
function picturesOf(view: Pick<RunView, 'run' | 'steps' | 'assets'>, step: Step): number {
  const scenes = inputsOf(view, step).filter(({ kind, state }) => kind === 'image' && state === 'done');
  const ofCast = view.run.cast.reduce((sum, { images }) => sum + images.length, 0);
  return scenes.length + ofCast + (givenOf(view) ? 1 : 0);
}

/**
 * The cost of a finished call: what the vendor reports, and if it reports nothing, its published price as an estimate. Reported tokens at
 * the published price of a token are no estimate. Null if the vendor reports nothing and no price is known.
 */
export function settledCost(
  reported: ProviderCost | undefined,
  prices: ModelPrices | null,
  work: Work,
): ProviderCost | null {
  if (reported && reported.microUsd !== null) return { ...reported, microUsd: Math.round(reported.microUsd) };
  const microUsd = costOf(prices, work);
  if (microUsd === null) return reported ?? null;
  return { microUsd, usage: reported?.usage ?? null, isEstimate: true };
}
