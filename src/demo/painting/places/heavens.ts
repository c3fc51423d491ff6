import { blur, type Canvas, n, radial, vertical } from '../canvas.ts';
import { smoothstep } from '../clouds.ts';
import { type Colour, channels, darken, fromHue, lighten, mix } from '../colour.ts';
import type { Disc } from '../disc.ts';
import { createNoise, textured } from '../noise.ts';
import { sky, stars } from '../sky.ts';
import type { Place } from './place.ts';

/** Deep space: a nebula of fractal noise, thousands of stars, a ringed planet and its moon. */
export const space: Place = (canvas) => {
  const { width, height, unit, random, palette } = canvas;
  const chance = random.fork('space');
  const hue = palette.accent === null ? chance.between(200, 340) : chance.between(230, 320);
  const back = vertical(canvas, [
    [0, '#04051a'],
    [0.55, fromHue(0.2, 0.09, hue)],
    [1, '#05030f'],
  ]);
  const field = stars({ ...canvas, horizon: height * 1.1 }, 2.2);
  const far = `<rect width="${n(width)}" height="${n(height)}" fill="${back}"/>${nebula(canvas, fromHue(0.58, 0.19, hue), fromHue(0.68, 0.15, hue + 75))}${field}${flares(canvas)}`;
  const left = chance.chance(0.5);
  const planetX = width * (left ? 0.2 : 0.8);
  const middle =
    planet(canvas, { x: planetX, y: height * 0.27, radius: unit * 125 }, fromHue(0.66, 0.13, hue + 150), true) +
    planet(canvas, { x: width - planetX * 0.92, y: height * 0.2, radius: unit * 34 }, '#c9c4bd', false);
  const rim = planet(
    canvas,
    { x: width * 0.5, y: height + unit * 1180, radius: unit * 1330 },
    fromHue(0.5, 0.12, hue + 25),
    false,
  );
  return { far, middle, near: rim, front: '', groundAt: () => height * 0.9 };
};

/** Clouds of gas: bent noise in two colours, with a bright spine and dark lanes of dust. */
function nebula(canvas: Canvas, first: Colour, second: Colour): string {
  const { random, width, height } = canvas;
  const chance = random.fork('nebula');
  const noise = createNoise(chance);
  const one = channels(first);
  const two = channels(second);
  const tilt = chance.between(-0.7, 0.7);
  return textured(canvas, { x: 0, y: 0, width, height }, (across, down) => {
    const x = across * 3.1 * (width / height);
    const y = down * 3.1;
    const bend = noise(x * 0.8 + 5, y * 0.8 + 2) - 0.5;
    const gas = noise(x + bend * 2.2, y + bend * 2.2);
    const dust = noise(x * 1.7 + 40 + bend, y * 1.7 + 8);
    const off = down - 0.46 - (across - 0.5) * tilt;
    const band = Math.exp(-off * off * 9);
    const glow = smoothstep(0.36, 0.86, gas) * (0.25 + 0.8 * band);
    const hue = smoothstep(0.35, 0.65, noise(x * 0.6 + 70, y * 0.6 + 30));
    const core = Math.min(1, glow) ** 4 * 95;
    const blend = (index: 0 | 1 | 2) => Math.min(255, one[index] + (two[index] - one[index]) * hue + core);
    return [blend(0), blend(1), blend(2), Math.min(1, glow * (1.15 - smoothstep(0.5, 0.75, dust) * 0.85))];
  });
}

function flares(canvas: Canvas): string {
  const { random, width, height, unit } = canvas;
  const chance = random.fork('flares');
  let svg = '';
  for (let index = 0; index < 9; index++) {
    const x = width * chance.next();
    const y = height * chance.next() * 0.85;
    const long = unit * chance.between(9, 26);
    const thin = long * 0.06;
    svg += `<path d="M${n(x)} ${n(y - long)}L${n(x + thin)} ${n(y - thin)}L${n(x + long)} ${n(y)}L${n(x + thin)} ${n(y + thin)}L${n(x)} ${n(y + long)}L${n(x - thin)} ${n(y + thin)}L${n(x - long)} ${n(y)}L${n(x - thin)} ${n(y - thin)}Z"/>`;
  }
  return `<g fill="#fffaf0" opacity="0.9">${svg}</g>`;
}

