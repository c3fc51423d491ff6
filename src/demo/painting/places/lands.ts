import { flowerHead } from '../blossoms.ts';
import { type Canvas, n } from '../canvas.ts';
import { type Colour, darken, lighten, mix } from '../colour.ts';
import { hill, mountains } from '../land.ts';
import { sky } from '../sky.ts';
import { pineRow } from '../trees.ts';
import { boulders, grass, ground, tufts } from '../turf.ts';
import type { Place } from './place.ts';

/** Range behind range, and a ledge to stand on. */
export const alps: Place = (canvas, disc) => {
  const { horizon, unit, palette, random, height } = canvas;
  const colours = ground(canvas);
  const valley = hill(canvas, 'valley', {
    base: horizon + unit * 60,
    rise: unit * 70,
    waves: 1.4,
    top: mix(colours.top, palette.haze, 0.5),
    foot: mix(colours.foot, palette.haze, 0.3),
  });
  const wood = pineRow(canvas, random.fork('wood'), valley.groundAt, {
    height: unit * 78,
    spacing: unit * 20,
    colour: mix(palette.haze, palette.close, 0.6),
  });
  const ledge = hill(canvas, 'ledge', {
    base: horizon + unit * 190,
    rise: unit * 90,
    waves: 1.2,
    top: colours.top,
    foot: darken(colours.foot, 0.2),
  });
  const snowy = canvas.reading.weather.includes('snow');
  const ranges = mountains(canvas, { ranges: 4, rise: 520, snowy: true });
  return {
    far: sky(canvas, disc),
    middle: ranges + wood + valley.svg,
    near: ledge.svg + boulders(canvas, ledge.groundAt, snowy) + (snowy ? '' : tufts(canvas, ledge.groundAt)),
    front: snowy ? '' : grass(canvas, () => height + unit * 8, { count: 150, tall: 74 }),
    groundAt: (x) => ledge.groundAt(x) + unit * 90,
  };
};

/** Rolling fields with flowers that grow larger towards us. */
export const meadow: Place = (canvas, disc) => {
  const { horizon, unit, palette, random, reading, height } = canvas;
  const colours = ground(canvas);
  let middle = mountains(canvas, { ranges: 2, rise: 190, snowy: false });
  for (let row = 0; row < 2; row++) {
    const field = hill(canvas, `field ${row}`, {
      base: horizon + unit * (20 + row * 44),
      rise: unit * 50,
      waves: 1.3 + row * 0.4,
      top: mix(mix(colours.top, palette.tone('#d9cf72'), row * 0.3), palette.haze, 0.4 - row * 0.2),
      foot: mix(colours.foot, palette.haze, 0.4 - row * 0.2),
    });
    const trees = pineRow(canvas, random.fork(`hedge ${row}`), field.groundAt, {
      height: unit * 44,
      spacing: unit * 60,
      colour: mix(palette.haze, palette.close, 0.5),
    });
    middle += trees + field.svg;
  }
  const stage = hill(canvas, 'stage', { base: horizon + unit * 130, rise: unit * 40, waves: 1.1, ...colours });
  const sunflowers = reading.subjects.includes('sunflower');
  const bare = reading.weather.includes('snow');
  const bed = bare ? '' : flowers(canvas, horizon + unit * 130, height * 0.86, sunflowers ? 260 : 210);
  const edge = bare ? '' : flowers(canvas, height * 0.88, height * 1.04, sunflowers ? 26 : 46);
  const blades = bare ? '' : grass(canvas, () => height + unit * 6, { count: 150, tall: 80 });
  return {
    far: sky(canvas, disc),
    middle,
    near: stage.svg + bed,
    front: blades + edge,
    groundAt: (x) => stage.groundAt(x) + unit * 150,
  };
};

