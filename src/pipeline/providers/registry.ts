import type { StepKind } from '../../db/vocabulary.ts';
import type { AnyProvider, Provider } from './provider.ts';

/** The providers at hand. A step names the one that serves it, so that a run keeps its provider over restarts. */
export type Providers = {
  /** The provider that would serve a new step. */
  choose: <Step extends StepKind>(step: Step) => Provider<Step>;
  /** The provider that a step was given to, or null when this process does not have it. */
  find: <Step extends StepKind>(step: Step, id: string, model: string) => Provider<Step> | null;
};

/** Builds the registry; of several providers for one step the first is preferred. */
export function createProviders(list: readonly AnyProvider[]): Providers {
  const serving = <Step extends StepKind>(step: Step): Provider<Step>[] => list.filter((one) => performs(one, step));
  return {
    choose: (step) => {
      const [first] = serving(step);
      if (!first) throw new Error(`no provider is configured for the step ${step}`);
      return first;
    },
    find: (step, id, model) => serving(step).find((one) => one.id === id && one.model === model) ?? null,
  };
}

function performs<Step extends StepKind>(provider: AnyProvider, step: Step): provider is AnyProvider & Provider<Step> {
  return provider.step === step;
}
