import type { RunView, Step } from '../db/runs.ts';
import type { Replacement } from '../db/turns.ts';
import type { Standing } from '../db/workspaces.ts';
import type { FailureKind, ProvidedKind } from '../domain.ts';
import { type Breakers, breakerKey } from './breaker.ts';
import { costOf, type Work, workOf } from './cost.ts';
import { givenOf, inputsOf } from './graph.ts';
import { vendorsAmong } from './keys.ts';
import { modelsNamed, permittedFor } from './models.ts';
import { referencesOf } from './plan.ts';
import { bookPrices, type PriceBook } from './pricing.ts';
import type { Capabilities, Provider } from './providers/provider.ts';
import type { Providers, Service } from './providers/registry.ts';

/** How often another model may take the place of the one before, in one step. */
const maxReplacements = 2;

type FailoverDeps = {
  providers: Pick<Providers, 'models' | 'find' | 'aliases'>;
  breakers: Pick<Breakers, 'isOpen'>;
  priceBook: PriceBook | null;
  byokPricePercent: number;
};

/**
 * Whether another model may make a step at all. An extension continues the clip of its own model. A step that was sent before may
 * have been paid for, so another model would be a second paid call.
 */
export const isReplaceable = (step: Step): boolean =>
  step.kind !== 'join' &&
  !step.isExtension &&
  step.submits === 0 &&
  (step.insteadOf?.tried.length ?? 0) < maxReplacements;

/**
 * The model that makes a step instead of one that provably generated nothing. It can do all that the step asks for, costs at most
 * what is held for the step and what its vendor charges for the first one, is allowed in the workspace, and uses the keys of the same
 * owner. Null: there is none, or the member chose the model.
 */
export function replacementFor(
  deps: FailoverDeps,
  view: RunView,
  step: Step,
  standing: Standing,
  failure: FailureKind,
): Replacement | null {
  const { kind } = step;
  if (kind === 'join' || !isReplaceable(step) || isChosen(deps, view, step, standing)) return null;
  const tried = [...(step.insteadOf?.tried ?? []), nameOf(step.provider, step.model)];
  const prices = (service: Service<ProvidedKind>) => priceOf(deps, view, step, service);
  const work = workOf(view, step, kind);
  const maxBill = billOf(deps.providers.find(kind, step.provider, step.model), work) ?? 0;
  const able = usableModels(deps, kind, standing).filter(
    (service) =>
      !tried.includes(nameOf(service.provider.id, service.provider.model)) &&
      (service.keySource === 'workspace') === (step.keySource === 'workspace') &&
      !(isOfKey(failure) && isOfSameKey(deps, kind, step, service)) &&
      !deps.breakers.isOpen(breakerKey(service.provider)) &&
      canMake(view, step, service.provider.capabilities) &&
      prices(service) <= step.priceCredits &&
      (billOf(service.provider, work) ?? Number.POSITIVE_INFINITY) <= maxBill,
  );
  // An outage or a limit is often one of the whole vendor.
  const chosen = able.find(({ provider }) => provider.id !== step.provider) ?? able.at(0);
  if (!chosen) return null;
  const { provider, keySource } = chosen;
  const first = step.insteadOf ?? {
    provider: step.provider,
    model: step.model,
    failure,
    heldCredits: step.priceCredits,
  };
  return {
    provider: provider.id,
    model: provider.model,
    keySource,
    priceCredits: prices(chosen),
    insteadOf: { ...first, tried },
  };
}

type Billed = Pick<Provider<ProvidedKind>, 'id' | 'vendor' | 'prices'>;

/** The published cost of a call, in millionths of a US dollar: nothing on an own server. Null if nobody knows it. */
function billOf(provider: Billed | null, work: Work): number | null {
  if (!provider) return null;
  const { id, vendor, prices } = provider;
  // Veo with its own sign-in has no vendor's key, and is billed all the same.
  const isOwn = vendor === null && prices === null && id !== 'google-veo';
  return isOwn ? 0 : costOf(prices, work);
}

const nameOf = (provider: string, model: string) => `${provider} ${model}`;

