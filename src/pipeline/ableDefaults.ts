import { type RunOptions, resolutions } from '../domain.ts';
import type { Offer } from './offer.ts';
import type { GivenOptions } from './plan.ts';

/**
 * The options of a run, with other defaults where the models cannot make the product's own: the best resolution that is not above the default,
 * and the nearest length. What a member or a workspace chose stays as it is, and is refused if it is not possible.
 */
export function withAbleDefaults(
  options: RunOptions,
  given: readonly GivenOptions[],
  { resolution: able, duration: lengths }: Pick<Offer, 'resolution' | 'duration'>,
): RunOptions {
  const isGiven = (name: 'resolution' | 'duration') => given.some((one) => one[name] !== undefined);
  const { resolution, duration } = options;
  const rank = resolutions.indexOf(resolution);
  const lower = able.filter((one) => resolutions.indexOf(one) <= rank);
  const nearest = [...lengths].sort((a, b) => Math.abs(a - duration) - Math.abs(b - duration)).at(0);
  return {
    ...options,
    resolution: isGiven('resolution') ? resolution : (lower.at(-1) ?? able.at(0) ?? resolution),
    duration: isGiven('duration') ? duration : (nearest ?? duration),
  };
}
