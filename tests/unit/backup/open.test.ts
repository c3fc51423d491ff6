import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { headerName, manifestName } from '../../../src/backup/manifest.ts';
import { openBackup } from '../../../src/backup/open.ts';
import { once, type Place } from '../../../src/backup/place.ts';
import { createTarFile } from '../../../src/backup/tarFile.ts';
import { temporaryDirectory } from '../../support/temporary.ts';

/** A place with such a header, and with something for a manifest. */
async function placeWith(header: string): Promise<Place> {
  const place = await createTarFile(join(await temporaryDirectory(), 'backup.tar'));
  onTestFinished(place.close);
  for (const [name, text] of [
    [headerName, header],
    [manifestName, '{}'],
  ] as const)
    await place.write(name, text.length, once(Buffer.from(text)));
  return place;
}

const header = {
  format: 'VidGenie backup',
  version: 1,
  id: '00000000-0000-4000-8000-000000000001',
  encryption: null,
};
const encryption = { cipher: 'AES-256-GCM in chunks of 64 KiB', kdf: 'scrypt', salt: 'AAAA', check: 'AAAA' };

test.each([
  ['is cut off', '{"format":'],
  ['is of a newer version', JSON.stringify({ ...header, version: 2 })],
  ['has a cost that no key has', JSON.stringify({ ...header, encryption: { ...encryption, cost: 20_000 } })],
])('a backup whose backup.json %s is refused with its name and what to do', async (_, text) => {
  await expect(openBackup(await placeWith(text), null)).rejects.toThrow(
    /backup\.tar cannot be read, because its backup\.json is damaged .*: restore another backup/,
  );
});

test('whoever gives a passphrase is told that the backup is not encrypted', async () => {
  await expect(openBackup(await placeWith(JSON.stringify(header)), 'correct horse')).rejects.toThrow(
    'the backup is not encrypted',
  );
});
