import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { open, readdir, readFile, stat, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import {
  ALL_FORMATS,
  EncodedAudioPacketSource,
  EncodedPacketSink,
  EncodedVideoPacketSource,
  FilePathSource,
  FilePathTarget,
  Input,
  Mp4OutputFormat,
  Output,
} from 'mediabunny';
import { expect, test } from 'vitest';
import { z } from 'zod';
import { EncoderBusy, withEncoder } from '../../../../src/pipeline/media/encoder.ts';
import { JoinError, type JoinOptions, joinClips } from '../../../../src/pipeline/media/join.ts';
import {
  contentsOf,
  framesOf,
  installFfmpeg,
  installStuckFfmpeg,
  makeFilm,
  preferInstalledFfmpeg,
  soundOf,
} from '../../../support/films.ts';
import { temporaryDirectory } from '../../../support/temporary.ts';

const { signal } = new AbortController();
const quick = ['-preset', 'ultrafast'];

/** A folder for clips, and another one in which only the film may be left. */
async function folders() {
  const clips = await temporaryDirectory();
  const directory = await temporaryDirectory();
  const joined = (paths: readonly string[], options: Partial<JoinOptions> = {}) =>
    joinClips(
      paths.map((path, index) => ({ path, label: `scene ${index + 1}` })),
      { cut: 'hard', audio: true, directory, signal, ...options },
    );
  return { clips, directory, joined };
}

/** White pictures, so that a fade to black shows, and a tone. */
function clip(
  path: string,
  { size = '64x48', rate = 24, frames = 24, colour = 'white', sound = 'sine=f=440:d=9', options = quick } = {},
) {
  const picture = `color=${colour}:s=${size}:r=${rate},trim=end_frame=${frames}`;
  const seconds = frames / rate;
  return makeFilm(path, { picture, sound: sound === '' ? null : `${sound},atrim=end=${seconds}`, options });
}

/** The encoded pictures in the order in which they are shown. */
async function packetsOf(path: string) {
  using input = new Input({ source: new FilePathSource(path), formats: ALL_FORMATS });
  const track = await input.getPrimaryVideoTrack();
  if (!track) throw new Error('there is no video track');
  const packets = [];
  for await (const { data, timestamp, duration, type } of new EncodedPacketSink(track).packets()) {
    packets.push({ timestamp, duration, type, digest: createHash('sha256').update(data).digest('hex') });
  }
  return packets;
}

/** The whole length of a film's pictures. Every picture begins after the one before it, and where that one ends. */
async function expectNoGaps(path: string, seconds: number, seams: readonly number[]): Promise<void> {
  const packets = (await packetsOf(path)).sort((one, other) => one.timestamp - other.timestamp);
  expect(packets[0]?.timestamp).toBe(0);
  const ends = packets.map(({ timestamp }, index) => (packets[index + 1]?.timestamp ?? seconds) - timestamp);
  expect(Math.min(...ends)).toBeGreaterThan(0);
  for (const seam of seams) {
    const at = packets.findIndex(({ timestamp }) => Math.abs(timestamp - seam) < 0.0002);
    const before = packets[at - 1];
    expect(packets[at]?.type, `a clip begins at ${seam}`).toBe('key');
    // At most one and a half frames at the lowest rate here.
    expect(seam - (before?.timestamp ?? 0)).toBeLessThan(1.5 / 24);
  }
  const decoded = await framesOf(path);
  expect(decoded.map(({ second }) => second)).toEqual(packets.map(({ timestamp }) => expect.closeTo(timestamp, 3)));
  const { video } = (await contentsOf(path)).seconds;
  expect(video).toEqual([0, expect.closeTo(seconds, 2)]);
}

/** The tone sounds all the time but at the seams, where it becomes silent and returns without a jump. */
async function expectSmoothTone(path: string, seconds: number, seams: readonly number[]): Promise<void> {
  const windows = await soundOf(path);
  const { audio } = (await contentsOf(path)).seconds;
  expect(Math.abs((audio[1] ?? 0) - seconds)).toBeLessThan(0.02);
  const inside = windows.filter(({ second }) => second > 0.02 && second < seconds - 0.05);
  // A sine of FFmpeg has an amplitude of an eighth. A click is a jump of more than its steepest step.
  expect(Math.max(...inside.map(({ step }) => step))).toBeLessThan(0.012);
  for (const { second, level } of inside) {
    const distance = Math.min(...seams.map((seam) => Math.abs(seam - (second + 0.005))));
    if (distance > 0.065) expect(level, `at ${second}`).toBeGreaterThan(0.08);
    else if (distance > 0.02) expect(level, `at ${second}`).toBeGreaterThan(0.02);
    else if (distance < 0.01) expect(level, `at ${second}`).toBeLessThan(0.02);
  }
}

async function expectIndexFirst(path: string): Promise<void> {
  const file = await open(path);
  const { buffer } = await file.read(Buffer.alloc(4096), 0, 4096, 0);
  await file.close();
  const bytes = await readFile(path);
  expect(buffer.indexOf('moov')).toBeGreaterThan(0);
  expect(bytes.indexOf('moov')).toBeLessThan(bytes.indexOf('mdat'));
}

/** Both programs must work. A machine without an ffmpeg of its own has only the bundled one. */
const ffmpegs = ['bundled', 'installed'] as const;
const choose = async (which: (typeof ffmpegs)[number]): Promise<boolean> =>
  which === 'installed' ? await preferInstalledFfmpeg() : (await installFfmpeg(null)) !== null;

test.for(ffmpegs)('clips that are encoded alike are copied, with sound by the %s ffmpeg', async (which, context) => {
  if (!(await choose(which))) return context.skip('this machine has no ffmpeg');
  const { clips, directory, joined } = await folders();
  // With B-frames, pictures are not stored in the order in which they are shown.
  const options = ['-preset', 'fast', '-bf', '3'];
  const one = await clip(join(clips, 'one.mp4'), { colour: 'red', options });
  const other = await clip(join(clips, 'other.mp4'), { colour: 'blue', frames: 31, options });
  const film = await joined([one, other, one]);
  expect(await readdir(directory)).toHaveLength(1);
  const digests = async (path: string) => (await packetsOf(path)).map(({ digest }) => digest);
  const [first, second] = [await digests(one), await digests(other)];
  expect(await digests(film)).toEqual([...first, ...second, ...first]);
  const seams = [1, 1 + 31 / 24];
  const seconds = 2 + 31 / 24;
  await expectNoGaps(film, seconds, seams);
  await expectSmoothTone(film, seconds, seams);
  await expectIndexFirst(film);
});

test.for(ffmpegs)(
  'clips of four rates and sizes become one of the first size, by the %s ffmpeg',
  async (which, context) => {
    if (!(await choose(which))) return context.skip('this machine has no ffmpeg');
    const { clips, directory, joined } = await folders();
    // The second one does not end on a frame of the highest rate.
    const kinds = [
      { rate: 24, frames: 12, size: '64x48' },
      { rate: 25, frames: 13, size: '48x64' },
      { rate: 30, frames: 15, size: '64x48' },
      { rate: 50, frames: 20, size: '96x48' },
    ];
    const paths = [];
    for (const [index, kind] of kinds.entries()) paths.push(await clip(join(clips, `${index}.mp4`), kind));
    const film = await joined(paths);
    expect(await readdir(directory)).toHaveLength(1);
    const seams = [0.5, 1.02, 1.52];
    await expectNoGaps(film, 1.92, seams);
    await expectSmoothTone(film, 1.92, seams);
    await expectIndexFirst(film);
    expect((await contentsOf(film)).size).toEqual([64, 48]);
    // 25, 26, 25 and 20 frames: all in 50 frames a second.
    const frames = await framesOf(film);
    expect(frames).toHaveLength(96);
    // The whole frame is covered, in the colour that it had.
    for (const { brightness } of frames) expect(brightness).toBeGreaterThan(230);
  },
);

test.for(ffmpegs)('a fade is dark at every seam and nowhere else, by the %s ffmpeg', async (which, context) => {
  if (!(await choose(which))) return context.skip('this machine has no ffmpeg');
  const { clips, joined } = await folders();
  const path = await clip(join(clips, 'one.mp4'));
  const film = await joined([path, path, path], { cut: 'fade' });
  await expectNoGaps(film, 3, [1, 2]);
  const frames = await framesOf(film);
  expect(frames).toHaveLength(72);
  const light = (at: number) => frames[at]?.brightness ?? Number.NaN;
  for (const seam of [24, 48]) {
    expect([light(seam - 1), light(seam)]).toEqual([expect.closeTo(16, 0), expect.closeTo(16, 0)]);
    for (let distance = 1; distance < 6; distance += 1) {
      expect(light(seam + distance)).toBeGreaterThan(light(seam + distance - 1) + 10);
      expect(light(seam - 1 - distance)).toBeGreaterThan(light(seam - distance) + 10);
    }
  }
  for (const at of [0, 12, 17, 30, 36, 41, 54, 71]) expect(light(at)).toBeGreaterThan(230);
});

test('a clip without sound is silent, and the sound of the others stays beside their pictures', async () => {
  const { clips, joined } = await folders();
  // The tone of this clip begins late, and its sound ends before its pictures.
  const sound = 'sine=f=440:r=44100:d=9,volume=0:enable=lt(t\\,0.5),atrim=end=0.8';
  const late = await clip(join(clips, 'late.mp4'), { sound });
  const mute = await clip(join(clips, 'mute.mp4'), { sound: '', frames: 18 });
  const film = await joined([late, mute, late]);
  const heard = (await soundOf(film)).filter(({ level }) => level > 0.02).map(({ second }) => second);
  const [first, last] = [heard.filter((second) => second < 1), heard.filter((second) => second > 1.5)];
  const begins = [Math.min(...first), Math.max(...first), Math.min(...last), Math.max(...last)];
  for (const [index, second] of [0.5, 0.79, 2.25, 2.54].entries()) {
    expect(Math.abs((begins[index] ?? 0) - second), `${begins}`).toBeLessThanOrEqual(0.011);
  }
  expect([...first, ...last]).toHaveLength(heard.length);
  expect((await contentsOf(film)).seconds.audio[1]).toBeCloseTo(2.75, 2);
  const loud = (await soundOf(film)).filter(({ second }) => second > 0.55 && second < 0.75);
  for (const { level } of loud) expect(level).toBeCloseTo(0.088, 2);
});

test('a film without sound is made if nobody wants sound, or no clip has it', async () => {
  const { clips, joined } = await folders();
  const loud = await clip(join(clips, 'loud.mp4'));
  const mute = await clip(join(clips, 'mute.mp4'), { sound: '' });
  for (const film of [await joined([loud, mute], { audio: false }), await joined([mute, mute])]) {
    expect((await contentsOf(film)).codecs).toEqual(['avc', undefined]);
    expect(await packetsOf(film)).toHaveLength(48);
  }
});

test('colours stay what they were when clips are joined that were encoded in different ways', async () => {
  const { clips, joined } = await folders();
  const of = (name: string, options: string[]) => clip(join(clips, name), { colour: 'red', sound: '', options });
  const tags = ['-colorspace', 'bt709', '-color_primaries', 'bt709', '-color_trc', 'bt709', '-color_range', 'tv'];
  const paths = [
    await of('old.mp4', quick),
    await makeFilm(join(clips, 'new.mp4'), {
      picture: 'color=red:s=64x48:r=24:d=1,scale=out_color_matrix=bt709:out_range=tv',
      options: [...quick, ...tags],
    }),
  ];
  const film = await joined(paths);
  expect((await contentsOf(film)).colours).toMatchObject({ primaries: 'bt709', transfer: 'bt709', matrix: 'bt709' });
  // Red has this brightness in BT.709. It has 81 in the older BT.601.
  for (const { brightness } of await framesOf(film)) expect(Math.abs(brightness - 63)).toBeLessThan(3);
});

test.for([
  ['text', (path: string) => writeFile(path, 'not a video')],
  ['a film that breaks off', (path: string) => truncate(path, 2_000)],
  ['a film whose first bytes alone have come', (path: string) => truncate(path, 40)],
  ['sound alone', (path: string) => soundAlone(path)],
  ['a film whose parameters are damaged', (path: string) => damage(path)],
] as const)('%s in the middle is named, and nothing is left', async ([, spoil]) => {
  const { clips, directory, joined } = await folders();
  const path = await clip(join(clips, 'one.mp4'));
  const bad = await clip(join(clips, 'bad.mp4'), { size: '48x48' });
  await spoil(bad);
  const failed = await joined([path, bad, path]).catch((error: unknown) => error);
  expect(failed).toBeInstanceOf(JoinError);
  expect(failed).toMatchObject({ message: 'scene 2 cannot be read' });
  expect(await readdir(directory)).toEqual([]);
});

async function soundAlone(path: string): Promise<void> {
  using input = new Input({ source: new FilePathSource(path), formats: ALL_FORMATS });
  const track = await input.getPrimaryAudioTrack();
  const decoderConfig = await track?.getDecoderConfig();
  if (!track || !decoderConfig) throw new Error('the film has no sound');
  const source = new EncodedAudioPacketSource('aac');
  const target = `${path}.sound.mp4`;
  const output = new Output({ format: new Mp4OutputFormat(), target: new FilePathTarget(target) });
  output.addAudioTrack(source);
  await output.start();
  for await (const packet of new EncodedPacketSink(track).packets()) await source.add(packet, { decoderConfig });
  await output.finalize();
  await writeFile(path, await readFile(target));
}

async function damage(path: string): Promise<void> {
  const bytes = await readFile(path);
  const at = bytes.indexOf('avcC');
  // The parameter sets of the decoder follow the fixed part of this record.
  await writeFile(path, bytes.fill(255, at + 14, at + 30));
}

test('a clip that is cut has exactly the seconds that are kept, in picture and sound, and a shorter one stays whole', async () => {
  const { clips, directory } = await folders();
  const [first, second] = [join(clips, '1.mp4'), join(clips, '2.mp4')];
  await clip(first, { frames: 24 });
  await clip(second, { frames: 48 });
  const options = { cut: 'hard', audio: true, directory, signal } as const;
  const files = [
    { path: first, label: 'whole', maxSeconds: 5 },
    { path: second, label: 'cut', maxSeconds: 1.5 },
  ];
  const film = await joinClips(files, options);
  await expectNoGaps(film, 2.5, [1]);
  await expectSmoothTone(film, 2.5, [1]);
});

test('a film that is given up ends its ffmpeg and leaves nothing, whether it encodes pictures or sound', async () => {
  const { clips, directory, joined } = await folders();
  const path = await clip(join(clips, 'one.mp4'));
  await installStuckFfmpeg();
  for (const cut of ['fade', 'hard'] as const) {
    const stop = new AbortController();
    const ended = joined([path, path], { cut, signal: stop.signal }).catch((error: unknown) => error);
    await expect.poll(() => readdir(directory)).toHaveLength(1);
    stop.abort(new Error('given up'));
    expect(await ended).toMatchObject({ message: 'given up' });
    expect(await readdir(directory)).toEqual([]);
    await expect.poll(() => process.getActiveResourcesInfo()).not.toContain('ProcessWrap');
  }
});

test('a film that is given up while it is copied leaves nothing', async () => {
  const { clips, directory, joined } = await folders();
  const path = await clip(join(clips, 'one.mp4'));
  const stop = new AbortController();
  const ended = joined([path, path], { signal: stop.signal, audio: false }).catch((error: unknown) => error);
  stop.abort(new Error('given up'));
  expect(await ended).toMatchObject({ message: 'given up' });
  expect(await readdir(directory)).toEqual([]);
});

test('pictures are encoded only if the encoder is free, and copied at any time', async () => {
  const { clips, directory, joined } = await folders();
  const path = await clip(join(clips, 'one.mp4'));
  await withEncoder(async () => {
    await expect(joined([path, path], { cut: 'fade' })).rejects.toThrow(EncoderBusy);
    expect(await readdir(directory)).toEqual([]);
    await joined([path, path]);
  });
});

const mebibyte = 1024 * 1024;
const script = fileURLToPath(new URL('../../../support/joining-process.ts', import.meta.url));
const report = z.object({ film: z.string(), added: z.object({ rss: z.number(), external: z.number() }) });

/** The same film with so many bytes more in every picture, in a unit of H.264 that decoders skip. */
async function padded(path: string, bytesPerPicture: number, target: string): Promise<string> {
  using input = new Input({ source: new FilePathSource(path), formats: ALL_FORMATS });
  const track = await input.getPrimaryVideoTrack();
  const decoderConfig = await track?.getDecoderConfig();
  if (!track || !decoderConfig) throw new Error('the film has no pictures');
  const filler = Buffer.alloc(bytesPerPicture, 255);
  filler.writeUInt32BE(bytesPerPicture - 4);
  filler[4] = 12;
  const source = new EncodedVideoPacketSource('avc');
  const output = new Output({ format: new Mp4OutputFormat({ fastStart: false }), target: new FilePathTarget(target) });
  output.addVideoTrack(source);
  await output.start();
  for await (const packet of new EncodedPacketSink(track).packets()) {
    await source.add(packet.clone({ data: Buffer.concat([packet.data, filler]) }), { decoderConfig });
  }
  await output.finalize();
  return target;
}

test('a film of 200 MB is made of its clips in less than 128 MB of memory', async () => {
  const { clips, directory } = await folders();
  const small = await clip(join(clips, 'small.mp4'), { frames: 200 });
  const large = await padded(small, mebibyte / 2, join(clips, 'large.mp4'));
  const { stdout } = await promisify(execFile)(process.execPath, ['--expose-gc', script, directory, small, large]);
  const { film, added } = report.parse(JSON.parse(stdout));
  expect((await stat(film)).size).toBeGreaterThan(200 * mebibyte);
  expect(await packetsOf(film)).toHaveLength(400);
  expect(added.rss).toBeLessThan(128 * mebibyte);
  expect(added.external).toBeLessThan(128 * mebibyte);
});
