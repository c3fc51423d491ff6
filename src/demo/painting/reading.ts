import { type Framing, framingOf } from './framing.ts';
import { readable } from './lettering.ts';
import {
  type ColourName,
  colourWords,
  englishWords,
  frenchWords,
  type PlaceName,
  placeWords,
  type SubjectName,
  subjectWords,
  type TimeName,
  timeWords,
  type WeatherName,
  weatherWords,
} from './lexicon.ts';

/** The painter's reading of a prompt. Each list is in the order of the words. */
export type Reading = {
  /** The clause that describes the image, as the member wrote it. */
  clause: string;
  language: 'en' | 'fr';
  subjects: SubjectName[];
  places: PlaceName[];
  time: TimeName | null;
  weather: WeatherName[];
  colours: ColourName[];
  framing: Framing | null;
  /** Every word, plain: lower case, no accents. */
  words: ReadonlySet<string>;
};

/** Our own enhancer joins its additions with this dash. The text before it is the member's. */
export const clauseMark = ' — ';

export function readPrompt(prompt: string): Reading {
  const clause = clauseOf(prompt);
  const words = plainWords(clause);
  return {
    clause,
    language: languageOf(words),
    subjects: meanings(words, subjectIndex),
    places: meanings(words, placeIndex),
    time: meanings(words, timeIndex)[0] ?? null,
    weather: meanings(words, weatherIndex),
    colours: meanings(words, colourIndex),
    framing: framingOf(clause),
    words: new Set(words),
  };
}

/** Whether the painter can draw anything of a prompt. Colors alone do not count: red alone does not make a teapot. */
export const isDepicted = ({ subjects, places, weather, time, words }: Reading): boolean =>
  subjects.length + places.length + weather.length > 0 ||
  time !== null ||
  words.has('abstract') ||
  words.has('abstrait');

/** A short form for captions: whole words, at most `longest` characters. */
export function caption(clause: string, longest: number): string {
  const text = readable(clause).replace(/[\s.,;:-]+$/, '');
  if (text.length <= longest) return text;
  const cut = text.slice(0, longest);
  return `${cut.slice(0, Math.max(cut.lastIndexOf(' '), longest * 0.6)).replace(/[\s.,;:-]+$/, '')}…`;
}

function clauseOf(prompt: string): string {
  const [marked = ''] = prompt.replace(/\s+/g, ' ').trim().split(clauseMark);
  if (marked.length <= 240) return marked;
  // Other enhancers write whole paragraphs. The subject is in the first sentence.
  const sentence = /^.{20,240}?[.!?;](?=\s)/.exec(marked)?.[0] ?? marked.slice(0, 240);
  return sentence;
}

export function plainWords(text: string): string[] {
  const plain = text.normalize('NFD').replace(/\p{M}/gu, '').toLowerCase();
  return plain.split(/[^\p{L}\p{N}]+/u).filter((word) => word !== '');
}

function languageOf(words: string[]): 'en' | 'fr' {
  const french = words.filter((word) => frenchWords.has(word)).length;
  const english = words.filter((word) => englishWords.has(word)).length;
  return french > english ? 'fr' : 'en';
}

export function indexOf<Name extends string>(lists: [Name, string][]): Map<string, Name> {
  const index = new Map<string, Name>();
  for (const [name, words] of lists) for (const word of words.split(' ')) index.set(word, index.get(word) ?? name);
  return index;
}

function meanings<Name extends string>(words: string[], index: Map<string, Name>): Name[] {
  const found = new Set<Name>();
  for (const word of words) {
    const name = index.get(word) ?? index.get(word.replace(/(?:es|s|x)$/, '')) ?? index.get(word.replace(/s$/, ''));
    if (name !== undefined) found.add(name);
  }
  return [...found];
}

const subjectIndex = indexOf<SubjectName>(entries(subjectWords));
const placeIndex = indexOf<PlaceName>(entries(placeWords));
const timeIndex = indexOf<TimeName>(entries(timeWords));
const weatherIndex = indexOf<WeatherName>(entries(weatherWords));
const colourIndex = indexOf<ColourName>(names(colourWords).map((name) => [name, colourWords[name][1]]));

export function names<Name extends string>(table: Record<Name, unknown>): Name[] {
  const found: Name[] = [];
  for (const name in table) found.push(name);
  return found;
}

export function entries<Name extends string>(table: Record<Name, string>): [Name, string][] {
  return names(table).map((name) => [name, table[name]]);
}
