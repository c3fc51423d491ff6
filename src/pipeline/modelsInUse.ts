import { keyProvidersInUse, modelWordsOfWorkspaces } from '../db/catalogues.ts';
import type { Db } from '../db/client.ts';
import { providedKinds } from '../domain.ts';
import type { Catalogue } from './catalogues.ts';
import { vendorsAmong } from './keys.ts';
import { modelsNamed } from './models.ts';
import type { ProviderConfig } from './providers/config.ts';
import type { Providers } from './providers/registry.ts';

/**
 * The models that somebody counts on: those that VidGenie chooses by itself, and those that the environment, the operator's aliases and
 * the settings of workspaces name.
 */
export async function modelsInUse(
  db: Db,
  providers: Pick<Providers, 'choose' | 'aliases'>,
  { models }: Pick<ProviderConfig, 'models'>,
): Promise<Set<string>> {
  const stored = vendorsAmong(await keyProvidersInUse(db));
  const chosen = providedKinds.flatMap((kind) =>
    [new Set([]), stored].flatMap((keys) => providers.choose(kind, keys)?.provider.model ?? []),
  );
  const named = providedKinds.flatMap((kind) => models[kind] ?? []);
  const words = (await modelWordsOfWorkspaces(db)).flatMap((word) => modelsNamed(providers, word));
  return new Set([...chosen, ...named, ...[...providers.aliases.values()].flat(), ...words]);
}

/** The models in use that have left a vendor's list, with the day on which that was seen (ISO 8601). Another vendor may still list them. */
export function goneAmong(
  inUse: ReadonlySet<string>,
  catalogues: ReadonlyMap<string, Catalogue>,
): { model: string; at: string }[] {
  const all = [...catalogues.values()];
  const listed = new Set(all.flatMap(({ models }) => models.map(({ id }) => id)));
  return [...inUse].flatMap((model) => {
    if (listed.has(model)) return [];
    const left = all.flatMap(({ changes }) => changes.find((one) => one.model === model && one.what === 'gone') ?? []);
    return left.slice(0, 1).map(({ at }) => ({ model, at }));
  });
}
