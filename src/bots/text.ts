import { en } from './text/en.ts';
import { fr } from './text/fr.ts';

/** The shape of words: what English says in particular is any text here. */
type Wording<Words> = Words extends string
  ? string
  : Words extends (...given: infer Given) => infer Said
    ? (...given: Given) => Wording<Said>
    : Words extends object
      ? { [Name in keyof Words]: Wording<Words[Name]> }
      : Words;

/** Every word that a person reads, once for each language; what a language must say is what English says. */
export type Text = Wording<typeof en>;

export const locales = ['en', 'fr'] as const;
export type Locale = (typeof locales)[number];

const texts: Record<Locale, Text> = { en, fr };

export const textOf = (locale: Locale): Text => texts[locale];

/** The language nearest to a platform's tag, such as `fr` or `en-US`, or to what a browser prefers: `fr,en;q=0.8`. */
export const localeOf = (tag: string): Locale =>
  locales.find((one) => tag.toLowerCase().split(/[-_,;]/)[0] === one) ?? 'en';
