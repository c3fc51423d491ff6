import type { Offer } from '../../pipeline/offer.ts';
import type { Command } from './command.ts';
import type { ListedModel } from './modelChoices.ts';
import { offered } from './offered.ts';
import type { NamedOption } from './option.ts';
import type { Given } from './read.ts';

/**
 * The candidates for the word that somebody is typing, and the index in the line where that word begins. `notes`: what is said about
 * some of them.
 */
export type Suggestions = { from: number; candidates: readonly string[]; notes?: ReadonlyMap<string, string> };

export type Known = {
  commands: readonly Command[];
  /** The values that a command may ask for. Null: not known yet. */
  offer: (command: Command, given: Given) => Offer | null;
  /** The models that a command may name, with what is said about each. `typed` is a part of a name. */
  models: (command: Command, given: Given, typed: string) => readonly ListedModel[];
  /** Words that only this platform understands, such as `exit`. */
  extras: readonly string[];
  /** The beginnings of the ids of runs that somebody may want to name. */
  runs: readonly string[];
  /** The names in the workspace's cast. */
  cast: readonly string[];
  /** Files whose path begins like this. */
  files: (begun: string) => readonly string[];
};

/** Suggests how a line may continue, from the declarations of the commands. */
export function suggest(line: string, known: Known): Suggestions {
  const from = line.search(/\S*$/u);
  const begun = line.slice(from);
  const words = line.slice(0, from).trim().split(/\s+/u).filter(isWord);
  const [first, ...rest] = words[0]?.toLowerCase() === '/vidgenie' ? words.slice(1) : words;
  if (first === undefined) {
    const names = [...known.commands.map((command) => command.name), ...known.extras];
    return { from, candidates: beginningWith(begun, names) };
  }
  const command = known.commands.find((one) => one.name === first.toLowerCase());
  if (!command || rest.includes('--')) return { from, candidates: [] };
  const given = givenIn(rest, command);
  const typed = modelBegun(command, rest, begun);
  if (typed !== null) return { from, ...modelsFrom(typed, known.models(command, given, typed.name)) };
  const offer = known.offer(command, given);
  return { from, candidates: within(offer ? offered(command, offer) : command, rest, begun, known) };
}

/** The values of named options that are typed already. */
function givenIn(words: readonly string[], { options }: Command): Given {
  const named = options.filter(({ placement }) => placement === 'named');
  const given = words.flatMap((word, at): [string, string | boolean][] => {
    const [, negated, name = '', inline] = /^--(no-)?([\w-]+)(?:=(.*))?$/su.exec(word) ?? [];
    const option = named.find((one) => one.name === name);
    if (!option) return [];
    if (option.kind.kind === 'flag') return [[name, negated === undefined]];
    const value = inline ?? words[at + 1];
    return value === undefined ? [] : [[name, value]];
  });
  return Object.fromEntries(given);
}

/** A word for a model that somebody types, and what stands before it: the option itself, or other models. */
type ModelBegun = { before: string; name: string };

function modelBegun({ options }: Command, words: readonly string[], begun: string): ModelBegun | null {
  for (const { name, kind } of options) {
    if (kind.kind !== 'model') continue;
    const isAwaiting = words.at(-1) === `--${name}`;
    const inline = `--${name}=`;
    const value = isAwaiting ? begun : begun.startsWith(inline) ? begun.slice(inline.length) : null;
    if (value === null) continue;
    const last = value.search(/[^+,]*$/u);
    return { before: begun.slice(0, begun.length - value.length + last), name: value.slice(last) };
  }
  return null;
}

/** A line is completed from its beginning, so a part in the middle of a name counts only if no name begins with it. */
function modelsFrom({ before, name }: ModelBegun, models: readonly ListedModel[]): Omit<Suggestions, 'from'> {
  const beginning = models.filter(({ word }) => word.toLowerCase().startsWith(name.toLowerCase()));
  const shown = (beginning.length > 0 ? beginning : models).map(({ word, facts }) => [before + word, facts] as const);
  return { candidates: shown.map(([candidate]) => candidate), notes: new Map(shown) };
}

const isWord = (word: string) => word !== '';

const beginningWith = (begun: string, candidates: readonly string[]) =>
  candidates.filter((candidate) => candidate.startsWith(begun.toLowerCase()));

function within(command: Command, words: readonly string[], begun: string, known: Known): readonly string[] {
  const named = command.options.filter((option) => option.placement === 'named');
  const inline = /^--([\w-]+)=/.exec(begun);
  if (inline) {
    const option = named.find((one) => one.name === inline[1]);
    return option
      ? beginningWith(
          begun,
          values(option).map((value) => `${inline[0]}${value}`),
        )
      : [];
  }
  const awaiting = named.find((one) => one.kind.kind !== 'flag' && words.at(-1) === `--${one.name}`);
  if (awaiting?.kind.kind === 'image') return known.files(begun);
  if (awaiting) return beginningWith(begun, values(awaiting));
  if (begun.startsWith('--')) {
    const unused = named.filter(
      ({ name }) => !words.some((word) => [`--${name}`, `--no-${name}`].includes(word.replace(/=.*/, ''))),
    );
    return beginningWith(begun, unused.map(spelling));
  }
  const first = command.options.find((option) => option.placement === 'first');
  if (first && positionals(words, named) === 0) return firstWord(first, begun, known);
  const rest = command.options.find((option) => option.placement === 'rest');
  if (rest?.kind.kind === 'cast') return positionals(words, named) === 1 ? beginningWith(begun, known.cast) : [];
  return rest && begun.startsWith('@')
    ? beginningWith(
        begun,
        known.cast.map((name) => `@${name}`),
      )
    : [];
}

function values({ kind }: NamedOption): string[] {
  switch (kind.kind) {
    case 'choice':
      return [...kind.choices];
    case 'flag':
      return ['on', 'off'];
    case 'number':
      return kind.defaultValue === null ? [] : [String(kind.defaultValue)];
    case 'text':
    case 'image':
    case 'run':
    case 'cast':
    case 'model':
      return [];
  }
}

/** You need to type a flag only if it changes the default. */
const spelling = ({ name, kind }: NamedOption) =>
  kind.kind === 'flag' && kind.defaultValue ? `--no-${name}` : `--${name}`;

/** The number of words that belong to no option. */
const positionals = (words: readonly string[], named: readonly NamedOption[]) =>
  words.filter((word, at) => {
    const isValue = named.some(({ name, kind }) => kind.kind !== 'flag' && words[at - 1] === `--${name}`);
    return !word.startsWith('--') && !isValue;
  }).length;

function firstWord({ kind }: NamedOption, begun: string, known: Known): readonly string[] {
  switch (kind.kind) {
    case 'choice':
      return beginningWith(begun, kind.choices);
    case 'run':
      return beginningWith(begun, known.runs);
    case 'cast':
      return beginningWith(begun, known.cast);
    case 'image':
      return known.files(begun);
    case 'number':
    case 'flag':
    case 'text':
    case 'model':
      return [];
  }
}
