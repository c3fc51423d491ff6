import { type Canvas, n, vertical } from './canvas.ts';
import { type Colour, mix } from './colour.ts';
import { flanks, snowCaps } from './peaks.ts';
import type { Random } from './random.ts';

/** Heights along the width, each 0–1, by midpoint displacement: the rugged line of far mountains. */
function ruggedLine(random: Random, roughness: number): number[] {
  let heights = [random.next(), random.next(), random.next()];
  let spread = 0.5;
  for (let round = 0; round < 6; round++) {
    const finer: number[] = [];
    for (let index = 0; index < heights.length - 1; index++) {
      const here = heights[index] ?? 0;
      const there = heights[index + 1] ?? 0;
      finer.push(here, (here + there) / 2 + random.between(-spread, spread));
    }
    finer.push(heights.at(-1) ?? 0);
    heights = finer;
    spread *= roughness;
  }
  const low = Math.min(...heights);
  const high = Math.max(...heights);
  return heights.map((height) => (height - low) / (high - low || 1));
}

/** Heights of a soft, rolling line, each about 0–1. */
function rollingLine(random: Random, waves: number): number[] {
  const phases = [random.between(0, 6.28), random.between(0, 6.28), random.between(0, 6.28)] as const;
  return Array.from({ length: 49 }, (_, index) => {
    const at = (index / 48) * Math.PI * waves;
    return (
      0.5 +
      0.28 * Math.sin(at + phases[0]) +
      0.15 * Math.sin(at * 2.1 + phases[1]) +
      0.07 * Math.sin(at * 4.3 + phases[2])
    );
  });
}

/** Pixel height of a line of heights at `x`. */
function heightAt(heights: readonly number[], x: number, width: number): number {
  const position = Math.min(1, Math.max(0, x / width)) * (heights.length - 1);
  const left = Math.floor(position);
  const here = heights[left] ?? 0;
  return here + ((heights[left + 1] ?? here) - here) * (position - left);
}

/** A closed shape under a line of heights, down to the foot of the sheet. */
function landPath(heights: readonly number[], canvas: Canvas, base: number, rise: number): string {
  const step = canvas.width / (heights.length - 1);
  const points = heights.map((height, index) => `${n(index * step)} ${n(base - height * rise)}`);
  return `M-2 ${n(canvas.height + 2)}L-2 ${n(base - (heights[0] ?? 0) * rise)}L${points.join('L')}L${n(canvas.width + 2)} ${n(canvas.height + 2)}Z`;
}

/** Ranges one behind the other, each paler than the one before it: the air between them. */
export function mountains(canvas: Canvas, options: { ranges: number; rise: number; snowy: boolean }): string {
  const { random, palette, horizon, unit } = canvas;
  let svg = '';
  for (let index = 0; index < options.ranges; index++) {
    const nearness = (index + 1) / (options.ranges + 1);
    const chance = random.fork(`range ${index}`);
    const heights = ruggedLine(chance, 0.54);
    const base = horizon + unit * 30 - (1 - nearness) * unit * 26;
    const rise = unit * options.rise * (1.15 - nearness * 0.62);
    const top = mix(mix(palette.haze, palette.skyMiddle, 0.45), palette.close, 0.08 + nearness * 0.42);
    const fill = vertical(canvas, [
      [0, top],
      [0.45, mix(top, palette.haze, 0.42)],
      [1, mix(top, palette.haze, 0.75)],
    ]);
    svg += `<path d="${landPath(heights, canvas, base, rise)}" fill="${fill}"/>`;
    const range = { heights, base, rise, nearness };
    if (options.snowy) svg += snowCaps(canvas, range);
    svg += flanks(canvas, range);
  }
  return svg;
}

export type Hill = { base: number; rise: number; waves: number; top: Colour; foot: Colour };

/** One soft hill over the whole width; gives its line back, so that trees can stand on it. */
export function hill(canvas: Canvas, name: string, shape: Hill): { svg: string; groundAt: (x: number) => number } {
  const heights = rollingLine(canvas.random.fork(name), shape.waves);
  const fill = vertical(canvas, [
    [0, shape.top],
    [0.5, mix(shape.top, shape.foot, 0.6)],
    [1, shape.foot],
  ]);
  return {
    svg: `<path d="${landPath(heights, canvas, shape.base, shape.rise)}" fill="${fill}"/>`,
    groundAt: (x) => shape.base - heightAt(heights, x, canvas.width) * shape.rise,
  };
}