function flowers(canvas: Canvas, from: number, to: number, count: number): string {
  const { random, width, height, horizon, unit, palette, reading } = canvas;
  const chance = random.fork(`flowers ${Math.round(from)}`);
  const natural: [Colour, ...Colour[]] = ['#e8483f', '#f5f0e6', '#f4c542', '#c86dd7', '#6f7fe8'];
  const kind = reading.subjects.includes('sunflower') ? 'sunflower' : 'daisy';
  const stem = mix(palette.tone('#3f7a3d'), palette.close, 0.25);
  const spots = Array.from({ length: count }, () => ({
    x: width * chance.next(),
    y: from + (to - from) * chance.next() ** 1.2,
  }));
  spots.sort((a, b) => a.y - b.y);
  let svg = '';
  for (const { x, y } of spots) {
    const nearness = Math.max(0, (y - horizon) / (height - horizon));
    const size =
      unit * (kind === 'sunflower' ? 7 + 62 * nearness ** 1.7 : 4 + 25 * nearness ** 1.6) * chance.between(0.8, 1.2);
    const colour = palette.tone(palette.accent !== null && chance.chance(0.75) ? palette.accent : chance.pick(natural));
    const sway = size * chance.between(-0.5, 0.5);
    svg += `<path d="M${n(x)} ${n(y)}q${n(sway)} ${n(size * 1.6)} ${n(sway * 0.4)} ${n(size * 3.4)}" fill="none" stroke="${stem}" stroke-width="${n(Math.max(1, size * 0.14))}"/>`;
    svg += flowerHead(
      chance,
      { x, y, size },
      kind,
      kind === 'sunflower' ? palette.tone(chance.pick(['#f7b718', '#fbc93a', '#f2a413'])) : colour,
      palette,
    );
  }
  return svg;
}

/** Dunes with a lit and a shaded side. */
export const desert: Place = (canvas, disc) => {
  const { horizon, unit, palette, width, random } = canvas;
  const red = canvas.reading.words.has('mars');
  const sand = palette.tone(red ? '#d9764a' : '#f0bd76');
  const shade = mix(palette.tone(red ? '#7a3430' : '#a9643f'), palette.close, 0.2);
  let middle = mountains(canvas, { ranges: 1, rise: 150, snowy: false });
  let near = '';
  let stand = (_x: number) => horizon;
  for (let row = 0; row < 5; row++) {
    const nearness = row / 4;
    const chance = random.fork(`dune ${row}`);
    const base = horizon + unit * (14 + row * 62);
    const rise = unit * (34 + row * 26);
    const lit = mix(mix(sand, lighten(palette.light, 0.1), 0.22), palette.haze, 0.55 * (1 - nearness));
    const dune = hill(canvas, `dune ${row}`, {
      base,
      rise,
      waves: 1.2 + row * 0.15,
      top: lit,
      foot: mix(lit, shade, 0.5),
    });
    let svg = dune.svg;
    for (let index = 0; index < 3; index++) {
      const x = width * (index / 3 + chance.between(0.02, 0.26));
      const y = dune.groundAt(x);
      const long = unit * (110 + row * 60);
      svg += `<path d="M${n(x)} ${n(y)}Q${n(x + long * 0.5)} ${n(y + rise * 0.35)} ${n(x + long * 0.4)} ${n(y + rise * 1.5)}Q${n(x + long * 1.3)} ${n(y + rise * 1.1)} ${n(x + long * 1.7)} ${n(dune.groundAt(x + long * 1.7))}Q${n(x + long * 0.8)} ${n((y + dune.groundAt(x + long * 1.7)) / 2)} ${n(x)} ${n(y)}Z" fill="${mix(shade, palette.haze, 0.5 * (1 - nearness))}" opacity="0.45"/>`;
    }
    if (row < 3) middle += svg;
    else near += svg;
    if (row === 3) stand = dune.groundAt;
  }
  return { far: sky(canvas, disc), middle, near, front: '', groundAt: (x) => stand(x) + unit * 115 };
};
