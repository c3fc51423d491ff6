import { blur, type Canvas, n, vertical } from '../canvas.ts';
import { type Colour, darken, lighten, mix } from '../colour.ts';
import type { Random } from '../random.ts';
import { sky } from '../sky.ts';
import type { Place } from './place.ts';

const facades = ['#c58a66', '#8d9fb3', '#d8c6a2', '#7a8da6', '#b5726a', '#a9b3a0'] as const;
const neonColours = ['#ff4fb8', '#3be8ff', '#ffe14d', '#9d6bff', '#5dffb0'] as const;

/** Towers behind towers with lit windows, over a street that mirrors them when it is wet. */
export const city: Place = (canvas, disc) => {
  const { horizon, unit, width, height, palette, reading, random } = canvas;
  const neon = reading.words.has('neon') || reading.words.has('cyberpunk');
  const floor = horizon + unit * 130;
  const rows = [0, 1, 2].map((row) =>
    skyline(canvas, random.fork(`skyline ${row}`), row, floor - unit * (40 - row * 20), neon),
  );
  const middle = rows.join('');
  const wet = neon || reading.weather.includes('rain') || reading.weather.includes('storm');
  const tar = palette.time === 'day' && !wet ? palette.tone('#6d7280') : mix(palette.close, palette.skyMiddle, 0.2);
  const asphalt = vertical(canvas, [
    [0, mix(tar, palette.haze, 0.45)],
    [1, darken(tar, 0.2)],
  ]);
  const street = `<rect y="${n(floor)}" width="${n(width)}" height="${n(height - floor)}" fill="${asphalt}"/>`;
  const above = canvas.define(
    (id) => `<clipPath id="${id}"><rect width="${n(width)}" height="${n(floor)}"/></clipPath>`,
  );
  const below = canvas.define(
    (id) => `<clipPath id="${id}"><rect y="${n(floor)}" width="${n(width)}" height="${n(height - floor)}"/></clipPath>`,
  );
  const smear = blur(canvas, unit * 5);
  const mirror = `<g clip-path="${below}"><g transform="translate(0 ${n(floor * 2)}) scale(1 -1)" opacity="${wet ? 0.6 : 0.16}" filter="${smear}"><g clip-path="${above}">${rows[2] ?? ''}</g></g></g>`;
  return {
    far: sky(canvas, disc),
    middle,
    near: street + mirror + lanes(canvas, floor, wet) + (palette.time === 'day' ? '' : lamps(canvas, floor)),
    front: '',
    groundAt: () => height - unit * 120,
  };
};

function skyline(canvas: Canvas, random: Random, row: number, foot: number, neon: boolean): string {
  const { unit, width, palette } = canvas;
  const nearness = row / 2;
  const wall = mix(mix(palette.haze, palette.skyMiddle, 0.4), palette.close, 0.25 + nearness * 0.6);
  const lit = palette.time !== 'day';
  let svg = '';
  let windows = '';
  let signs = '';
  for (let x = -unit * 40; x < width; ) {
    const wide = unit * random.between(62, 128) * (0.75 + nearness * 0.5);
    // Low in the middle, so that the street opens towards the light.
    const middle = 1 - 0.55 * nearness * Math.exp(-(((x + wide / 2 - width / 2) / (width * 0.24)) ** 2));
    const tall = unit * random.between(170, 430) * (1.12 - nearness * 0.1) * middle;
    // By day each house has a color of its own. In the dark they form one silhouette.
    const own = lit ? wall : mix(palette.tone(random.pick(facades)), palette.haze, 0.72 - nearness * 0.6);
    svg += tower(random, x, foot, wide, tall, own, lighten(own, 0.14));
    windows += windowGrid(random, x, foot - tall, wide, tall, unit * (6 + nearness * 4), lit ? 0.42 : 0.5);
    if (neon && row > 0 && random.chance(0.55))
      signs += sign(canvas, random, x + wide * 0.12, foot - tall * 0.75, wide * 0.2, tall * 0.4);
    x += wide * random.between(0.9, 1.06);
  }
  const glass = lit ? mix('#ffd98a', neon ? '#ff9ad5' : '#ffb45c', 0.3) : mix(palette.light, palette.skyTop, 0.35);
  return `${svg}<path d="${windows}" fill="${glass}" opacity="${lit ? 0.45 + nearness * 0.45 : 0.35}"/>${signs}`;
}

function tower(
  random: Random,
  x: number,
  foot: number,
  wide: number,
  tall: number,
  wall: Colour,
  side: Colour,
): string {
  const top = foot - tall;
  let path = `M${n(x)} ${n(foot + 400)}V${n(top)}`;
  const kind = random.whole(0, 3);
  if (kind === 0) path += `H${n(x + wide)}`;
  else if (kind === 1)
    path += `H${n(x + wide * 0.2)}V${n(top - tall * 0.08)}H${n(x + wide * 0.8)}V${n(top)}H${n(x + wide)}`;
  else if (kind === 2) path += `L${n(x + wide)} ${n(top - wide * 0.35)}`;
  else path += `H${n(x + wide * 0.46)}V${n(top - tall * 0.2)}H${n(x + wide * 0.52)}V${n(top)}H${n(x + wide)}`;
  const lit = `<rect x="${n(x)}" y="${n(top + (kind === 2 ? wide * 0.02 : 0))}" width="${n(wide * 0.1)}" height="${n(tall)}" fill="${side}" opacity="0.5"/>`;
  return `<path d="${path}V${n(foot + 400)}Z" fill="${wall}"/>${lit}`;
}

