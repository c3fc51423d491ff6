import { closest, distance } from 'fastest-levenshtein';
import { kindsFor, type ProvidedKind, providedKinds, type RunOptions, type Workflow } from '../domain.ts';
import type { Provider } from './providers/provider.ts';
import type { Providers, Service, Vendors } from './providers/registry.ts';

/** The models that a run asks for, and those that its workspace allows. An empty list allows all models. */
export type ModelChoice = { words: readonly string[]; allowed: readonly string[] };

/** The provider of a kind of step, and the source of its key. */
export type AnyService = Pick<Service<ProvidedKind>, 'keySource'> & {
  provider: Pick<
    Provider<ProvidedKind>,
    'id' | 'vendor' | 'model' | 'title' | 'capabilities' | 'expectedMs' | 'prices'
  >;
};

/** The workspace's admins allow only these models for that kind of step. */
type NotAllowed = { outcome: 'model_not_allowed'; model: string; kind: ProvidedKind; allowed: readonly string[] };

export type Resolved =
  | { outcome: 'resolved'; services: ReadonlyMap<ProvidedKind, AnyService> }
  /** The model of an earlier run, or of a setting, cannot be used here any more. */
  | { outcome: 'model_gone'; model: string }
  | NotAllowed;

/** A member's word for a model cannot be followed. */
export type WordRefusal =
  /** No model and no alias has this name here. `nearest` is the one that is spelled most like it. */
  | { outcome: 'unknown_model'; word: string; nearest: string | null }
  /** The run has no step that such a model makes. */
  | { outcome: 'unused_model'; word: string; makes: readonly ProvidedKind[]; workflow: Workflow }
  | NotAllowed;

type Known = Pick<Providers, 'models' | 'aliases'>;

/** The kinds of step of a run. Images to choose from are made for a video, so its model counts, too. */
export const neededKinds = (workflow: Workflow, options: Pick<RunOptions, 'frames' | 'change'>): ProvidedKind[] => [
  ...kindsFor(workflow, options),
  ...(workflow === 'complete' && options.frames > 1 ? (['video'] as const) : []),
];

/** The models of a kind of step that a workspace's list leaves. */
type Permitted<One> = {
  /** Those that may be used: all of them if the list does not restrict this kind. */
  usable: readonly One[];
  isRestricted: boolean;
  /**
   * A name of the list that nothing has here any more. The list may have named it for this kind, so none may be used. Null: there is no
   * such doubt.
   */
  lost: string | null;
};

/**
 * Applies a workspace's list of allowed models to a kind of step. The list restricts a kind only if it names a model of that kind. A
 * model that is gone must not open the list, and nobody knows any more what it has made. Prompts are left out of that doubt: they are
 * rarely on a list, and every run needs them.
 */
export function permittedFor<One extends AnyService>(
  providers: Known,
  keys: Vendors,
  kind: ProvidedKind,
  { all, allowed }: { all: readonly One[]; allowed: readonly string[] },
): Permitted<One> {
  const named = all.filter(({ provider }) => allowed.includes(provider.model));
  if (named.length > 0) return { usable: named, isRestricted: true, lost: null };
  const lost = kind === 'enhance' ? undefined : allowed.find((one) => kindsNamed(providers, keys, one).length === 0);
  return lost === undefined
    ? { usable: all, isRestricted: false, lost: null }
    : { usable: [], isRestricted: true, lost };
}

/** All that a workspace can use for a kind of step, and which of it is wished. */
type Options = Permitted<AnyService> & {
  all: readonly AnyService[];
  wished: AnyService | null;
  /** A wished model that the workspace does not allow, if no other model that it does allow is wished. */
  refused: AnyService | null;
};

function optionsFor(providers: Known, keys: Vendors, kind: ProvidedKind, { words, allowed }: ModelChoice): Options {
  const all: readonly AnyService[] = providers.models(kind, keys);
  const permitted = permittedFor(providers, keys, kind, { all, allowed });
  const wishes = words.flatMap((word) => modelsNamed(providers, word));
  const found = wishes.flatMap((model) => all.find(({ provider }) => isNamed(provider.model, model)) ?? []);
  const wished = found.find((one) => permitted.usable.includes(one)) ?? null;
  return { all, ...permitted, wished, refused: wished ? null : (found.at(0) ?? null) };
}

/**
 * Finds the models that a run asks for. A word counts for every kind of step that it can make, and the first one that fits counts. A
 * kind for which no word fits is left out, unless the workspace allows only some models: then the first of these serves. A list of
 * allowed models restricts a kind of step only if it names a model of that kind. `kinds` are those that the run needs. For the others
 * nothing is refused.
 */
