import {
  type Aspect,
  aspects,
  type Quality,
  qualities,
  type Resolution,
  resolutions,
  stepsOf,
  type Workflow,
} from '../domain.ts';
import type { Capabilities } from './providers/provider.ts';
import type { Providers, Vendors } from './providers/registry.ts';

/** The choices of a workflow. A list is empty if none of its steps needs it. Durations are whole seconds, ascending. */
export type Offer = {
  aspect: readonly Aspect[];
  quality: readonly Quality[];
  duration: readonly number[];
  resolution: readonly Resolution[];
};

/**
 * The choices that a workflow's models allow in a workspace with keys of these vendors: the aspects that all models can do, and
 * for every other option what the model of its step can do. Platforms offer nothing else.
 */
export function offerOf(providers: Pick<Providers, 'choose'>, workflow: Workflow, brought: Vendors): Offer {
  const kinds: readonly string[] = stepsOf[workflow];
  const can = (kind: 'image' | 'video'): Capabilities | undefined =>
    kinds.includes(kind) ? providers.choose(kind, brought)?.provider.capabilities : undefined;
  const [image, video] = [can('image'), can('video')];
  const makers = [image, video].filter((one) => one !== undefined);
  return {
    aspect: makers.length === 0 ? [] : aspects.filter((one) => makers.every((maker) => maker.aspects.includes(one))),
    quality: qualities.filter((one) => image?.qualities.includes(one)),
    duration: [...(video?.durations ?? [])].sort((a, b) => a - b),
    resolution: resolutions.filter((one) => video?.resolutions.includes(one)),
  };
}

/** The choices that at least one of some workflows allows. */
export function offerOfAny(
  providers: Pick<Providers, 'choose'>,
  workflows: readonly Workflow[],
  brought: Vendors,
): Offer {
  const offers = workflows.map((workflow) => offerOf(providers, workflow, brought));
  return {
    aspect: aspects.filter((one) => offers.some((offer) => offer.aspect.includes(one))),
    quality: qualities.filter((one) => offers.some((offer) => offer.quality.includes(one))),
    duration: [...new Set(offers.flatMap((offer) => offer.duration))].sort((a, b) => a - b),
    resolution: resolutions.filter((one) => offers.some((offer) => offer.resolution.includes(one))),
  };
}
