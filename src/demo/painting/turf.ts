import { type Canvas, n, outline } from './canvas.ts';
import { type Colour, darken, lighten, mix } from './colour.ts';

/** The colors of the ground in this weather and season: in the light, and at the bottom. */
export function ground({ palette, reading }: Canvas): { top: Colour; foot: Colour } {
  if (reading.weather.includes('snow')) {
    const shadow = mix(palette.skyTop, '#a9b9ee', palette.time === 'night' ? 0.3 : 0.72);
    return { top: mix(palette.tone('#ffffff'), lighten(palette.light, 0.5), 0.55), foot: shadow };
  }
  if (reading.weather.includes('leaves')) return { top: palette.tone('#d99a45'), foot: palette.tone('#6b3f26') };
  const green = palette.tone(reading.weather.includes('petals') ? '#a8cf7a' : '#7fb65a');
  return { top: mix(green, palette.light, 0.22), foot: darken(palette.tone('#2e6b4a'), 0.2) };
}

/** Blades of grass along a line of ground. */
export function grass(
  canvas: Canvas,
  groundAt: (x: number) => number,
  options: { count: number; tall: number },
): string {
  const { random, width, unit, palette } = canvas;
  const chance = random.fork('grass');
  const base = ground(canvas).foot;
  let svg = '';
  for (let index = 0; index < options.count; index++) {
    const x = width * chance.next();
    const y = groundAt(x) + unit * 6;
    const tall = unit * options.tall * chance.between(0.4, 1.1);
    const lean = unit * chance.between(-22, 22);
    const half = unit * 2.6;
    const fill = mix(darken(base, 0.25), palette.light, chance.between(0, 0.22));
    svg += `<path d="M${n(x - half)} ${n(y)}Q${n(x)} ${n(y - tall * 0.6)} ${n(x + lean)} ${n(y - tall)}Q${n(x + half)} ${n(y - tall * 0.5)} ${n(x + half)} ${n(y)}Z" fill="${fill}"/>`;
  }
  return svg;
}

/** Small tufts and a few flowers over a slope, larger towards us. */
export function tufts(canvas: Canvas, groundAt: (x: number) => number): string {
  const { random, width, height, unit, palette } = canvas;
  const chance = random.fork('tufts');
  const { top, foot } = ground(canvas);
  const blooms = [palette.tone('#f6f1e6'), palette.tone('#f2c14e'), palette.tone('#c78be0')] as const;
  let blades = '';
  let flowers = '';
  for (let index = 0; index < 190; index++) {
    const x = width * chance.next();
    const depth = chance.next() ** 0.8;
    const y = groundAt(x) + unit * 14 + (height - groundAt(x)) * depth;
    const tall = unit * (7 + 26 * depth) * chance.between(0.7, 1.2);
    for (const lean of [-0.5, -0.1, 0.35]) {
      blades += `M${n(x - tall * 0.09)} ${n(y)}Q${n(x)} ${n(y - tall * 0.5)} ${n(x + tall * lean)} ${n(y - tall)}Q${n(x + tall * 0.1)} ${n(y - tall * 0.5)} ${n(x + tall * 0.09)} ${n(y)}Z`;
    }
    if (!chance.chance(0.22)) continue;
    flowers += `<circle cx="${n(x)}" cy="${n(y - tall * 1.05)}" r="${n(tall * 0.17)}" fill="${chance.pick(blooms)}"/>`;
  }
  return `<path d="${blades}" fill="${mix(darken(foot, 0.1), top, 0.35)}" opacity="0.8"/>${flowers}`;
}

/** A few rocks on a slope, lit from above, capped with snow in winter. */
export function boulders(canvas: Canvas, groundAt: (x: number) => number, snowy: boolean): string {
  const { random, width, unit, palette } = canvas;
  const chance = random.fork('boulders');
  const stone = mix(palette.tone('#7d8090'), palette.close, 0.25);
  const cap = snowy ? lighten(palette.light, 0.4) : mix(stone, palette.light, 0.35);
  let svg = '';
  for (const share of [0.08, 0.19, 0.86, 0.95]) {
    const x = width * (share + chance.between(-0.03, 0.03));
    const size = unit * chance.between(34, 88);
    const y = groundAt(x) + unit * chance.between(40, 110);
    const jag = () => size * chance.between(-0.1, 0.1);
    const left = [x - size, y] as const;
    const shoulder = [x - size * 0.72 + jag(), y - size * 0.46 + jag()] as const;
    const peak = [x - size * 0.1 + jag(), y - size * 0.78 + jag()] as const;
    const fall = [x + size * 0.62 + jag(), y - size * 0.5 + jag()] as const;
    const right = [x + size, y] as const;
    svg += `<path d="${outline([left, shoulder, peak, fall, right, [x, y + size * 0.1]])}" fill="${stone}"/>`;
    svg += `<path d="${outline([shoulder, peak, fall, [x + size * 0.2, y - size * 0.46], [x - size * 0.3, y - size * 0.4]])}" fill="${cap}" opacity="${snowy ? 0.95 : 0.6}"/>`;
  }
  return svg;
}
