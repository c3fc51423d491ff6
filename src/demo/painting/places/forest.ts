import { type Canvas, n, radial } from '../canvas.ts';
import { darken, lighten, mix } from '../colour.ts';
import { hill, mountains } from '../land.ts';
import { sky } from '../sky.ts';
import { leafy, pine, pineRow } from '../trees.ts';
import { grass, ground } from '../turf.ts';
import type { Place } from './place.ts';

/** A clearing between pines: rows of them fade into the haze, a few tall ones frame the sheet. */
export const forest: Place = (canvas, disc) => {
  const { random, width, height, horizon, unit, palette, reading } = canvas;
  const snowy = reading.weather.includes('snow');
  const colours = ground(canvas);
  const clearing = [width * 0.34, width * 0.66] as const;
  let middle = mountains(canvas, { ranges: 2, rise: 330, snowy: true });
  for (let row = 0; row < 3; row++) {
    const nearness = 0.35 + row * 0.2;
    const slope = hill(canvas, `slope ${row}`, {
      base: horizon + unit * (18 + row * 26),
      rise: unit * 44,
      waves: 1.6 + row * 0.5,
      top: mix(colours.top, palette.haze, 0.62 - row * 0.16),
      foot: mix(colours.foot, palette.haze, 0.5 - row * 0.16),
    });
    const colour = mix(mix(palette.haze, palette.close, nearness), '#1e4a44', snowy ? 0.05 : 0.12);
    middle += pineRow(canvas, random.fork(`row ${row}`), slope.groundAt, {
      height: unit * (105 + row * 62),
      spacing: unit * (24 + row * 11),
      colour,
      gap: row === 2 ? clearing : [0, 0],
    });
    middle += slope.svg;
    middle += mist(canvas, horizon + unit * (26 + row * 26));
  }
  const stage = hill(canvas, 'stage', {
    base: horizon + unit * 150,
    rise: unit * 50,
    waves: 1.3,
    top: colours.top,
    foot: colours.foot,
  });
  const dark = mix(palette.close, palette.tone('#1d4f47'), snowy ? 0.35 : 0.5);
  const tree = { dark, lit: mix(dark, palette.light, 0.3), snow: snowy ? lighten(palette.light, 0.45) : null };
  const autumn = reading.weather.includes('leaves');
  const blossom = reading.weather.includes('petals');
  const chance = random.fork('frame');
  const standing = (x: number, y: number, tall: number) => {
    if (!autumn && !blossom) return pine(chance, { x, y, height: tall }, tree);
    const lit = palette.tone(blossom ? '#ffc4dc' : chance.pick(['#f2a03d', '#e2622e', '#f4c04e']));
    const crown = {
      trunk: darken(palette.tone('#5b3a2c'), 0.2),
      dark: mix(darken(lit, 0.35), palette.close, 0.25),
      lit,
    };
    return leafy(chance, { x, y, height: tall }, crown);
  };
  let near = stage.svg;
  for (const [place, tall] of [
    [0.2, 300],
    [0.27, 220],
    [0.74, 250],
    [0.82, 330],
  ] as const) {
    const x = width * place;
    near += standing(x, stage.groundAt(x) + unit * 6, unit * tall);
  }
  const fore = hill(canvas, 'fore', {
    base: height - unit * 80,
    rise: unit * 60,
    waves: 1.1,
    top: mix(colours.top, colours.foot, 0.35),
    foot: mix(colours.foot, palette.close, 0.3),
  });
  // On a tall sheet the framing trees would meet in the middle.
  const framing = Math.min(height * 0.9, width * 0.62) * (autumn || blossom ? 0.82 : 1);
  let front =
    standing(width * 0.06, height * 0.93, framing * 0.95) + standing(width * 0.955, height * 0.95, framing * 1.07);
  front += fore.svg;
  if (!snowy) front += grass(canvas, fore.groundAt, { count: 150, tall: 46 });
  return { far: sky(canvas, disc), middle, near, front, groundAt: (x) => stage.groundAt(x) + unit * 108 };
};

function mist(canvas: Canvas, y: number): string {
  const { width, unit, palette } = canvas;
  const fill = radial(canvas, [
    [0, palette.glow, 0.5],
    [1, palette.glow, 0],
  ]);
  return `<ellipse cx="${n(width * 0.5)}" cy="${n(y)}" rx="${n(width * 0.6)}" ry="${n(unit * 70)}" fill="${fill}"/>`;
}