function planet(canvas: Canvas, at: { x: number; y: number; radius: number }, colour: Colour, ringed: boolean): string {
  const { x, y, radius } = at;
  const clip = canvas.define(
    (id) => `<clipPath id="${id}"><circle cx="${n(x)}" cy="${n(y)}" r="${n(radius)}"/></clipPath>`,
  );
  const chance = canvas.random.fork(`planet ${Math.round(radius)}`);
  let bands = '';
  for (let index = 0; index < 9; index++) {
    const py = y - radius + radius * 2 * chance.next();
    bands += `<ellipse cx="${n(x)}" cy="${n(py)}" rx="${n(radius * 1.1)}" ry="${n(radius * chance.between(0.03, 0.1))}" fill="${chance.chance(0.5) ? lighten(colour, 0.25) : darken(colour, 0.25)}" opacity="0.4"/>`;
  }
  const shade = canvas.define(
    (id) =>
      `<radialGradient id="${id}" cx="0.34" cy="0.3" r="0.78"><stop offset="0.2" stop-color="#000010" stop-opacity="0"/><stop offset="1" stop-color="#000010" stop-opacity="0.86"/></radialGradient>`,
  );
  const air = radial(canvas, [
    [0.9, lighten(colour, 0.4), 0.5],
    [1, lighten(colour, 0.4), 0],
  ]);
  const halo = `<circle cx="${n(x)}" cy="${n(y)}" r="${n(radius * 1.07)}" fill="${air}"/>`;
  const ring = (front: boolean) =>
    ringed
      ? `<g transform="rotate(-17 ${n(x)} ${n(y)})"><path d="M${n(x - radius * 1.95)} ${n(y)}A${n(radius * 1.95)} ${n(radius * 0.42)} 0 0 ${front ? 0 : 1} ${n(x + radius * 1.95)} ${n(y)}" fill="none" stroke="${lighten(colour, 0.5)}" stroke-width="${n(radius * 0.13)}" opacity="0.75"/><path d="M${n(x - radius * 1.62)} ${n(y)}A${n(radius * 1.62)} ${n(radius * 0.34)} 0 0 ${front ? 0 : 1} ${n(x + radius * 1.62)} ${n(y)}" fill="none" stroke="${lighten(colour, 0.2)}" stroke-width="${n(radius * 0.09)}" opacity="0.6"/></g>`
      : '';
  return `${ring(false)}${halo}<circle cx="${n(x)}" cy="${n(y)}" r="${n(radius)}" fill="${colour}"/><g clip-path="${clip}" filter="${blur(canvas, canvas.unit)}">${bands}</g><circle cx="${n(x)}" cy="${n(y)}" r="${n(radius)}" fill="${shade}"/>${ring(true)}`;
}

/** High above the clouds. */
export const heights: Place = (canvas, disc) => {
  const { height } = canvas;
  const raised = { ...canvas, horizon: height * 0.92 };
  return {
    far: sky(raised, disc),
    middle: bank(raised, 0.8, 0) + bank(raised, 0.88, 1),
    near: '',
    front: bank(raised, 0.99, 2),
    groundAt: () => height * 0.8,
  };
};

/** A bank of cumulus: rows of round heads, lit from the sun's side. */
function bank(canvas: Canvas, level: number, row: number): string {
  const { random, width, height, unit, palette } = canvas;
  const chance = random.fork(`bank ${row}`);
  const body = mix(lighten(palette.haze, 0.25 + row * 0.12), palette.light, 0.35);
  const fill = vertical(canvas, [
    [0, lighten(body, 0.3)],
    [1, mix(body, palette.skyMiddle, 0.5)],
  ]);
  let svg = '';
  for (let index = 0; index < 30; index++) {
    const x = width * (index / 29) + unit * chance.between(-40, 40);
    const r = unit * chance.between(50, 135) * (0.7 + row * 0.25);
    svg += `<circle cx="${n(x)}" cy="${n(height * level + r * 0.5 + unit * chance.between(-30, 50))}" r="${n(r)}" fill="${fill}"/>`;
  }
  return `${svg}<rect y="${n(height * level + unit * 80)}" width="${n(width)}" height="${n(height)}" fill="${mix(body, palette.skyMiddle, 0.5)}"/>`;
}

