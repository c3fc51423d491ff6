import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createWriteStream } from 'node:fs';
import { chmod, mkdir, mkdtemp, readdir, readFile, rm, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { fileURLToPath } from 'node:url';
import { ALL_FORMATS, FilePathSource, Input } from 'mediabunny';
import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { isAlive, processIdentity } from '../../../../src/demo/film/processes.ts';
import { paint } from '../../../../src/demo/painting/paint.ts';
import type { DemoStudio } from '../../../../src/demo/studio.ts';
import { type JsonValue, jsonValue } from '../../../../src/domain.ts';
import { findFfmpeg } from '../../../../src/pipeline/media/ffmpeg.ts';
import {
  callWith,
  extensionRequest,
  order,
  pollToTheEnd,
  statsOf,
  studioIn,
  videoRequest,
} from '../../../support/demo/calls.ts';
import { loudnessOf, writeFrame } from '../../../support/films.ts';

let directory = '';
let picture = '';
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'vidgenie-film-'));
  picture = join(directory, 'picture.png');
  await writeFile(picture, await paint('a fox in the snow', { width: 1920, height: 1080, style: 'vivid' }));
});
afterAll(() => rm(directory, { recursive: true, force: true }));

const operationOf = (handle: JsonValue) =>
  join(directory, 'operations', z.object({ operation: z.string() }).parse(handle).operation);

/** Waits until the renderer of an attempt has written its process id. */
async function rendererOf(handle: JsonValue, attempt = 1) {
  const path = join(operationOf(handle), `attempt-${attempt}`, 'renderer.json');
  return until(async () => processIdentity.parse(JSON.parse(await readFile(path, 'utf8'))));
}

async function until<T>(look: () => Promise<T>): Promise<T> {
  return expect.poll(look, { timeout: 30_000 }).toBeDefined().then(look);
}

async function downloaded(studio: DemoStudio, handle: JsonValue, name: string): Promise<string> {
  const path = join(directory, name);
  const { body } = await studio.video.download(handle, callWith());
  await pipeline(body, createWriteStream(path));
  return path;
}

/** The properties of the file, as a player reads them. */
async function propertiesOf(path: string) {
  const input = new Input({ source: new FilePathSource(path), formats: ALL_FORMATS });
  const video = await input.getPrimaryVideoTrack();
  const audio = await input.getPrimaryAudioTrack();
  const found = {
    mime: await input.getMimeType(),
    seconds: await input.computeDuration(),
    size: [await video?.getDisplayWidth(), await video?.getDisplayHeight()],
    video: await video?.getCodec(),
    profile: await video?.getCodecParameterString(),
    audio: (await audio?.getCodec()) ?? null,
    sound: audio === null ? null : [await audio.getSampleRate(), await audio.getNumberOfChannels()],
  };
  input.dispose();
  return found;
}

describe('a film of the demo studio', () => {
  it('is eight seconds of H.264 High in 1920 × 1080 with AAC that can be heard and does not clip', async () => {
    const studio = studioIn(directory);
    const handle = await order(studio, await videoRequest(picture, { duration: 8, resolution: '1080p' }));
    const fractions = await pollToTheEnd(studio, handle);
    expect(fractions).toEqual(fractions.toSorted((a, b) => a - b));
    expect(Math.max(...fractions)).toBeGreaterThan(0.3);
    const path = await downloaded(studio, handle, 'full.mp4');
    const properties = await propertiesOf(path);
    expect(properties).toMatchObject({
      seconds: 8,
      size: [1920, 1080],
      video: 'avc',
      audio: 'aac',
      sound: [48_000, 2],
    });
    expect(properties.profile).toMatch(/^avc1\.64/);
    // The index comes first, so that players can begin before the end has arrived.
    const bytes = await readFile(path);
    expect(bytes.indexOf('moov')).toBeLessThan(bytes.indexOf('mdat'));
    const { mean, peak } = await loudnessOf(path);
    expect(mean).toBeGreaterThan(-32);
    expect(peak).toBeLessThan(-1);
    // A busy machine may need this long for the one film of full size.
  }, 180_000);

  it.each([
    [{ aspect: 'wide', resolution: '4k', duration: 1 }, [3840, 2160]],
    [{ aspect: 'square', resolution: '720p', duration: 2 }, [720, 720]],
  ] as const)(
    'comes as it was asked for: %j',
    async (wish, size) => {
      const studio = studioIn(directory);
      const handle = await order(studio, await videoRequest(picture, wish));
      await pollToTheEnd(studio, handle);
      const path = await downloaded(studio, handle, `${wish.aspect}.mp4`);
      expect(await propertiesOf(path)).toMatchObject({ seconds: wish.duration, size, video: 'avc', audio: 'aac' });
      // A second of 4K takes fifteen seconds of a processor. A busy machine may take longer.
    },
    180_000,
  );

  it('of a member’s own picture moves, is silent when asked, and carries the mark', async () => {
    const photo = join(directory, 'photo.jpg');
    const stripes = Buffer.from(
      '<svg width="900" height="1600"><rect width="900" height="1600" fill="#506070"/><circle cx="450" cy="700" r="300" fill="#fc6"/></svg>',
    );
    await sharp(stripes).jpeg().toFile(photo);
    const studio = studioIn(directory);
    const request = await videoRequest(photo, { prompt: 'zoom in', aspect: 'tall', audio: false });
    const handle = await order(studio, request);
    await pollToTheEnd(studio, handle);
    const path = await downloaded(studio, handle, 'silent.mp4');
    expect(await propertiesOf(path)).toMatchObject({ seconds: 3, size: [720, 1280], video: 'avc', audio: null });
    const frameAt = async (second: number) => {
      const frame = join(directory, `frame-${second}.png`);
      await writeFrame(path, second, frame);
      return frame;
    };
    const [early, late] = [await frameAt(0.8), await frameAt(2.2)];
    const edge = { left: 60, top: 500, width: 120, height: 120 };
    const meanOf = async (frame: string) => (await statsOf(frame, edge)).channels[0]?.mean ?? 0;
    expect(Math.abs((await meanOf(early)) - (await meanOf(late)))).toBeGreaterThan(3);
    const corner = await statsOf(late, { left: 520, top: 1230, width: 190, height: 40 });
    expect(corner.channels[0]?.max).toBeGreaterThan(200);
  });
});

