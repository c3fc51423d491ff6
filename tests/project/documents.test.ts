import { existsSync, readFileSync } from 'node:fs';
import { glob } from 'node:fs/promises';
import { dirname, join, relative, resolve } from 'node:path';
import type { Command as TerminalCommand } from 'commander';
import { beforeAll, describe, expect, test } from 'vitest';
import { commands as chatCommands, workflowCommands } from '../../src/bots/commands/all.ts';
import type { Command } from '../../src/bots/commands/command.ts';
import { describeProgram } from '../../src/cli/commandLine.ts';
import { knownVariables } from '../../src/variables.ts';

const root = resolve(import.meta.dirname, '../..');

type Document = { name: string; text: string };
const documents: Document[] = [];

beforeAll(async () => {
  const found = glob(['README.md', 'CONTRIBUTING.md', 'docs/**/*.md', 'bench/README.md'], { cwd: root });
  for await (const name of found) documents.push({ name, text: readFileSync(join(root, name), 'utf8') });
  expect(documents.length).toBeGreaterThan(8);
});

/** The problems of all documents, one line each. */
const everywhere = (problemsOf: (document: Document) => readonly string[]): string[] =>
  documents.flatMap((document) => problemsOf(document).map((problem) => `${document.name}: ${problem}`));

const fence = /^```(\w*)\n([\s\S]*?)^```$/gm;
const withoutFences = (text: string): string => text.replace(fence, '');

