import type { Style } from '../../domain.ts';
import type { Canvas } from './canvas.ts';
import { withoutFraming } from './framing.ts';
import { paletteFor } from './palette.ts';
import { places } from './places/atlas.ts';
import { createRandom } from './random.ts';
import type { Reading } from './reading.ts';
import type { Likeness } from './recipe.ts';
import { discOf } from './sky.ts';
import { type StagePlace, stage } from './staging.ts';
import { gallery } from './subjects/gallery.ts';

export type Sheet = { width: number; height: number; style: Style };

/** An image in three depths, each as SVG content for the same sheet. */
export type Scene = { canvas: Canvas; far: string; middle: string; near: string };

/** Besides the prompt: the variant, from 1, and what the scene shares with other pictures. */
type Manner = { variant?: number; likeness?: Likeness | null };

/** The end of the sky as a share of the height, for each variant. */
const horizons = [0.6, 0.68, 0.53, 0.64] as const;

export function composeScene(reading: Reading, sheet: Sheet, { variant = 1, likeness = null }: Manner = {}): Scene {
  const seed = withoutFraming(reading.clause);
  const definitions: string[] = [];
  const canvas: Canvas = {
    ...sheet,
    unit: Math.min(sheet.width, sheet.height) / 1000,
    horizon: sheet.height * (horizons[(variant - 1) % horizons.length] ?? 0.6),
    random: createRandom(variant === 1 ? seed : `${seed}/variant ${variant}`),
    palette: paletteFor(reading, likeness),
    variant,
    reading,
    define: (build) => {
      const id = `d${definitions.length}`;
      definitions.push(build(id));
      return `url(#${id})`;
    },
    definitions: () => definitions.join(''),
  };
  const place = placeOf(reading);
  const disc = discOf(canvas);
  const backdrop = places[place](canvas, disc);
  const { actors, view } = stage(canvas, place, backdrop, disc);
  const at = (depth: 'middle' | 'near') =>
    actors
      .filter((actor) => actor.depth === depth)
      .map((actor) => actor.svg)
      .join('');
  return {
    canvas,
    far: view(backdrop.far),
    middle: view(backdrop.middle + at('middle')),
    near: view(backdrop.near + at('near') + backdrop.front),
  };
}

function placeOf(reading: Reading): StagePlace {
  // A lake has mountains around it anyway. Mountains alone have no lake.
  const named = reading.places.includes('lake') ? 'lake' : reading.places[0];
  if (named !== undefined) return named;
  const [subject] = reading.subjects;
  if (subject !== undefined) return gallery[subject].home;
  if (reading.weather.includes('snow') || reading.weather.includes('aurora')) return 'mountains';
  if (reading.weather.includes('fireflies') || reading.weather.includes('leaves')) return 'forest';
  if (reading.weather.length > 0) return 'meadow';
  return reading.time === null ? 'abstract' : 'mountains';
}
