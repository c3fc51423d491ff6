import { colourWords, timeWords, weatherWords } from '../lexicon.ts';
import { entries, indexOf, names, plainWords } from '../reading.ts';

/**
 * The changes that the painter can make to a picture, and the words that ask for them besides those of the painter's lexicon: in English,
 * French, German and Spanish, without accents.
 */
const more = {
  dawn: 'morgen sonnenaufgang morgens amanecer alba manana',
  day: 'tag tagsuber mittag tageslicht sonnig sonne dia mediodia soleado sol sun sunshine sunlight soleil',
  sunset: 'abend abends dammerung abenddammerung abendlicht sonnenuntergang atardecer anochecer ocaso crepusculo tarde',
  night: 'nacht nachts mitternacht dunkel noche medianoche',
  snow: 'schnee schneit verschneit winterlich nieve nieva nevado invierno snowing neiger enneiger',
  storm: 'sturm gewitter blitz tormenta relampago',
  rain: 'regen regnet regnen regnerisch lluvia llueve lluvioso llover pleut pleuvoir',
  fog: 'nebel neblig dunst niebla bruma neblina',
  leaves: 'herbst herbstlich laub otono otonal hojas automnal',
  petals: 'fruhling bluten primavera petalos',
  fireflies: 'gluhwurmchen magisch luciernaga magico magica',
  aurora: 'polarlicht nordlicht',
  red: 'rot rote roten roter rotes rojo roja',
  orange: 'naranja',
  yellow: 'gelb gelbe gelben amarillo amarilla dorado golden',
  green: 'grun grune grunen verde',
  teal: 'turkis turquesa',
  blue: 'blau blaue blauen azul',
  purple: 'lila violett morado morada purpura',
  pink: 'rosa rose',
  white: 'weiß weisse weiße blanco blanca',
  black: 'schwarz schwarze negro negra',
  brighter:
    'bright brighter brighten light lighter lighten luminous clair claire eclaircir lumineux heller hell aufhellen claro clara',
  darker: 'darker darken dim moody assombrir fonce foncer dunkler abdunkeln oscuro oscura oscurecer',
  warmer: 'warm warmer cosy cozy chaud chaude chaleureux chaleureuse warmes calido calida',
  colder: 'cold colder cool cooler froid froide kalt kalter kuhler frio fria',
  grey: 'monochrome greyscale grayscale grey gray gris grise grau',
  sepia: 'sepia vintage old retro antik ancien ancienne antiguo antigua',
  vivid: 'vivid colourful colorful saturated vibrant vif vive colore bunt bunter kraftig colorido vivo',
  pale: 'pale faded pastel muted desaturated delave blass matt palido',
} as const;
export type Effect = keyof typeof more;

const index = new Map<string, Effect>([
  ...indexOf<Effect>([...entries(timeWords), ...entries(weatherWords)]),
  ...indexOf<Effect>(names(colourWords).map((name) => [name, colourWords[name][1]])),
  ...indexOf<Effect>(entries(more)),
]);

const negations = new Set(
  'no not without remove less sans enlever enleve moins pas ohne kein keine weniger nicht entferne sin quitar quita menos'.split(
    ' ',
  ),
);
const opposites: Partial<Record<Effect, Effect>> = {
  brighter: 'darker',
  darker: 'brighter',
  warmer: 'colder',
  colder: 'warmer',
  vivid: 'pale',
  pale: 'vivid',
  night: 'brighter',
};

/** The changes that words ask for, in their order. Empty if the painter can make none of them. */
export function effectsOf(words: string): Effect[] {
  const plain = plainWords(words);
  const found = new Set<Effect>();
  for (const [at, word] of plain.entries()) {
    const effect = index.get(word) ?? index.get(word.replace(/s$/, ''));
    if (effect === undefined) continue;
    const isNegated = plain.slice(Math.max(0, at - 2), at).some((before) => negations.has(before));
    // The painter cannot take anything out of a picture.
    const meant = isNegated ? opposites[effect] : effect;
    if (meant !== undefined) found.add(meant);
  }
  if (found.has('black') && found.has('white')) return ['grey'];
  return [...found];
}
