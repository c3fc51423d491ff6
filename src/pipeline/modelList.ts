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
import { permittedFor, resolveModels, usableNamed, wishedModels } from './models.ts';
import { filmLengths } from './offer.ts';
import { type GivenOptions, optionsOf, type PlanDeps, planRun } from './plan.ts';
import { total } from './pricing.ts';
import type { AnyProvider, Capabilities } from './providers/provider.ts';
import { createProviders, fixedSource, type Vendors } from './providers/registry.ts';

/** The workspace that chooses: whose keys it has, and what its admins have set. */
export type Chooser = { brought: Vendors; defaults: GivenOptions; allowed: readonly string[] };

/** A model for a kind of step of a workflow, and what it means in a workspace. */
export type ListedModel = {
  provider: AnyProvider;
  keySource: KeySource;
  /** The lengths of a film of that workflow that it can make, by one call or several. Whole seconds, ascending. */
  durations: readonly number[];
  /** Whether it is used if nobody chooses another one. */
  isDefault: boolean;
  /** Whether the workspace's admins allow it. */
  isAllowed: boolean;
  /** The price of its steps of a run with these options. Null: it cannot do them. */
  priceCredits: number | null;
};

type Asked = { workflow: Workflow; chosen: GivenOptions; references: number };

/** The kinds of step for which somebody chooses a model. An edited image needs no video, and frames are made for one. */
export const chosenKinds = (workflow: Workflow): ProvidedKind[] => kindsFor(workflow, { frames: 1, change: 'picture' });

/** All models that a workspace has for a kind of step. Of several with the same name only the first can be chosen. */
export function listModels(deps: PlanDeps, chooser: Chooser, kind: ProvidedKind, asked: Asked): ListedModel[] {
  const { brought, allowed } = chooser;
  const services = servicesOf(deps.providers, kind, brought);
  const first = new Map(services.toReversed().map((service) => [service.provider.model, service]));
  const all = services.filter((service) => first.get(service.provider.model) === service);
  const { usable } = permittedFor(deps.providers, brought, kind, { all, allowed });
  const usual = usualModel(deps.providers, chooser, kind);
  const priceOf = pricesWith(deps, chooser, kind, asked);
  return all.map((service) => ({
    ...service,
    durations: kind === 'video' ? filmLengths(asked.workflow, service.provider.capabilities) : [],
    isDefault: service.provider.model === usual,
    isAllowed: usable.includes(service),
    priceCredits: priceOf(service.provider),
  }));
}

/** The operator's names for models, with those of the listed models that each stands for. */
export function listAliases(
  providers: PlanDeps['providers'],
  brought: Vendors,
  listed: readonly ListedModel[],
): { name: string; models: string[] }[] {
  const usable = listed.filter(({ isAllowed }) => isAllowed).map(({ provider }) => provider.model);
  return [...providers.aliases.keys()].flatMap((name) => {
    const models = usableNamed(providers, brought, name).filter((model) => usable.includes(model));
    return models.length > 0 ? [{ name, models }] : [];
  });
}

/**
 * The models that some words stand for in a workspace, by their own names: for each kind of step the first one that can be used. A word
 * for a model that is gone, or that the admins do not allow, counts for nothing.
 */
export function usableModels(
  providers: PlanDeps['providers'],
  { brought, allowed }: Pick<Chooser, 'brought' | 'allowed'>,
  words: readonly string[],
): string[] {
  const wish = { words: [], defaults: words, allowed, workflow: 'complete', kinds: providedKinds } as const;
  const found = wishedModels(providers, brought, wish);
  return found.outcome === 'wished' ? found.models : [];
}

/** The model that is used if nobody chooses. */
function usualModel(
  providers: PlanDeps['providers'],
  { brought, defaults, allowed }: Chooser,
  kind: ProvidedKind,
): string | undefined {
  const words = usableModels(providers, { brought, allowed }, defaults.models ?? []);
  const resolved = resolveModels(providers, brought, { words, allowed });
  const service = resolved.outcome === 'resolved' ? resolved.services.get(kind) : null;
  return (service ?? providers.choose(kind, brought))?.provider.model;
}

type AnyServed = { provider: AnyProvider; keySource: KeySource };

function servicesOf({ models }: PlanDeps['providers'], kind: ProvidedKind, brought: Vendors): AnyServed[] {
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
  { brought, defaults }: Chooser,
  kind: ProvidedKind,
  { workflow, chosen, references }: Asked,
): (provider: AnyProvider) => number | null {
  const options = optionsOf(workflow, defaults, chosen);
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
