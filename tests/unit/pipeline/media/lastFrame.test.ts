import { readdir, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { ALL_FORMATS, Conversion, FilePathSource, FilePathTarget, Input, Mp4OutputFormat, Output } from 'mediabunny';
import sharp from 'sharp';
import { expect, test } from 'vitest';
import { LastFrameError, lastFrame } from '../../../../src/pipeline/media/lastFrame.ts';
import { installFfmpeg, installStuckFfmpeg, makeFilm, preferInstalledFfmpeg } from '../../../support/films.ts';
import { temporaryDirectory } from '../../../support/temporary.ts';

const { signal } = new AbortController();

/** Each picture is two steps brighter than the one before it, and the first one is black. */
const brightening = (rate: number, frames: number) =>
  `nullsrc=s=64x48:r=${rate},geq=lum=16+mod(N*2\\,200):cb=128:cr=128,trim=end_frame=${frames}`;

async function meanOf(content: Buffer): Promise<number[]> {
  const { channels } = await sharp(content).stats();
  return channels.map(({ mean }) => mean);
}

/** The value in a PNG of a grey picture that a video stores as `stored`. */
const grey = (stored: number) => ((stored - 16) * 255) / 219;

test.for([
  ['one second', 24, 24, []],
  ['one picture', 24, 1, []],
  ['a film whose only key frame is its first', 30, 80, ['-x264-params', 'keyint=infinite']],
  ['a minute with many key frames', 30, 1_800, ['-x264-params', 'keyint=60']],
  [
    'pictures that are not stored in their order',
    25,
    93,
    ['-bf', '7', '-x264-params', 'keyint=90:b-adapt=0:open-gop=1'],
  ],
] as const)('the last picture is the very last one: %s', async ([, rate, frames, options]) => {
  const [films, directory] = [await temporaryDirectory(), await temporaryDirectory()];
  const path = join(films, 'film.mp4');
  await makeFilm(path, { picture: brightening(rate, frames), sound: 'sine=d=1', options: ['-crf', '1', ...options] });
  const stored = 16 + (((frames - 1) * 2) % 200);
  for (const choose of [preferInstalledFfmpeg, () => installFfmpeg(null)]) {
    if ((await choose()) === false) continue;
    const { content, ...rest } = await lastFrame(path, { directory, signal });
    expect(rest).toEqual({ mime: 'image/png', width: 64, height: 48 });
    expect(await sharp(content).metadata()).toMatchObject({ format: 'png', width: 64, height: 48 });
    for (const mean of await meanOf(content)) expect(Math.abs(mean - grey(stored))).toBeLessThan(1.1);
    expect(await readdir(directory)).toEqual([]);
  }
});

test('the picture is upright, and an HD film that names no colours has those that players show', async () => {
  const [films, directory] = [await temporaryDirectory(), await temporaryDirectory()];
  const stored = join(films, 'film.mp4');
  // This is red in BT.709.
  const picture = 'nullsrc=s=1280x720:r=24,geq=lum=63:cb=102:cr=240,trim=end_frame=2';
  await makeFilm(stored, { picture, options: ['-preset', 'ultrafast', '-crf', '1'] });
  const turned = join(films, 'turned.mp4');
  using input = new Input({ source: new FilePathSource(stored), formats: ALL_FORMATS });
  const output = new Output({ format: new Mp4OutputFormat(), target: new FilePathTarget(turned) });
  await (await Conversion.init({ input, output, video: { rotate: 90, allowRotationMetadata: true } })).execute();
  const { content, width, height } = await lastFrame(turned, { directory, signal });
  expect([width, height]).toEqual([720, 1280]);
  expect(await sharp(content).metadata()).toMatchObject({ width: 720, height: 1280 });
  const [red = 0, green = 0, blue = 0] = await meanOf(content);
  expect(red).toBeGreaterThan(250);
  expect(Math.max(green, blue)).toBeLessThan(5);
});

test('a file without a last frame is refused, and nothing is left', async () => {
  const [films, directory] = [await temporaryDirectory(), await temporaryDirectory()];
  const text = join(films, 'text.mp4');
  await writeFile(text, 'not a video');
  const cut = await makeFilm(join(films, 'cut.mp4'), { picture: brightening(24, 24) });
  await truncate(cut, 1_000);
  for (const path of [text, cut, join(films, 'none.mp4')]) {
    await expect(lastFrame(path, { directory, signal })).rejects.toThrow(LastFrameError);
  }
  expect(await readdir(directory)).toEqual([]);
});

test('a search that is given up ends its ffmpeg and leaves nothing', async () => {
  const [films, directory] = [await temporaryDirectory(), await temporaryDirectory()];
  const path = await makeFilm(join(films, 'film.mp4'), { picture: brightening(24, 24) });
  await installStuckFfmpeg();
  const stop = new AbortController();
  const ended = lastFrame(path, { directory, signal: stop.signal }).catch((error: unknown) => error);
  await expect.poll(() => readdir(directory)).toContainEqual(expect.stringMatching(/\.png$/));
  stop.abort(new Error('given up'));
  expect(await ended).toMatchObject({ message: 'given up' });
  expect(await readdir(directory)).toEqual([]);
  await expect.poll(() => process.getActiveResourcesInfo()).not.toContain('ProcessWrap');
});
