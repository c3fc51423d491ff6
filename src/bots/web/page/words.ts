import type { Locale, Text } from '../../text.ts';

/** All texts of the page except those that the server sends. */
export type Words = Text['page'];

/** We load only the language in use. */
export async function wordsIn(locale: Locale): Promise<Words> {
  return locale === 'fr' ? await import('../../text/fr/page.ts') : await import('../../text/en/page.ts');
}

/** The texts of the views that the page loads when somebody opens them. */
type LateWords = Text['latePage'];

let late: LateWords | null = null;

/** Loads the texts of the later views, once. */
export async function loadLateWords(locale: Locale): Promise<void> {
  late ??= locale === 'fr' ? await import('../../text/fr/latePage.ts') : await import('../../text/en/latePage.ts');
}

/** The texts of the later views. They are loaded together with each of these views. */
export function lateWords(): LateWords {
  if (!late) throw new Error('the texts of the later views are not loaded');
  return late;
}
