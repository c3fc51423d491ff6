import {
  type Aspect,
  aspects,
  extensionSeconds,
  kindsFor,
  type ProvidedKind,
  type Quality,
  qualities,
  type Resolution,
  resolutions,
  runOptions,
  type Workflow,
} from '../domain.ts';
import { kindsWith } from './fromText.ts';
import { type AnyService, type ModelChoice, resolveModels } from './models.ts';
import type { Capabilities } from './providers/provider.ts';
import type { Providers, Vendors } from './providers/registry.ts';
import { lengthsOf } from './workflows/chain.ts';
import { storySeconds } from './workflows/story.ts';

const defaultOptions = runOptions.parse({});

/** The choices of a workflow. A list is empty if none of its steps needs it. Durations are whole seconds, ascending. */
export type Offer = {
  aspect: readonly Aspect[];
  quality: readonly Quality[];
  duration: readonly number[];
  resolution: readonly Resolution[];
};

/**
 * The choices that a workflow's models allow in a workspace with keys of these vendors: the aspects that all models can do, and
 * for every other option what the model of its step can do. A duration is offered if the model can make it, in one call or in a
 * chain of calls, at every resolution. Platforms offer nothing else. `choice` are the models that the workspace or a member wants.
 */
export function offerOf(
  providers: Pick<Providers, 'choose' | 'models' | 'aliases'>,
  workflow: Workflow,
  brought: Vendors,
  choice: ModelChoice = { words: [], allowed: [] },
): Offer {
  const resolved = resolveModels(providers, brought, choice, kindsFor(workflow, defaultOptions));
  const chosen = (kind: ProvidedKind): AnyService | null =>
    (resolved.outcome === 'resolved' ? resolved.services.get(kind) : null) ?? providers.choose(kind, brought);
  const kinds: readonly string[] = kindsWith(workflow, defaultOptions, chosen);
  const can = (kind: 'image' | 'video'): Capabilities | undefined =>
    kinds.includes(kind) ? chosen(kind)?.provider.capabilities : undefined;
  const [image, video] = [can('image'), can('video')];
  const makers = [image, video].filter((one) => one !== undefined);
  return {
    aspect: makers.length === 0 ? [] : aspects.filter((one) => makers.every((maker) => maker.aspects.includes(one))),
    quality: qualities.filter((one) => image?.qualities.includes(one)),
    duration: video ? filmLengths(workflow, video) : [],
    resolution: resolutions.filter((one) => video?.resolutions.includes(one)),
  };
}

/** The lengths of a film of a workflow that a model can make at every resolution. Whole seconds, ascending. */
export const filmLengths = (workflow: Workflow, video: Capabilities): number[] =>
  durationsOf(video).filter((seconds) => isDurationOf(workflow, seconds));

function durationsOf(video: Capabilities): number[] {
  const [first = [], ...others] = video.resolutions.map((resolution) => lengthsOf(video, resolution));
  return first.filter((seconds) => others.every((lengths) => lengths.includes(seconds)));
}

function isDurationOf(workflow: Workflow, seconds: number): boolean {
  switch (workflow) {
    case 'story':
      return seconds >= storySeconds.min;
    case 'extend':
      return seconds >= extensionSeconds.min && seconds <= extensionSeconds.max;
    case 'complete':
    case 'image':
    case 'video':
    case 'edit':
      return true;
  }
}

/** The choices that at least one of some workflows allows. */
export function offerOfAny(
  providers: Pick<Providers, 'choose' | 'models' | 'aliases'>,
  workflows: readonly Workflow[],
  brought: Vendors,
  choice: ModelChoice = { words: [], allowed: [] },
): Offer {
  const offers = workflows.map((workflow) => offerOf(providers, workflow, brought, choice));
  return {
    aspect: aspects.filter((one) => offers.some((offer) => offer.aspect.includes(one))),
    quality: qualities.filter((one) => offers.some((offer) => offer.quality.includes(one))),
    duration: [...new Set(offers.flatMap((offer) => offer.duration))].sort((a, b) => a - b),
    resolution: resolutions.filter((one) => offers.some((offer) => offer.resolution.includes(one))),
  };
}
