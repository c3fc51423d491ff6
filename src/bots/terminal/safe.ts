/**
 * Words that members or providers wrote, as a terminal may show them: an escape sequence in a prompt must not move the cursor, and
 * a bidirectional override must not turn a line around.
 */
export const safe = (words: string): string =>
  words
    .replace(/\r\n?/g, '\n')
    .replace(/\t/g, '  ')
    .replace(/[^\P{Cc}\n]|[\u202a-\u202e\u2066-\u2069\u2028\u2029]/gu, '');

/** The same on one line. */
export const safeLine = (words: string): string => safe(words).replace(/\s*\n\s*/g, ' ');
