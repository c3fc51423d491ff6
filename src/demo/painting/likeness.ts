import sharp from 'sharp';
import { type Colour, channels, colourOf, lightnessOf, mix } from './colour.ts';
import { readingAfter } from './edits/edits.ts';
import type { TimeName } from './lexicon.ts';
import { paletteFor } from './palette.ts';
import { type Reading, readPrompt } from './reading.ts';
import { findRecipe, type Likeness, type Recipe, type Swatches } from './recipe.ts';

/** The pictures' colors, and their figure if the prompt names it again. Null without pictures. Throws if one cannot be read. */
export async function likenessOf(prompt: string, pictures: readonly Buffer[]): Promise<Likeness | null> {
  const seen = await Promise.all(pictures.map(look));
  const [first, ...others] = seen;
  if (first === undefined) return null;
  const subjects = readPrompt(prompt).subjects;
  const same = seen.find(
    ({ recipe }) => recipe !== null && figureOf(recipe).subjects.some((one) => subjects.includes(one)),
  );
  const swatches = others.reduce(
    (sum, { swatches: next }, index) => blended(sum, next, 1 / (index + 2)),
    first.swatches,
  );
  return {
    swatches,
    mean: meanOf(seen.map((one) => one.mean)),
    time: first.time,
    figure: same?.recipe ? (same.recipe.likeness?.figure ?? same.recipe.prompt) : null,
  };
}

const figureOf = ({ prompt, likeness }: Recipe) => readPrompt(likeness?.figure ?? prompt);

/** The reading of a prompt whose figure was seen before: it keeps the color and the material that were named then. */
export function recalled(reading: Reading, figure: string | null): Reading {
  if (figure === null) return reading;
  const before = readPrompt(figure);
  const material = ['paper', 'papier', 'origami'].filter((word) => before.words.has(word));
  return {
    ...reading,
    colours: reading.colours.length > 0 ? reading.colours : before.colours,
    words: new Set([...reading.words, ...material]),
  };
}

const side = 40;

type Look = { recipe: Recipe | null; swatches: Swatches; mean: Colour; time: TimeName };

async function look(picture: Buffer): Promise<Look> {
  const { exif } = await sharp(picture).metadata();
  const recipe = findRecipe(exif);
  const small = sharp(picture, { failOn: 'none' }).autoOrient().resize(side, side, { fit: 'fill' });
  const whole = await small.toColourspace('srgb').flatten({ background: '#000000' }).removeAlpha().raw().toBuffer();
  // The edges of our own pictures hold a caption, and the bars of the cinematic style.
  const edge = recipe === null ? 0 : Math.round(side * 0.12);
  const height = side - edge * 2;
  const colours = Array.from({ length: side * height }, (_, index) => colourAt(whole, index + edge * side));
  const rows = (from: number, to: number) =>
    meanOf(colours.slice(side * Math.round(from * height), side * Math.round(to * height)));
  const byLight = colours.toSorted((one, other) => lightnessOf(one) - lightnessOf(other));
  const tenth = Math.round(byLight.length / 10);
  const swatches = {
    top: rows(0, 0.2),
    middle: rows(0.25, 0.42),
    low: rows(0.45, 0.6),
    ground: rows(0.64, 1),
    dark: meanOf(byLight.slice(0, tenth)),
    bright: meanOf(byLight.slice(-tenth)),
  };
  const time = recipe === null ? timeOf(swatches) : paletteFor(readingAfter(recipe), recipe.likeness).time;
  return { recipe, swatches, mean: meanOf(colours), time };
}

/** A dark picture counts as night, and a warm horizon below a darker sky as sunset. */
function timeOf({ top, low, ground }: Swatches): TimeName {
  if (lightnessOf(mix(top, ground, 0.5)) < 0.34) return 'night';
  const [red, , blue] = channels(low);
  return red > blue * 1.25 && lightnessOf(low) > lightnessOf(top) ? 'sunset' : 'day';
}

function colourAt(pixels: Buffer, index: number): Colour {
  return colourOf([pixels[index * 3] ?? 0, pixels[index * 3 + 1] ?? 0, pixels[index * 3 + 2] ?? 0]);
}

function meanOf(colours: readonly Colour[]): Colour {
  const sums: [number, number, number] = [0, 0, 0];
  for (const colour of colours) {
    const [red, green, blue] = channels(colour);
    sums[0] += red / colours.length;
    sums[1] += green / colours.length;
    sums[2] += blue / colours.length;
  }
  return colourOf(sums);
}

function blended(one: Swatches, other: Swatches, share: number): Swatches {
  return {
    top: mix(one.top, other.top, share),
    middle: mix(one.middle, other.middle, share),
    low: mix(one.low, other.low, share),
    ground: mix(one.ground, other.ground, share),
    dark: mix(one.dark, other.dark, share),
    bright: mix(one.bright, other.bright, share),
  };
}
