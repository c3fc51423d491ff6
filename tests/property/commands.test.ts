import fc from 'fast-check';
import { expect, test } from 'vitest';
import { commands } from '../../src/bots/commands/all.ts';
import type { Command } from '../../src/bots/commands/command.ts';
import type { NamedOption } from '../../src/bots/commands/option.ts';
import { parseArguments, parseLine, writeLine } from '../../src/bots/commands/parse.ts';
import { suggest } from '../../src/bots/commands/suggest.ts';
import { refusalCard } from '../../src/bots/refusalCard.ts';
import { textOf } from '../../src/bots/text.ts';
import { promptText } from '../../src/domain.ts';

const anyText = fc.string({ unit: 'binary', maxLength: 200 });
/** Pieces of command lines, in any order. They reach the corners of a parser sooner than noise does. */
const pieces = fc.constantFrom(
  ...[
    '/vidgenie',
    'complete',
    'video',
    'status',
    'help',
    '--',
    '--style',
    '--style=',
    '—style',
    '–no-audio',
    '--no-audio',
  ],
  ...[
    '--audio',
    'off',
    '=',
    '"',
    "'",
    '“',
    '”',
    '’',
    '-5',
    '-',
    '–',
    '—',
    '--duration',
    '8',
    '61',
    'anime',
    '\n',
    '\t',
    ' ',
  ],
  ...['--constructor', '__proto__', '--no-', '---', '--=', '\u0000', '\ud800', '\u202e', '狐狸', '👩‍👩‍👧'],
);
const almostCommands = fc
  .array(fc.tuple(fc.oneof(pieces, anyText), fc.constantFrom('', ' ', '  ')))
  .map((parts) => parts.flat().join(''));
const garbage = fc.oneof(anyText, almostCommands);

test('anything typed gets an answer: a command that can be carried out, or a refusal in words', () => {
  fc.assert(
    fc.property(garbage, fc.constantFrom('', 'complete ', 'video ', 'settings '), (line, begun) => {
      const result = parseLine(begun + line, commands);
      if (result.outcome === 'parsed') return result.command.check(result.given).outcome === 'read';
      const { title, blocks } = refusalCard(result.refusal, textOf('en'));
      return title !== '' && blocks.length > 0 && !/undefined|NaN|\[object/.test(JSON.stringify(blocks));
    }),
    { numRuns: 3000 },
  );
});

test('any words of a shell get an answer', () => {
  fc.assert(
    fc.property(fc.array(garbage, { maxLength: 8 }), fc.constantFrom(...commands), (args, command) => {
      expect(['parsed', 'refused']).toContain(parseArguments(command, args).outcome);
    }),
  );
});

test('completing anything, anywhere, never fails and only ever replaces the word being typed', () => {
  const known = {
    commands,
    offer: () => null,
    models: () => [{ word: 'fast', facts: '1 credit' }],
    extras: ['exit'],
    runs: ['0b8f6a52'],
    cast: ['fox'],
    files: () => [],
  };
  fc.assert(
    fc.property(garbage, (line) => {
      const { from, candidates } = suggest(line, known);
      return from <= line.length && !/\s/u.test(line.slice(from)) && Array.isArray(candidates);
    }),
  );
});

const prose = fc
  .string({
    unit: fc.oneof(fc.constantFrom(' ', '  ', '\n', '"', "'", '’', '“', '-', '--', '—', '=', 'a'), fc.string()),
  })
  .filter((words) => promptText.safeParse(words).success)
  .map((words) => promptText.parse(words));

/** A named value stands in quotes of one kind, so it cannot hold both. Typographic quotes count as quotes of their kind. */
const quotable = prose.map((words) => words.replace(/["“”„«»]/g, '')).filter((words) => words !== '');

function anyValue({ kind, placement }: NamedOption): fc.Arbitrary<string | number | boolean> {
  switch (kind.kind) {
    case 'choice':
      return fc.constantFrom(...kind.choices);
    case 'number':
      return fc.integer({ min: kind.min, max: kind.max });
    case 'flag':
      return fc.boolean();
    case 'text':
      return placement === 'named' ? quotable : prose;
    case 'image':
      return fc.stringMatching(/^[\w./~ -]{1,30}$/).filter((path) => path.trim() === path);
    case 'run':
      return fc.stringMatching(/^[0-9a-f]{4,8}$/);
    case 'model':
      return fc
        .array(fc.stringMatching(/^[\w./:-]{1,40}$/), { minLength: 1, maxLength: kind.max })
        .map((words) => words.join('+'));
    case 'cast':
      return fc.stringMatching(/^@?[a-z0-9](?:[a-z0-9_-]{0,8}[a-z0-9])?$/);
  }
}

const givenFor = (command: Command) =>
  fc.record(Object.fromEntries(command.options.map((option) => [option.name, anyValue(option)])), {
    requiredKeys: command.options.filter((option) => option.required).map((option) => option.name),
  });

test.each(commands.map((command) => ({ name: command.name, command })))(
  'what $name was given, written as a line, is read back as the same',
  ({ command }) => {
    fc.assert(
      fc.property(givenFor(command), (given) => {
        const line = writeLine(command, given);
        const read = parseLine(line, commands);
        if (read.outcome === 'refused') throw new Error(`${line}: ${JSON.stringify(read.refusal)}`);
        expect(read.command.name).toBe(command.name);
        expect(command.check(read.given)).toEqual(command.check(given));
      }),
      { numRuns: 500 },
    );
  },
);

test('a prompt without options or quotes is kept exactly, also when options stand around it', () => {
  const words = fc
    .array(
      fc.string({ unit: 'grapheme', minLength: 1 }).filter((word) => /^[^\s"'“”„‘’–—-]\S*$/u.test(word)),
      { minLength: 2 },
    )
    .chain((list) =>
      fc
        .array(fc.constantFrom(' ', '  ', '\t', '\n'), { minLength: list.length, maxLength: list.length })
        .map((gaps) => list.map((word, at) => (at === 0 ? word : `${gaps[at]}${word}`)).join('')),
    )
    .filter((text) => promptText.safeParse(text).data === text);
  fc.assert(
    fc.property(words, (prompt) => {
      const read = parseLine(`/vidgenie complete --duration 8 ${prompt} --no-audio`, commands);
      expect(read).toMatchObject({ outcome: 'parsed', given: { prompt, duration: '8', audio: false } });
    }),
  );
});
