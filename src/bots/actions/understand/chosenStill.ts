import { plain } from './lexicon.ts';

/** A number that says which of several stills is meant, and the text without it. */
export type ChosenStill = { number: number | null; rest: string };

const nouns =
  'image|picture|frame|still|photo|number|no\\.?|nr\\.?|version|one|bild|nummer|numero|vignette|imagen|foto|cuadro|option';

/** `ordinals[0]` means the first still. */
const ordinals = [
  'first|1st|premiere|premier|1ere|1er|erste[nrs]?|1\\.|primera?|primero|1a',
  'second|2nd|deuxieme|seconde|2e|2eme|zweite[nrs]?|2\\.|segunda|segundo|2a',
  'third|3rd|troisieme|3e|3eme|dritte[nrs]?|3\\.|tercera?|tercero|3a',
  'fourth|4th|quatrieme|4e|4eme|vierte[nrs]?|4\\.|cuarta|cuarto|4a',
];

const article = "(?:(?:the|la|le|l'|das|den|die|der|el|dem|in the|on the|auf dem|im|of the)\\s+)?";
const taking = '(?:(?:take|use|choose|pick|with|prends|choisis|nimm|mit|toma|elige|con)\\s+)?';
const before = "(?<![\\p{L}\\p{N}'])";
const after = '(?![\\p{L}\\p{N}])';

const named = (ordinal: string): RegExp =>
  new RegExp(
    `${before}${taking}${article}(?:(?:${ordinal})\\s+(?:${nouns})|(?:image|bild|imagen|photo|foto)\\s+(?:${ordinal}))${after}`,
    'u',
  );
/** An ordinal that nothing but the end of a clause follows: "make the second darker" names a thing that may be something else. */
const alone = (ordinal: string): RegExp =>
  new RegExp(
    `^\\s*${taking}(?:the|la|le|das|die|den|der|el)\\s+(?:${ordinal})(?=\\s*(?:[,;:.!?-]|$|(?:but|and|mais|et|aber|und|pero|y)\\s))`,
    'u',
  );
const counted = new RegExp(
  `${before}${taking}${article}(?:(?:${nouns})\\s+(?:number\\s+|nr\\.?\\s*)?#?|#)([1-9])${after}`,
  'u',
);
/** "Animate 2": the verb stays, because it says what to do. */
const animated = new RegExp(
  `(?<=${before}(?:animate|anime|animer|animez|animiere|animieren|anima|video of|video de|video von)\\s+)([1-9])${after}`,
  'u',
);
/** A number at the beginning, before a comma, a colon or a word that no plural follows. */
const first = new RegExp(
  `^\\s*${taking}([1-9])(?=\\s*(?:[,;:.!?)-]|$|(?:but|and|with|at|in|as|please|mais|et|avec|en|aber|und|mit|bei|pero|y|con|de|slower|faster)\\s))`,
  'u',
);

/**
 * The still that a text is about, if there are several to choose from: "2", "the second one", "image 3". Other numbers, as in "three
 * birds", are part of what the member wants to see. A number above `count` is found as well: there is no such still.
 */
export function chosenStill(text: string, count: number): ChosenStill {
  if (count < 2) return { number: null, rest: text };
  // Without accents the text may be shorter, so positions are taken from a form of the same length.
  const searched = sameLength(text);
  const digits = first.exec(searched) ?? counted.exec(searched) ?? animated.exec(searched);
  if (digits) return { number: Number(digits[1]), rest: cutOut(text, digits) };
  for (const [index, ordinal] of ordinals.entries()) {
    const found = named(ordinal).exec(searched) ?? alone(ordinal).exec(searched);
    if (found) return { number: index + 1, rest: cutOut(text, found) };
  }
  return { number: null, rest: text };
}

/** The plain form of a text, character by character, so that positions in it are positions in the text. */
const sameLength = (text: string): string =>
  text.replace(/[\s\S]/gu, (character) => {
    const simple = plain(character);
    return simple.length === character.length
      ? simple
      : character.toLowerCase().length === character.length
        ? character.toLowerCase()
        : character;
  });

function cutOut(text: string, { index, 0: found }: RegExpExecArray): string {
  const [head, tail] = [text.slice(0, index), text.slice(index + found.length)];
  const hasHead = head.trim() !== '';
  // "2: make it night" leaves no colon behind.
  return `${head.trimEnd()}${hasHead ? ' ' : ''}${hasHead ? tail.trimStart() : tail.replace(/^[\s,;:.!?)-]+/u, '')}`.trim();
}