function windowGrid(
  random: Random,
  x: number,
  top: number,
  wide: number,
  tall: number,
  pane: number,
  share: number,
): string {
  let path = '';
  for (let y = top + pane * 2; y < top + tall - pane; y += pane * 2.1) {
    for (let px = x + wide * 0.16; px < x + wide * 0.88; px += pane * 1.75) {
      if (random.chance(share)) path += `M${n(px)} ${n(y)}h${n(pane * 0.85)}v${n(pane * 1.15)}h${n(-pane * 0.85)}Z`;
    }
  }
  return path;
}

function sign(canvas: Canvas, random: Random, x: number, y: number, wide: number, tall: number): string {
  const colour = random.pick(neonColours);
  let strokes = '';
  for (let row = 0; row < 4; row++) {
    const py = y + (tall / 4) * (row + 0.5);
    strokes += random.chance(0.5)
      ? `M${n(x + wide * 0.25)} ${n(py)}h${n(wide * 0.5)}m${n(-wide * 0.25)} ${n(-tall * 0.07)}v${n(tall * 0.14)}`
      : `M${n(x + wide * 0.25)} ${n(py - tall * 0.06)}h${n(wide * 0.5)}v${n(tall * 0.12)}h${n(-wide * 0.5)}Z`;
  }
  const frame = `<rect x="${n(x)}" y="${n(y)}" width="${n(wide)}" height="${n(tall)}" rx="${n(wide * 0.2)}" fill="#0a0620" fill-opacity="0.6" stroke="${colour}" stroke-width="${n(canvas.unit * 2.4)}"/>`;
  const glow = `<rect x="${n(x)}" y="${n(y)}" width="${n(wide)}" height="${n(tall)}" fill="${colour}" opacity="0.55" filter="${blur(canvas, canvas.unit * 14)}"/>`;
  return `${glow}${frame}<path d="${strokes}" fill="none" stroke="${lighten(colour, 0.4)}" stroke-width="${n(canvas.unit * 2.6)}"/>`;
}

/** The centre line of the street, running to the vanishing point, and puddles of light on a wet one. */
function lanes(canvas: Canvas, floor: number, wet: boolean): string {
  const { width, height, unit, palette, random } = canvas;
  let svg = '';
  for (let index = 0; index < 6; index++) {
    const near = floor + (height - floor) * ((index + 0.75) / 6) ** 1.7;
    const far = floor + (height - floor) * ((index + 0.35) / 6) ** 1.7;
    const half = (y: number) => unit * 9 * ((y - floor) / (height - floor)) + 0.6;
    svg += `<path d="M${n(width / 2 - half(far))} ${n(far)}H${n(width / 2 + half(far))}L${n(width / 2 + half(near))} ${n(near)}H${n(width / 2 - half(near))}Z" fill="${palette.light}" opacity="0.4"/>`;
  }
  if (!wet) return svg;
  const chance = random.fork('puddles');
  for (let index = 0; index < 26; index++) {
    const colour = palette.time === 'night' ? chance.pick(neonColours) : palette.light;
    const depth = chance.next();
    svg += `<ellipse cx="${n(width * chance.next())}" cy="${n(floor + (height - floor) * depth)}" rx="${n(unit * (20 + 130 * depth))}" ry="${n(unit * (2 + 7 * depth))}" fill="${colour}" opacity="0.2"/>`;
  }
  return svg;
}

function lamps(canvas: Canvas, floor: number): string {
  const { width, height, unit, palette } = canvas;
  const halo = blur(canvas, unit * 18);
  let svg = '';
  for (const side of [-1, 1] as const) {
    for (let index = 0; index < 4; index++) {
      const depth = 0.12 + index * 0.26;
      const x = width / 2 + side * width * (0.1 + depth * 0.42);
      const foot = floor + (height - floor) * depth ** 1.6;
      const tall = unit * (70 + 330 * depth);
      const arm = -side * tall * 0.16;
      svg += `<path d="M${n(x)} ${n(foot)}V${n(foot - tall)}q0 ${n(-tall * 0.06)} ${n(arm)} ${n(-tall * 0.06)}" fill="none" stroke="${palette.close}" stroke-width="${n(unit * (2 + 6 * depth))}"/>`;
      svg += `<circle cx="${n(x + arm)}" cy="${n(foot - tall * 1.05)}" r="${n(tall * 0.11)}" fill="#ffdf9e" opacity="0.6" filter="${halo}"/><ellipse cx="${n(x + arm)}" cy="${n(foot - tall * 1.05)}" rx="${n(tall * 0.035)}" ry="${n(tall * 0.022)}" fill="#fff4d2"/>`;
    }
  }
  return svg;
}
