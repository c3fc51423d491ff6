import { withoutHostile } from '../../plainText.ts';

/**
 * Text of members or providers, made safe for a terminal. An escape sequence in a prompt must not move the cursor, and a
 * bidirectional override must not reverse a line.
 */
export const safe = (words: string): string => withoutHostile(words.replace(/\t/g, '  '));

/** The same on one line. */
export const safeLine = (words: string): string => safe(words).replace(/\s*\n\s*/g, ' ');