/** Under water: shafts of light, sea-weed, coral and bubbles. */
export const underwater: Place = (canvas, disc: Disc) => {
  const { width, height, unit, palette, random } = canvas;
  const back = vertical(canvas, [
    [0, palette.tone('#7fe0e6')],
    [0.35, palette.tone('#1f96b8')],
    [1, darken(palette.tone('#0b3d6b'), 0.35)],
  ]);
  const chance = random.fork('deep');
  let shafts = '';
  for (let index = 0; index < 9; index++) {
    const x = disc.x + unit * chance.between(-420, 420);
    const wide = unit * chance.between(20, 80);
    const lean = (x - disc.x) * 0.8 + unit * chance.between(-90, 90);
    shafts += `<path d="M${n(x)} -10H${n(x + wide)}L${n(x + lean + wide * 2.4)} ${n(height * 0.9)}H${n(x + lean - wide)}Z" opacity="${n(chance.between(0.06, 0.2))}"/>`;
  }
  const fade = vertical(canvas, [
    [0, '#ffffff', 0.95],
    [1, '#ffffff', 0],
  ]);
  const far = `<rect width="${n(width)}" height="${n(height)}" fill="${back}"/><g fill="${fade}" filter="${blur(canvas, unit * 7)}">${shafts}</g>`;
  let bubbles = '';
  for (let index = 0; index < 60; index++) {
    bubbles += `<circle cx="${n(width * chance.next())}" cy="${n(height * chance.next())}" r="${n(unit * chance.between(1.5, 9))}"/>`;
  }
  const bubbled = `<g fill="#ffffff" fill-opacity="0.12" stroke="#ffffff" stroke-opacity="0.45" stroke-width="${n(unit * 1.2)}">${bubbles}</g>`;
  return {
    far,
    middle: reef(canvas, 0) + reef(canvas, 1),
    near: bubbled,
    front: reef(canvas, 2),
    groundAt: () => height * 0.86,
  };
};

function reef(canvas: Canvas, row: number): string {
  const { random, width, height, unit, palette } = canvas;
  const chance = random.fork(`reef ${row}`);
  const deep = palette.tone('#0d4a72');
  const shade = mix(deep, '#04162e', row * 0.36);
  const base = height * (0.86 + row * 0.05);
  let svg = '';
  for (let index = 0; index < 34; index++) {
    const x = width * chance.next();
    const tall = unit * chance.between(60, 190) * (0.6 + row * 0.32);
    const sway = tall * chance.between(-0.25, 0.25);
    if (chance.chance(0.6)) {
      svg += `<path d="M${n(x)} ${n(base + unit * 60)}C${n(x + sway)} ${n(base - tall * 0.3)} ${n(x - sway)} ${n(base - tall * 0.6)} ${n(x + sway)} ${n(base - tall)}C${n(x - sway * 0.4 + unit * 12)} ${n(base - tall * 0.6)} ${n(x + sway + unit * 16)} ${n(base - tall * 0.3)} ${n(x + unit * 16)} ${n(base + unit * 60)}Z" fill="${mix(shade, palette.tone('#2f9c7a'), 0.25)}"/>`;
    } else {
      const colour = mix(
        palette.tone(chance.pick(['#f0705e', '#e85f9c', '#f5a04c', '#a56be0'])),
        shade,
        0.62 - row * 0.18,
      );
      for (let branch = -2; branch <= 2; branch++) {
        svg += `<path d="M${n(x)} ${n(base + unit * 50)}Q${n(x + branch * tall * 0.05)} ${n(base - tall * 0.1)} ${n(x + branch * tall * 0.17)} ${n(base - tall * (0.5 - Math.abs(branch) * 0.07))}" fill="none" stroke="${colour}" stroke-width="${n(tall * 0.085)}" stroke-linecap="round"/>`;
      }
    }
  }
  const floor = Array.from(
    { length: 13 },
    (_, index) => `${n((width * index) / 12)} ${n(base + unit * 20 * Math.sin(index * 1.7 + row * 2))}`,
  );
  return `${svg}<path d="M0 ${n(height + 4)}L${floor.join('L')}L${n(width)} ${n(height + 4)}Z" fill="${shade}"/>`;
}
