import { withoutHostile } from '../../plainText.ts';

/**
 * Words that members or providers wrote, as a terminal may show them: an escape sequence in a prompt must not move the cursor, and
 * a bidirectional override must not turn a line around.
 */
export const safe = (words: string): string => withoutHostile(words.replace(/\t/g, '  '));

/** The same on one line. */
export const safeLine = (words: string): string => safe(words).replace(/\s*\n\s*/g, ' ');
