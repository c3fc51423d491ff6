import type { Style } from '../../domain.ts';
import type { Palette } from './palette.ts';
import type { Random } from './random.ts';
import type { Reading } from './reading.ts';

/** The tools of every drawing function: the sheet, the light, the reading of the prompt, and a list of gradients and filters. */
export type Canvas = {
  width: number;
  height: number;
  /** One thousandth of the shorter side, so that strokes look equally thick on every sheet. */
  unit: number;
  /** The end of the sky, in pixels from the top. */
  horizon: number;
  random: Random;
  palette: Palette;
  reading: Reading;
  style: Style;
  /** From 1. Another variant of the same prompt is staged differently. */
  variant: number;
  /** Adds a definition under a fresh id and returns the reference `url(#id)`. */
  define: (build: (id: string) => string) => string;
  /** All definitions so far. */
  definitions: () => string;
};

export type Stop = readonly [offset: number, colour: string, opacity?: number];

/** A gradient from the top to the bottom of the shape that it fills. */
export function vertical(canvas: Canvas, stops: readonly Stop[]): string {
  return canvas.define(
    (id) => `<linearGradient id="${id}" x1="0" y1="0" x2="0" y2="1">${stopsOf(stops)}</linearGradient>`,
  );
}

/** A gradient from the middle of the shape that it fills outwards. */
export function radial(canvas: Canvas, stops: readonly Stop[]): string {
  return canvas.define((id) => `<radialGradient id="${id}">${stopsOf(stops)}</radialGradient>`);
}

/** Blurs by `pixels`. The region is wide enough for the blur to fade out. */
export function blur(canvas: Canvas, pixels: number): string {
  return canvas.define(
    (id) =>
      `<filter id="${id}" x="-40%" y="-40%" width="180%" height="180%"><feGaussianBlur stdDeviation="${n(pixels)}"/></filter>`,
  );
}

function stopsOf(stops: readonly Stop[]): string {
  return stops
    .map(
      ([offset, colour, opacity = 1]) => `<stop offset="${offset}" stop-color="${colour}" stop-opacity="${opacity}"/>`,
    )
    .join('');
}

/** A number short enough for a path. */
export function n(value: number): string {
  return String(Math.round(value * 100) / 100);
}

export type Point = readonly [x: number, y: number];

/** A smooth closed outline through the points (Catmull–Rom, as cubic curves). */
export function outline(points: readonly Point[]): string {
  const at = (index: number): Point => points[(index + points.length) % points.length] ?? [0, 0];
  const [startX, startY] = at(0);
  let path = `M${n(startX)} ${n(startY)}`;
  for (let index = 0; index < points.length; index++)
    path += curve(at(index - 1), at(index), at(index + 1), at(index + 2));
  return `${path}Z`;
}

function curve(before: Point, from: Point, to: Point, after: Point): string {
  const sixth = 1 / 6;
  const first = `${n(from[0] + (to[0] - before[0]) * sixth)} ${n(from[1] + (to[1] - before[1]) * sixth)}`;
  const second = `${n(to[0] - (after[0] - from[0]) * sixth)} ${n(to[1] - (after[1] - from[1]) * sixth)}`;
  return `C${first} ${second} ${n(to[0])} ${n(to[1])}`;
}
