import { n } from './canvas.ts';
import { type Colour, darken, lighten, mix } from './colour.ts';
import type { Palette } from './palette.ts';
import type { Random } from './random.ts';

/** One flower head, slightly turned, as if it looked a little past us. */
export function flowerHead(
  random: Random,
  at: { x: number; y: number; size: number },
  kind: 'daisy' | 'sunflower',
  colour: Colour,
  palette: Pick<Palette, 'tone' | 'light'>,
): string {
  const { x, y, size } = at;
  const petals = kind === 'sunflower' ? 19 : 9;
  const turn = random.between(0, 360);
  const petal = (long: number, half: number) =>
    `M0 0C${n(half)} ${n(-long * 0.35)} ${n(half)} ${n(-long * 0.75)} 0 ${n(-long)}C${n(-half)} ${n(-long * 0.75)} ${n(-half)} ${n(-long * 0.35)} 0 0Z`;
  const ring = (offset: number, long: number, fill: Colour) => {
    let svg = '';
    for (let index = 0; index < petals; index++) {
      svg += `<path d="${petal(long, size * (kind === 'sunflower' ? 0.17 : 0.3))}" transform="rotate(${n(turn + offset + (360 / petals) * index)})" fill="${fill}"/>`;
    }
    return svg;
  };
  const heart = palette.tone(kind === 'sunflower' ? '#4a2a1a' : '#f2c230');
  const core = size * (kind === 'sunflower' ? 0.46 : 0.26);
  const back = ring(180 / petals, size * 1.02, darken(colour, 0.16));
  const face = ring(0, size * 0.95, mix(colour, lighten(palette.light, 0.1), 0.1));
  const middle = `<circle r="${n(core)}" fill="${heart}"/><circle r="${n(core * 0.62)}" cx="${n(-core * 0.12)}" cy="${n(-core * 0.14)}" fill="${lighten(heart, 0.16)}"/>`;
  return `<g transform="translate(${n(x)} ${n(y)}) scale(1 0.88)">${back}${face}${middle}</g>`;
}
