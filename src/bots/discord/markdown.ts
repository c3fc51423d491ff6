/** Escapes a member's words so that they show as typed: no markup, no mention, no heading. */
export const verbatim = (words: string): string =>
  words
    .replace(/[\\*_~`|<>[\]()]/g, '\\$&')
    .replace(/^(\s*)([#\-+])/gm, '$1\\$2')
    // Discord would show a backslash before a digit.
    .replace(/^(\s*\d+)\.(?=\s)/gm, '$1\\.');

/** Cuts words to at most `max` UTF-16 units, never inside a character. */
export function clip(words: string, max: number): string {
  if (words.length <= max) return words;
  return `${words
    .slice(0, max - 1)
    .toWellFormed()
    .replace(/\uFFFD$/, '')
    .replace(/\\$/, '')}…`;
}