/** Failures of a key, which every model meets that uses the same one. */
const isOfKey = (failure: FailureKind): boolean => failure === 'bad_key' || failure === 'quota';

function isOfSameKey(
  { providers }: FailoverDeps,
  kind: ProvidedKind,
  step: Step,
  { provider }: Service<ProvidedKind>,
): boolean {
  const vendor = providers.find(kind, step.provider, step.model)?.vendor ?? null;
  return provider.id === step.provider || (vendor !== null && provider.vendor === vendor);
}

/** The models that the workspace may use for a kind of step now. Its list restricts a kind only if it names a model of that kind. */
function usableModels(
  { providers }: Pick<FailoverDeps, 'providers'>,
  kind: ProvidedKind,
  { settings, keyProviders }: Standing,
) {
  const keys = vendorsAmong(keyProviders);
  const all: Service<ProvidedKind>[] = providers.models(kind, keys);
  return permittedFor(providers, keys, kind, { all, allowed: settings.allowedModels }).usable;
}

/**
 * Whether the member chose the model. A run also names the models that follow from its workspace's settings: nobody chose those. A
 * model that is no longer offered counts as one that its workspace's list has led to.
 */
function isChosen({ providers }: FailoverDeps, { run }: RunView, step: Step, standing: Standing): boolean {
  const { model, kind } = step;
  if (kind === 'join' || !run.options.models.includes(model)) return false;
  const { defaults, allowedModels } = standing.settings;
  if ((defaults.models ?? []).some((word) => modelsNamed(providers, word).includes(model))) return false;
  if (!allowedModels.includes(model)) return true;
  const offered = usableModels({ providers }, kind, standing).map(({ provider }) => provider.model);
  return offered.includes(model) && offered.at(0) !== model;
}

/** The pictures that an image is made of: the cast, what the member gave, and images of the same run. */
function picturesOf(view: RunView, step: Step): number {
  const { workflow, cast } = view.run;
  const ofRun = inputsOf(view, step).filter(({ kind }) => kind === 'image').length;
  return referencesOf(workflow, cast, givenOf(view) !== null) + ofRun + (workflow === 'edit' ? 1 : 0);
}

function canMake(view: RunView, step: Step, can: Capabilities): boolean {
  const { aspect, quality, resolution, duration } = view.run.options;
  const images = inputsOf(view, step).filter(({ kind }) => kind === 'image').length;
  switch (step.kind) {
    case 'enhance':
      // It looks at each image among its inputs.
      return can.references >= images;
    case 'image':
      return (
        can.aspects.includes(aspect) && can.qualities.includes(quality) && can.references >= picturesOf(view, step)
      );
    case 'video': {
      const hasStart = givenOf(view) !== null || inputsOf(view, step).some(({ kind }) => kind !== 'enhance');
      const lengths = images > 1 ? can.lastFrame : can.durations;
      return (
        can.aspects.includes(aspect) &&
        can.resolutions.includes(resolution) &&
        lengths.includes(step.seconds ?? duration) &&
        (hasStart || can.fromText)
      );
    }
    case 'join':
      return false;
  }
}

/** The price of a step with another model. In the fixed table it does not depend on the model, and a step may have no price of its own. */
function priceOf(
  { priceBook, byokPricePercent }: FailoverDeps,
  view: RunView,
  step: Step,
  { provider, keySource }: Service<ProvidedKind>,
): number {
  if (priceBook === null || step.priceCredits === 0) return step.priceCredits;
  const { options } = view.run;
  const prices = bookPrices(provider.prices, priceBook, keySource === 'workspace' ? byokPricePercent : 100);
  switch (step.kind) {
    case 'enhance':
      return prices.enhance();
    case 'image':
      return prices.image(options, picturesOf(view, step));
    case 'video': {
      const calls = view.steps.filter(({ kind, priceCredits }) => kind === 'video' && priceCredits > 0);
      const seconds = calls.map((call) => ({ seconds: call.seconds ?? options.duration }));
      return prices.film(options, seconds)[calls.indexOf(step)] ?? step.priceCredits;
    }
    case 'join':
      return step.priceCredits;
  }
}
