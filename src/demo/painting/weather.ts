import { blur, type Canvas, n, vertical } from './canvas.ts';
import { lighten } from './colour.ts';
import type { Reading } from './reading.ts';

/** Particles that fall or float through a still image. A film leaves them out and moves them instead. */
export function weather(canvas: Canvas, reading: Pick<Reading, 'weather'>): string {
  let svg = '';
  if (reading.weather.includes('snow')) svg += snow(canvas);
  if (reading.weather.includes('rain') || reading.weather.includes('storm')) svg += rain(canvas);
  if (reading.weather.includes('fireflies')) svg += fireflies(canvas);
  if (reading.weather.includes('leaves')) svg += confetti(canvas, ['#e9812f', '#c9482b', '#f0b541'], 46);
  if (reading.weather.includes('petals')) svg += confetti(canvas, ['#ffd3e4', '#ffb3d1', '#fff0f6'], 70);
  return svg;
}

/** Veils of fog. They belong to the place, not to the particles. */
export function fog(canvas: Canvas): string {
  const { reading, width, height, horizon, palette } = canvas;
  if (!reading.weather.includes('fog')) return '';
  const fill = vertical(canvas, [
    [0, palette.haze, 0],
    [0.45, palette.haze, 0.78],
    [1, palette.haze, 0.2],
  ]);
  return `<rect y="${n(horizon * 0.55)}" width="${n(width)}" height="${n(height - horizon * 0.55)}" fill="${fill}"/>`;
}

function snow(canvas: Canvas): string {
  const { random, width, height, unit } = canvas;
  const chance = random.fork('flakes');
  const layer = (count: number, low: number, high: number, opacity: number, soft: number) => {
    let dots = '';
    for (let index = 0; index < count; index++) {
      dots += `<circle cx="${n(width * chance.next())}" cy="${n(height * chance.next())}" r="${n(unit * chance.between(low, high))}"/>`;
    }
    return `<g fill="#ffffff" opacity="${opacity}" filter="${blur(canvas, unit * soft)}">${dots}</g>`;
  };
  return layer(240, 1, 2.4, 0.75, 0.5) + layer(80, 2.4, 4.6, 0.85, 1) + layer(16, 8, 15, 0.5, 4.5);
}

function rain(canvas: Canvas): string {
  const { random, width, height, unit, palette } = canvas;
  const chance = random.fork('rain');
  let lines = '';
  for (let index = 0; index < 330; index++) {
    const x = width * chance.between(-0.05, 1.1);
    const y = height * chance.between(-0.05, 1);
    const long = unit * chance.between(26, 74);
    lines += `<path d="M${n(x)} ${n(y)}l${n(-long * 0.16)} ${n(long)}" opacity="${n(chance.between(0.15, 0.6))}"/>`;
  }
  return `<g stroke="${lighten(palette.haze, 0.6)}" stroke-width="${n(unit * 1.5)}" stroke-linecap="round" fill="none">${lines}</g>`;
}

function fireflies(canvas: Canvas): string {
  const { random, width, height, horizon, unit } = canvas;
  const chance = random.fork('fireflies');
  let glows = '';
  let cores = '';
  for (let index = 0; index < 70; index++) {
    const at = `cx="${n(width * chance.next())}" cy="${n(chance.between(horizon * 0.55, height))}"`;
    const size = unit * chance.between(2, 4.5);
    glows += `<circle ${at} r="${n(size * 4)}"/>`;
    cores += `<circle ${at} r="${n(size * 0.8)}"/>`;
  }
  return `<g fill="#ffd76a" opacity="0.6" filter="${blur(canvas, unit * 6)}">${glows}</g><g fill="#fff7cf">${cores}</g>`;
}

function confetti(canvas: Canvas, colours: readonly [string, ...string[]], count: number): string {
  const { random, width, height, unit, palette } = canvas;
  const chance = random.fork('falling');
  let svg = '';
  for (let index = 0; index < count; index++) {
    const size = unit * chance.between(6, 15);
    const turn = `translate(${n(width * chance.next())} ${n(height * chance.next())}) rotate(${n(chance.between(0, 360))})`;
    const shape = `M0 ${n(-size)}C${n(size * 0.8)} ${n(-size * 0.4)} ${n(size * 0.6)} ${n(size * 0.6)} 0 ${n(size)}C${n(-size * 0.6)} ${n(size * 0.5)} ${n(-size * 0.7)} ${n(-size * 0.4)} 0 ${n(-size)}Z`;
    svg += `<path transform="${turn}" d="${shape}" fill="${palette.tone(chance.pick(colours))}"/>`;
  }
  return svg;
}
