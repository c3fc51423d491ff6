import { execFile } from 'node:child_process';
import { readdir, readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';
import { embeddedKeyring, KeyringError, newKeyring, parseKeyring } from '../../../src/db/keyring.ts';
import { temporaryDirectory } from '../../support/temporary.ts';

const base64 = (fill: number) => Buffer.alloc(32, fill).toString('base64');

test('the first key of a keyring is the active one, the others only open', () => {
  const { active, keys } = parseKeyring(`k2:${base64(2)}, k1:${base64(1)}`);
  expect([active, [...keys.keys()]]).toEqual(['k2', ['k2', 'k1']]);
  expect(keys.get('k1')?.export()).toEqual(Buffer.alloc(32, 1));
});

test.each([
  ['nothing', '', /empty/],
  ['commas alone', ' , ', /empty/],
  ['a key without a version', base64(7), /entry 1 .* version/],
  ['a version that is none', `v1:${base64(7)}`, /entry 1 .* version/],
  ['a repeated version', `k1:${base64(7)},k1:${base64(8)}`, /repeats the version k1/],
  ['no base64', `k1:${'!'.repeat(44)}`, /\(k1\) is not base64/],
  ['too few bytes', `k1:${Buffer.alloc(16, 7).toString('base64')}`, /16 bytes instead of 32/],
  ['a wrong second entry', `k2:${base64(7)},k1:${base64(8)}x`, /entry 2 .*\(k1\) is not base64/],
])('%s is refused with what is wrong, and without a key', (_name, text, message) => {
  const parse = () => parseKeyring(text);
  expect(parse).toThrow(KeyringError);
  expect(parse).toThrow(message);
  try {
    parse();
  } catch (error) {
    expect(String(error)).not.toContain(base64(7).slice(0, 16));
  }
});

test('the embedded keyring is made once, for its owner alone, and stays', async () => {
  const home = join(await temporaryDirectory(), 'deep', 'home');
  await embeddedKeyring(home);
  const path = join(home, 'keyring');
  expect((await stat(path)).mode & 0o777).toBe(0o600);
  const text = await readFile(path, 'utf8');
  await embeddedKeyring(home);
  expect(await readFile(path, 'utf8')).toBe(text);
  expect(await readdir(home)).toEqual(['keyring']);
});

test('a damaged keyring is refused by its name, and never replaced', async () => {
  const home = await temporaryDirectory();
  const path = join(home, 'keyring');
  await writeFile(path, 'k1:short');
  await expect(embeddedKeyring(home)).rejects.toThrow(path);
  expect(await readFile(path, 'utf8')).toBe('k1:short');
});

test('processes that start together agree on one keyring', async () => {
  const home = join(await temporaryDirectory(), 'home');
  const module = fileURLToPath(new URL('../../../src/db/keyring.ts', import.meta.url));
  const script = `const { embeddedKeyring } = await import(${JSON.stringify(module)});
    const { active, keys } = await embeddedKeyring(${JSON.stringify(home)});
    process.stdout.write(active + keys.get(active).export().toString('hex'));`;
  const start = () => promisify(execFile)(process.execPath, ['--input-type=module', '-e', script]);
  const started = await Promise.all([start(), start(), start(), start()]);
  expect(new Set(started.map(({ stdout }) => stdout)).size).toBe(1);
  const inside = await Promise.all(Array.from({ length: 20 }, () => embeddedKeyring(home)));
  expect(new Set(inside.map(({ keys }) => keys.get('k1')?.export().toString('hex'))).size).toBe(1);
});

test('calls that start together in one process agree as well', async () => {
  const home = join(await temporaryDirectory(), 'home');
  const made = await Promise.all(Array.from({ length: 20 }, () => embeddedKeyring(home)));
  expect(new Set(made.map(({ keys }) => keys.get('k1')?.export().toString('hex'))).size).toBe(1);
  expect(await readdir(home)).toEqual(['keyring']);
});

test('every new keyring is another', () => {
  expect(newKeyring()).not.toBe(newKeyring());
});
