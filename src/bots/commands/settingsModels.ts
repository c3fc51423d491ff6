import { maxAllowedModels, type WorkspaceSettings } from '../../db/workspaces.ts';
import { maxModelWord, maxModelWords, type WorkspaceId } from '../../domain.ts';
import { resolveModels, unknownModel, usableNamed } from '../../pipeline/models.ts';
import type { Services } from '../services.ts';
import type { Refusal } from './refusal.ts';

/** How many characters a list of models may have. */
export const maxAllowed = 3_000;

/** Takes all models back, in a list of them. */
export const isModel = (word: string): boolean => word.toLowerCase() !== 'none';

/** The models of a list that somebody typed: separated by commas, pluses or line breaks. */
export const listedModels = (typed: string): string[] => [
  ...new Set(
    typed
      .split(/[,+\n]/)
      .map((word) => word.trim())
      .filter((word) => word !== '' && isModel(word)),
  ),
];

/** Refuses more models than a setting takes, and a name that is too long for one. */
export function tooManyModels(lists: { model: readonly string[]; allow: readonly string[] }): Refusal | null {
  for (const [option, max] of [
    ['model', maxModelWords],
    ['allow', maxAllowedModels],
  ] as const) {
    const words = lists[option];
    const given = words.find((word) => word.length > maxModelWord) ?? (words.length > max ? words.join(', ') : null);
    const allowed = { kind: 'models', max } as const;
    if (given !== null) return { reason: 'bad_value', option, given, nearest: null, allowed };
  }
  return null;
}

type Checked = { outcome: 'checked'; settings: WorkspaceSettings } | { outcome: 'refused'; refusal: Refusal };

/**
 * The settings with the models by their own names, or the reason why they cannot be saved: a new word names no model here, or members
 * may not use what they would get by default. A word from before stays, even if its model is gone: no other setting waits for it.
 */
export async function checkedModels(
  { providers, keys }: Pick<Services, 'providers' | 'keys'>,
  workspaceId: WorkspaceId,
  before: WorkspaceSettings,
  next: WorkspaceSettings,
): Promise<Checked> {
  const brought = await keys.of(workspaceId);
  const unknownIn = (words: readonly string[], known: readonly string[], option: string): Checked | null => {
    const word = words.find((one) => !known.includes(one) && usableNamed(providers, brought, one).length === 0);
    if (word === undefined) return null;
    const { nearest } = unknownModel(providers, brought, word);
    return { outcome: 'refused', refusal: { reason: 'unknown_model', option, word, nearest } };
  };
  const { models = [] } = next.defaults;
  const unknown =
    unknownIn(models, before.defaults.models ?? [], 'model') ??
    unknownIn(next.allowedModels, before.allowedModels, 'allow');
  if (unknown) return unknown;
  const allowed = next.allowedModels.flatMap((word) => {
    const named = usableNamed(providers, brought, word);
    return named.length > 0 ? named : [word];
  });
  const settings = { ...next, allowedModels: [...new Set(allowed)] };
  const isSame = [
    models.join() === (before.defaults.models ?? []).join(),
    allowed.join() === before.allowedModels.join(),
  ];
  if (isSame.every((one) => one)) return { outcome: 'checked', settings };
  const resolved = resolveModels(providers, brought, {
    words: models.filter((word) => usableNamed(providers, brought, word).length > 0),
    allowed: settings.allowedModels,
  });
  if (resolved.outcome !== 'model_not_allowed') return { outcome: 'checked', settings };
  const { model, allowed: permitted } = resolved;
  return { outcome: 'refused', refusal: { reason: 'model_not_allowed', option: 'model', model, allowed: permitted } };
}