/** The code of a document: the lines of code blocks, without diagrams, and the text in backticks. */
function codeOf(text: string): string[] {
  const blocks = [...text.matchAll(fence)].filter(([, language]) => language !== 'mermaid');
  const spans = [...withoutFences(text).matchAll(/`([^`\n]+)`/g)].map(([, span = '']) => span);
  return [...blocks.flatMap(([, , body = '']) => body.split('\n')), ...spans];
}

/** The anchors that GitHub gives to a document's headings. */
function anchorsOf(text: string): Set<string> {
  const seen = new Map<string, number>();
  const headings = [...withoutFences(text).matchAll(/^#{1,6} +(.+)$/gm)].map(([, heading = '']) => heading);
  return new Set(
    headings.map((heading) => {
      const slug = heading
        .toLowerCase()
        .replace(/[^\p{L}\p{N}\s_-]/gu, '')
        .replaceAll(' ', '-');
      const before = seen.get(slug) ?? 0;
      seen.set(slug, before + 1);
      return before === 0 ? slug : `${slug}-${before}`;
    }),
  );
}

test('every link of the documents leads to a file that exists, and to a heading in it', () => {
  const wrong = everywhere(({ name, text }) =>
    [...withoutFences(text).matchAll(/\]\(([^)\s]+)\)/g)].flatMap(([, target = '']) => {
      if (/^https?:/.test(target)) return [];
      const [path = '', anchor] = target.split('#');
      const file = path === '' ? name : relative(root, resolve(root, dirname(name), path));
      if (!existsSync(join(root, file))) return [`${target} does not exist`];
      if (anchor === undefined) return [];
      return anchorsOf(readFileSync(join(root, file), 'utf8')).has(anchor) ? [] : [`${target} has no such heading`];
    }),
  );
  expect(wrong).toEqual([]);
});

const folders = /^(src|tests|docs|bench|scripts|drizzle|bin|\.ci)(\/|$)/;
const fileName = /^[\w.-]+\.(ts|js|mjs|json|md|yml|conf|css|sql)$/;

test('every file and folder of the project that the documents name exists', () => {
  const wrong = everywhere(({ text }) =>
    codeOf(text)
      .flatMap((code) => code.split(/\s+/))
      .filter((word) => /^[\w./-]+$/.test(word) && (fileName.test(word) || (folders.test(word) && word.includes('/'))))
      .filter((path) => !existsSync(join(root, path)))
      .map((path) => `${path} does not exist`),
  );
  expect(wrong).toEqual([]);
});

type Flags = ReadonlySet<string>;

const flagsOf = ({ options }: Pick<Command, 'options'>): string[] =>
  options.flatMap(({ name, kind }) => (kind.kind === 'flag' ? [`--${name}`, `--no-${name}`] : [`--${name}`]));

/** The flags of `vidgenie run` and `vidgenie demo` besides their own: the options of the workflow. */
const flagsOfRuns = Object.values(workflowCommands).flatMap(flagsOf);
const runFlags: Readonly<Record<string, readonly string[]>> = {
  run: flagsOfRuns,
  demo: [...flagsOfRuns, '--workflow', '--open'],
};

/** Follows the words of a terminal command to its declaration. Returns the problem if a word is not declared. */
function problemOfTerminal(words: readonly string[]): string | null {
  let command: TerminalCommand = describeProgram(async () => {});
  const flags = new Set(['--help', '--version']);
  const rest = [...words];
  for (;;) {
    for (const { long } of command.options) flags.add(long ?? '');
    const next = command.commands.find((one) => one.name() === rest[0]);
    if (!next) break;
    for (const flag of runFlags[next.name()] ?? []) flags.add(flag);
    command = next;
    rest.shift();
  }
  if (command.parent === null || command.commands.length > 0) {
    const isCommandItself = command.parent !== null && (rest[0] === undefined || rest[0].startsWith('-'));
    if (!isCommandItself) return `there is no command ${words.join(' ')}`;
  }
  return unknownFlag(words, flags);
}

function problemOfChat(words: readonly string[]): string | null {
  const [name] = words;
  if (name === undefined || name === '…') return null;
  const command = chatCommands.find((one) => one.name === name);
  return command ? unknownFlag(words, new Set(flagsOf(command))) : `there is no chat command ${name}`;
}

function unknownFlag(words: readonly string[], known: Flags): string | null {
  const quoted = words.indexOf('--');
  const flags = (quoted < 0 ? words : words.slice(0, quoted)).filter((word) => word.startsWith('--'));
  const unknown = flags.map((flag) => flag.split('=')[0] ?? '').find((flag) => !known.has(flag));
  return unknown === undefined ? null : `there is no ${unknown} in "${words.join(' ')}"`;
}

const wordsOf = (line: string): string[] =>
  line
    .replace(/\s+#.*$/, '')
    .replace(/[>|&;].*$/, '')
    .split(/\s+/)
    .filter((word) => word !== '');

test('every vidgenie command that the documents show is one, in the terminal or in chat, and takes the flags shown', () => {
  let seen = 0;
  const wrong = everywhere(({ text }) =>
    codeOf(text).flatMap((code) => {
      const chat = /^\s*\/vidgenie(?:\s+(.*))?$/.exec(code);
      const terminal = /(?:^|npx |bin\/)vidgenie\s+([a-z].*)$/.exec(code);
      if (!chat && !terminal) return [];
      seen += 1;
      const problem = chat ? problemOfChat(wordsOf(chat[1] ?? '')) : problemOfTerminal(wordsOf(terminal?.[1] ?? ''));
      return problem === null ? [] : [problem];
    }),
  );
  expect(wrong).toEqual([]);
  expect(seen).toBeGreaterThan(60);
});

test('every npm script that the documents show is one, and the demo takes the flags shown', () => {
  const { scripts } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
  const wrong = everywhere(({ text }) =>
    codeOf(text).flatMap((code) =>
      [...code.matchAll(/\bnpm (?:run ([\w:-]+)|(start|test))(?: -- (.*))?/g)].flatMap(
        ([, named, short, given = '']) => {
          const script = named ?? short ?? '';
          if (!(script in scripts)) return [`there is no script ${script}`];
          return script === 'demo' ? (problemOfTerminal(['demo', ...wordsOf(given)]) ?? []) : [];
        },
      ),
    ),
  );
  expect(wrong).toEqual([]);
});

/** Variables that other programs read, and the file that reads or names them. */
const variablesOfOthers: Readonly<Record<string, string>> = {
  GOOGLE_APPLICATION_CREDENTIALS: 'node_modules/google-auth-library/build/src/auth/googleauth.js',
  REVISION: 'Dockerfile',
};

describe('variables in the documents', () => {
  const isKnown = (name: string) =>
    knownVariables().includes(name) || (variablesOfOthers[name] !== undefined && reads(variablesOfOthers[name], name));
  const reads = (path: string, name: string) => readFileSync(join(root, path), 'utf8').includes(name);

  test('each is one that the configuration reads, or another program for us', () => {
    const wrong = everywhere(({ text }) => {
      const named = [...text.matchAll(/(?<![\w$])[A-Z][A-Z0-9]*(?:_[A-Z0-9]+)+(?![\w-])/g)].map(([name]) => name);
      const assigned = codeOf(text).flatMap((code) =>
        [...code.matchAll(/(?<![\w$?&])([A-Z][A-Z0-9_]+)=/g)].map(([, name = '']) => name),
      );
      return [...new Set([...named, ...assigned])]
        .filter((name) => !isKnown(name))
        .map((name) => `${name} is read by nobody`);
    });
    expect(wrong).toEqual([]);
  });

  test('each that the configuration reads is explained in .env.example', () => {
    const explained = readFileSync(join(root, '.env.example'), 'utf8');
    const missing = knownVariables().filter((name) => !name.endsWith('_FILE') && !explained.includes(`#${name}=`));
    expect(missing).toEqual([]);
  });
});

test('the README stays short: at most 130 lines', () => {
  const readme = documents.find(({ name }) => name === 'README.md');
  expect(readme?.text.trimEnd().split('\n').length).toBeLessThanOrEqual(130);
});

test('the documents spell canceled as the program does', () => {
  expect(everywhere(({ text }) => text.match(/\w*cancell(?!ation)\w*/gi) ?? [])).toEqual([]);
});
