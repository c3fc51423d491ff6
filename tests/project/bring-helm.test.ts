import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { copyFile, mkdir, readdir, readFile, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { temporaryDirectory } from '../support/temporary.ts';

/** What the script may use of this machine. It finds no Helm there. */
const programs = ['bash', 'chmod', 'dirname', 'mkdir', 'mktemp', 'rm'];

const pathOf = (program: string) =>
  spawnSync('sh', ['-c', `command -v ${program}`], { encoding: 'utf8' }).stdout.trim();

/** Nothing is downloaded. Only a file that lies below the folder of its new name can be moved: elsewhere may be another disk. */
const standIns = {
  uname: 'echo Linux x86_64',
  npm: '',
  sha512sum: '',
  tar: '',
  unzip: 'echo a program',
  mv: `case "$1" in "$(dirname "$2")"/*) exec ${pathOf('mv')} "$@" ;; *) echo "$1 would be copied" >&2; exit 1 ;; esac`,
};

test('two that bring Helm at once rename a whole program to its place, and leave nothing else', async () => {
  const folder = await temporaryDirectory();
  const path = join(folder, 'bin');
  for (const one of [path, join(folder, '.ci')]) await mkdir(one);
  await copyFile('.ci/helm', join(folder, '.ci/helm'));
  for (const program of programs) await symlink(pathOf(program), join(path, program));
  for (const [name, commands] of Object.entries(standIns))
    await writeFile(join(path, name), `#!/bin/sh\n${commands}\n`, { mode: 0o755 });
  const runs = [1, 2].map(async () => {
    const child = spawn(join(path, 'bash'), [join(folder, '.ci/helm')], { env: { PATH: path, TMPDIR: folder } });
    const errors: Buffer[] = [];
    child.stderr.on('data', (chunk: Buffer) => errors.push(chunk));
    const [status] = await once(child, 'close');
    return { status, stderr: Buffer.concat(errors).toString() };
  });
  expect(await Promise.all(runs)).toEqual([
    { status: 0, stderr: '' },
    { status: 0, stderr: '' },
  ]);
  const place = join(folder, 'node_modules/.cache/helm');
  expect(await readdir(place)).toEqual(['helm']);
  expect(await readFile(join(place, 'helm'), 'utf8')).toBe('a program\n');
});
