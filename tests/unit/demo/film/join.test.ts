import { createWriteStream } from 'node:fs';
import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { ALL_FORMATS, EncodedPacketSink, FilePathSource, Input } from 'mediabunny';
import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { joinFilms } from '../../../../src/demo/film/join.ts';
import { paint } from '../../../../src/demo/painting/paint.ts';
import type { JsonValue } from '../../../../src/domain.ts';
import {
  callWith,
  extensionRequest,
  order,
  pollToTheEnd,
  studioIn,
  videoRequest,
} from '../../../support/demo/calls.ts';
import { contentsOf, ffmpeg, makeFilm } from '../../../support/films.ts';

let directory = '';
let picture = '';
let handle: JsonValue = null;
/** A film of 2 seconds, and the same film after it was made longer by 1 and then by 2 seconds. */
const films = { first: '', longer: '', longest: '' };

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'vidgenie-longer-'));
  picture = join(directory, 'picture.png');
  await writeFile(picture, await paint('a fox in the snow', { width: 1280, height: 720, style: 'vivid' }));
  handle = await order(studio(), await videoRequest(picture, { duration: 2, prompt: 'push in' }));
  films.first = await finished(handle, 'first');
  const longer = await order(studio(), extensionRequest(handle));
  films.longer = await finished(longer, 'longer');
  films.longest = await finished(await order(studio(), extensionRequest(longer, { duration: 2 })), 'longest');
});
afterAll(() => rm(directory, { recursive: true, force: true }));

const studio = () => studioIn(directory);

async function finished(one: JsonValue, name: string): Promise<string> {
  await pollToTheEnd(studio(), one);
  const path = join(directory, `${name}.mp4`);
  const { body } = await studio().video.download(one, callWith());
  await pipeline(body, createWriteStream(path));
  return path;
}

const operationOf = (one: JsonValue) =>
  join(directory, 'operations', z.object({ operation: z.string() }).parse(one).operation);

/** The sizes and times of all encoded frames. */
async function framesOf(path: string) {
  using input = new Input({ source: new FilePathSource(path), formats: ALL_FORMATS });
  const track = await input.getPrimaryVideoTrack();
  if (track === null) throw new Error('the film has no pictures');
  const frames: { data: Buffer; timestamp: number }[] = [];
  for await (const { data, timestamp } of new EncodedPacketSink(track).packets()) {
    frames.push({ data: Buffer.from(data), timestamp });
  }
  return frames;
}

/** The mean differences between neighboring frames, which are shown small. */
async function changesOf(path: string): Promise<number[]> {
  const sheet = `${path}.png`;
  const frames = (await framesOf(path)).length;
  await ffmpeg(['-i', path, '-vf', `scale=160:90,tile=1x${frames}`, '-frames:v', '1', sheet]);
  const pixels = await sharp(sheet).removeAlpha().raw().toBuffer();
  const bytes = 160 * 90 * 3;
  return Array.from({ length: frames - 1 }, (_, index) => {
    let sum = 0;
    for (let at = index * bytes; at < (index + 1) * bytes; at++) {
      sum += Math.abs((pixels[at + bytes] ?? 0) - (pixels[at] ?? 0));
    }
    return sum / bytes;
  });
}

/** The levels of the sound in hundredths of a second, 0–1. */
async function levelsOf(path: string): Promise<number[]> {
  const report = `${path}.levels`;
  const levels = `asetnsamples=n=480,astats=metadata=1:reset=1,ametadata=print:file=${report}:direct=1`;
  const graph = `[0:v]scale=16:16[picture];[0:a]${levels}[sound]`;
  await ffmpeg(['-i', path, '-filter_complex', graph, '-map', '[picture]', '-map', '[sound]', `${path}.levels.mp4`]);
  const text = await readFile(report, 'utf8');
  return [...text.matchAll(/Overall\.RMS_level=(\S+)/g)].map(([, level]) => 10 ** (Number(level) / 20));
}

