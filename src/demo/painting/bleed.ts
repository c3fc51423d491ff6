import { createNoise } from './noise.ts';
import { createRandom } from './random.ts';

/**
 * Makes the edges of an image run like pigment on wet paper: it reads every pixel from slightly beside it. Every depth of an
 * image is shifted in the same way, so that the depths still fit together.
 */
export function bleed(pixels: Buffer, size: { width: number; height: number; channels: number }, unit: number): Buffer {
  const { width, height, channels } = size;
  const noise = createNoise(createRandom('wet paper'));
  const cell = 4;
  const columns = Math.ceil(width / cell) + 1;
  const offsets = new Int16Array(columns * (Math.ceil(height / cell) + 1) * 2);
  for (let row = 0; row * cell < height; row++) {
    for (let column = 0; column < columns; column++) {
      const x = (column * cell) / unit;
      const y = (row * cell) / unit;
      const index = (row * columns + column) * 2;
      offsets[index] = (noise(x / 30, y / 30) - 0.5) * unit * 24;
      offsets[index + 1] = (noise(x / 30 + 50, y / 30 + 50) - 0.5) * unit * 24;
    }
  }
  const wandered = Buffer.allocUnsafe(pixels.length);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const index = (Math.floor(y / cell) * columns + Math.floor(x / cell)) * 2;
      const fromX = Math.min(width - 1, Math.max(0, x + (offsets[index] ?? 0)));
      const fromY = Math.min(height - 1, Math.max(0, y + (offsets[index + 1] ?? 0)));
      const from = (fromY * width + fromX) * channels;
      const to = (y * width + x) * channels;
      for (let channel = 0; channel < channels; channel++) wandered[to + channel] = pixels[from + channel] ?? 0;
    }
  }
  return wandered;
}
