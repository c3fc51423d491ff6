/**
 * Text of people and models, as VidGenie stores and shows it. Only this file decides about characters that show nothing or that
 * change the text around them. All text passes here once, so that no platform needs rules of its own.
 */

/** Everything that breaks a line becomes a line break. */
const lineBreaks = /\r\n?|[\v\f\u0085\u2028\u2029]/gu;

/**
 * Control characters; overrides, embeddings and isolates of writing direction, which reverse the text after them; annotations and
 * deprecated format characters. The direction marks (U+200E, U+200F, U+061C) stay: languages need them, and they reverse nothing.
 */
const hostile = /[^\P{Cc}\n\t]|[\u202A-\u202E\u2066-\u206F\uFEFF\uFFF9-\uFFFB]/gu;

/** Tag characters spell a second, invisible text. Only flags of regions need them. */
const tags = /(\u{1F3F4}[\u{E0020}-\u{E007E}]{1,6}\u{E007F})|[\u{E0000}-\u{E007F}]/gu;

/** A combining mark without a base character would combine with the text that a platform puts before it. */
const loneMarks = /(^|\s)[\p{DI}\p{M}]*\p{M}/gu;

/** A visible character. Some letters are drawn as nothing. */
const visible = /[[\p{L}\p{N}\p{P}\p{S}]--[\p{DI}\u2800]]/v;

const ends = /^[\s\u200B\u2060]+|[\s\u200B\u2060]+$/gu;

/** Removes hostile characters and changes nothing else, for text that a member is still typing. */
export const withoutHostile = (words: string): string =>
  words
    .toWellFormed()
    .replace(lineBreaks, '\n')
    .replace(hostile, '')
    .replace(tags, (_, flag: string | undefined) => flag ?? '');

/** Text as it is stored: well-formed, without hostile characters, trimmed. Text that shows nothing becomes empty. */
export function tidied(words: string): string {
  const kept = withoutHostile(words).replace(loneMarks, '$1').replace(ends, '');
  return visible.test(kept) ? kept : '';
}

/**
 * Tidied text on one line of at most `maxLength` characters, for names and titles. Returns `otherwise` if nothing would be
 * visible.
 */
export function tidiedLine(words: string, otherwise: string, maxLength = 80): string {
  const line = tidied(words).replace(/\s+/gu, ' ');
  return tidied([...line].slice(0, maxLength).join('')) || otherwise;
}

/** The text without invisible characters, for comparisons. */
export const withoutInvisible = (words: string): string => words.replace(/\p{DI}/gu, '');

/** Decodes percent-encoded text of an address. Null if it is invalid, such as a password with a bare `%`. */
export function percentDecoded(text: string): string | null {
  try {
    return decodeURIComponent(text);
  } catch {
    return null;
  }
}
