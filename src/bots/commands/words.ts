/** A word of a typed line: its position in the line, and its value without quotes. */
export type Word = { value: string; start: number; end: number; isQuoted: boolean };

/** Opening quotes and their closing quotes. Keyboards turn plain quotes into curly ones, and seldom in pairs. */
const quotes: Readonly<Record<string, string>> = {
  '"': '"',
  "'": "'",
  '“': '”“"',
  '”': '”“"',
  '„': '”“"',
  '‘': "’‘'",
  '’': "’‘'",
};

const isSpace = (character: string | undefined) => character === undefined || /\s/u.test(character);

/**
 * Splits a line into words. A quote counts only at the beginning of a word or right after `--option=`, and only if it is closed
 * at the end of a word. The apostrophe of "a fox's den" is prose, and so is an unclosed quote.
 */
export function splitWords(line: string): Word[] {
  const words: Word[] = [];
  let at = 0;
  while (at < line.length) {
    if (isSpace(line[at])) {
      at += 1;
      continue;
    }
    const word = quotedWord(line, at) ?? plainWord(line, at);
    words.push(word);
    at = word.end;
  }
  return words;
}

function quotedWord(line: string, start: number): Word | null {
  const close = closingQuote(line, start);
  return close === null ? null : { value: line.slice(start + 1, close), start, end: close + 1, isQuoted: true };
}

/** An option and its equals sign, with the value directly after it. No option's name comes close to this length. */
const beforeValue = /^[-–—]{1,2}[\w-]{1,40}=/;

function plainWord(line: string, start: number): Word {
  const option = beforeValue.exec(line.slice(start, start + 44))?.[0];
  const close = option === undefined ? null : closingQuote(line, start + option.length);
  if (option !== undefined && close !== null) {
    const value = option + line.slice(start + option.length + 1, close);
    return { value, start, end: close + 1, isQuoted: false };
  }
  let end = start;
  while (!isSpace(line[end])) end += 1;
  return { value: line.slice(start, end), start, end, isQuoted: false };
}

function closingQuote(line: string, open: number): number | null {
  const closers = quotes[line[open] ?? ''];
  if (closers === undefined) return null;
  for (let at = open + 1; at < line.length; at += 1) {
    if (closers.includes(line[at] ?? ' ') && isSpace(line[at + 1])) return at;
  }
  return null;
}
