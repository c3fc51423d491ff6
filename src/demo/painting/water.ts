import { blur, type Canvas, n, vertical } from './canvas.ts';
import { darken, lighten, mix } from './colour.ts';
import type { Disc } from './disc.ts';

/** Open water from the horizon to the foot of the sheet: the sky upside down, a road of light, waves that grow nearer. */
export function water(canvas: Canvas, disc: Disc, options: { calm: boolean; top?: number }): string {
  const { width, height, palette, reading } = canvas;
  const top = options.top ?? canvas.horizon;
  const blue = palette.tone(reading.words.has('lagoon') ? '#2ab7b0' : '#1c6f9c');
  const fill = vertical(canvas, [
    [0, mix(palette.skyLow, blue, 0.28)],
    [0.18, mix(palette.skyMiddle, blue, 0.45)],
    [1, darken(mix(palette.skyTop, blue, 0.55), 0.25)],
  ]);
  const body = `<rect y="${n(top)}" width="${n(width)}" height="${n(height - top)}" fill="${fill}"/>`;
  const stormy = reading.weather.includes('storm');
  return body + road(canvas, disc, top) + ripples(canvas, top, options.calm) + (stormy ? swell(canvas, top) : '');
}

/** The broken reflection of sun or moon. */
function road(canvas: Canvas, disc: Disc, top: number): string {
  const { random, height, unit, palette, reading } = canvas;
  if (reading.weather.includes('storm') || reading.weather.includes('fog')) return '';
  const chance = random.fork('road');
  let dashes = '';
  for (let index = 0; index < 90; index++) {
    const depth = chance.next() ** 1.5;
    const y = top + (height - top) * depth;
    const half = unit * (16 + 130 * depth) * chance.between(0.3, 1);
    const x = disc.x + unit * chance.between(-1, 1) * (14 + depth * 120);
    dashes += `<ellipse cx="${n(x)}" cy="${n(y)}" rx="${n(half)}" ry="${n(unit * (1.2 + depth * 4.2))}" opacity="${n(chance.between(0.3, 0.85) * (1 - depth * 0.6))}"/>`;
  }
  return `<g fill="${lighten(palette.glow, 0.3)}" filter="${blur(canvas, unit * 1.2)}">${dashes}</g>`;
}

function ripples(canvas: Canvas, top: number, calm: boolean): string {
  const { random, width, height, unit, palette } = canvas;
  const chance = random.fork('ripples');
  let light = '';
  let dark = '';
  for (let index = 0; index < (calm ? 110 : 240); index++) {
    const depth = chance.next() ** 1.35;
    const x = width * chance.next();
    const y = top + (height - top) * depth + unit * 3;
    const half = unit * (12 + 105 * depth) * chance.between(0.4, 1.3);
    const bow = unit * (1 + 6 * depth);
    const path = `M${n(x - half)} ${n(y)}Q${n(x)} ${n(y - bow)} ${n(x + half)} ${n(y)}Q${n(x)} ${n(y + bow * 0.35)} ${n(x - half)} ${n(y)}Z`;
    if (chance.chance(0.55)) light += path;
    else dark += path;
  }
  return `<path d="${light}" fill="${mix(palette.light, palette.skyLow, 0.4)}" opacity="0.34"/><path d="${dark}" fill="${palette.close}" opacity="0.2"/>`;
}

/** Storm waves: pointed crests row behind row, spray along their edges. */
function swell(canvas: Canvas, top: number): string {
  const { random, width, height, unit, palette } = canvas;
  let svg = '';
  for (let row = 0; row < 6; row++) {
    const chance = random.fork(`swell ${row}`);
    const depth = (row + 0.5) / 6;
    const base = top + (height - top) * depth ** 1.25;
    const rise = unit * (16 + row * 15);
    const length = unit * (120 + row * 70);
    let crest = '';
    let foam = '';
    for (let x = -length * chance.next(); x < width + length; ) {
      const long = length * chance.between(0.75, 1.3);
      const peak = rise * chance.between(0.55, 1.15);
      const tip = x + long * 0.58;
      const up = `Q${n(x + long * 0.38)} ${n(base + rise * 0.12)} ${n(tip)} ${n(base - peak)}`;
      const down = `Q${n(x + long * 0.7)} ${n(base + rise * 0.1)} ${n(x + long)} ${n(base)}`;
      crest += up + down;
      const thick = unit * (2 + row * 1.6);
      foam += `M${n(x + long * 0.3)} ${n(base - peak * 0.12)}${`Q${n(x + long * 0.46)} ${n(base - peak * 0.34)} ${n(tip)} ${n(base - peak)}`}Q${n(x + long * 0.62)} ${n(base - peak * 0.5)} ${n(x + long * 0.7)} ${n(base - peak * 0.3)}Q${n(tip)} ${n(base - peak * 0.62 + thick)} ${n(x + long * 0.48)} ${n(base - peak * 0.3 + thick)}Q${n(x + long * 0.4)} ${n(base - peak * 0.12 + thick)} ${n(x + long * 0.3)} ${n(base - peak * 0.12)}Z`;
      x += long;
    }
    const colour = mix(mix(palette.skyMiddle, palette.tone('#2e7f96'), 0.55), palette.close, 0.1 + depth * 0.5);
    const body = vertical(canvas, [
      [0, lighten(colour, 0.1)],
      [0.4, colour],
      [1, darken(colour, 0.25)],
    ]);
    svg += `<path d="M-500 ${n(height + 5)}L-500 ${n(base)}${crest}L${n(width + 900)} ${n(height + 5)}Z" fill="${body}"/><path d="${foam}" fill="${mix('#f4fafc', palette.skyLow, 0.35)}" opacity="${n(0.25 + depth * 0.35)}"/>`;
  }
  return svg;
}
