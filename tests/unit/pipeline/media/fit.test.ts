import { mkdtemp, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { fitVideo, smallerImage } from '../../../../src/pipeline/media/fit.ts';
import { probeImage, probeVideo } from '../../../../src/pipeline/media/probe.ts';
import { makeFilm, writeFrame } from '../../../support/films.ts';

async function noisyFilm() {
  const directory = await mkdtemp(join(tmpdir(), 'vidgenie-fit-'));
  onTestFinished(() => rm(directory, { recursive: true, force: true }));
  const path = join(directory, 'film.mp4');
  const picture = 'nullsrc=size=320x180:rate=10:duration=2,geq=random(1)*255:128:128';
  await makeFilm(path, { picture, options: ['-preset', 'ultrafast', '-crf', '5'] });
  return { directory, path };
}
const signal = new AbortController().signal;

test('a video that is too large is fitted under the limit, and stays a video of its size and length', async () => {
  const { directory, path } = await noisyFilm();
  const { size } = await stat(path);
  const maxBytes = Math.round(size / 3);
  const fitted = await fitVideo(path, { maxBytes, directory, signal });
  expect((await stat(fitted ?? '')).size).toBeLessThanOrEqual(maxBytes);
  expect(await probeVideo(fitted ?? '')).toMatchObject({ width: 320, height: 180 });
});

test('a limit that no film could keep is told, and nothing is left behind', async () => {
  const { directory, path } = await noisyFilm();
  expect(await fitVideo(path, { maxBytes: 1_000, directory, signal })).toBeNull();
  expect(await fitVideo(join(directory, 'none.mp4'), { maxBytes: 9_000_000, directory, signal })).toBeNull();
});

test('a small copy of an image keeps its shape', async () => {
  const { directory, path } = await noisyFilm();
  const picture = join(directory, 'frame.png');
  await writeFrame(path, 0, picture);
  const copy = await smallerImage(picture, { maxSide: 160, directory });
  expect(await probeImage(copy, {})).toMatchObject({ width: 160, height: 90 });
});
