import { channels } from '../colour.ts';
import { accents } from '../palette.ts';
import { createRandom } from '../random.ts';
import type { Effect } from './words.ts';

/** Red, green and blue, about 0–255. A grade changes them in place. */
type Pixel = [red: number, green: number, blue: number];
/** `down` is the height of the pixel in the picture: 0 at the top, 1 at the bottom. */
export type Grade = (pixel: Pixel, down: number) => void;

const light = ([red, green, blue]: Readonly<Pixel>) => 0.2126 * red + 0.7152 * green + 0.0722 * blue;

function smooth(from: number, to: number, value: number): number {
  const share = Math.min(1, Math.max(0, (value - from) / (to - from)));
  return share * share * (3 - 2 * share);
}

function blend(pixel: Pixel, [red, green, blue]: Readonly<Pixel>, share: number): void {
  pixel[0] += (red - pixel[0]) * share;
  pixel[1] += (green - pixel[1]) * share;
  pixel[2] += (blue - pixel[2]) * share;
}

function saturate(pixel: Pixel, factor: number): void {
  const grey = light(pixel);
  pixel[0] = grey + (pixel[0] - grey) * factor;
  pixel[1] = grey + (pixel[1] - grey) * factor;
  pixel[2] = grey + (pixel[2] - grey) * factor;
}

function gain(pixel: Pixel, red: number, green: number, blue: number): void {
  pixel[0] *= red;
  pixel[1] *= green;
  pixel[2] *= blue;
}

/** Raises or lowers the middle tones. Black and white stay. */
function bend(pixel: Pixel, exponent: number): void {
  pixel[0] = 255 * (Math.max(0, pixel[0]) / 255) ** exponent;
  pixel[1] = 255 * (Math.max(0, pixel[1]) / 255) ** exponent;
  pixel[2] = 255 * (Math.max(0, pixel[2]) / 255) ** exponent;
}

/** The light of an hour: what it does to the sky, to the horizon and to the ground. */
const hourly =
  (sky: Readonly<Pixel>, horizon: Readonly<Pixel>, ground: Readonly<Pixel>): Grade =>
  (pixel, down) => {
    const low = smooth(0, 0.55, down);
    const below = smooth(0.55, 0.9, down);
    const factor = (channel: 0 | 1 | 2) => {
      const above = sky[channel] + (horizon[channel] - sky[channel]) * low;
      return above + (ground[channel] - above) * below;
    };
    gain(pixel, factor(0), factor(1), factor(2));
  };

const sunset = hourly([0.78, 0.52, 0.74], [1.16, 0.78, 0.5], [0.82, 0.56, 0.48]);
const dawn = hourly([0.84, 0.8, 1], [1.08, 0.9, 0.88], [0.9, 0.86, 0.94]);
const moonlight = hourly([0.2, 0.27, 0.5], [0.3, 0.4, 0.66], [0.26, 0.33, 0.54]);

/** Lamps and windows stay lit, and the sun becomes a moon. */
const night: Grade = (pixel, down) => {
  const bright = light(pixel);
  const moon = smooth(226, 246, bright) * (1 - smooth(0.35, 0.5, down));
  const lamp = Math.max(moon, smooth(60, 150, pixel[0] - pixel[2]) * smooth(160, 215, bright));
  const [red, green, blue] = pixel;
  saturate(pixel, 0.6);
  moonlight(pixel, down);
  if (lamp > 0) blend(pixel, [red, green, blue], 0.75 * lamp);
};

/** Keeps the brightness and takes a share of a tint. */
function toned(tint: Readonly<Pixel>, share: number): Grade {
  const strength = Math.max(1, light(tint));
  return (pixel) => {
    const part = light(pixel) / strength;
    blend(pixel, [tint[0] * part, tint[1] * part, tint[2] * part], share);
  };
}

const tintOf = (name: Parameters<typeof accents>[0]): Grade => toned([...channels(accents(name))], 0.62);

const brown = toned([236, 196, 142], 0.92);

/** Turns leaves and grass from green to the colours of autumn. */
const autumn: Grade = (pixel) => {
  const green = smooth(0, 40, pixel[1] - Math.max(pixel[0] * 0.92, pixel[2]));
  const grey = light(pixel);
  blend(pixel, [grey * 1.55, grey * 0.86, grey * 0.3], 0.85 * green);
  gain(pixel, 1.07, 0.97, 0.84);
};

