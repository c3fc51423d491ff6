import type { KeySource, ProvidedKind, Vendor } from '../../domain.ts';
import { defaultGoogleImageModel, googleImageCapabilities } from './google/models.ts';
import { defaultImageModel, imageCapabilities } from './openai/models.ts';
import type { AnyProvider, Capabilities, Provider } from './provider.ts';

export type Vendors = ReadonlySet<Vendor>;

/** A provider for a step, and the source of its key. */
export type Service<Step extends ProvidedKind> = { provider: Provider<Step>; keySource: KeySource };

/**
 * Where providers come from: a vendor's known models, or a catalogue that changes. `offered` are the models that a run can be given
 * now, in order of preference. `find` also knows those that are no longer offered, because runs in flight keep their model.
 */
export type ProviderSource = {
  offered: () => readonly AnyProvider[];
  find: (step: ProvidedKind, id: string, model: string) => AnyProvider | null;
};

/** A source that offers always the same providers. */
export const fixedSource = (list: readonly AnyProvider[]): ProviderSource => ({
  offered: () => list,
  find: (step, id, model) => list.find((one) => one.step === step && one.id === id && one.model === model) ?? null,
});

/** The configured providers. A step stores which provider serves it, so a run keeps its provider over restarts. */
export type Providers = {
  /**
   * The provider of a new step for a workspace that has keys of these vendors. Null if there is no key for the step. A
   * workspace's own key comes first, then the operator's, in the order in which the providers were given. The demo studio is used
   * only if there is no key at all: a demo result among real ones would mislead people. The built-in enhancer is used only if there
   * is no language model, and a real model for images or videos.
   */
  choose: <Step extends ProvidedKind>(step: Step, workspaceKeys: Vendors) => Service<Step> | null;
  /** All models that such a workspace can choose for a step, the one that {@link choose} returns first. */
  models: <Step extends ProvidedKind>(step: Step, workspaceKeys: Vendors) => Service<Step>[];
  /** The operator's names for models, each with the models that it stands for. */
  aliases: ReadonlyMap<string, readonly string[]>;
  /**
   * An image model that can look at so many pictures. A configured one with an operator's key comes first, then any configured one,
   * then a model that VidGenie knows. Null if none is known.
   */
  ableToFollow: (pictures: number) => string | null;
  /** The provider that a step was given to. Null if this process does not have it. */
  find: <Step extends ProvidedKind>(step: Step, id: string, model: string) => Provider<Step> | null;
};

/** The image models that VidGenie uses unless the operator names others. */
const knownImageModels = [
  { model: defaultImageModel, capabilities: imageCapabilities(defaultImageModel) },
  { model: defaultGoogleImageModel, capabilities: googleImageCapabilities },
] as const;

/** The models that the operator has named for kinds of step (`IMAGE_MODEL` and the like), the operator's aliases, and the built-in enhancer. */
export type Preferences = {
  named: Readonly<Partial<Record<ProvidedKind, string | null>>>;
  aliases: Providers['aliases'];
  /** Writes prompts by rules where no language model does. Null: those runs are refused. */
  rules?: Provider<'enhance'> | null;
};

/**
 * `operatorKeys` are the vendors whose keys the operator configured. `demo` is used if there is no key at all. A model that the operator
 * names comes first.
 */
export function createProviders(
  sources: readonly ProviderSource[],
  demo: readonly AnyProvider[],
  operatorKeys: Vendors,
  { named, aliases, rules = null }: Preferences = { named: {}, aliases: new Map() },
): Providers {
  const isNamed = ({ step, model }: AnyProvider) => named[step] === model;
  const offered = () => {
    const all = sources.flatMap((source) => source.offered());
    return [...all.filter(isNamed), ...all.filter((one) => !isNamed(one))];
  };
  const serving = <Step extends ProvidedKind>(list: readonly AnyProvider[], step: Step): Provider<Step>[] =>
    list.filter((one) => performs(one, step));
  // A provider without a vendor signs in by itself, so a configured one is usable.
  const operatorCan = ({ vendor }: { vendor: Vendor | null }) => vendor === null || operatorKeys.has(vendor);
  const models = <Step extends ProvidedKind>(step: Step, workspaceKeys: Vendors): Service<Step>[] => {
    const real = offered();
    const candidates = serving(real, step);
    const isOwn = ({ vendor }: { vendor: Vendor | null }) => vendor !== null && workspaceKeys.has(vendor);
    const own = candidates.filter(isOwn).map((provider) => ({ provider, keySource: 'workspace' }) as const);
    const hosted = candidates
      .filter((one) => operatorCan(one) && !isOwn(one))
      .map((provider) => ({ provider, keySource: provider.vendor === null ? 'none' : 'operator' }) as const);
    // A key whose models have not been read yet is a key all the same.
    const isDemo = operatorKeys.size === 0 && workspaceKeys.size === 0 && !real.some(operatorCan);
    const played = isDemo ? serving(demo, step).map((provider) => ({ provider, keySource: 'none' }) as const) : [];
    const isMaker = (one: AnyProvider) => one.step !== 'enhance' && (operatorCan(one) || isOwn(one));
    const writes = rules !== null && own.length + hosted.length === 0 && real.some(isMaker);
    const ruled = writes ? serving([rules], step).map((provider) => ({ provider, keySource: 'none' }) as const) : [];
    return [...own, ...hosted, ...played, ...ruled];
  };
  return {
    aliases,
    models,
    choose: (step, workspaceKeys) => models(step, workspaceKeys).at(0) ?? null,
    ableToFollow: (pictures) => {
      const able = ({ capabilities }: { capabilities: Capabilities }) => capabilities.references >= pictures;
      const configured = serving(offered(), 'image').filter(able);
      return (configured.find(operatorCan) ?? configured.at(0) ?? knownImageModels.find(able))?.model ?? null;
    },
    find: (step, id, model) => {
      const known = [...sources, fixedSource([...demo, ...(rules ? [rules] : [])])].map((source) =>
        source.find(step, id, model),
      );
      return (
        serving(
          known.filter((one) => one !== null),
          step,
        ).at(0) ?? null
      );
    },
  };
}

function performs<Step extends ProvidedKind>(
  provider: AnyProvider,
  step: Step,
): provider is AnyProvider & Provider<Step> {
  return provider.step === step;
}
