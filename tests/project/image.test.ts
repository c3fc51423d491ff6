import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { copyFile, mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { z } from 'zod';
import { temporaryDirectory } from '../support/temporary.ts';

const packageJson = z
  .object({ name: z.string(), version: z.string(), devDependencies: z.object({ node: z.string() }) })
  .parse(JSON.parse(readFileSync('package.json', 'utf8')));

/** The instructions of the Dockerfile, one string each. */
const instructions = readFileSync('Dockerfile', 'utf8')
  .replaceAll(/^#.*\n/gm, '')
  .replaceAll(/\\\n\s*/g, '')
  .split('\n')
  .filter((line) => line !== '');
const all = (name: string) =>
  instructions.filter((line) => line.startsWith(`${name} `)).map((line) => line.slice(name.length + 1));

test('the image runs as a user who is not root and has a number, without what only developers need', () => {
  const { node } = packageJson.devDependencies;
  expect(all('FROM')).toEqual([`node:${node}-slim`]);
  expect(all('RUN').join('\n')).toMatch(/npm ci --omit=dev/);
  expect(all('USER')).toEqual(['1000:1000']);
  // Nothing that changes the image comes after it.
  const after = instructions.slice(instructions.findIndex((line) => line.startsWith('USER ')));
  expect(after.map((line) => line.split(' ')[0])).toEqual(['USER', 'STOPSIGNAL', 'ENTRYPOINT', 'CMD']);
  // npm's ffmpeg is newer than Debian's. An install without optional packages leaves it out.
  expect(instructions.join('\n')).not.toMatch(/--omit=optional|ffmpeg/);
  expect(all('LABEL').join(' ')).toContain(`org.opencontainers.image.version="${packageJson.version}"`);
  expect(all('LABEL').join(' ')).toContain(`node:${node}-slim"`);
});

test('everything that is copied into the image exists, and the build is given it', () => {
  const given = readFileSync('.dockerignore', 'utf8')
    .split('\n')
    .filter((line) => line.startsWith('!'))
    .map((line) => line.slice(1));
  const copied = all('COPY').flatMap((line) => line.split(' ').slice(0, -1));
  expect(copied.toSorted()).toEqual(given.toSorted());
  expect(copied.filter((path) => !existsSync(path))).toEqual([]);
});

const component = z.object({ name: z.string(), version: z.string(), purl: z.string().startsWith('pkg:npm/') });
const hashes = z.array(z.object({ alg: z.literal('SHA-512'), content: z.string() })).length(1);
const lockShape = z.object({ packages: z.record(z.string(), z.looseObject({ dev: z.boolean().optional() })) });
const described = z.object({ name: z.string(), version: z.string() });

/**
 * Makes a folder look to npm as `npm ci --omit=dev` leaves it on this machine, without the content of the packages. Returns what is
 * installed there.
 */
async function installedIn(folder: string): Promise<string[]> {
  for (const name of ['package.json', 'package-lock.json', '.npmrc']) await copyFile(name, join(folder, name));
  const lock = lockShape.parse(JSON.parse(await readFile('package-lock.json', 'utf8')));
  const kept = Object.entries(lock.packages).filter(
    ([path, { dev }]) => path !== '' && !dev && existsSync(join(path, 'package.json')),
  );
  const installed = await Promise.all(
    kept.map(async ([path]) => {
      await mkdir(join(folder, path), { recursive: true });
      await copyFile(join(path, 'package.json'), join(folder, path, 'package.json'));
      const { name, version } = described.parse(JSON.parse(await readFile(join(path, 'package.json'), 'utf8')));
      return `${name}@${version}`;
    }),
  );
  const hidden = { ...packageJson, lockfileVersion: 3, requires: true, packages: Object.fromEntries(kept) };
  await writeFile(join(folder, 'node_modules/.package-lock.json'), JSON.stringify(hidden));
  return installed;
}

test('the bill of materials in the image names every package that is installed there, with the checksum of the lock file', async () => {
  const command = all('RUN').find((line) => line.includes('npm sbom')) ?? '';
  const folder = await temporaryDirectory();
  const installed = await installedIn(folder);
  const words = ['-euc', command.replaceAll('/tmp/', `${folder}/kept-`)];
  const { status, stderr } = spawnSync('sh', words, { cwd: folder, encoding: 'utf8' });
  expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
  const made = z
    .object({ bomFormat: z.literal('CycloneDX'), components: z.array(component.extend({ hashes })) })
    .parse(JSON.parse(await readFile(join(folder, 'sbom.cdx.json'), 'utf8')));
  const named = made.components.map(({ name, version }) => `${name}@${version}`);
  expect([...new Set(named)].sort()).toEqual([...new Set(installed)].sort());
  expect(named.length).toBeGreaterThan(100);
  // The image keeps the whole package.json.
  expect(await readFile(join(folder, 'package.json'), 'utf8')).toBe(await readFile('package.json', 'utf8'));
});
