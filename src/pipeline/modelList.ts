import type { WorkspaceSettings } from '../db/workspaces.ts';
import {
  aspects,
  type KeySource,
  kindsFor,
  maxVideoSeconds,
  type ProvidedKind,
  providedKinds,
  qualities,
  resolutions,
  vendors,
  type Workflow,
} from '../domain.ts';
import { kindsNamed, neededKinds, permittedFor, resolveModels, usableNamed, wishedModels } from './models.ts';
import { filmLengths } from './offer.ts';
import { type GivenOptions, optionsOf, type PlanDeps, planRun } from './plan.ts';
import { total } from './pricing.ts';
import type { AnyProvider, Capabilities } from './providers/provider.ts';
import { createProviders, fixedSource, type Providers, type Vendors } from './providers/registry.ts';
import { wishOf } from './wish.ts';

/** A workspace, as far as it decides about models: whose keys it has, and what its admins have set. */
export type Chooser = { brought: Vendors; settings: Pick<WorkspaceSettings, 'defaults' | 'allowedModels'> };

/** A model for a kind of step of a workflow, and what it means in a workspace. */
export type ListedModel = KnownModel & {
  /** The lengths of a film of that workflow that it can make, by one call or several. Whole seconds, ascending. */
  durations: readonly number[];
  /** Whether it is used if nobody chooses another one. */
  isDefault: boolean;
  /** The price of its steps of a run with these options. Null: it cannot do them. */
  priceCredits: number | null;
};

type Asked = { workflow: Workflow; chosen: GivenOptions; references: number };

/** The kinds of step for which somebody chooses a model. An edited image needs no video, and frames are made for one. */
export const chosenKinds = (workflow: Workflow): ProvidedKind[] => kindsFor(workflow, { frames: 1, change: 'picture' });

/** All models that a workspace has for a kind of step. Of several with the same name only the first can be chosen. */
export function listModels(deps: PlanDeps, chooser: Chooser, kind: ProvidedKind, asked: Asked): ListedModel[] {
  const usual = usualModel(deps.providers, chooser, kind);
  const priceOf = pricesWith(deps, chooser, kind, asked);
  return knownModels(deps.providers, chooser, kind).map((model) => ({
    ...model,
    durations: kind === 'video' ? filmLengths(asked.workflow, model.provider.capabilities) : [],
    isDefault: model.provider.model === usual,
    priceCredits: priceOf(model.provider),
  }));
}

/** The operator's names for models, with those of some models that each stands for. */
export function listAliases(
  providers: Pick<Providers, 'models' | 'aliases'>,
  { brought }: Chooser,
  models: readonly { provider: Pick<AnyProvider, 'model'> }[],
): { name: string; models: string[] }[] {
  const names = new Set(models.map(({ provider }) => provider.model));
  return [...providers.aliases.keys()].flatMap((name) => {
    const found = usableNamed(providers, brought, name).filter((model) => names.has(model));
    return found.length > 0 ? [{ name, models: found }] : [];
  });
}

/** A word that somebody can type to choose a model: an alias of the operator, or a model's own name. */
export type ModelOffer =
  | { kind: 'alias'; word: string; models: readonly string[] }
  | { kind: 'model'; word: string; makes: ProvidedKind; title: string | null; capabilities: Capabilities };

/** The kinds of results for which people choose a model, the most important first. */
const byInterest = ['video', 'image', 'enhance'] as const satisfies readonly ProvidedKind[];

/** The aliases, then the models, that a workspace can use and that make a step of one of these kinds. */
export function modelOffers(
  providers: Pick<Providers, 'models' | 'aliases'>,
  chooser: Chooser,
  kinds: readonly ProvidedKind[],
): ModelOffer[] {
  const usable = byInterest
    .filter((kind) => kinds.includes(kind))
    .flatMap((kind) => knownModels(providers, chooser, kind).filter(({ isAllowed }) => isAllowed));
  const aliases = listAliases(providers, chooser, usable).map(
    ({ name, models }): ModelOffer => ({
      kind: 'alias',
      word: name,
      models,
    }),
  );
  return [
    ...aliases,
    ...firstOfEachName(usable).map(
      ({ provider: { model, step, title = null, capabilities } }): ModelOffer => ({
        kind: 'model',
        word: model,
        makes: step,
        title,
        capabilities,
      }),
    ),
  ];
}

/** The kinds of step for which a command can name a model. */
export const kindsToChoose = (workflow: Workflow, chosen: GivenOptions, { settings }: Chooser): ProvidedKind[] =>
  neededKinds(workflow, optionsOf(workflow, settings.defaults, chosen));

/**
 * The models that some words stand for in a workspace, by their own names: for each kind of step the first one that can be used. A word
 * for a model that is gone, or that the admins do not allow, counts for nothing.
 */
