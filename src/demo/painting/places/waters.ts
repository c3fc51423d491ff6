import { type Canvas, n, vertical } from '../canvas.ts';
import { darken, lighten, mix } from '../colour.ts';
import { hill, mountains } from '../land.ts';
import { sky } from '../sky.ts';
import { pineRow } from '../trees.ts';
import { grass, ground } from '../turf.ts';
import { water } from '../water.ts';
import type { Place } from './place.ts';

/** The open sea: nothing but water and weather. */
export const sea: Place = (canvas, disc) => {
  const { horizon, unit } = canvas;
  const stormy = canvas.reading.weather.includes('storm');
  const far = sky(canvas, disc) + (stormy ? lightning(canvas) : '');
  return {
    far,
    middle: water(canvas, disc, { calm: false }),
    near: '',
    front: '',
    groundAt: () => horizon + unit * 190,
  };
};

/** Sand with a rim of foam; the sun goes down over the water. */
export const beach: Place = (canvas, disc) => {
  const { horizon, unit, palette, width, height, random } = canvas;
  const shore = horizon + unit * 130;
  const wet = palette.tone('#b98a63');
  const sand = hill(canvas, 'sand', {
    base: shore + unit * 40,
    rise: unit * 46,
    waves: 0.9,
    top: mix(palette.tone('#f3d7a6'), palette.light, 0.35),
    foot: darken(palette.tone('#b3824f'), 0.15),
  });
  const line = (offset: number) => {
    const points = Array.from({ length: 41 }, (_, index) => {
      const x = (width * index) / 40;
      return `${n(x)} ${n(sand.groundAt(x) + offset + Math.sin(index * 1.1) * unit * 3)}`;
    });
    return `M${points.join('L')}`;
  };
  const foam = `<path d="${line(unit * -4)}" fill="none" stroke="#fffaf2" stroke-width="${n(unit * 9)}" opacity="0.8"/><path d="${line(unit * 12)}" fill="none" stroke="${wet}" stroke-width="${n(unit * 22)}" opacity="0.4"/><path d="${line(unit * -22)}" fill="none" stroke="#fffaf2" stroke-width="${n(unit * 3)}" opacity="0.45"/>`;
  let near = sand.svg + foam;
  const chance = random.fork('pebbles');
  for (let index = 0; index < 70; index++) {
    const x = width * chance.next();
    const y = chance.between(sand.groundAt(x) + unit * 50, height);
    near += `<ellipse cx="${n(x)}" cy="${n(y)}" rx="${n(unit * chance.between(1.5, 5))}" ry="${n(unit * 1.8)}" fill="${darken(wet, 0.2)}" opacity="0.35"/>`;
  }
  const palms =
    palm(canvas, width * 0.05, height * 0.98, unit * 640, 1) +
    palm(canvas, width * 0.97, height * 1.02, unit * 560, -1);
  return {
    far: sky(canvas, disc),
    middle: water(canvas, disc, { calm: true }),
    near,
    front: palms,
    groundAt: (x) => sand.groundAt(x) + unit * 130,
  };
};

/** A mirror between mountains, with a grassy or snowy bank in front. */
export const lake: Place = (canvas, disc) => {
  const { horizon, unit, palette, height, width, random, reading } = canvas;
  const colours = ground(canvas);
  const ranges = mountains(canvas, { ranges: 3, rise: 360, snowy: true });
  const wood = pineRow(canvas, random.fork('wood'), () => horizon + unit * 8, {
    height: unit * 92,
    spacing: unit * 19,
    colour: mix(palette.haze, palette.close, 0.72),
  });
  const distance = ranges + wood;
  const clip = canvas.define(
    (id) => `<clipPath id="${id}"><rect y="${n(horizon)}" width="${n(width)}" height="${n(height)}"/></clipPath>`,
  );
  const above = canvas.define(
    (id) => `<clipPath id="${id}"><rect width="${n(width)}" height="${n(horizon + 1)}"/></clipPath>`,
  );
  const mirror = `<g clip-path="${clip}"><g transform="translate(0 ${n(horizon * 2)}) scale(1 -1)" opacity="0.55"><g clip-path="${above}">${distance}</g></g></g>`;
  const bank = hill(canvas, 'bank', {
    base: height - unit * 120,
    rise: unit * 70,
    waves: 1.1,
    top: colours.top,
    foot: colours.foot,
  });
  const surface = water(canvas, disc, { calm: true });
  const shade = vertical(canvas, [
    [0, palette.close, 0.3],
    [1, palette.close, 0],
  ]);
  const band = `<rect y="${n(horizon)}" width="${n(width)}" height="${n(unit * 30)}" fill="${shade}"/>`;
  return {
    far: sky(canvas, disc),
    middle: `<g clip-path="${above}">${distance}</g>${surface}${mirror}${band}`,
    near: bank.svg,
    front: reading.weather.includes('snow') ? '' : grass(canvas, bank.groundAt, { count: 130, tall: 60 }),
    groundAt: (x) => bank.groundAt(x) + unit * 50,
  };
};

function lightning(canvas: Canvas): string {
  const { random, width, horizon, unit } = canvas;
  const chance = random.fork('lightning');
  let x = width * chance.between(0.15, 0.4);
  let path = `M${n(x)} 0`;
  for (let y = 0; y < horizon; y += horizon / 9) {
    x += unit * chance.between(-46, 52);
    path += `L${n(x)} ${n(y + horizon / 9)}`;
  }
  const bolt = (wide: number, opacity: number) =>
    `<path d="${path}" fill="none" stroke="#f4f7ff" stroke-width="${n(unit * wide)}" stroke-linejoin="round" opacity="${opacity}"/>`;
  return bolt(22, 0.1) + bolt(10, 0.22) + bolt(3, 0.95);
}

function palm(canvas: Canvas, x: number, y: number, tall: number, side: 1 | -1): string {
  const { palette, random } = canvas;
  const chance = random.fork(`palm ${side}`);
  const dark = mix(palette.close, palette.tone('#27543c'), 0.25);
  const tipX = x + side * tall * 0.2;
  const tipY = y - tall;
  let svg = `<path d="M${n(x - tall * 0.025)} ${n(y)}Q${n(x + side * tall * 0.02)} ${n(y - tall * 0.6)} ${n(tipX)} ${n(tipY)}Q${n(x + side * tall * 0.08)} ${n(y - tall * 0.55)} ${n(x + tall * 0.03)} ${n(y)}Z" fill="${dark}"/>`;
  for (let index = 0; index < 11; index++) {
    const angle = -Math.PI * (0.02 + (index / 10) * 0.96) + chance.between(-0.1, 0.1);
    const long = tall * chance.between(0.3, 0.42);
    const endX = tipX + Math.cos(angle) * long;
    const endY = tipY + Math.sin(angle) * long * 0.55 + long * 0.42;
    const midX = tipX + Math.cos(angle) * long * 0.6;
    const midY = tipY + Math.sin(angle) * long * 0.75;
    const fill = mix(dark, lighten(palette.light, 0.1), index % 3 === 0 ? 0.14 : 0.04);
    svg += `<path d="M${n(tipX)} ${n(tipY)}Q${n(midX)} ${n(midY - tall * 0.03)} ${n(endX)} ${n(endY)}Q${n(midX - tall * 0.01)} ${n(midY + tall * 0.055)} ${n(tipX)} ${n(tipY)}Z" fill="${fill}"/>`;
  }
  return svg;
}
