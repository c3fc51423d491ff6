import { blur, type Canvas, n, radial } from '../canvas.ts';
import { type Colour, fromHue, lighten, mix } from '../colour.ts';
import { colourWords } from '../lexicon.ts';
import type { Random } from '../random.ts';
import { isDepicted } from '../reading.ts';
import type { Place } from './place.ts';

/** Ribbons of light over a glowing ground, for a prompt that names nothing that the painter can draw. */
export const abstract: Place = (canvas) => {
  const { width, height, random } = canvas;
  const chance = random.fork('abstract');
  const hues = huesOf(canvas, chance);
  const dark = canvas.palette.time === 'night' || chance.chance(0.4);
  const base = fromHue(dark ? 0.2 : 0.93, dark ? 0.07 : 0.03, hues[0]);
  let far = `<rect width="${n(width)}" height="${n(height)}" fill="${base}"/>`;
  for (let index = 0; index < 6; index++) {
    const colour = fromHue(dark ? 0.5 : 0.8, 0.15, hues[index % hues.length] ?? hues[0]);
    const fill = radial(canvas, [
      [0, colour, 0.8],
      [1, colour, 0],
    ]);
    far += `<ellipse cx="${n(width * chance.next())}" cy="${n(height * chance.next())}" rx="${n(width * chance.between(0.25, 0.5))}" ry="${n(height * chance.between(0.35, 0.7))}" fill="${fill}"/>`;
  }
  return {
    far,
    middle: ribbons(canvas, chance.fork('ribbons'), hues, dark),
    // Balls look like real objects, so they appear only if the prompt asks for them.
    near: isDepicted(canvas.reading) ? orbs(canvas, chance.fork('orbs'), hues, dark) : '',
    front: sparks(canvas, chance.fork('sparks')),
    groundAt: () => height * 0.8,
  };
};

function huesOf({ reading }: Canvas, random: Random): [number, ...number[]] {
  const asked = reading.colours.flatMap((name) => colourWords[name][0] ?? []);
  const first = asked[0] ?? random.between(0, 360);
  const turn = random.pick([35, 60, 140, 165]);
  return [first, asked[1] ?? first + turn, first - 30, asked[2] ?? first + 20];
}

/** Bundles of fine lines that swing together, like silk in the wind. */
function ribbons(canvas: Canvas, random: Random, hues: readonly number[], dark: boolean): string {
  const { width, height, unit } = canvas;
  let svg = '';
  for (let bundle = 0; bundle < 4; bundle++) {
    const hue = hues[bundle % hues.length] ?? 0;
    const middle = height * random.between(0.25, 0.78);
    const swing = height * random.between(0.12, 0.3);
    const phase = random.between(0, 6.28);
    const pace = random.between(0.7, 1.5);
    const twist = random.between(0.5, 1.6);
    let strands = '';
    for (let strand = 0; strand < 46; strand++) {
      const part = strand / 45;
      const points: string[] = [];
      for (let step = -1; step <= 33; step++) {
        const along = step / 32;
        const open = unit * 150 * Math.sin(along * Math.PI * twist + phase) * (part - 0.5) * 2;
        const y =
          middle +
          Math.sin(along * Math.PI * 2 * pace + phase) * swing +
          Math.sin(along * Math.PI * 4.3 * pace) * swing * 0.2;
        points.push(`${n(width * along)} ${n(y + open)}`);
      }
      const colour = fromHue((dark ? 0.62 : 0.55) + part * 0.25, 0.17 - part * 0.06, hue + part * 50);
      strands += `<path d="M${points.join('L')}" stroke="${colour}" opacity="${n(0.18 + 0.55 * Math.sin(part * Math.PI))}"/>`;
    }
    svg += `<g fill="none" stroke-width="${n(unit * 2.6)}" stroke-linejoin="round">${strands}</g>`;
  }
  return svg;
}

function orbs(canvas: Canvas, random: Random, hues: readonly number[], dark: boolean): string {
  const { width, height, unit } = canvas;
  let svg = '';
  for (let index = 0; index < 9; index++) {
    const colour: Colour = fromHue(
      dark ? 0.66 : 0.72,
      0.16,
      (hues[index % hues.length] ?? 0) + random.between(-20, 20),
    );
    const radius = unit * (index === 0 ? 170 : random.between(14, 78));
    const x = width * random.between(0.12, 0.88);
    const y = height * random.between(0.15, 0.8);
    const fill = canvas.define(
      (id) =>
        `<radialGradient id="${id}" cx="0.35" cy="0.3" r="0.75"><stop offset="0" stop-color="${lighten(colour, 0.75)}"/><stop offset="0.45" stop-color="${colour}"/><stop offset="1" stop-color="${mix(colour, '#14082e', 0.55)}"/></radialGradient>`,
    );
    svg += `<ellipse cx="${n(x + radius * 0.15)}" cy="${n(y + radius * 1.05)}" rx="${n(radius * 0.9)}" ry="${n(radius * 0.3)}" fill="#10061f" opacity="0.22" filter="${blur(canvas, radius * 0.2)}"/><circle cx="${n(x)}" cy="${n(y)}" r="${n(radius)}" fill="${fill}"/>`;
  }
  return svg;
}

function sparks(canvas: Canvas, random: Random): string {
  const { width, height, unit } = canvas;
  let svg = '';
  for (let index = 0; index < 130; index++) {
    svg += `<circle cx="${n(width * random.next())}" cy="${n(height * random.next())}" r="${n(unit * random.between(0.8, 3.4))}" opacity="${n(random.between(0.25, 0.95))}"/>`;
  }
  return `<g fill="#fffdf5">${svg}</g>`;
}
