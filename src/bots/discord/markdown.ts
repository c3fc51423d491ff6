/** Makes somebody's words stand as they were typed: no markup, no mention, no heading. */
export const verbatim = (words: string): string =>
  words
    .replace(/[\\*_~`|<>[\]()]/g, '\\$&')
    .replace(/^(\s*)([#\-+])/gm, '$1\\$2')
    // A backslash before a digit would be shown.
    .replace(/^(\s*\d+)\.(?=\s)/gm, '$1\\.');

/** At most so many UTF-16 units, never half a character. */
export function clip(words: string, max: number): string {
  if (words.length <= max) return words;
  return `${words
    .slice(0, max - 1)
    .toWellFormed()
    .replace(/\uFFFD$/, '')
    .replace(/\\$/, '')}…`;
}
