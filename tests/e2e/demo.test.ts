import { readFile, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { join, resolve } from 'node:path';
import { ALL_FORMATS, FilePathSource, Input } from 'mediabunny';
import sharp from 'sharp';
import { expect, onTestFinished, test } from 'vitest';
import { z } from 'zod';
import { newcomer, start, vidgenie } from '../support/command-line.ts';
import { temporaryDirectory } from '../support/temporary.ts';

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

test('the demo never runs out of credits, takes every option of a run, and opens what it made', async () => {
  const { environment, home } = await newcomer();
  const folder = await temporaryDirectory();
  const opener = join(folder, process.platform === 'darwin' ? 'open' : 'xdg-open');
  await writeFile(opener, `#!/bin/sh\nenv > "$0.environment"; echo "$1" >> "$0.opened"\n`, { mode: 0o755 });
  const poor = {
    ...environment,
    PATH: `${folder}:${environment.PATH}`,
    FREE_CREDITS: '1',
    OPERATOR_TOKEN: 'a-secret-of-16-letters',
  };
  const words = ['--workflow', 'image', 'a red boat', '--quality', 'standard', '--aspect=square'];
  const demo = vidgenie(['demo', ...words, '--open'], poor);
  expect(await demo.exit).toBe(0);
  expect(demo.stdout()).toContain('The demo needs 2 credits more');
  const [conversation] = /\S*image-2-[0-9a-f]{8}\.png/.exec(demo.stdout()) ?? [];
  await expect
    .poll(() => readFile(`${opener}.opened`, 'utf8').catch(() => ''))
    .toBe(`${resolve(conversation ?? '')}\n`);
  expect(resolve(conversation ?? '')).toContain(home);
  // The opener's environment comes from the desktop, and has none of our secrets.
  expect(await readFile(`${opener}.environment`, 'utf8')).not.toMatch(/OPERATOR_TOKEN|FREE_CREDITS/);

  const again = vidgenie(['demo', ...words, '--json'], poor);
  expect(await again.exit).toBe(0);
  expect(lastEvent.parse(eventsOf(again.stdout()).at(-1))).toMatchObject({
    workflow: 'image',
    credits: { captured: 3, balance: 0 },
    assets: [{ width: 1024, height: 1024 }],
  });
  const refused = vidgenie(['run', 'image', 'a boat'], poor);
  expect(await refused.exit).toBe(1);
});

test('the terminal speaks French where its user does', async () => {
  const { environment } = await newcomer();
  const told = vidgenie(['run', 'complete'], { ...environment, LANG: 'fr_FR.UTF-8' });
  expect(await told.exit).toBe(2);
  expect(told.stderr()).toMatch(/mots/);
});

test('a port that was named and is taken is an error; without a name another is found, and told; and `web` says where', async () => {
  const [{ environment }, taken] = [await newcomer(), createServer()];
  await new Promise<void>((resolve) => taken.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => void taken.close());
  const address = taken.address();
  const port = typeof address === 'object' && address ? address.port : 0;
  const named = vidgenie(['start'], { ...environment, PORT: String(port) }, 'exit\n');
  expect(await named.exit).toBe(1);
  expect(named.stderr()).toContain(`Port ${port} is taken`);

  const onUsualPort = createServer();
  // If another program already uses the default port, the test works as well.
  await new Promise<void>((resolve) => onUsualPort.once('error', () => resolve()).listen(3_000, '127.0.0.1', resolve));
  onTestFinished(() => void onUsualPort.close());
  const unnamed = vidgenie(['start'], environment, 'web\nexit\n');
  expect(await unnamed.exit).toBe(0);
  expect(unnamed.stdout()).toMatch(/Port 3000 is taken, so another was chosen/);
  const [, at] = /VidGenie is at (\S+)/.exec(unnamed.stdout()) ?? [];
  expect(unnamed.stdout().split(String(at))).toHaveLength(3);
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
  expect(text).toMatch(/image-2-[0-9a-f]{8}\.png/);
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
  [['run', 'story', 'a fox', '--duration', '8'], /15.*60/],
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
