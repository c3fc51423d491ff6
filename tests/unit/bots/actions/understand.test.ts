import fc from 'fast-check';
import { expect, test } from 'vitest';
import { classified, type Facts, understand } from '../../../../src/bots/actions/understand.ts';

const film: Facts = { hasStill: true, stills: 0, hasFilm: true, canEnd: true };
const image: Facts = { hasStill: true, stills: 1, hasFilm: false, canEnd: false };
const four: Facts = { hasStill: true, stills: 4, hasFilm: false, canEnd: false };

test.for([
  // English
  ['make it night', 'picture', 'make it night', ''],
  ['same but at night', 'picture', 'same but at night', ''],
  ['make the fox red and white', 'picture', 'make the fox red and white', ''],
  ['remove the second tree', 'picture', 'remove the second tree', ''],
  ['add a fast car', 'picture', 'add a fast car', ''],
  ['add birds flying in the sky', 'picture', 'add birds flying in the sky', ''],
  ['anime style', 'picture', 'anime style', ''],
  ['give the fox a camera', 'picture', 'give the fox a camera', ''],
  ['make the running fox red', 'picture', 'make the running fox red', ''],
  ['with a hat and a red scarf', 'picture', 'with a hat and a red scarf', ''],
  ['gizmo wobbegong', 'picture', 'gizmo wobbegong', ''],
  ['make it dusk, slower', 'film', 'make it dusk', 'slower'],
  ['slower. Make it dusk', 'film', 'Make it dusk', 'slower'],
  ['make it 3.5 times darker, slower', 'film', 'make it 3.5 times darker', 'slower'],
  ['zoom out at the end', 'motion', '', 'zoom out at the end'],
  ['let the fox run', 'motion', '', 'let the fox run'],
  ['the fox runs through the snow', 'motion', '', 'the fox runs through the snow'],
  ['add music', 'motion', '', 'add music'],
  ['no sound please', 'motion', '', 'no sound please'],
  ['slow and dreamy', 'motion', '', 'slow and dreamy'],
  ['animate it', 'motion', '', ''],
  ['make a video please', 'motion', '', ''],
  // French
  ['plus sombre', 'picture', 'plus sombre', ''],
  ['avec son chapeau', 'picture', 'avec son chapeau', ''],
  ['plus lent', 'motion', '', 'plus lent'],
  ['sans son', 'motion', '', 'sans son'],
  ['anime-la', 'motion', '', ''],
  ['un peu plus sombre et plus lent', 'film', 'un peu plus sombre', 'plus lent'],
  ['ralentis et ajoute de la neige', 'film', 'ajoute de la neige', 'ralentis'],
  // German
  ['mach es nachts', 'picture', 'mach es nachts', ''],
  ['füge einen Hut hinzu', 'picture', 'füge einen Hut hinzu', ''],
  ['langsamer, ohne Ton', 'motion', '', 'langsamer, ohne Ton'],
  ['die Kamera soll herauszoomen', 'motion', '', 'die Kamera soll herauszoomen'],
  ['bessere Farben, aber schneller', 'film', 'bessere Farben', 'schneller'],
  // Spanish
  ['hazlo de noche', 'picture', 'hazlo de noche', ''],
  ['añade un sombrero', 'picture', 'añade un sombrero', ''],
  ['más lento, sin sonido', 'motion', '', 'más lento, sin sonido'],
  ['que la cámara se aleje', 'motion', '', 'que la cámara se aleje'],
  ['de noche y más despacio', 'film', 'de noche', 'más despacio'],
] as const)('%j asks for %s', ([words, change, picture, motion]) => {
  expect(understand(words, film)).toEqual({ change, picture, motion, ending: '', still: null });
  // It means the same if there is only an image.
  expect(understand(words, image)).toEqual({ change, picture, motion, ending: '', still: null });
});

test.for([
  'let it end with the fox looking up',
  'the fox looks up at the end',
  'at the end, the fox turns around',
  'the fox looks up, at the end',
  'let it end with the fox and the sun setting',
  'finish on the moon',
  'à la fin, le renard lève les yeux',
  'termine par un gros plan',
  'la fin : le renard regarde la lune',
  'am Ende schaut der Fuchs in die Kamera',
  'das Ende soll im Schnee sein',
  'al final el zorro mira la luna',
  'que termine con el zorro dormido',
])('%j asks for another ending, where the model can', (words) => {
  expect(understand(words, film)).toEqual({ change: 'ending', picture: '', motion: '', ending: words, still: null });
  // Otherwise the motion says how the video ends.
  const without = { change: 'motion', picture: '', motion: words, ending: '', still: null };
  expect(understand(words, { ...film, canEnd: false })).toEqual(without);
});

