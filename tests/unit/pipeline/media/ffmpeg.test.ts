import { beforeEach, expect, test, vi } from 'vitest';
import { installFfmpeg } from '../../../support/films.ts';

// A process asks the bundled ffmpeg for its version only once, so each test resets the modules.
beforeEach(() => vi.resetModules());
const load = () => import('../../../../src/pipeline/media/ffmpeg.ts');

test('the one that comes along is of this year, and serves where none is installed', async () => {
  await installFfmpeg(null);
  const { findFfmpeg } = await load();
  const found = await findFfmpeg();
  if (!found) throw new Error('the optional packages of this project are not installed');
  const { version, path, isBundled } = found;
  expect(isBundled).toBe(true);
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
    await installFfmpeg(version);
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
