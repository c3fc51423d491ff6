import { createWriteStream } from 'node:fs';
import { chmod, readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { fileURLToPath } from 'node:url';
import {
  ALL_FORMATS,
  EncodedAudioPacketSource,
  EncodedPacketSink,
  EncodedVideoPacketSource,
  FilePathSource,
  FilePathTarget,
  Input,
  MkvOutputFormat,
  Mp4OutputFormat,
  Output,
} from 'mediabunny';
import { expect, test } from 'vitest';
import { ChildFailed, runChild } from '../../../../../src/childProcess.ts';
import { paint } from '../../../../../src/demo/painting/paint.ts';
import { findFfmpeg } from '../../../../../src/pipeline/media/ffmpeg.ts';
import { fitVideo } from '../../../../../src/pipeline/media/fit.ts';
import { callWith, order, pollToTheEnd, statsOf, studioIn, videoRequest } from '../../../../support/demo/calls.ts';
import { cannotRunAs } from '../../../../support/embedded-processes.ts';
import { contentsOf, installFfmpeg, loudnessOf } from '../../../../support/films.ts';
import { temporaryDirectory } from '../../../../support/temporary.ts';

const program = fileURLToPath(new URL('../../../../../src/pipeline/media/ffmpeg/program.ts', import.meta.url));
const nobody = 65_534;
const h264 = ['-c:v', 'libx264', '-preset', 'ultrafast', '-pix_fmt', 'yuv420p'];
const run = (...args: string[]) => runChild(program, ['-hide_banner', '-v', 'error', '-y', ...args]);

/** Two seconds of a picture that is one colour on its left, another on its right, and black in its lowest quarter, with a tone. */
async function film(path: string, [left, right] = ['red', 'blue'], ...options: string[]): Promise<string> {
  const half = (colour: string) => `color=${colour}:s=80x80:r=24:d=2`;
  const graph = `${half(left ?? '')}[l];${half(right ?? '')}[r];[l][r]hstack,drawbox=y=60:h=20:color=black:thickness=fill[v];sine=d=2[a]`;
  await run('-filter_complex', graph, '-map', '[v]', '-map', '[a]', ...h264, ...options, path);
  return path;
}

/** The same film in another container, packet by packet. */
async function repacked(
  path: string,
  format: MkvOutputFormat | Mp4OutputFormat,
  target: string,
  turn: 0 | 90 | 180 | 270 = 0,
) {
  using input = new Input({ source: new FilePathSource(path), formats: ALL_FORMATS });
  const [video, audio] = [await input.getPrimaryVideoTrack(), await input.getPrimaryAudioTrack()];
  if (!video || !audio) throw new Error('the film has no pictures or no sound');
  const output = new Output({ format, target: new FilePathTarget(target) });
  const [pictures, sound] = [new EncodedVideoPacketSource('avc'), new EncodedAudioPacketSource('aac')];
  output.addVideoTrack(pictures, { rotation: turn });
  output.addAudioTrack(sound);
  await output.start();
  const [decoder, soundDecoder] = [await video.getDecoderConfig(), await audio.getDecoderConfig()];
  if (!decoder || !soundDecoder) throw new Error('the film does not say how to decode it');
  for await (const packet of new EncodedPacketSink(video).packets())
    await pictures.add(packet, { decoderConfig: decoder });
  for await (const packet of new EncodedPacketSink(audio).packets())
    await sound.add(packet, { decoderConfig: soundDecoder });
  await output.finalize();
  return target;
}

/** The mean red of a part of the picture at a second. */
async function redAt(path: string, second: number, part: { left: number; top: number }) {
  await run('-ss', String(second), '-i', path, '-frames:v', '1', `${path}.png`);
  return (await statsOf(`${path}.png`, { ...part, width: 10, height: 10 })).channels[0]?.mean ?? 0;
}

test('two films are joined, pictures and sound blended, from files of any name, with the index first', async () => {
  const directory = await temporaryDirectory();
  const one = await film(join(directory, "it's [1], a: b;\\c.mp4"));
  const other = await film(join(directory, 'é ü=%d.mp4'), ['blue', 'red']);
  const target = join(directory, 'joined.mp4');
  const graph = '[0:v][1:v]xfade=transition=fade:duration=0.5:offset=1.5[v];[0:a][1:a]acrossfade=d=0.5[a]';
  const progress = join(directory, 'progress');
  const maps = ['-map', '[v]', '-map', '[a]', '-c:a', 'aac', '-movflags', '+faststart', '-progress', progress];
  await run('-i', one, '-i', other, '-filter_complex', graph, ...maps, ...h264, target);
  expect(await contentsOf(target)).toMatchObject({
    seconds: { video: [0, 3.5], audio: [expect.closeTo(0, 1), expect.closeTo(3.5, 1)] },
    size: [160, 80],
    codecs: ['avc', 'aac'],
  });
  const left = { left: 5, top: 5 };
  expect(await redAt(target, 0, left)).toBeGreaterThan(200);
  expect(await redAt(target, 3, left)).toBeLessThan(50);
  expect(await readFile(progress, 'utf8')).toMatch(/frame=84\nprogress=end\n$/);
  const bytes = await readFile(target);
  expect(bytes.indexOf('moov')).toBeLessThan(bytes.indexOf('mdat'));
});

test('the sound of a film is kept, and need not be there', async () => {
  const directory = await temporaryDirectory();
  const loud = await film(join(directory, 'loud.mp4'));
  const small = join(directory, 'small.mp4');
  await run('-i', loud, '-vf', 'scale=80:40', ...h264, small);
  expect(await contentsOf(small)).toMatchObject({ size: [80, 40], codecs: ['avc', 'aac'] });
  const mute = join(directory, 'mute.mp4');
  await run('-i', loud, '-an', ...h264, mute);
  const smaller = join(directory, 'smaller.mp4');
  await run('-i', mute, '-vf', 'scale=40:20', ...h264, smaller);
  expect(await contentsOf(smaller)).toMatchObject({
    seconds: { video: [0, 2] },
    size: [40, 20],
    codecs: ['avc', undefined],
  });
});

test('the sound of a film is written alone, as it is and out of a graph', async () => {
  const directory = await temporaryDirectory();
  const loud = await film(join(directory, 'loud.mp4'));
  const target = join(directory, 'sound.mp4');
  const graph = ['-filter_complex', '[0:a]atrim=end=1[first];[first][1:a]concat=n=2:v=0:a=1[a]', '-map', '[a]'];
  for (const [args, seconds] of [
    [['-i', loud], 2],
    [['-i', loud, '-i', loud, ...graph], 3],
  ] as const) {
    await run(...args, '-vn', '-c:a', 'aac', '-b:a', '192k', '-ar', '48000', '-ac', '2', target);
    const { codecs, seconds: times } = await contentsOf(target);
    expect(codecs).toEqual([undefined, 'aac']);
    expect(times.audio).toEqual([expect.closeTo(0, 1), expect.closeTo(seconds, 2)]);
  }
});

test('sound whose time is counted in milliseconds is as long as it was', async () => {
  const directory = await temporaryDirectory();
  const path = await film(join(directory, 'film.mp4'));
  const counted = await repacked(path, new MkvOutputFormat(), join(directory, 'film.mkv'));
  const target = join(directory, 'out.mp4');
  await run('-i', counted, ...h264, target);
  const { seconds } = await contentsOf(target);
  expect(seconds.video).toEqual([expect.closeTo(0, 1), expect.closeTo(2, 1)]);
  expect(seconds.audio).toEqual([expect.closeTo(0, 1), expect.closeTo(2, 1)]);
});

test('a part of a film begins at zero and is as long as was asked, and so are sources without an end', async () => {
  const directory = await temporaryDirectory();
  const path = await film(join(directory, 'film.mp4'));
  const lengths = async (...args: string[]) => {
    const target = join(directory, 'part.mp4');
    await run(...args, ...h264, target);
    const { video, audio } = (await contentsOf(target)).seconds;
    return [video, audio].map((times) => times.map((time) => Number(time?.toFixed(1)) + 0));
  };
  const part = (seconds: number) => [
    [0, seconds],
    [0, seconds],
  ];
  expect(await lengths('-ss', '1.5', '-i', path)).toEqual(part(0.5));
  expect(await lengths('-ss', '0.5', '-t', '1', '-i', path)).toEqual(part(1));
  expect(await lengths('-i', path, '-t', '0.5')).toEqual(part(0.5));
  const endless = 'color=red:s=64x64:r=24[v];anullsrc[a]';
  expect(await lengths('-filter_complex', endless, '-map', '[v]', '-map', '[a]', '-t', '1.5')).toEqual(part(1.5));
  expect(await lengths('-i', path, '-an', '-frames:v', '12')).toEqual([
    [0, 0.5],
    [Number.NaN, Number.NaN],
  ]);
});

test('a fitted film keeps its colours, and its size is the one in which it was shown', async () => {
  await installFfmpeg(null);
  const directory = await temporaryDirectory();
  const tags = ['-colorspace', 'bt709', '-color_primaries', 'bt709', '-color_trc', 'bt709', '-color_range', 'tv'];
  const path = await film(join(directory, 'film.mp4'), ['red', 'blue'], ...tags);
  const turned = await repacked(path, new Mp4OutputFormat(), join(directory, 'turned.mp4'), 90);
  const { colours } = await contentsOf(path);
  expect(colours).toMatchObject({ primaries: 'bt709', transfer: 'bt709', matrix: 'bt709' });
  const fit = { maxBytes: 300_000, directory, signal: new AbortController().signal };
  const fitted = await fitVideo(turned, fit);
  if (fitted === null) throw new Error('the film was not fitted');
  expect((await stat(fitted)).size).toBeLessThanOrEqual(fit.maxBytes);
  expect(await contentsOf(fitted)).toMatchObject({ size: [80, 160], codecs: ['avc', 'aac'], colours });
});

// Where the red that is on the left of the stored picture is shown, and where the blue of its right is.
test.for([
  [90, [80, 160], { left: 30, top: 30 }, { left: 30, top: 120 }],
  [180, [160, 80], { left: 120, top: 65 }, { left: 30, top: 30 }],
  [270, [80, 160], { left: 30, top: 120 }, { left: 30, top: 30 }],
] as const)('a film that players turn by %i° is turned', async ([turn, size, red, blue]) => {
  const directory = await temporaryDirectory();
  const path = await film(join(directory, 'film.mp4'));
  const turned = await repacked(path, new Mp4OutputFormat(), join(directory, 'turned.mp4'), turn);
  expect(await contentsOf(turned)).toMatchObject({ size, turn });
  const upright = join(directory, 'upright.mp4');
  await run('-i', turned, ...h264, upright);
  expect(await contentsOf(upright)).toMatchObject({ size, turn: 0 });
  expect(await redAt(upright, 1, red)).toBeGreaterThan(200);
  expect(await redAt(upright, 1, blue)).toBeLessThan(50);
});

test('where no ffmpeg is installed the demo studio makes films, with sound', async () => {
  await installFfmpeg(null);
  expect(await findFfmpeg()).toMatchObject({ path: program, isBundled: true });
  const directory = await temporaryDirectory();
  const [picture, path] = [join(directory, 'picture.png'), join(directory, 'film.mp4')];
  await writeFile(picture, await paint('a fox in the snow', { width: 1280, height: 720, style: 'vivid' }));
  const studio = studioIn(directory);
  const handle = await order(studio, await videoRequest(picture, { duration: 1 }));
  await pollToTheEnd(studio, handle);
  await pipeline((await studio.video.download(handle, callWith())).body, createWriteStream(path));
  expect(await contentsOf(path)).toMatchObject({
    seconds: { video: [0, 1], audio: [expect.closeTo(0, 1), expect.closeTo(1, 1)] },
    size: [1280, 720],
    codecs: ['avc', 'aac'],
  });
  expect((await loudnessOf(path)).mean).toBeGreaterThan(-40);
}, 60_000);

test('an ordinary user who may write nowhere else has it too', async (context) => {
  const reason = cannotRunAs(nobody);
  if (reason) return context.skip(reason);
  const directory = await temporaryDirectory();
  await chmod(directory, 0o777);
  const target = join(directory, 'film.mp4');
  const graph = ['-filter_complex', 'color=red:s=64x64:r=24:d=1[v]', '-map', '[v]', ...h264, target];
  await runChild(program, ['-v', 'error', ...graph], { uid: nobody, gid: nobody, cwd: '/' });
  expect((await stat(target)).uid).toBe(nobody);
  expect(await contentsOf(target)).toMatchObject({ seconds: { video: [0, 1] } });
});

async function failure(...args: string[]): Promise<string> {
  const failed = await run(...args).then(
    () => null,
    (error: unknown) => error,
  );
  if (!(failed instanceof ChildFailed)) throw new Error('it did not fail');
  return failed.output;
}

test('what is no film, or names other files, ends it as a failure', async () => {
  const directory = await temporaryDirectory();
  const file = async (name: string, content: string | Buffer) => {
    const path = join(directory, name);
    await writeFile(path, content);
    return path;
  };
  const target = join(directory, 'out.mp4');
  expect(await failure('-i', await file('bad.mp4', Buffer.alloc(5_000, 7)), target)).toContain('Invalid data');
  const whole = await readFile(await film(join(directory, 'film.mp4'), ['red', 'blue'], '-movflags', '+faststart'));
  whole.fill(255, whole.indexOf('avcC'), whole.indexOf('avcC') + 40);
  expect(await failure('-i', await file('hostile.mp4', whole), target)).not.toBe('');
  expect(await failure('-i', await file('cut.mp4', whole.subarray(0, 300)), target)).not.toBe('');
  expect(await failure('-i', join(directory, 'none.mp4'), target)).toContain('No such file');
  // A list of segments names other files. Its sender could read files of this machine.
  const segments = '#EXTM3U\n#EXT-X-TARGETDURATION:9\n#EXTINF:9,\nhttp://127.0.0.1:9/secret.ts\n#EXT-X-ENDLIST\n';
  expect(await failure('-i', await file('list.m3u8', segments), target)).not.toMatch(/refused/i);
});

test.for([
  [['-hwaccel', 'cuda', '-i', 'a.mp4', 'out.mp4'], 'does not know -hwaccel'],
  [['-i', 'a.mp4', '-shortest', 'out.mp4'], 'does not know -shortest'],
  [['-crf', '20', '-i', 'a.mp4', 'out.mp4'], 'does not know -crf there'],
  [['-i', 'a.mp4', '-c:v', 'libx265', 'out.mp4'], 'writes libx264, not libx265'],
  [['-i', 'a.mp4', 'out.mp4', 'other.mp4'], 'out.mp4 is not'],
  [['-i', 'a.mp4', 'out.jpg'], 'writes .mp4 and .png, not out.jpg'],
  [['-i', 'a.mp4', '-map', '0:v', 'out.mp4'], 'maps labels of -filter_complex, not 0:v'],
  [['-i', 'a.mp4', '-filter_complex', '[0:v]null[v]', 'out.mp4'], 'go together'],
  [['-vn', '-filter_complex', 'a[v];b[a]', '-map', '[v]', '-map', '[a]', 'out.mp4'], '-vn contradicts'],
  [['-i', 'a.mp4', '-vn', '-an', 'out.mp4'], '-vn leaves nothing'],
  [['-i', 'a.mp4', '-vn', 'out.png'], '-vn leaves nothing'],
  [['-ss', '00:00:01', '-i', 'a.mp4', 'out.mp4'], '-ss takes a number'],
  [['-i', 'a.mp4', '-crf'], '-crf has no value'],
  [['-i', 'a.mp4'], 'the last argument has to be the output file'],
  [['out.mp4'], 'there is no input'],
] as const)('what it cannot do is said: %j', async ([args, says]) => {
  expect(await failure(...args)).toContain(says);
});
