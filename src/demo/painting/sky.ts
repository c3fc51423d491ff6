import { blur, type Canvas, n, radial, vertical } from './canvas.ts';
import { clouds } from './clouds.ts';
import { lighten } from './colour.ts';
import type { Disc } from './disc.ts';

export function discOf({ random, width, horizon, unit, palette, reading }: Canvas): Disc {
  const chance = random.fork('disc');
  const x = width * (chance.chance(0.5) ? chance.between(0.2, 0.36) : chance.between(0.64, 0.8));
  const big = reading.words.has('moon') || reading.words.has('lune') || reading.words.has('sun');
  if (palette.time === 'sunset') return { x, y: horizon - unit * 95, radius: unit * 78 };
  if (palette.time === 'dawn') return { x, y: horizon - unit * chance.between(300, 380), radius: unit * 52 };
  const radius = unit * (palette.time === 'night' ? 56 : 50) * (big ? 1.7 : 1);
  return { x, y: horizon * chance.between(0.22, 0.36), radius };
}

export function sky(canvas: Canvas, disc: Disc): string {
  const { palette, width, height, horizon, reading } = canvas;
  const gradient = vertical(canvas, [
    [0, palette.skyTop],
    [0.5, palette.skyMiddle],
    [0.86, palette.skyLow],
    [1, lighten(palette.skyLow, 0.15)],
  ]);
  const covered = (['storm', 'rain', 'fog'] as const).some((one) => reading.weather.includes(one));
  const parts = [`<rect width="${n(width)}" height="${n(horizon + 2)}" fill="${gradient}"/>`];
  parts.push(`<rect y="${n(horizon)}" width="${n(width)}" height="${n(height - horizon)}" fill="${palette.skyLow}"/>`);
  if (palette.time === 'night' && !covered) parts.push(stars(canvas, 1));
  if (palette.time === 'dawn' && !covered) parts.push(stars(canvas, 0.25));
  if (reading.weather.includes('aurora')) parts.push(aurora(canvas));
  parts.push(glow(canvas, disc, covered ? 0.5 : 1));
  if (!covered) parts.push(discShape(canvas, disc));
  parts.push(clouds(canvas, disc, covered));
  return parts.join('');
}

export function stars({ random, width, horizon, unit }: Canvas, density: number): string {
  const chance = random.fork('stars');
  let dots = '';
  for (let index = 0; index < 420 * density; index++) {
    const y = horizon * 1.02 * chance.next() ** 1.4;
    const bright = chance.next() ** 6;
    const size = unit * (0.55 + bright * 1.9);
    const opacity = (0.25 + 0.75 * chance.next()) * (1 - (y / horizon) ** 2 * 0.8);
    dots += `<circle cx="${n(width * chance.next())}" cy="${n(y)}" r="${n(size)}" opacity="${n(opacity)}"/>`;
  }
  return `<g fill="#fffdf3">${dots}</g>`;
}

function glow(canvas: Canvas, disc: Disc, strength: number): string {
  const { palette, unit, width, horizon } = canvas;
  const low = palette.time === 'sunset' || palette.time === 'dawn';
  const wide = radial(canvas, [
    [0, palette.glow, 0.85 * strength],
    [0.25, palette.glow, 0.42 * strength],
    [0.6, palette.glow, 0.12 * strength],
    [1, palette.glow, 0],
  ]);
  const reach = unit * (low ? 760 : palette.time === 'night' ? 430 : 560);
  const halo = `<ellipse cx="${n(disc.x)}" cy="${n(disc.y)}" rx="${n(reach)}" ry="${n(reach * 0.86)}" fill="${wide}"/>`;
  const band = vertical(canvas, [
    [0, palette.glow, 0],
    [1, palette.glow, low ? 0.55 : 0.25],
  ]);
  const top = horizon * 0.62;
  return `<rect y="${n(top)}" width="${n(width)}" height="${n(horizon - top + 2)}" fill="${band}"/>${halo}`;
}

function discShape(canvas: Canvas, disc: Disc): string {
  const { palette, unit } = canvas;
  const at = `cx="${n(disc.x)}" cy="${n(disc.y)}"`;
  const shine = `<circle ${at} r="${n(disc.radius * 1.3)}" fill="${palette.disc}" opacity="0.35" filter="${blur(canvas, unit * 22)}"/>`;
  const body = `<circle ${at} r="${n(disc.radius)}" fill="${palette.disc}"/>`;
  if (palette.time !== 'night') return shine + body;
  const sea = (x: number, y: number, r: number) =>
    `<circle cx="${n(disc.x + x * disc.radius)}" cy="${n(disc.y + y * disc.radius)}" r="${n(r * disc.radius)}"/>`;
  const seas = sea(-0.3, -0.25, 0.28) + sea(0.25, 0.1, 0.2) + sea(-0.1, 0.42, 0.16) + sea(0.42, -0.38, 0.12);
  return `${shine}${body}<g fill="#c9c9c0" opacity="0.5">${seas}</g>`;
}

function aurora(canvas: Canvas): string {
  const { random, width, horizon, unit } = canvas;
  const chance = random.fork('aurora');
  let curtains = '';
  for (let index = 0; index < 4; index++) {
    const colour = chance.pick(['#4dffb4', '#37e6c0', '#7dff8a', '#a86bff']);
    const foot = horizon * chance.between(0.42, 0.72);
    const rise = horizon * chance.between(0.35, 0.6);
    const phase = chance.between(0, 6.28);
    let lower = '';
    let upper = '';
    for (let step = 0; step <= 24; step++) {
      const x = (width * step) / 24;
      const sway = Math.sin(phase + step * 0.42) * horizon * 0.09 + Math.sin(phase * 2 + step * 0.9) * horizon * 0.035;
      lower += `${step === 0 ? 'M' : 'L'}${n(x)} ${n(foot + sway)}`;
      upper = `L${n(x + unit * 40)} ${n(foot + sway - rise * (0.75 + 0.25 * Math.sin(step * 1.3 + phase)))}${upper}`;
    }
    const fill = vertical(canvas, [
      [0, colour, 0],
      [0.6, colour, 0.26],
      [0.93, colour, 0.75],
      [1, colour, 0],
    ]);
    curtains += `<path d="${lower}${upper}Z" fill="${fill}"/>`;
  }
  return `<g filter="${blur(canvas, unit * 16)}">${curtains}</g>`;
}