/** Snow lies on what is low and bright. */
const wintry: Grade = (pixel, down) => {
  const grey = light(pixel);
  saturate(pixel, 0.5);
  gain(pixel, 0.97, 1.02, 1.1);
  blend(pixel, [232, 239, 250], (0.2 + 0.5 * smooth(0.5, 0.85, down)) * smooth(20, 150, grey));
};

const grades: Record<Effect, Grade> = {
  dawn,
  day: (pixel) => {
    bend(pixel, 0.66);
    saturate(pixel, 1.12);
    gain(pixel, 1.06, 1.03, 0.98);
  },
  sunset,
  night,
  snow: wintry,
  storm: (pixel, down) => {
    const shade = 0.8 + 0.3 * down;
    saturate(pixel, 0.5);
    gain(pixel, 0.5 * shade, 0.56 * shade, 0.66 * shade);
  },
  rain: (pixel) => {
    saturate(pixel, 0.6);
    gain(pixel, 0.7, 0.77, 0.86);
  },
  fog: (pixel, down) => blend(pixel, [206, 213, 219], 0.24 + 0.5 * smooth(0.1, 0.5, down) * (1 - smooth(0.6, 1, down))),
  leaves: autumn,
  petals: (pixel) => {
    gain(pixel, 1.06, 0.99, 1.05);
    blend(pixel, [255, 226, 236], 0.16);
  },
  fireflies: (pixel, down) => {
    moonlight(pixel, down);
    gain(pixel, 2, 1.9, 1.35);
  },
  aurora: (pixel, down) => {
    night(pixel, down);
    blend(pixel, [60, 220, 150], 0.42 * smooth(0.02, 0.2, down) * (1 - smooth(0.25, 0.6, down)));
  },
  red: tintOf('red'),
  orange: tintOf('orange'),
  yellow: tintOf('yellow'),
  green: tintOf('green'),
  teal: tintOf('teal'),
  blue: tintOf('blue'),
  purple: tintOf('purple'),
  pink: tintOf('pink'),
  white: (pixel) => {
    saturate(pixel, 0.3);
    blend(pixel, [250, 250, 250], 0.4);
  },
  black: (pixel) => {
    saturate(pixel, 0.35);
    gain(pixel, 0.42, 0.42, 0.45);
  },
  brighter: (pixel) => bend(pixel, 0.66),
  darker: (pixel) => {
    bend(pixel, 1.3);
    gain(pixel, 0.78, 0.78, 0.8);
  },
  warmer: (pixel) => gain(pixel, 1.14, 1.02, 0.78),
  colder: (pixel) => gain(pixel, 0.82, 0.98, 1.18),
  grey: (pixel) => saturate(pixel, 0),
  sepia: (pixel) => {
    brown(pixel, 0);
    blend(pixel, [112, 92, 70], 0.14);
  },
  vivid: (pixel) => saturate(pixel, 1.6),
  pale: (pixel) => {
    saturate(pixel, 0.55);
    blend(pixel, [240, 236, 230], 0.22);
  },
};

/** Other colours for words that the painter does not know: the same ones for the same words. */
function unknown(words: string): Grade {
  const random = createRandom(words.toLowerCase());
  const tint = toned([random.between(90, 255), random.between(90, 255), random.between(90, 255)], 0.4);
  const exponent = random.pick([0.78, 1.25]);
  return (pixel, down) => {
    tint(pixel, down);
    bend(pixel, exponent);
  };
}

/** The grades of an edit, one after the other. */
export const gradesOf = (words: string, effects: readonly Effect[]): Grade[] =>
  effects.length > 0 ? effects.map((effect) => grades[effect]) : [unknown(words)];

/** Grades pixels in place. A fourth channel is opacity and stays. */
export function grade(
  pixels: Buffer,
  { width, height, channels: count }: { width: number; height: number; channels: number },
  applied: readonly Grade[],
): void {
  if (applied.length === 0) return;
  const pixel: Pixel = [0, 0, 0];
  for (let row = 0; row < height; row++) {
    const down = row / height;
    for (let at = row * width * count; at < (row + 1) * width * count; at += count) {
      pixel[0] = pixels[at] ?? 0;
      pixel[1] = pixels[at + 1] ?? 0;
      pixel[2] = pixels[at + 2] ?? 0;
      for (const apply of applied) apply(pixel, down);
      pixels[at] = byteOf(pixel[0]);
      pixels[at + 1] = byteOf(pixel[1]);
      pixels[at + 2] = byteOf(pixel[2]);
    }
  }
}

const byteOf = (value: number): number => Math.round(Math.min(255, Math.max(0, value)));