describe('a film that was made longer', () => {
  it('has exactly the frames and the sound of both parts, one after the other', async () => {
    for (const [path, seconds] of [
      [films.longer, 3],
      [films.longest, 5],
    ] as const) {
      const frames = await framesOf(path);
      expect(frames).toHaveLength(seconds * 24);
      for (const [index, { timestamp }] of frames.entries()) expect(timestamp).toBeCloseTo(index / 24, 3);
      const { seconds: lasts, codecs, size, colours } = await contentsOf(path);
      expect(lasts.video[1]).toBeCloseTo(seconds, 3);
      expect(Math.abs((lasts.audio[1] ?? 0) - seconds)).toBeLessThan(0.02);
      expect({ codecs, size }).toEqual({ codecs: ['avc', 'aac'], size: [1280, 720] });
      expect(colours).toMatchObject({ matrix: 'bt709', fullRange: false });
    }
  });

  it('begins with the very frames of the first film, which are not rendered again', async () => {
    const first = await framesOf(films.first);
    const longest = await framesOf(films.longest);
    for (const [index, { data }] of first.entries()) expect(longest[index]?.data.equals(data)).toBe(true);
  });

  it('goes on without a jump: the frames at a seam differ no more than others', async () => {
    const changes = await changesOf(films.longest);
    const within = changes.filter((_, index) => index !== 47 && index !== 71);
    for (const seam of [47, 71]) {
      const near = Math.max(...changes.slice(seam - 6, seam), ...changes.slice(seam + 1, seam + 7));
      expect(changes[seam]).toBeLessThan(near * 1.5);
      expect(changes[seam]).toBeLessThanOrEqual(Math.max(...within));
    }
  });

  it('sounds as loud on both sides of a seam, and only its own end fades', async () => {
    const levels = await levelsOf(films.longest);
    const between = (from: number, to: number) => {
      const part = levels.slice(from * 100, to * 100);
      return part.reduce((sum, level) => sum + level, 0) / part.length;
    };
    for (const seam of [2, 3]) {
      const [before, after] = [between(seam - 0.25, seam), between(seam, seam + 0.25)];
      expect(Math.min(before, after)).toBeGreaterThan(0.5 * Math.max(before, after));
      // A click or a gap would make one hundredth of a second much louder or quieter than those around it.
      const around = levels.slice(seam * 100 - 5, seam * 100 + 5);
      expect(Math.max(...around)).toBeLessThan(4 * Math.min(...around));
    }
    expect(between(4.9, 4.98)).toBeLessThan(0.4 * between(3.5, 4));
  });

  it('lets players begin before its end has arrived, and carries the comment', async () => {
    const bytes = await readFile(films.longest);
    expect(bytes.indexOf('moov')).toBeLessThan(bytes.indexOf('mdat'));
    expect(bytes.includes('Made by the VidGenie demo studio')).toBe(true);
  });

  it('keeps the first film as it is, so that it can be made longer again', async () => {
    const before = await readFile(films.first);
    const again = await finished(await order(studio(), extensionRequest(handle, { audio: false })), 'again');
    expect((await contentsOf(again)).codecs).toEqual(['avc', undefined]);
    expect((await readFile(join(operationOf(handle), 'out.mp4'))).equals(before)).toBe(true);
  });

  it('of a flat picture in another shape goes on in the same way', async () => {
    const photo = join(directory, 'photo.jpg');
    await sharp({ create: { width: 300, height: 500, channels: 3, background: '#506070' } })
      .jpeg()
      .toFile(photo);
    const one = await order(studio(), await videoRequest(photo, { aspect: 'square', duration: 1 }));
    await pollToTheEnd(studio(), one);
    const path = await finished(await order(studio(), extensionRequest(one, { aspect: 'square' })), 'square');
    expect(await framesOf(path)).toHaveLength(48);
    expect((await contentsOf(path)).size).toEqual([720, 720]);
  });
});

it('a film for another decoder is rendered whole, because its frames cannot be copied', async () => {
  const one = await order(studio(), await videoRequest(picture, { duration: 1, audio: false }));
  await pollToTheEnd(studio(), one);
  await makeFilm(join(operationOf(one), 'out.mp4'), { picture: 'testsrc=s=320x180:r=24:d=1' });
  const path = await finished(await order(studio(), extensionRequest(one, { audio: false })), 'whole');
  expect(await framesOf(path)).toHaveLength(48);
  expect((await contentsOf(path)).size).toEqual([1280, 720]);
});

describe('a film that cannot be made longer', () => {
  it('is gone if the studio no longer has its files or does not know it', async () => {
    const gone = { name: 'ProviderError', kind: 'no_output', isGone: true, nothingGenerated: true };
    const one = await order(studio(), await videoRequest(picture, { duration: 1 }));
    await pollToTheEnd(studio(), one);
    await rm(operationOf(one), { recursive: true });
    await expect(order(studio(), extensionRequest(one))).rejects.toMatchObject(gone);
    await expect(order(studio(), extensionRequest({ clip: 'of another vendor' }))).rejects.toMatchObject(gone);
    const hanging = studioIn(directory, { faults: { video: 'hang' } });
    const unfinished = await order(hanging, await videoRequest(picture));
    await expect(order(studio(), extensionRequest(unfinished))).rejects.toMatchObject(gone);
  });

  it('is refused before anything is generated if it would be too long or have another size', async () => {
    const refused = { kind: 'invalid_request', nothingGenerated: true, isGone: false };
    await expect(order(studio(), extensionRequest(handle, { duration: 29 }))).rejects.toMatchObject(refused);
    await expect(order(studio(), extensionRequest(handle, { resolution: '4k' }))).rejects.toMatchObject(refused);
    await expect(order(studio(), extensionRequest(handle, { aspect: 'tall' }))).rejects.toMatchObject(refused);
  });
});

it('films for different decoders are not joined, and nothing is written', async () => {
  const other = await makeFilm(join(directory, 'other.mp4'), { picture: 'testsrc=s=320x180:r=24:d=1' });
  const target = join(directory, 'joined.mp4');
  expect(await joinFilms(films.first, other, target)).toBe(false);
  await expect(stat(target)).rejects.toMatchObject({ code: 'ENOENT' });
});
