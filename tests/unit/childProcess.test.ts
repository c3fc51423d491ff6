import { readdirSync, readFileSync } from 'node:fs';
import { chmod, readdir, readFile, writeFile } from 'node:fs/promises';
import { delimiter, join, resolve } from 'node:path';
import { expect, onTestFinished, test, vi } from 'vitest';
import { fitVideo } from '../../src/pipeline/media/fit.ts';
import { temporaryDirectory } from '../support/temporary.ts';

const root = resolve(import.meta.dirname, '../../src');
const secrets = {
  DATABASE_URL: 'postgres://vidgenie:canary@localhost/vidgenie',
  POSTGRES_PASSWORD: 'canary',
  AWS_SECRET_ACCESS_KEY: 'canary',
  SOMETHING_THAT_NOBODY_LISTED: 'canary',
};

/** An `ffmpeg` that comes first on the PATH and records the environment in which it starts. */
async function recordingFfmpeg(): Promise<{ environments: () => Promise<string[]>; directory: string }> {
  const directory = await temporaryDirectory();
  const program = join(directory, 'ffmpeg');
  const says = 'ffmpeg version 99.0; libx264; libavcodec     99.  1.100 / 99.  1.100';
  await writeFile(program, `#!/bin/sh\nenv > "$0.$$.env"\necho '${says}'\n`);
  await chmod(program, 0o755);
  vi.stubEnv('PATH', `${directory}${delimiter}${process.env.PATH ?? ''}`);
  onTestFinished(() => {
    vi.unstubAllEnvs();
  });
  const environments = async () => {
    const names = (await readdir(directory)).filter((name) => name.endsWith('.env'));
    return await Promise.all(names.map((name) => readFile(join(directory, name), 'utf8')));
  };
  return { environments, directory };
}

/** Variables that a shell adds by itself. */
const shellsOwn = new Set(['PWD', 'OLDPWD', 'SHLVL', '_']);
const namesIn = (environment: string) =>
  environment.split('\n').flatMap((line) => {
    const name = line.split('=')[0] ?? '';
    return name === '' || shellsOwn.has(name) ? [] : [name];
  });

test('the encoder is started with the path alone, whatever secrets stand in our environment', async () => {
  const { environments, directory } = await recordingFfmpeg();
  for (const [name, value] of Object.entries(secrets)) vi.stubEnv(name, value);
  const { signal } = new AbortController();
  await writeFile(join(directory, 'film.mp4'), 'no film');
  await fitVideo(join(directory, 'film.mp4'), { maxBytes: 9_000_000, directory, signal });
  const seen = await environments();
  expect(seen.length).toBeGreaterThan(1);
  for (const environment of seen) expect(namesIn(environment)).toEqual(['PATH']);
});

test('child processes are started in one place', () => {
  const files = readdirSync(root, { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith('.ts'));
  const starting = files.filter((name) =>
    /^import (?!type ).*'node:child_process'/m.test(readFileSync(join(root, name), 'utf8')),
  );
  expect(starting).toEqual(['childProcess.ts']);
});
