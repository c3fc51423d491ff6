/**
 * Text of people and models, as VidGenie stores and shows it. This file alone decides about characters that show nothing or that change
 * the text around them. All text passes here once, so that no platform needs rules of its own.
 */

/** All that breaks a line, as a line break. */
const lineBreaks = /\r\n?|[\v\f\u0085\u2028\u2029]/gu;

/**
 * Control characters; overrides, embeddings and isolates of writing direction, which turn around what follows them; annotations and
 * deprecated format characters. The marks of direction (U+200E, U+200F, U+061C) stay: languages need them, and they turn nothing around.
 */
const hostile = /[^\P{Cc}\n\t]|[\u202A-\u202E\u2066-\u206F\uFEFF\uFFF9-\uFFFB]/gu;

/** Tags spell a second, invisible text. Only the flags of countries' parts are made of them. */
const tags = /(\u{1F3F4}[\u{E0020}-\u{E007E}]{1,6}\u{E007F})|[\u{E0000}-\u{E007F}]/gu;

/** Combining marks that stand on nothing would combine with whatever a platform puts before them. */
const loneMarks = /(^|\s)[\p{DI}\p{M}]*\p{M}/gu;

/** A character that somebody sees; some letters are drawn as nothing. */
const visible = /[[\p{L}\p{N}\p{P}\p{S}]--[\p{DI}\u2800]]/v;

const ends = /^[\s\u200B\u2060]+|[\s\u200B\u2060]+$/gu;

/** Words without what is hostile, and else as they were: for what is shown while somebody still types it. */
export const withoutHostile = (words: string): string =>
  words
    .toWellFormed()
    .replace(lineBreaks, '\n')
    .replace(hostile, '')
    .replace(tags, (_, flag: string | undefined) => flag ?? '');

/** Words as they are kept: well-formed, without what is hostile, trimmed. Words that show nothing are empty. */
export function tidied(words: string): string {
  const kept = withoutHostile(words).replace(loneMarks, '$1').replace(ends, '');
  return visible.test(kept) ? kept : '';
}

/** The same on one line of at most `maxLength` characters; `otherwise` where nothing would be seen. For names and titles. */
export function tidiedLine(words: string, otherwise: string, maxLength = 80): string {
  const line = tidied(words).replace(/\s+/gu, ' ');
  return tidied([...line].slice(0, maxLength).join('')) || otherwise;
}

/** The text for a comparison in which invisible characters must make no difference. */
export const withoutInvisible = (words: string): string => words.replace(/\p{DI}/gu, '');

/** Decodes percent-encoded text of an address; null if it is none, such as a password with a bare `%`. */
export function percentDecoded(text: string): string | null {
  try {
    return decodeURIComponent(text);
  } catch {
    return null;
  }
}
