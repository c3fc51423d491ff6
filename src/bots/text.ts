import { en } from './text/en.ts';
import { fr } from './text/fr.ts';

/** The type of a wording: each literal text of English becomes any text. */
type Wording<Words> = Words extends string
  ? string
  : Words extends (...given: infer Given) => infer Said
    ? (...given: Given) => Wording<Said>
    : Words extends object
      ? { [Name in keyof Words]: Wording<Words[Name]> }
      : Words;

/** Every text that a person reads, once for each language. English decides which texts a language must have. */
export type Text = Wording<typeof en>;

export const locales = ['en', 'fr'] as const;
export type Locale = (typeof locales)[number];

const texts: Record<Locale, Text> = { en, fr };

export const textOf = (locale: Locale): Text => texts[locale];

/** The language nearest to a platform's tag, such as `fr` or `en-US`, or to a browser's preference, such as `fr,en;q=0.8`. */
export const localeOf = (tag: string): Locale =>
  locales.find((one) => tag.toLowerCase().split(/[-_,;]/)[0] === one) ?? 'en';
