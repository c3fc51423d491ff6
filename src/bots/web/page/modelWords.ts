import type { Kind, Listed } from './modelFacts.ts';
import { pickKinds } from './picks.ts';

/** The words that name a model of a kind: its id, or an alias that stands for one of that kind. */
export function namesFor({ kinds, aliases }: Listed, kind: Kind): { ids: string[]; aliases: Listed['aliases'] } {
  const ids = kinds.filter((one) => one.kind === kind).flatMap(({ models }) => models.map(({ id }) => id));
  return { ids, aliases: aliases.filter(({ models }) => models.some((model) => ids.includes(model))) };
}

/** The word that counts for a kind of step: the first one that names a model of it. */
export function wordFor(listed: Listed, words: readonly string[], kind: Kind): string {
  const { ids, aliases } = namesFor(listed, kind);
  const names = [...ids, ...aliases.map(({ name }) => name)];
  const isSame = (one: string, other: string) => one.toLowerCase() === other.toLowerCase();
  return words.flatMap((word) => names.find((name) => isSame(name, word)) ?? [])[0] ?? '';
}

/**
 * The words with another one for a kind of step. Models come before aliases, because an alias may stand for models of several kinds,
 * and the first word counts.
 */
export function wordsWith(listed: Listed, words: readonly string[], kind: Kind, word: string): string[] {
  const chosen = pickKinds.map((one) => (one === kind ? word : wordFor(listed, words, one)));
  const isAlias = (one: string) => listed.aliases.some(({ name }) => name === one);
  const once = [...new Set(chosen)].filter((one) => one !== '');
  return [...once.filter((one) => !isAlias(one)), ...once.filter(isAlias)];
}
