import type { Canvas } from './canvas.ts';
import { type Colour, channels, darken, lighten, mix } from './colour.ts';
import type { Disc } from './disc.ts';
import { createNoise, textured } from './noise.ts';

/** Clouds stretched along the wind, lit from the side of the sun, thinning out towards the top. */
export function clouds(canvas: Canvas, disc: Disc, covered: boolean): string {
  const { random, width, horizon, palette, reading } = canvas;
  const chance = random.fork('clouds');
  const noise = createNoise(chance);
  const night = palette.time === 'night';
  const cloudy = reading.words.has('cloud') || reading.words.has('clouds') || reading.words.has('nuages');
  const threshold = (covered ? 0.3 : night ? 0.55 : 0.5) - (cloudy ? 0.1 : 0);
  const lit: Colour = covered
    ? mix(palette.skyLow, palette.skyMiddle, 0.3)
    : mix(lighten(palette.light, 0.25), palette.glow, 0.4);
  const shaded = covered ? darken(palette.skyTop, 0.25) : mix(palette.skyMiddle, palette.skyLow, 0.25);
  const light = channels(lit);
  const shade = channels(shaded);
  const ratio = width / horizon;
  const scale = 2.6;
  const density = (across: number, down: number) => {
    const x = across * scale * ratio * 0.62;
    const y = down * scale * 2.1;
    // Noise distorted by noise gives billows instead of spots.
    const bend = noise(x * 1.3 + 9, y * 1.3 + 4) - 0.5;
    return noise(x + bend * 0.9, y + bend * 1.1);
  };
  const toLight = { x: ((disc.x / width) * 2 - 1) * 0.012, y: -0.02 };
  return textured(canvas, { x: 0, y: 0, width, height: horizon }, (across, down) => {
    const here = density(across, down);
    const cover = smoothstep(threshold, threshold + 0.26, here);
    if (cover <= 0) return [0, 0, 0, 0];
    const towards = density(across + toLight.x, down + toLight.y);
    const bright = Math.min(1, Math.max(0, 0.55 + (here - towards) * 5.5));
    const fade = Math.min(1, 0.35 + down * 1.1) * smoothstep(1.02, 0.8, down);
    const blend = (index: 0 | 1 | 2) => shade[index] + (light[index] - shade[index]) * bright;
    return [blend(0), blend(1), blend(2), cover * fade * (night ? 0.5 : covered ? 0.92 : 0.82)];
  });
}

/** 0 below `from`, 1 above `to`, and smooth in between. `from` may be larger than `to`. */
export function smoothstep(from: number, to: number, value: number): number {
  const share = Math.min(1, Math.max(0, (value - from) / (to - from)));
  return share * share * (3 - 2 * share);
}
