import type { Offer } from '../../pipeline/offer.ts';
import type { Command } from './command.ts';
import { offered } from './offered.ts';
import type { NamedOption } from './option.ts';

/** The candidates for the word that somebody is typing, and the index in the line where that word begins. */
export type Suggestions = { from: number; candidates: readonly string[] };

export type Known = {
  commands: readonly Command[];
  /** The values that a command may ask for. Null: not known yet. */
  offer: (command: Command) => Offer | null;
  /** Words that only this platform understands, such as `exit`. */
  extras: readonly string[];
  /** The beginnings of the ids of runs that somebody may want to name. */
  runs: readonly string[];
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
  const offer = known.offer(command);
  return { from, candidates: within(offer ? offered(command, offer) : command, rest, begun, known) };
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
  if (awaiting) return beginningWith(begun, values(awaiting));
  if (begun.startsWith('--')) {
    const unused = named.filter(
      ({ name }) => !words.some((word) => [`--${name}`, `--no-${name}`].includes(word.replace(/=.*/, ''))),
    );
    return beginningWith(begun, unused.map(spelling));
  }
  const first = command.options.find((option) => option.placement === 'first');
  return first && positionals(words, named) === 0 ? firstWord(first, begun, known) : [];
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
    case 'image':
      return known.files(begun);
    case 'number':
    case 'flag':
    case 'text':
      return [];
  }
}
