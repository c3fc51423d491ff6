import type { Style } from '../../domain.ts';
import type { Canvas } from './canvas.ts';
import { paletteFor } from './palette.ts';
import { places } from './places/atlas.ts';
import { createRandom } from './random.ts';
import type { Reading } from './reading.ts';
import { discOf } from './sky.ts';
import { type StagePlace, stage } from './staging.ts';
import { gallery } from './subjects/gallery.ts';

export type Sheet = { width: number; height: number; style: Style };

/** An image in three depths, each as SVG content for the same sheet. */
export type Scene = { canvas: Canvas; far: string; middle: string; near: string };

export function composeScene(reading: Reading, sheet: Sheet): Scene {
  const definitions: string[] = [];
  const canvas: Canvas = {
    ...sheet,
    unit: Math.min(sheet.width, sheet.height) / 1000,
    horizon: sheet.height * 0.6,
    random: createRandom(reading.clause.toLowerCase()),
    palette: paletteFor(reading),
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
  const actors = stage(canvas, place, backdrop, disc);
  const at = (depth: 'middle' | 'near') =>
    actors
      .filter((actor) => actor.depth === depth)
      .map((actor) => actor.svg)
      .join('');
  return {
    canvas,
    far: backdrop.far,
    middle: backdrop.middle + at('middle'),
    near: backdrop.near + at('near') + backdrop.front,
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
