import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { temporaryDirectory } from '../support/temporary.ts';

/** The output of the check of a lock file, and its exit status. */
function check(path: string): { status: number | null; said: string } {
  const { status, stderr } = spawnSync(process.execPath, ['.ci/lock.mjs', path], { encoding: 'utf8' });
  return { status, said: stderr };
}

test('npm ci installs no package whose content the lock does not pin, and from no fixed address', () => {
  expect(check('package-lock.json')).toEqual({ status: 0, said: '' });
});

test('a lock with an unpinned package, a weak hash or an address is refused, and each is named', async () => {
  const path = join(await temporaryDirectory(), 'package-lock.json');
  const integrity = 'sha512-AAAA';
  const packages = {
    '': { name: 'vidgenie' },
    'node_modules/fine': { version: '1.0.0', integrity },
    'node_modules/linked': { link: true, resolved: 'packages/linked' },
    'node_modules/unpinned': { version: '1.0.0', optional: true },
    'node_modules/weak': { version: '1.0.0', integrity: 'sha1-AAAA' },
    'node_modules/addressed': { version: '1.0.0', integrity, resolved: 'https://registry.example/addressed.tgz' },
  };
  await writeFile(path, JSON.stringify({ lockfileVersion: 3, packages }));
  const { status, said } = check(path);
  expect(status).toBe(1);
  const named = said.split('\n').flatMap((line) => /node_modules\/(\S+)/.exec(line)?.[1] ?? []);
  expect(named).toEqual(['unpinned', 'weak', 'addressed']);
  expect(said).toContain('--mend');
});

test('continuous integration looks at the lock before it installs anything', () => {
  const script = readFileSync('.ci/run', 'utf8');
  expect(script.indexOf('node .ci/lock.mjs')).toBeGreaterThan(0);
  expect(script.indexOf('node .ci/lock.mjs')).toBeLessThan(script.indexOf('npm ci'));
});
