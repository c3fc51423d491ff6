/** How near the camera is to what it shows, and from which side. */
export type Framing = 'far' | 'near' | 'low' | 'detail' | 'turned' | 'last';

/** Phrases without accents, in English and French. A framing is named by a phrase, because single words are ambiguous. */
const phrases: readonly (readonly [Framing, RegExp])[] = [
  ['last', /\b(?:last wide shot|dernier plan large)\b/g],
  ['far', /\b(?:establishing shot|wide shot|long shot|plan d'ensemble|plan large)\b/g],
  ['detail', /\b(?:extreme close-?up|close-?up|gros plan)\b/g],
  ['near', /\b(?:medium shot|plan rapproche)\b/g],
  ['low', /\b(?:low angle shot|contre-plongee)\b/g],
  ['turned', /\b(?:reverse shot|contrechamp)\b/g],
];

const plain = (text: string) => text.normalize('NFD').replace(/\p{M}/gu, '').replaceAll('’', "'").toLowerCase();

export function framingOf(clause: string): Framing | null {
  const text = plain(clause);
  return phrases.find(([, phrase]) => text.search(phrase) >= 0)?.[0] ?? null;
}

/** The clause without its framing: two framings of the same clause show the same landscape. */
export function withoutFraming(clause: string): string {
  if (framingOf(clause) === null) return clause.toLowerCase();
  return phrases.reduce((text, [, phrase]) => text.replace(phrase, ''), plain(clause)).replace(/[\s,]+$/, '');
}

/**
 * `size` enlarges the subjects alone, `zoom` everything. `focus` is the point that keeps its position, as shares of the distance
 * from the subject's foot to its head. `isMirrored` swaps left and right.
 */
type Lens = { size: number; zoom: number; focus: number; isMirrored: boolean };

const plainLens: Lens = { size: 1, zoom: 1, focus: 0.5, isMirrored: false };

export function lensOf(framing: Framing | null): Lens {
  switch (framing) {
    case null:
      return plainLens;
    case 'far':
      return { ...plainLens, size: 0.62 };
    case 'near':
      return { ...plainLens, zoom: 1.45 };
    case 'low':
      return { ...plainLens, size: 1.25, zoom: 1.2, focus: 0 };
    case 'detail':
      return { ...plainLens, zoom: 2.1, focus: 0.72 };
    case 'turned':
      return { ...plainLens, zoom: 1.2, isMirrored: true };
    case 'last':
      return { ...plainLens, size: 0.8, isMirrored: true };
  }
}