describe('a film with a last frame', () => {
  const solid = (background: string) =>
    sharp({ create: { width: 1280, height: 720, channels: 3, background } })
      .png()
      .toBuffer();
  const meanAt = async (path: string, second: number) => {
    const frame = join(directory, `at-${second}.png`);
    await writeFrame(path, second, frame);
    // A part without particles or marks is not to be had, but the most of it is.
    const { channels } = await statsOf(frame, { left: 300, top: 200, width: 600, height: 300 });
    return channels.map(({ mean }) => Math.round(mean / 64));
  };
  const red = [3, 0, 0];
  const blue = [0, 0, 3];

  it('begins with the first frame, ends at the last one, and goes on from there when it is made longer', async () => {
    const first = join(directory, 'red.png');
    await writeFile(first, await solid('#d01010'));
    const last = { content: await solid('#1010d0'), mime: 'image/png', width: 1280, height: 720 };
    const studio = studioIn(directory);
    const handle = await order(studio, await videoRequest(first, { last, duration: 2, audio: false }));
    await pollToTheEnd(studio, handle);
    const film = await downloaded(studio, handle, 'ending.mp4');
    expect([await meanAt(film, 0), await meanAt(film, 0.5), await meanAt(film, 1.9)]).toEqual([red, red, blue]);
    const longer = await order(studio, extensionRequest(handle, { audio: false }));
    await pollToTheEnd(studio, longer);
    expect(await meanAt(await downloaded(studio, longer, 'ending-longer.mp4'), 2.6)).toEqual(blue);
  });

  it('that is no picture is refused as the request that it is', async () => {
    const studio = studioIn(directory);
    const last = { content: Buffer.from('no picture'), mime: 'image/png', width: 1, height: 1 };
    const handle = await order(studio, await videoRequest(picture, { last, duration: 1 }));
    await expect(pollToTheEnd(studio, handle)).rejects.toMatchObject({ kind: 'invalid_request' });
  });
});

