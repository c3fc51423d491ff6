import { en } from './text/en.ts';

/** Every word that a person reads, once for each language; what a language must say is what English says. */
export type Text = typeof en;

export const locales = ['en'] as const;
export type Locale = (typeof locales)[number];

const texts: Record<Locale, Text> = { en };

export const textOf = (locale: Locale): Text => texts[locale];
