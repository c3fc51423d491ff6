import { timeWords, type WeatherName, weatherWords } from '../lexicon.ts';
import { type Reading, readPrompt } from '../reading.ts';
import type { Recipe } from '../recipe.ts';
import { type Grade, gradesOf } from './grades.ts';
import { effectsOf } from './words.ts';

/** A recipe keeps as many edits. The oldest ones are forgotten. */
const maxEdits = 8;
const maxEditLength = 200;

/** The recipe of the same picture after another edit. */
export const withEdit = (recipe: Recipe, words: string): Recipe => ({
  ...recipe,
  edits: [...(recipe.edits ?? []), words.slice(0, maxEditLength)].slice(-maxEdits),
});

/** The grades of all edits, in their order. */
export const gradesOfEdits = (edits: readonly string[]): Grade[] =>
  edits.flatMap((words) => gradesOf(words, effectsOf(words)));

/** The particles that edits put into the air: those of the last one that does. Null if none does. */
export const airOf = (edits: readonly string[]): WeatherName | null =>
  edits.flatMap(effectsOf).findLast(isWeather) ?? null;

const isWeather = (effect: string): effect is WeatherName => effect in weatherWords && effect !== 'fog';
const isTime = (effect: string): effect is keyof typeof timeWords => effect in timeWords;

/** The reading of a picture's prompt after its edits: their hour and their weather come before its own. */
export function readingAfter({ prompt, edits = [] }: Pick<Recipe, 'prompt' | 'edits'>): Reading {
  const reading = readPrompt(prompt);
  const asked = edits.flatMap(effectsOf);
  const time = asked.findLast(isTime) ?? reading.time;
  const air = airOf(edits);
  return { ...reading, time, weather: air === null ? reading.weather : [air] };
}
