import type { Locale, Text } from '../../text.ts';

/** All texts of the page except those that the server sends. */
export type Words = Text['page'];

/** We load only the language in use. */
export async function wordsIn(locale: Locale): Promise<Words> {
  return locale === 'fr' ? await import('../../text/fr/page.ts') : await import('../../text/en/page.ts');
}
