import { readFile } from 'node:fs/promises';
import { ALL_FORMATS, FilePathSource, Input } from 'mediabunny';
import sharp from 'sharp';
import { expect, test } from 'vitest';
import { z } from 'zod';
import { newcomer, start, vidgenie } from '../support/command-line.ts';

const asset = z.object({
  kind: z.enum(['image', 'video']),
  path: z.string(),
  mime: z.string(),
  width: z.int(),
  height: z.int(),
  bytes: z.int(),
  seconds: z.number().optional(),
});
const lastEvent = z.object({
  event: z.string(),
  runId: z.uuid(),
  workflow: z.string(),
  assets: z.array(asset),
  credits: z.object({ held: z.int(), captured: z.int(), released: z.int(), balance: z.int() }),
});

const eventsOf = (stdout: string) => stdout.split('\n').map((line): unknown => JSON.parse(line));

test('npm run demo makes a real picture and a real film, and says what they cost', async () => {
  const { environment } = await newcomer();
  const demo = start('npm', ['run', '--silent', 'demo', '--', 'a fox in the snow', '--json'], environment);
  expect(await demo.exit).toBe(0);
  const last = lastEvent.parse(eventsOf(demo.stdout()).at(-1));
  expect(last).toMatchObject({
    event: 'succeeded',
    workflow: 'complete',
    credits: { held: 24, captured: 24, released: 0, balance: 76 },
  });
  const [image, video] = last.assets;
  if (image?.kind !== 'image' || video?.kind !== 'video') throw new Error('expected an image and a video');

  expect(await sharp(image.path).metadata()).toMatchObject({ format: 'png', width: image.width, height: image.height });
  expect((await readFile(image.path)).length).toBe(image.bytes);

  const film = new Input({ source: new FilePathSource(video.path), formats: ALL_FORMATS });
  const [picture, sound] = [await film.getPrimaryVideoTrack(), await film.getPrimaryAudioTrack()];
  expect(await film.getMimeType()).toContain('video/mp4');
  expect(picture?.codec).toBe('avc');
  expect(sound?.codec).toBe('aac');
  expect([picture?.displayWidth, picture?.displayHeight]).toEqual([1920, 1080]);
  expect(await picture?.computeDuration()).toBeCloseTo(8, 1);
  expect(video).toMatchObject({ mime: 'video/mp4', width: 1920, height: 1080 });
  expect(video.seconds).toBeCloseTo(8, 1);
});

test('without a terminal a run is one plain line per change, in order, and ends with paths and credits', async () => {
  const { environment } = await newcomer();
  const run = vidgenie(
    ['run', 'image', 'a', 'red', 'boat', '--quality', 'standard', '--aspect', 'square'],
    environment,
  );
  expect(await run.exit).toBe(0);
  const text = run.stdout();
  expect(text).not.toContain('\u001b');
  expect(text).toMatch(/3 credits/);
  expect(text).toMatch(/a red boat/);
  expect(text).toMatch(/image-[0-9a-f]{8}\.png/);
  expect(text.indexOf('97')).toBeGreaterThan(-1);
});

test('a run that fails gives its credits back, keeps what was made, and exits with 1', async () => {
  const { environment } = await newcomer();
  const run = vidgenie(['demo', 'a fox', '--json'], { ...environment, DEMO_FAULTS: 'video=refuse' });
  expect(await run.exit).toBe(1);
  const last = lastEvent.parse(eventsOf(run.stdout()).at(-1));
  expect(last).toMatchObject({ event: 'failed', credits: { held: 24, captured: 6, released: 18, balance: 94 } });
  expect(last.assets.map((one) => one.kind)).toEqual(['image']);
});

test.for([
  [['run', 'complete', 'a fox', '--duration', '99'], /duration/],
  [['run', 'complete', 'a fox', '--resolution', '4k'], /1080p/],
  [['run', 'complete', 'a fox', '--qualty', 'hd'], /--quality/],
  [['run', 'complete', 'a fox', '--quality', 'hdd'], /hd/],
  [['run', 'complete'], /few words/],
  [['run', 'complete', 'x'.repeat(4_001)], /4,?000/],
  [['run', 'video', './no-such-file.png'], /no-such-file/],
  [['run', 'video', 'package.json'], /PNG|image/],
  [['run', 'nonsense', 'a fox'], /complete/],
] as const)('%j is refused in plain words and costs nothing', async ([words, sentence]) => {
  const { environment } = await newcomer();
  const run = vidgenie([...words], environment);
  expect(await run.exit).not.toBe(0);
  expect(run.stdout() + run.stderr()).toMatch(sentence);
  expect(run.stderr()).not.toMatch(/^\s+at /m);
});

test('a wrong variable is one line, not a stack', async () => {
  const { environment } = await newcomer();
  const run = vidgenie(['credits'], { ...environment, FREE_CREDITS: 'many' });
  expect(await run.exit).toBe(2);
  expect(run.stderr()).toContain('FREE_CREDITS is not a whole number; for example FREE_CREDITS=100');
  expect(run.stderr()).not.toMatch(/^\s+at /m);
});
