import { type Canvas, n, vertical } from './canvas.ts';
import { lighten, mix } from './colour.ts';

/** A range of mountains as it stands on the sheet: heights along the width, each 0–1, and the pixels that they mean. */
export type Range = { heights: readonly number[]; base: number; rise: number; nearness: number };

/** Snow above a line of one altitude, which wanders, and lies a little lower below the higher summits. */
export function snowCaps(
  { width, palette, random }: Pick<Canvas, 'width' | 'palette' | 'random'>,
  { heights, base, rise, nearness }: Range,
): string {
  const chance = random.fork(`snow ${nearness}`);
  const phases = [chance.between(0, 6.28), chance.between(0, 6.28)] as const;
  const step = width / (heights.length - 1);
  const altitudes = heights.map((height, index) => {
    const wander = 0.07 * Math.sin(index * 0.37 + phases[0]) + 0.05 * Math.sin(index * 0.93 + phases[1]);
    const ragged = chance.between(-0.05, 0.05);
    return 0.6 - Math.max(0, height - 0.6) * 0.2 + wander + ragged;
  });
  let path = '';
  let top: string[] = [];
  let foot: string[] = [];
  const close = () => {
    if (top.length > 1) path += `M${top.join('L')}L${foot.reverse().join('L')}Z`;
    top = [];
    foot = [];
  };
  heights.forEach((height, index) => {
    const altitude = altitudes[index] ?? 1;
    if (height < altitude) {
      close();
      return;
    }
    const x = index * step;
    top.push(`${n(x)} ${n(base - height * rise)}`);
    // Every other point is left out, so that the edge falls in facets and not in spikes.
    if (index % 2 === 0 || foot.length === 0) foot.push(`${n(x)} ${n(base - altitude * rise)}`);
  });
  close();
  const snow = mix(lighten(palette.light, 0.3), palette.haze, 0.5 - nearness * 0.35);
  return `<path d="${path}" fill="${snow}" opacity="0.88"/>`;
}

/** The flank of each summit that the light does not reach: from the summit down its right ridge, and back along a broken spur. */
export function flanks(canvas: Canvas, { heights, base, rise, nearness }: Range): string {
  const { width, palette, random } = canvas;
  const chance = random.fork(`flanks ${nearness}`);
  const step = width / (heights.length - 1);
  const at = (index: number) => heights[Math.min(heights.length - 1, Math.max(0, index))] ?? 0;
  const isSummit = (index: number) =>
    [1, 2, 3, 4, 5].every((away) => at(index) > at(index + away) && at(index) >= at(index - away));
  let path = '';
  for (let index = 0; index < heights.length; index++) {
    if (!isSummit(index) || at(index) < 0.3) continue;
    let valley = index;
    while (valley - index < 16 && !isSummit(valley + 2) && valley < heights.length - 1) valley++;
    const ridge = Array.from({ length: valley - index + 1 }, (_, away) => {
      const place = index + away;
      return `${n(place * step)} ${n(base - at(place) * rise)}`;
    });
    const fall = at(index) * rise;
    const spur = [0.86, 0.64, 0.42, 0.2].map((depth, turn) => {
      const lean =
        (valley - index) * step * (0.1 + 0.42 * depth) + (turn % 2 === 0 ? -1 : 1) * step * chance.between(0.4, 1.1);
      return `${n(index * step + lean)} ${n(base - at(index) * rise + fall * depth)}`;
    });
    path += `M${ridge.join('L')}L${n((index + (valley - index) * 0.55) * step)} ${n(base)}L${spur.join('L')}Z`;
  }
  const shade = mix(palette.close, palette.skyMiddle, 0.4);
  const fading = vertical(canvas, [
    [0, shade, 0.34],
    [0.6, shade, 0.2],
    [1, shade, 0],
  ]);
  return `<path d="${path}" fill="${fading}"/>`;
}
