import type { ProvidedKind, RunOptions, StepKind } from '../../domain.ts';
import type { StepPrices } from '../pricing.ts';
import type { Capabilities } from '../providers/provider.ts';

/**
 * A step of a run before it is given to a provider. A plan is a list of these, numbered from 1, in which every input comes before
 * the steps that it is for. Prices are in credits.
 */
export type PlannedStep = {
  number: number;
  kind: StepKind;
  /** The numbers of the steps that this one is made from. */
  inputs: readonly number[];
  /** From 1, in a story. */
  scene: number | null;
  /** From 1, if a run makes several images of one prompt. */
  variant: number | null;
  /** The whole seconds that this call makes; for an extension those that it adds, for `join` those of the film. */
  seconds: number | null;
  /** True if the result is the input clip, made longer. It takes the place of that clip. */
  isExtension: boolean;
  priceCredits: number;
};

/** A model that is to perform a kind of step, and what its steps cost here. */
export type Model = { capabilities: Capabilities; prices: StepPrices };
type Models = Record<ProvidedKind, Model>;

/** The film that an `extend` run makes longer. `canExtend`: the model that would do it has made the film itself. */
export type GivenFilm = { seconds: number; canExtend: boolean };

/** The facts that a plan depends on, besides its workflow. The same facts always give the same plan. */
export type PlanInput<Kinds extends ProvidedKind, Chosen = Pick<Models, Kinds>> = {
  options: RunOptions;
  models: Chosen;
  /** How many pictures the images of the run follow: those of the cast that its prompt names, and those that the member gave. */
  references: number;
};

/** The models of a film: without an image model, it begins with its words alone. */
export type FilmModels = Pick<Models, 'enhance' | 'video'> & { image: Model | null };

/** An option that the chosen models cannot do. */
export type PlanRefusal = {
  kind: ProvidedKind;
  /**
   * `references`: the number of pictures to follow. `ending`: whether a video can be given the frame at which it ends. `frames`: the
   * number of images to choose from, where nothing makes images.
   */
  option: 'aspect' | 'quality' | 'duration' | 'resolution' | 'scenes' | 'references' | 'ending' | 'frames';
  value: string | number;
  allowed: readonly (string | number)[];
};

export type PlanOutcome = { outcome: 'planned'; steps: PlannedStep[] } | { outcome: 'refused'; refusal: PlanRefusal };

export const planned = (steps: PlannedStep[]): PlanOutcome => ({ outcome: 'planned', steps });
export const refused = (refusal: PlanRefusal): PlanOutcome => ({ outcome: 'refused', refusal });

/** Collects the steps of a plan and numbers them. */
export function createDraft() {
  const steps: PlannedStep[] = [];
  const add = (
    kind: StepKind,
    inputs: readonly (number | null)[],
    priceCredits: number,
    about: Partial<Pick<PlannedStep, 'scene' | 'variant' | 'seconds' | 'isExtension'>> = {},
  ): number => {
    const number = steps.length + 1;
    steps.push({
      number,
      kind,
      inputs: inputs.filter((one) => one !== null),
      scene: about.scene ?? null,
      variant: about.variant ?? null,
      seconds: about.seconds ?? null,
      isExtension: about.isExtension ?? false,
      priceCredits,
    });
    return number;
  };
  return { steps, add };
}

export type Draft = ReturnType<typeof createDraft>;