test('an ending keeps the words about speed apart, and joins the motion of a film whose image changes', () => {
  expect(understand('let it end with the fox asleep, slower', film)).toMatchObject({
    change: 'ending',
    ending: 'let it end with the fox asleep',
    motion: 'slower',
  });
  expect(understand('make it night, and let it end with the fox looking up', film)).toMatchObject({
    change: 'film',
    picture: 'make it night',
    motion: 'let it end with the fox looking up',
  });
});

test.for([
  ['2', 2, 'motion', ''],
  ['the second one', 2, 'motion', ''],
  ['animate 2', 2, 'motion', ''],
  ['2: make it night', 2, 'picture', 'make it night'],
  ['image 3 at night', 3, 'picture', 'at night'],
  ['#4 slower', 4, 'motion', ''],
  ['make the third one darker', 3, 'picture', 'make darker'],
  ['la deuxième image, de nuit', 2, 'picture', 'de nuit'],
  ['nimm das zweite Bild, aber bei Nacht', 2, 'picture', 'bei Nacht'],
  ['la segunda imagen, pero de noche', 2, 'picture', 'de noche'],
  ['image 7 at night', 7, 'picture', 'at night'],
  ['2 foxes', null, 'picture', '2 foxes'],
  ['add 3 birds', null, 'picture', 'add 3 birds'],
  ['the second fox in blue', null, 'picture', 'the second fox in blue'],
] as const)('among four images, %j names number %s', ([words, still, change, picture]) => {
  expect(understand(words, four)).toMatchObject({ still, change, picture });
  // With only one image, a number is a part of the wish.
  expect(understand(words, image).still).toBeNull();
});

test.for(['make it longer', 'a bit longer please', 'plus long', 'etwas länger', 'más largo', 'extend it'])(
  '%j asks for a longer film, and only of a film',
  (words) => {
    expect(understand(words, film).change).toBe('longer');
    expect(understand(words, image).change).not.toBe('longer');
  },
);

test.for(['longer hair', 'make the ears longer'])('%j does not ask for a longer film', (words) => {
  expect(understand(words, film).change).toBe('picture');
});

test('without an image every wish is about the motion', () => {
  const none = { hasStill: false, stills: 0, hasFilm: true, canEnd: false };
  for (const words of ['make it night', 'slower', 'gizmo']) expect(understand(words, none).change).toBe('motion');
});

const pieces = fc.constantFrom(
  ...[
    'make it night',
    'slower',
    'at the end',
    'and',
    'et',
    'und',
    'y',
    ',',
    '. ',
    ': ',
    '…',
    '2',
    'the second one',
    'image 3',
  ],
  ...[
    '3.5',
    ' ',
    '\n',
    '’',
    'é',
    'ß',
    'ﬁ',
    '狐狸',
    '👩‍👩‍👧',
    '\u0301',
    '\ud800',
    '\0',
    'let it end with',
    'zoom',
    'longer',
    '$&',
    '((',
  ],
);
const anything = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 200 }),
  fc.array(pieces).map((parts) => parts.join(' ')),
);
const anyFacts = fc.record({
  hasStill: fc.boolean(),
  stills: fc.integer({ min: 0, max: 4 }),
  hasFilm: fc.boolean(),
  canEnd: fc.boolean(),
});

test('any words about any result are understood, the same way each time, and as something that is possible', () => {
  fc.assert(
    fc.property(anything, anyFacts, (words, facts) => {
      const understood = understand(words, facts);
      expect(understand(words, facts)).toEqual(understood);
      const { change, picture, motion, ending, still } = understood;
      if (!facts.hasStill) expect(picture).toBe('');
      if (ending !== '') expect(facts.hasFilm && facts.canEnd && change === 'ending').toBe(true);
      if (facts.stills < 2) expect(still).toBeNull();
      expect(change === 'film').toBe(picture !== '' && motion !== '');
      if (change === 'picture') expect(picture).not.toBe('');
    }),
    { numRuns: 1_000 },
  );
});

test('the clauses of any words, joined again, are the words', () => {
  fc.assert(
    fc.property(anything, anyFacts, (words, facts) => {
      const clauses = classified(words, facts);
      expect(clauses.map(({ text, separator }) => text + separator).join('')).toBe(words);
    }),
    { numRuns: 1_000 },
  );
});
