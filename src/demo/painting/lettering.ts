import { accentOf, glyphOf } from './glyphs.ts';

/** Characters that have no glyph of their own but a customary spelling. */
const spellings: Record<string, string> = {
  œ: 'oe',
  Œ: 'OE',
  æ: 'ae',
  Æ: 'AE',
  ß: 'ss',
  ø: 'o',
  Ø: 'O',
  ł: 'l',
  Ł: 'L',
  đ: 'd',
  ı: 'i',
  '’': "'",
  '‘': "'",
  '“': '"',
  '”': '"',
  '«': '"',
  '»': '"',
  '–': '-',
  '\u00a0': ' ',
};

const letterSpacing = 3.4;

export type Line = { svg: string; width: number };

/**
 * Draws one line of text whose baseline begins at 0, 0. `size` is the height of a capital in pixels. Characters that the alphabet
 * does not have are left out. If nothing remains, `width` is 0.
 */
export function letter(text: string, size: number, weight = 0.13): Line {
  const scale = size / 14;
  const parts: string[] = [];
  let x = 0;
  let last = { middle: 0, top: 0 };
  for (const character of readable(text).normalize('NFD')) {
    const accent = accentOf(character);
    if (accent !== null) {
      parts.push(`<path transform="translate(${round(last.middle)} ${last.top})" d="${accent}"/>`);
      continue;
    }
    const glyph = glyphOf(character);
    if (glyph === null) continue;
    if (glyph.path !== '') parts.push(`<path transform="translate(${round(x)} 0)" d="${glyph.path}"/>`);
    // A capital's accent is higher. An accent replaces the dot of an i, because it is drawn over the dot.
    const tall = /[A-Z0-9]/.test(character);
    last = { middle: x + glyph.width / 2, top: tall ? -16.4 : -12.6 };
    x += glyph.width + letterSpacing;
  }
  const width = Math.max(0, x - letterSpacing) * scale;
  const pen = `fill="none" stroke-width="${round(14 * weight)}" stroke-linecap="round" stroke-linejoin="round"`;
  return { svg: `<g transform="scale(${round(scale)})" ${pen}>${parts.join('')}</g>`, width };
}

/** The text in characters of the alphabet only, single-spaced. */
export function readable(text: string): string {
  const spelled = [...text].map((character) => spellings[character] ?? character).join('');
  const known = [...spelled.normalize('NFD')].filter((one) => glyphOf(one) !== null || accentOf(one) !== null);
  return known.join('').replace(/\s+/g, ' ').trim().normalize('NFC');
}

function round(value: number): number {
  return Math.round(value * 1000) / 1000;
}
