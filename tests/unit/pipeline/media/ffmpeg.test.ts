import { chmod, readFile, writeFile } from 'node:fs/promises';
import { delimiter, join } from 'node:path';
import { ALL_FORMATS, FilePathSource, Input } from 'mediabunny';
import { beforeEach, expect, onTestFinished, test, vi } from 'vitest';
import { ChildFailed, runChild } from '../../../../src/childProcess.ts';
import { temporaryDirectory } from '../../../support/temporary.ts';

// A process asks the bundled ffmpeg for its version only once, so each test resets the modules.
beforeEach(() => vi.resetModules());
const load = () => import('../../../../src/pipeline/media/ffmpeg.ts');

/** Puts programs that only print a version in front of PATH. Without a version, there are none. */
async function installed(version: string | null): Promise<void> {
  const directory = await temporaryDirectory();
  if (version !== null) {
    const path = join(directory, 'ffmpeg');
    await writeFile(path, `#!/bin/sh\necho 'ffmpeg version ${version} Copyright; libx264'\n`);
    await chmod(path, 0o755);
  }
  vi.stubEnv('PATH', version === null ? directory : `${directory}${delimiter}${process.env.PATH ?? ''}`);
  onTestFinished(() => void vi.unstubAllEnvs());
}

async function bundled() {
  await installed(null);
  const { findFfmpeg } = await load();
  const found = await findFfmpeg();
  vi.unstubAllEnvs();
  if (!found?.isBundled) throw new Error('the optional packages of this project are not installed');
  return found;
}

test('the one that comes along is of this year, and serves where none is installed', async () => {
  const { version, path } = await bundled();
  expect(Number(version.split('.')[0])).toBeGreaterThanOrEqual(8);
  expect(path).toMatch(/\.ts$/);
});

test.for([
  ['99.0', true],
  ['n99.1-2-gabc', true],
  ['5.1.9-0+deb12u1', false],
  ['N-47683-g0e8eb07980-static', false],
  ['2026-05-02-git-71669f2ad5', false],
] as const)(
  'of an ffmpeg %s on PATH and the one that comes along, the newer is taken',
  async ([version, isInstalled]) => {
    await installed(version);
    const { findFfmpeg } = await load();
    const found = await findFfmpeg();
    expect(found?.isBundled).toBe(!isInstalled);
    if (isInstalled) expect(found).toMatchObject({ path: 'ffmpeg', version });
  },
);

test('versions are compared as numbers, and what has none is older', async () => {
  const { isNewer } = await load();
  expect(isNewer('10.0', '9.9.9')).toBe(true);
  expect(isNewer('8.1', '8.1.1')).toBe(false);
  expect(isNewer('8.1-Jellyfin', '8.1')).toBe(false);
  expect(isNewer('N-1-g1', '4.0')).toBe(false);
  expect(isNewer('2026-05-02-git-71669f2ad5', '4.0')).toBe(false);
  expect(isNewer('4.0', 'N-1-g1')).toBe(true);
});

async function contentOf(path: string) {
  using input = new Input({ source: new FilePathSource(path), formats: ALL_FORMATS });
  const [video, audio] = [await input.getPrimaryVideoTrack(), await input.getPrimaryAudioTrack()];
  return {
    seconds: await input.computeDuration(),
    size: [await video?.getDisplayWidth(), await video?.getDisplayHeight()],
    codecs: [await video?.getCodec(), await audio?.getCodec()],
  };
}

const quiet = ['-v', 'error', '-y'];
const h264 = ['-c:v', 'libx264', '-preset', 'ultrafast', '-pix_fmt', 'yuv420p'];

async function film(program: string, path: string, colour: string): Promise<string> {
  const graph = `color=${colour}:s=160x80:r=24:d=2[v];sine=d=2[a]`;
  await runChild(program, [...quiet, '-filter_complex', graph, '-map', '[v]', '-map', '[a]', ...h264, path]);
  return path;
}

