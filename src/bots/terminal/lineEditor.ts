import { cut, split, widthOf } from './columns.ts';
import { safe } from './safe.ts';

/** The typed line, split at the cursor. */
export type Line = { before: string; after: string };

export const emptyLine: Line = { before: '', after: '' };
export const lineOf = (before: string): Line => ({ before, after: '' });
export const textOfLine = ({ before, after }: Line): string => before + after;

export const insert = (line: Line, typed: string): Line => ({ ...line, before: line.before + safe(typed) });

const last = (text: string) => split(text).at(-1) ?? '';
const first = (text: string) => split(text)[0] ?? '';
const without = (text: string, end: string) => text.slice(0, text.length - end.length);

/** The change that a key makes to a line. It moves and deletes whole characters, however many code points they have. */
export const edits = {
  backspace: ({ before, after }: Line): Line => ({ before: without(before, last(before)), after }),
  delete: ({ before, after }: Line): Line => ({ before, after: after.slice(first(after).length) }),
  left: ({ before, after }: Line): Line => ({ before: without(before, last(before)), after: last(before) + after }),
  right: ({ before, after }: Line): Line => ({
    before: before + first(after),
    after: after.slice(first(after).length),
  }),
  home: (line: Line): Line => ({ before: '', after: textOfLine(line) }),
  end: (line: Line): Line => ({ before: textOfLine(line), after: '' }),
  wordLeft: ({ before, after }: Line): Line => {
    const word = /\S*\s*$/u.exec(before)?.[0] ?? '';
    return { before: without(before, word), after: word + after };
  },
  wordRight: ({ before, after }: Line): Line => {
    const word = /^\s*\S*/u.exec(after)?.[0] ?? '';
    return { before: before + word, after: after.slice(word.length) };
  },
  killToStart: ({ after }: Line): Line => ({ before: '', after }),
  killToEnd: ({ before }: Line): Line => ({ before, after: '' }),
  killWord: ({ before, after }: Line): Line => ({ before: before.replace(/\S*\s*$/u, ''), after }),
} as const;

/** The part of a line that fits, with the cursor in it. `cursorAt` is in columns. A mark stands for a line break. */
export function visibleLine({ before, after }: Line, columns: number): { text: string; cursorAt: number } {
  const shown = (text: string) => text.replaceAll('\n', '↵');
  let left = shown(before);
  const room = Math.max(4, columns - 1);
  if (widthOf(left) > room) {
    const characters = split(left);
    while (characters.length > 0 && widthOf(`…${characters.join('')}`) > room) {
      characters.splice(0, Math.max(1, Math.floor((widthOf(characters.join('')) - room) / 2)));
    }
    left = `…${characters.join('')}`;
  }
  return { text: left + cut(shown(after), columns - widthOf(left)), cursorAt: widthOf(left) };
}

/** The common prefix of all texts. */
export function commonBeginning(texts: readonly string[]): string {
  const [one = '', ...others] = texts;
  let length = one.length;
  for (const other of others) {
    while (!other.startsWith(one.slice(0, length))) length -= 1;
  }
  return one.slice(0, length);
}