export function usableModels(
  providers: PlanDeps['providers'],
  { brought, settings: { allowedModels: allowed } }: Chooser,
  words: readonly string[],
): string[] {
  const wish = { words: [], defaults: words, allowed, workflow: 'complete', kinds: providedKinds } as const;
  const found = wishedModels(providers, brought, wish);
  return found.outcome === 'wished' ? found.models : [];
}

/** The model that is used if nobody chooses. */
function usualModel(providers: PlanDeps['providers'], chooser: Chooser, kind: ProvidedKind): string | undefined {
  const { brought, settings } = chooser;
  const words = usableModels(providers, chooser, settings.defaults.models ?? []);
  const resolved = resolveModels(providers, brought, { words, allowed: settings.allowedModels });
  const service = resolved.outcome === 'resolved' ? resolved.services.get(kind) : null;
  return (service ?? providers.choose(kind, brought))?.provider.model;
}

type AnyServed = { provider: AnyProvider; keySource: KeySource };

/** `isAllowed`: whether the workspace's admins allow the model. */
type KnownModel = AnyServed & { isAllowed: boolean };

function knownModels(
  providers: Pick<Providers, 'models' | 'aliases'>,
  { brought, settings }: Chooser,
  kind: ProvidedKind,
): KnownModel[] {
  const all = firstOfEachName(servicesOf(providers, kind, brought));
  const { usable } = permittedFor(providers, brought, kind, { all, allowed: settings.allowedModels });
  return all.map((service) => ({ ...service, isAllowed: usable.includes(service) }));
}

function firstOfEachName<One extends AnyServed>(services: readonly One[]): One[] {
  const first = new Map(services.toReversed().map((service) => [service.provider.model, service]));
  return services.filter((service) => first.get(service.provider.model) === service);
}

function servicesOf({ models }: Pick<Providers, 'models'>, kind: ProvidedKind, brought: Vendors): AnyServed[] {
  switch (kind) {
    case 'enhance':
      return models('enhance', brought);
    case 'image':
      return models('image', brought);
    case 'video':
      return models('video', brought);
  }
}

/** The abilities of the other steps, which are no matter of this one. */
const everything: Partial<Capabilities> = {
  aspects,
  qualities,
  resolutions,
  durations: Array.from({ length: maxVideoSeconds }, (_, index) => index + 1),
  references: Number.MAX_SAFE_INTEGER,
};

/**
 * Plans a run with each model in turn, so that its price is the one that the run would have. The registry of such a plan has few
 * models: looking through some hundred for each of some hundred would take seconds.
 */
function pricesWith(
  deps: PlanDeps,
  { brought, settings }: Chooser,
  kind: ProvidedKind,
  { workflow, chosen, references }: Asked,
): (provider: AnyProvider) => number | null {
  const options = optionsOf(workflow, settings.defaults, chosen);
  // Frames to choose from are made before their video. A press makes it later.
  const isLater = kind === 'video' && options.frames > 1;
  const planned = isLater ? 'video' : workflow;
  const usual = servicesOf(deps.providers, kind, brought)
    .slice(0, 1)
    .map(({ provider }) => provider);
  const others = chosenKinds(planned)
    .filter((other) => other !== kind)
    .flatMap((other) => servicesOf(deps.providers, other, brought).slice(0, 1))
    .map(({ provider }): AnyProvider => {
      if (provider.step === 'enhance') return provider;
      return { ...provider, capabilities: { ...provider.capabilities, ...everything } };
    });
  return (provider) => {
    const known = [...others, ...usual, ...(usual.includes(provider) ? [] : [provider])];
    const providers = createProviders([fixedSource(known)], [], new Set(vendors));
    const wish = { ...options, models: [provider.model], ...(isLater && { frames: 1 }) };
    const plan = planRun({ ...deps, providers }, planned, wish, brought, { references: isLater ? 0 : references });
    return plan.outcome === 'planned' ? total(plan.steps.filter((step) => step.kind === kind)) : null;
  };
}

/**
 * The credits that the steps cost for which a word names a model, with these options. Null if the model cannot do what the options
 * ask for.
 */
export function priceWith(
  deps: PlanDeps,
  workflow: Workflow,
  chosen: GivenOptions,
  { brought, settings }: Chooser,
  word: string,
): number | null {
  const others = chosen.models ?? [];
  const wish = wishOf(deps.providers, brought, workflow, settings, { ...chosen, models: [word, ...others] });
  if (wish.refusal) return null;
  const planned = planRun(deps, workflow, wish.options, brought, { allowed: settings.allowedModels });
  if (planned.outcome !== 'planned') return null;
  const kinds: readonly string[] = kindsNamed(deps.providers, brought, word);
  const steps = planned.steps.filter(({ kind }) => kinds.includes(kind));
  // Images to choose from come without their video. A press makes it later, for the price of a video at once.
  const isLater = steps.length === 0 && wish.options.frames > 1;
  return isLater ? priceWith(deps, workflow, { ...chosen, frames: 1 }, { brought, settings }, word) : total(steps);
}
