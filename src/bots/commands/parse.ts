import { parseArgs } from 'node:util';
import { maxPromptLength } from '../../domain.ts';
import type { Command } from './command.ts';
import type { NamedOption } from './option.ts';
import { allowedBy } from './option.ts';
import { type Given, nearest } from './read.ts';
import type { Refusal } from './refusal.ts';
import { splitWords, type Word } from './words.ts';

export type Parsed = { outcome: 'parsed'; command: Command; given: Given } | { outcome: 'refused'; refusal: Refusal };

/** We refuse a line much longer than any prompt before we parse it. */
const maxLine = 4 * maxPromptLength;

/** Reads a line such as `/vidgenie complete a fox --duration 8`. You may leave out the name in front. An empty line asks for help. */
export function parseLine(line: string, commands: readonly Command[]): Parsed {
  if (line.length > maxLine) {
    return refused({ reason: 'too_long', option: 'prompt', length: line.length, max: maxPromptLength });
  }
  const body = line.replace(/^\s*\/?vidgenie(?=\s|$)/i, '');
  const [first, ...words] = splitWords(body);
  const name = first === undefined ? 'help' : first.value.replace(/^\//, '').toLowerCase();
  const command = commands.find((candidate) => candidate.name === name);
  if (command) return parseOptions(command, body, words);
  const allowed = commands.map((candidate) => candidate.name);
  return refused({ reason: 'unknown_command', given: first?.value ?? '', nearest: nearest(name, allowed), allowed });
}

/** Reads the words of a command line, which the shell has already split. */
export function parseArguments(command: Command, args: readonly string[]): Parsed {
  const line = args.join(' ');
  if (line.length > maxLine) {
    return refused({ reason: 'too_long', option: 'prompt', length: line.length, max: maxPromptLength });
  }
  let start = 0;
  const words = args.map((value) => {
    const word = { value, start, end: start + value.length, isQuoted: false };
    start = word.end + 1;
    return word;
  });
  return parseOptions(command, line, words);
}

const refused = (refusal: Refusal): Parsed => ({ outcome: 'refused', refusal });

/**
 * Takes the options out of a line. The remaining prose stays as it was typed, including inner white space. Node's own parser
 * decides which words are options. We hide quoted words and single dashes from it, because they are prose unless they are an
 * option's value.
 */
function parseOptions(command: Command, line: string, words: readonly Word[]): Parsed {
  const named = command.options.filter((option) => option.placement === 'named');
  const { tokens } = parseArgs({
    args: words.map((word) => visible(word, named)),
    options: Object.fromEntries(
      named.map(({ name, kind }) => [name, { type: kind.kind === 'flag' ? 'boolean' : 'string' } as const]),
    ),
    strict: false,
    allowNegative: true,
    allowPositionals: true,
    tokens: true,
  });
  const given: Record<string, string | boolean> = {};
  const values = new Set<number>();
  const prose: number[] = [];
  let verbatimFrom = words.length;
  for (const token of tokens) {
    if (token.kind === 'option-terminator') verbatimFrom = token.index + 1;
    else if (token.kind === 'positional') {
      if (!values.has(token.index)) prose.push(token.index);
    } else {
      const option = named.find((candidate) => candidate.name === token.name.replace(/^no-/, ''));
      const isNegated = token.rawName.startsWith('--no-');
      if (!option || (isNegated && option.kind.kind !== 'flag')) return unknownOption(command, token.rawName, named);
      if (given[option.name] !== undefined) return refused({ reason: 'given_twice', option: option.name });
      const inline = token.inlineValue ? token.value : undefined;
      const next = token.index + 1 < verbatimFrom ? words[token.index + 1] : undefined;
      const read = option.kind.kind === 'flag' ? flag(option, isNegated, inline, next) : valued(option, inline, next);
      if (read.outcome === 'refused') return read;
      given[option.name] = read.value;
      if (read.usesNext) values.add(token.index + 1);
    }
  }
  return withProse(command, line, words, { given, prose, verbatimFrom });
}

type ReadOption =
  | { outcome: 'read'; value: string | boolean; usesNext: boolean }
  | { outcome: 'refused'; refusal: Refusal };

/** Reads `--audio`, `--no-audio`, `--audio=off` or `--audio off`. Any other word after it is prose. */
function flag(option: NamedOption, isNegated: boolean, inline: string | undefined, next: Word | undefined): ReadOption {
  if (isNegated) {
    return inline === undefined ? { outcome: 'read', value: false, usesNext: false } : badValue(option, inline);
  }
  if (inline !== undefined) return { outcome: 'read', value: inline, usesNext: false };
  const isSaid = next !== undefined && /^(on|off|true|false)$/i.test(next.value);
  return { outcome: 'read', value: isSaid ? next.value : true, usesNext: isSaid };
}

function valued(option: NamedOption, inline: string | undefined, next: Word | undefined): ReadOption {
  const value = inline ?? (next && (next.isQuoted || !next.value.startsWith('--')) ? next.value : '');
  return value === ''
    ? { outcome: 'refused', refusal: { reason: 'missing_value', option: option.name, allowed: allowedBy(option) } }
    : { outcome: 'read', value, usesNext: inline === undefined };
}

const badValue = (option: NamedOption, given: string): ReadOption => ({
  outcome: 'refused',
  refusal: { reason: 'bad_value', option: `no-${option.name}`, given, nearest: null, allowed: allowedBy(option) },
});

/** A word as we show it to Node's parser: options get plain dashes and small letters, and no other word looks like an option. */
function visible(word: Word, named: readonly NamedOption[]): string {
  const { value, isQuoted } = word;
  const prose = 'prose';
  if (isQuoted || value === '') return prose;
  const dashed = /^(--|[–—]{1,2}-?)([^=]*)(=.*)?$/su.exec(value);
  if (!dashed) return prose;
  const [, dashes = '', name = '', rest = ''] = dashed;
  if (dashes === '--') return name === '' ? value : `--${name.toLowerCase()}${rest}`;
  // Keyboards turn two hyphens into a dash, and writers put dashes before words. We treat a word as an option only if it looks
  // like one.
  const plain = name.toLowerCase();
  return nearest(plain, spellings(named)) === null ? prose : `--${plain}${rest}`;
}

const spellings = (named: readonly NamedOption[]) =>
  named.flatMap(({ name, kind }) => (kind.kind === 'flag' ? [name, `no-${name}`] : [name]));

function unknownOption(command: Command, rawName: string, named: readonly NamedOption[]): Parsed {
  const allowed = spellings(named);
  const given = rawName.replace(/^-+/, '');
  return refused({ reason: 'unknown_option', command: command.name, given, nearest: nearest(given, allowed), allowed });
}

type Taken = { given: Record<string, string | boolean>; prose: readonly number[]; verbatimFrom: number };

function withProse(command: Command, line: string, words: readonly Word[], taken: Taken): Parsed {
  const first = command.options.find((option) => option.placement === 'first');
  const rest = command.options.find((option) => option.placement === 'rest');
  const [head, ...tail] = taken.prose;
  const given = { ...taken.given };
  // All words after `--` belong to the rest, so that one can leave the first option out.
  const isFirst = head !== undefined && (first?.required || !rest || head < taken.verbatimFrom);
  if (first && isFirst) given[first.name] = words[head]?.value ?? '';
  const prose = first && isFirst ? tail : taken.prose;
  if (prose.length > 0) {
    const typed = asTyped(line, words, prose, taken.verbatimFrom);
    if (!rest) return refused({ reason: 'unexpected_words', command: command.name, words: typed });
    given[rest.name] = typed;
  }
  const read = command.check(given);
  return read.outcome === 'refused' ? read : { outcome: 'parsed', command, given };
}

/** The prose as it stands in the line, with one space in place of each removed option. Quotes around the whole prose are removed. */
function asTyped(line: string, words: readonly Word[], prose: readonly number[], verbatimFrom: number): string {
  const [only] = prose;
  if (only !== undefined && prose.length === 1 && only < verbatimFrom) return words[only]?.value ?? '';
  let text = '';
  let before: number | null = null;
  for (const at of prose) {
    const [word, previous] = [words[at], before === null ? undefined : words[before]];
    if (!word) continue;
    if (previous) text += at - 1 === before ? line.slice(previous.end, word.start) : ' ';
    text += line.slice(word.start, word.end);
    before = at;
  }
  return text;
}

/** Writes a command and its options as a line that {@link parseLine} reads back unchanged. */
export function writeLine(command: Command, given: Given): string {
  const written = command.options.flatMap(({ name, placement, kind }) => {
    const value = given[name];
    if (value === undefined || placement !== 'named') return [];
    if (kind.kind === 'flag') return [value === true ? `--${name}` : `--no-${name}`];
    return [`--${name}=${quoted(String(value))}`];
  });
  const first = command.options.find((option) => option.placement === 'first' && given[option.name] !== undefined);
  const rest = command.options.find((option) => option.placement === 'rest' && given[option.name] !== undefined);
  const head = first ? [quoted(String(given[first.name]))] : [];
  const prose = rest ? String(given[rest.name]) : '';
  const isFirstLeftOut = command.options.some(
    ({ name, placement }) => placement === 'first' && given[name] === undefined,
  );
  // Prose needs no guard if it contains nothing that a parser could mistake for an option.
  const isPlain = !isFirstLeftOut && !/^(on|off|true|false)\b|(^|\s)[-–—"'“”„‘’]/iu.test(prose);
  const tail = rest ? [...(isPlain ? [] : ['--']), prose] : [];
  return [command.name, ...written, ...head, ...tail].join(' ');
}

const quoted = (value: string) => {
  if (!/[\s"'“”„‘’]|^[-–—]|^$/u.test(value)) return value;
  return value.includes('"') ? `'${value}'` : `"${value}"`;
};
