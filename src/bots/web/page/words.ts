import type { Locale, Text } from '../../text.ts';

/** Every word of the page that the server does not say itself. */
export type Words = Text['page'];

/** Only the language that is spoken is loaded. */
export async function wordsIn(locale: Locale): Promise<Words> {
  return locale === 'fr' ? await import('../../text/fr/page.ts') : await import('../../text/en/page.ts');
}
