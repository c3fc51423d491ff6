/** A word of a typed line: where it stands in it, and what it means once its quotes are taken away. */
export type Word = { value: string; start: number; end: number; isQuoted: boolean };

/** Opening quotes and what closes them: keyboards turn plain quotes into curly ones, and seldom in pairs. */
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
 * Splits a line into words. A quote counts only where a word begins or right after `--option=`, and only when it is closed at the
 * end of a word: the apostrophe of "a fox's den" is prose, and so is a quote that nobody closes.
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

/** An option whose value follows directly, as far as its equals sign. No option's name is nearly as long as this allows. */
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