test('the one that comes along joins two films, pictures and sound blended, from files of any name', async () => {
  const { path: program } = await bundled();
  const directory = await temporaryDirectory();
  const one = await film(program, join(directory, "it's [1], a: b;\\c.mp4"), 'red');
  const other = await film(program, join(directory, 'é ü=%d.mp4'), 'blue');
  const target = join(directory, 'joined.mp4');
  const graph = '[0:v][1:v]xfade=transition=fade:duration=0.5:offset=1.5[v];[0:a][1:a]acrossfade=d=0.5[a]';
  const inputs = ['-i', one, '-i', other];
  const maps = ['-map', '[v]', '-map', '[a]', '-c:a', 'aac'];
  const progress = join(directory, 'progress');
  const told = ['-progress', progress, '-movflags', '+faststart'];
  await runChild(program, [...quiet, ...inputs, '-filter_complex', graph, ...maps, ...h264, ...told, target]);
  expect(await contentOf(target)).toEqual({ seconds: 3.5, size: [160, 80], codecs: ['avc', 'aac'] });
  expect(await readFile(progress, 'utf8')).toMatch(/frame=84\nprogress=end\n$/);
  const bytes = await readFile(target);
  expect(bytes.indexOf('moov')).toBeLessThan(bytes.indexOf('mdat'));
});

test('the one that comes along keeps the sound of a film, and needs none', async () => {
  const { path: program } = await bundled();
  const directory = await temporaryDirectory();
  const loud = await film(program, join(directory, 'loud.mp4'), 'green');
  const small = join(directory, 'small.mp4');
  await runChild(program, [...quiet, '-i', loud, '-vf', 'scale=80:40', ...h264, small]);
  expect(await contentOf(small)).toMatchObject({ size: [80, 40], codecs: ['avc', 'aac'] });
  const mute = join(directory, 'mute.mp4');
  await runChild(program, [...quiet, '-i', loud, '-an', ...h264, mute]);
  const smaller = join(directory, 'smaller.mp4');
  await runChild(program, [...quiet, '-i', mute, '-vf', 'scale=40:20', ...h264, smaller]);
  expect(await contentOf(smaller)).toMatchObject({ seconds: 2, size: [40, 20], codecs: ['avc', undefined] });
});

test('what the one that comes along cannot do, and what is no film, is said, and ends it as a failure', async () => {
  const { path: program } = await bundled();
  const directory = await temporaryDirectory();
  const [bad, list, target] = ['bad.mp4', 'list.m3u8', 'out.mp4'].map((name) => join(directory, name));
  await writeFile(bad ?? '', Buffer.alloc(5_000, 7));
  // A list of segments names other files. Its sender could read files of this machine.
  await writeFile(
    list ?? '',
    '#EXTM3U\n#EXT-X-TARGETDURATION:9\n#EXTINF:9,\nhttp://127.0.0.1:9/secret.ts\n#EXT-X-ENDLIST\n',
  );
  const failure = async (...args: string[]) => {
    const failed = await runChild(program, [...quiet, ...args]).then(
      () => null,
      (error: unknown) => error,
    );
    if (!(failed instanceof ChildFailed)) throw new Error('it did not fail');
    return failed.output;
  };
  expect(await failure('-i', bad ?? '', target ?? '')).toContain('Invalid data');
  expect(await failure('-i', list ?? '', target ?? '')).not.toMatch(/refused/i);
  expect(await failure('-i', join(directory, 'none.mp4'), target ?? '')).toContain('No such file');
  expect(await failure('-hwaccel', 'cuda', '-i', bad ?? '', target ?? '')).toContain('does not know -hwaccel');
  expect(await failure('-i', bad ?? '', '-c:v', 'libx265', target ?? '')).toContain('writes libx264, not libx265');
  expect(await failure('-i', bad ?? '')).toContain('-i has no value');
});
