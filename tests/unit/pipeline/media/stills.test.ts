import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import sharp from 'sharp';
import { expect, test } from 'vitest';
import { smallStill, stillsOfFilm } from '../../../../src/pipeline/media/stills.ts';
import { makeFilm } from '../../../support/films.ts';
import { picture } from '../../../support/mediaSamples.ts';
import { temporaryDirectory } from '../../../support/temporary.ts';

const { signal } = new AbortController();

/** Each picture is two steps brighter than the one before it, and the first one is black. */
const brightening = (frames: number) => `nullsrc=s=64x48:r=24,geq=lum=16+N*2:cb=128:cr=128,trim=end_frame=${frames}`;

const grey = (frame: number) => (frame * 2 * 255) / 219;

async function greysOf(stills: readonly { bytes: Buffer }[]): Promise<number[]> {
  const stats = await Promise.all(stills.map(({ bytes }) => sharp(bytes).stats()));
  return stats.map(({ channels }) => channels[0]?.mean ?? Number.NaN);
}

test.for([
  ['a whole film', 73, 0, [0, 36, 72]],
  ['what an extension added', 73, 2, [48, 60, 72]],
  ['a film of one picture, which is its only frame', 1, 0, [0, 0]],
] as const)('the first, the middle and the last frame are seen of %s', async ([, frames, from, expected]) => {
  const [films, directory] = [await temporaryDirectory(), await temporaryDirectory()];
  const path = await makeFilm(join(films, 'film.mp4'), { picture: brightening(frames), options: ['-crf', '1'] });
  const stills = await stillsOfFilm({ path, seconds: frames / 24 }, from, { directory, signal });
  const greys = await greysOf(stills);
  expect(greys).toHaveLength(expected.length);
  for (const [at, frame] of expected.entries()) {
    expect(Math.abs((greys[at] ?? Number.NaN) - grey(frame))).toBeLessThan(4);
  }
  expect(await readdir(directory)).toEqual([]);
});

test('a still is a JPEG with sides of at most 1,024 pixels, whatever the size of the image', async () => {
  const { bytes, mime } = await smallStill(await picture(3_000, 1_500).png().toBuffer());
  expect([mime, await sharp(bytes).metadata()]).toMatchObject([
    'image/jpeg',
    { format: 'jpeg', width: 1_024, height: 512 },
  ]);
});