export function resolveModels(
  providers: Known,
  workspaceKeys: Vendors,
  choice: ModelChoice,
  kinds: readonly ProvidedKind[] = providedKinds,
): Resolved {
  const options = new Map(
    providedKinds.map((kind) => [kind, optionsFor(providers, workspaceKeys, kind, choice)] as const),
  );
  const isKnown = (word: string) =>
    modelsNamed(providers, word).some((model) =>
      [...options.values()].some(({ all }) => all.some(({ provider }) => isNamed(provider.model, model))),
    );
  const gone = choice.words.find((word) => !isKnown(word));
  const services = new Map<ProvidedKind, AnyService>();
  for (const [kind, { usable, isRestricted, lost, wished, refused }] of options) {
    const isNeeded = kinds.includes(kind);
    if (lost !== null && isNeeded) return { outcome: 'model_gone', model: lost };
    if (refused && isNeeded) return notAllowed(kind, refused, usable);
    // Nobody knows any more which kind of step a lost model has made.
    if (!wished && gone !== undefined && isNeeded) return { outcome: 'model_gone', model: gone };
    const service = wished ?? (isRestricted ? usable.at(0) : undefined);
    if (service) services.set(kind, service);
  }
  return { outcome: 'resolved', services };
}

/** The words for models in a command, and what surrounds them. `defaults` are the workspace's own words. */
export type Wish = ModelChoice & {
  defaults: readonly string[];
  workflow: Workflow;
  kinds: readonly ProvidedKind[];
};

/**
 * The models that a command asks for, by their own names: those that its member names, and for other kinds of step those that the
 * workspace prefers. A preferred model that cannot be used now is left out, because the member has not asked for it.
 */
export function wishedModels(
  providers: Known,
  workspaceKeys: Vendors,
  { words, defaults, allowed, workflow, kinds }: Wish,
): { outcome: 'wished'; models: string[] } | WordRefusal {
  for (const word of words) {
    const makes = kindsNamed(providers, workspaceKeys, word);
    if (makes.length === 0) return unknownModel(providers, workspaceKeys, word);
    if (!makes.some((kind) => kinds.includes(kind))) return { outcome: 'unused_model', word, makes, workflow };
  }
  const models: string[] = [];
  for (const kind of providedKinds) {
    const own = optionsFor(providers, workspaceKeys, kind, { words, allowed });
    if (own.refused && kinds.includes(kind)) {
      return notAllowed(kind, own.refused, own.usable, allowed);
    }
    const service = own.wished ?? optionsFor(providers, workspaceKeys, kind, { words: defaults, allowed }).wished;
    if (service) models.push(service.provider.model);
  }
  return { outcome: 'wished', models: [...new Set(models)] };
}

const notAllowed = (
  kind: ProvidedKind,
  { provider }: AnyService,
  permitted: readonly AnyService[],
  list: readonly string[] = [],
): NotAllowed => ({
  outcome: 'model_not_allowed',
  model: provider.model,
  kind,
  allowed: permitted.length > 0 ? permitted.map((one) => one.provider.model) : list,
});

/** The kinds of step that a word can make here. None: nothing has this name. */
export const kindsNamed = (providers: Known, workspaceKeys: Vendors, word: string): ProvidedKind[] =>
  providedKinds.filter((kind) => namedFor(providers, workspaceKeys, kind, word).length > 0);

/** The models that a word stands for, among those that can be used here, by their own names. */
export const usableNamed = (providers: Known, workspaceKeys: Vendors, word: string): string[] => [
  ...new Set(providedKinds.flatMap((kind) => namedFor(providers, workspaceKeys, kind, word))),
];

const namedFor = (providers: Known, keys: Vendors, kind: ProvidedKind, word: string): string[] => {
  const all = providers.models(kind, keys).map(({ provider }) => provider.model);
  return modelsNamed(providers, word).flatMap((model) => all.find((one) => isNamed(one, model)) ?? []);
};

/** Nobody has to remember which letters of a model's name are capital. */
const isNamed = (model: string, word: string): boolean => model.toLowerCase() === word.toLowerCase();

/** The models that a word stands for: those of an alias, or the model of that name. */
export const modelsNamed = ({ aliases }: Pick<Known, 'aliases'>, word: string): readonly string[] =>
  aliases.get(word.toLowerCase()) ?? [word];

export function unknownModel(
  providers: Known,
  workspaceKeys: Vendors,
  word: string,
): Extract<WordRefusal, { outcome: 'unknown_model' }> {
  const models = providedKinds.flatMap((kind) => providers.models(kind, workspaceKeys));
  const names = [...providers.aliases.keys(), ...models.map(({ provider }) => provider.model)];
  return { outcome: 'unknown_model', word, nearest: nearestTo(word, names) };
}

/** A part of a long name is clear enough, for example "veo" of "google/veo-3.1". */
function nearestTo(word: string, names: readonly string[]): string | null {
  if (names.length === 0) return null;
  const typed = word.toLowerCase();
  const containing = typed.length < 3 ? undefined : names.find((name) => name.toLowerCase().includes(typed));
  if (containing !== undefined) return containing;
  const nearest = closest(
    typed,
    names.map((name) => name.toLowerCase()),
  );
  const found = names.find((name) => name.toLowerCase() === nearest) ?? null;
  return distance(typed, nearest) <= Math.max(3, typed.length / 2) ? found : null;
}
