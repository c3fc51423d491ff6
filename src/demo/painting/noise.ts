import { crc32, deflateSync } from 'node:zlib';
import { type Canvas, n } from './canvas.ts';
import type { Random } from './random.ts';

/** Fractal value noise, about 0–1, at five scales. */
export type Noise = (x: number, y: number) => number;

export function createNoise(random: Random): Noise {
  const side = 256;
  const lattice = Float32Array.from({ length: side * side }, () => random.next());
  const at = (x: number, y: number) => lattice[(y & 255) * side + (x & 255)] ?? 0;
  const smooth = (value: number) => value * value * (3 - 2 * value);
  const single = (x: number, y: number) => {
    const column = Math.floor(x);
    const row = Math.floor(y);
    const across = smooth(x - column);
    const down = smooth(y - row);
    const top = at(column, row) + (at(column + 1, row) - at(column, row)) * across;
    const foot = at(column, row + 1) + (at(column + 1, row + 1) - at(column, row + 1)) * across;
    return top + (foot - top) * down;
  };
  return (x, y) => {
    let sum = 0;
    let weight = 0.5;
    let scale = 1;
    for (let octave = 0; octave < 5; octave++) {
      sum += weight * single(x * scale + octave * 31.7, y * scale + octave * 17.3);
      weight *= 0.5;
      scale *= 2.03;
    }
    return sum / 0.969;
  };
}

/** Red, green and blue 0–255, opacity 0–1. */
export type Texel = readonly [red: number, green: number, blue: number, opacity: number];

/**
 * A soft texture computed pixel by pixel, as an image inside the SVG. It is computed at a quarter of the size and stretched. That
 * takes a few milliseconds. SVG's own noise (feTurbulence) takes over a second on a sheet of this size.
 */
export function textured(
  canvas: Canvas,
  box: { x: number; y: number; width: number; height: number },
  texelAt: (across: number, down: number) => Texel,
): string {
  const cell = canvas.unit * 4.2;
  const columns = Math.max(2, Math.round(box.width / cell));
  const rows = Math.max(2, Math.round(box.height / cell));
  const pixels = Buffer.alloc(rows * (1 + columns * 4));
  for (let row = 0; row < rows; row++) {
    for (let column = 0; column < columns; column++) {
      const [red, green, blue, opacity] = texelAt(column / (columns - 1), row / (rows - 1));
      pixels.set([red, green, blue, opacity * 255], row * (1 + columns * 4) + 1 + column * 4);
    }
  }
  const data = png(pixels, columns, rows).toString('base64');
  return `<image x="${n(box.x)}" y="${n(box.y)}" width="${n(box.width)}" height="${n(box.height)}" preserveAspectRatio="none" href="data:image/png;base64,${data}"/>`;
}

/** A minimal PNG writer: RGBA rows that begin with filter 0. */
function png(rows: Buffer, width: number, height: number): Buffer {
  const header = Buffer.alloc(13);
  header.writeUInt32BE(width, 0);
  header.writeUInt32BE(height, 4);
  header.set([8, 6, 0, 0, 0], 8);
  const chunk = (name: string, data: Buffer) => {
    const body = Buffer.concat([Buffer.from(name, 'latin1'), data]);
    const frame = Buffer.alloc(8);
    frame.writeUInt32BE(data.length, 0);
    frame.writeUInt32BE(crc32(body), 4);
    return Buffer.concat([frame.subarray(0, 4), body, frame.subarray(4)]);
  };
  const signature = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]);
  return Buffer.concat([
    signature,
    chunk('IHDR', header),
    chunk('IDAT', deflateSync(rows, { level: 1 })),
    chunk('IEND', Buffer.alloc(0)),
  ]);
}