describe('an operation of the demo studio', () => {
  it('goes on when the process that ordered it is killed', async () => {
    const script = fileURLToPath(new URL('../../../support/demo/orderer.ts', import.meta.url));
    const orderer = spawn(process.execPath, [script, directory, picture], { stdio: ['ignore', 'pipe', 'inherit'] });
    const [line] = await once(orderer.stdout, 'data');
    const handle = jsonValue.parse(JSON.parse(String(line)));
    orderer.kill('SIGKILL');
    await once(orderer, 'exit');
    const studio = studioIn(directory);
    await pollToTheEnd(studio, handle);
    expect(await propertiesOf(await downloaded(studio, handle, 'orphan.mp4'))).toMatchObject({ seconds: 3 });
  });

  it('is begun anew by the studio when its renderer dies', async () => {
    const studio = studioIn(directory);
    const handle = await order(studio, await videoRequest(picture));
    const renderer = await rendererOf(handle);
    process.kill(-renderer.pid, 'SIGKILL');
    await expect.poll(() => isAlive(renderer)).toBe(false);
    await pollToTheEnd(studio, handle);
    expect(await readdir(operationOf(handle))).toContain('attempt-2');
    expect(await propertiesOf(await downloaded(studio, handle, 'again.mp4'))).toMatchObject({ seconds: 3 });
  });

  it('stops when it is canceled, however often', async () => {
    const studio = studioIn(directory);
    const handle = await order(studio, await videoRequest(picture, { duration: 15, resolution: '1080p' }));
    const renderer = await rendererOf(handle);
    await studio.video.cancel(handle, callWith());
    await expect.poll(() => isAlive(renderer)).toBe(false);
    await studio.video.cancel(handle, callWith());
    await expect(studio.video.poll(handle, callWith())).rejects.toMatchObject({ kind: 'interrupted' });
    await expect(studio.video.download(handle, callWith())).rejects.toMatchObject({ kind: 'interrupted' });
  });

  it('that nobody knows any more was interrupted', async () => {
    const studio = studioIn(directory);
    const unknown = { operation: '8e0f2f0e-2c4a-4a5e-9f6e-0d7a3f1b2c3d' };
    await expect(studio.video.poll(unknown, callWith())).rejects.toMatchObject({ kind: 'interrupted' });
    await expect(studio.video.download(unknown, callWith())).rejects.toMatchObject({ kind: 'interrupted' });
    await studio.video.cancel(unknown, callWith());
    const outside = { operation: '../../etc' };
    await expect(studio.video.poll(outside, callWith())).rejects.toMatchObject({ kind: 'interrupted' });
  });

  it('fails in words, and for good, when its image cannot be read', async () => {
    const whole = await sharp(picture).resize(640).jpeg().toBuffer();
    const broken = join(directory, 'broken.jpg');
    await writeFile(broken, whole.subarray(0, whole.length / 2));
    const studio = studioIn(directory);
    const handle = await order(studio, await videoRequest(broken));
    const ended = { kind: 'invalid_request', message: expect.stringContaining('image cannot be read') };
    await expect(pollToTheEnd(studio, handle)).rejects.toMatchObject(ended);
    await expect(studio.video.poll(handle, callWith())).rejects.toMatchObject(ended);
  });

  it('lasts as long as it was told to, works for ever when it hangs, and may end without a film', async () => {
    const request = await videoRequest(picture);
    const slow = studioIn(directory, { minStepMs: 3_600_000 });
    const slowHandle = await order(slow, request);
    const film = join(operationOf(slowHandle), 'out.mp4');
    await until(() => readFile(film));
    expect(await slow.video.poll(slowHandle, callWith())).toMatchObject({ outcome: 'working' });

    const hanging = studioIn(directory, { faults: { video: 'hang' } });
    const hangingHandle = await order(hanging, request);
    expect(await hanging.video.poll(hangingHandle, callWith())).toMatchObject({ outcome: 'working' });
    expect(await readdir(operationOf(hangingHandle))).not.toContain('attempt-1');

    const barren = studioIn(directory, { faults: { video: 'no_output' } });
    await expect(pollToTheEnd(barren, await order(barren, request))).rejects.toMatchObject({ kind: 'no_output' });
  });

  it('is cleared away at the next order, an hour after its end, or a day after its film', async () => {
    const ended = async (name: string, mark: string, hours: number) => {
      const old = join(directory, 'operations', name);
      await mkdir(old, { recursive: true });
      await writeFile(join(old, mark), '');
      const at = new Date(Date.now() - hours * 3_600_000);
      await utimes(old, at, at);
    };
    await ended('canceled-long-ago', 'canceled', 2);
    await ended('canceled-lately', 'canceled', 0.5);
    await ended('finished-yesterday', 'out.mp4', 25);
    await ended('finished-today', 'out.mp4', 23);
    const studio = studioIn(directory, { faults: { video: 'hang' } });
    const handle = await order(studio, await videoRequest(picture));
    const left = await readdir(join(directory, 'operations'));
    expect(left).toEqual(expect.arrayContaining(['canceled-lately', 'finished-today']));
    expect(left).not.toContain('canceled-long-ago');
    expect(left).not.toContain('finished-yesterday');
    expect(left).toContain(z.object({ operation: z.string() }).parse(handle).operation);
  });
});

describe('ffmpeg', () => {
  it('that is missing is said so before anything is generated', async () => {
    const studio = studioIn(directory, { ffmpegPath: '/nonexistent/ffmpeg' });
    await expect(studio.video.submit(await videoRequest(picture), callWith())).rejects.toMatchObject({
      kind: 'unavailable',
      nothingGenerated: true,
      message: expect.stringContaining('install ffmpeg'),
    });
  });

  it('without H.264 counts as none', async () => {
    const path = join(directory, 'half-ffmpeg');
    await writeFile(path, '#!/bin/sh\necho "ffmpeg version 7.1 without x264"\n');
    await chmod(path, 0o755);
    expect(await findFfmpeg(path)).toBeNull();
    expect(await findFfmpeg()).toMatchObject({ version: expect.stringMatching(/\S/) });
  });
});
