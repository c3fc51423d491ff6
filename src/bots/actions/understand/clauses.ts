/** A part of a text: what it says, and what separates it from the next part. Together they are the text. */
export type Clause = { text: string; separator: string };

/**
 * A clause ends at punctuation, or before a word that joins clauses. French *plus* is no such word, and neither is a dot or a
 * comma within a number.
 */
const boundary =
  /[,;:!?\n…]+\s*|\.+(?:\s+|$)|\s+(?=(?:and|but|then|while|et|mais|puis|ensuite|und|aber|dann|wahrend|während|y|e|pero|luego|mientras)\s)/giu;

/** Splits a text into clauses. Joined again, they are the text, character by character. */
export function clausesOf(text: string): Clause[] {
  const clauses: Clause[] = [];
  let from = 0;
  for (const { index, 0: separator } of text.matchAll(boundary)) {
    const isWithinNumber = /\d$/.test(text.slice(0, index)) && /^\d/.test(text.slice(index + separator.length));
    if (isWithinNumber && !/\s/.test(separator)) continue;
    clauses.push({ text: text.slice(from, index), separator });
    from = index + separator.length;
  }
  if (from < text.length) clauses.push({ text: text.slice(from), separator: '' });
  return clauses;
}

/** Clauses as one text, without the separator after the last one and without a joining word before the first. */
export const joined = (clauses: readonly Clause[]): string =>
  clauses
    .map(({ text, separator }, index) => (index === clauses.length - 1 ? text : text + separator))
    .join('')
    .trim()
    .replace(joiner, '')
    .trim();

const joiner = /^(?:and|but|then|also|et|mais|puis|ensuite|aussi|und|aber|dann|auch|y|pero|luego|tambien|también)\s+/iu;

/** Whether a clause begins with a word that joins it to the one before. */
export const isJoined = ({ text }: Clause): boolean => joiner.test(text.trimStart());
