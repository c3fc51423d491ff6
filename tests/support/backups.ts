import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Writable } from 'node:stream';
import { expect } from 'vitest';
import { type Backup, mediaOf, openBackup, rowsOf } from '../../src/backup/open.ts';
import type { Place } from '../../src/backup/place.ts';
import { type Restored, type Restoring, restoreBackup } from '../../src/backup/restore.ts';
import { type Taking, takeBackup } from '../../src/backup/take.ts';
import { createTarFile, openTarFile } from '../../src/backup/tarFile.ts';
import { isMediaEmpty } from '../../src/cli/backup/places.ts';
import type { Config } from '../../src/config.ts';
import type { Database } from '../../src/db/client.ts';
import { parseKeyring } from '../../src/db/keyring.ts';
import { Secret } from '../../src/db/secret.ts';
import { type KeySlot, openKey, storeKey } from '../../src/db/vault.ts';
import { createFileStore } from '../../src/pipeline/media/files.ts';
import { testConfig } from './config.ts';
import { createTestDatabase, createWorkspace } from './database.ts';
import { createInstallation, delivered, type Installation, submitted } from './program.ts';

/** The key of a workspace, as a member gave it. */
export const memberKey = 'key_ofaMEMBER0123456789abcdef0123456789abcdef0123456789';

/** An installation with a workspace key, a finished run with its media, and a run that waits. */
export async function createUsedInstallation(
  config: Partial<Config> = {},
): Promise<Installation & { slot: KeySlot; finished: string }> {
  const database = await createTestDatabase();
  const installation = await createInstallation(database);
  const workspace = await createWorkspace(database, 10_000);
  const slot: KeySlot = { workspaceId: workspace.id, provider: 'runway', purpose: 'api_key' };
  await storeKey(database.db, testKeyring(), slot, new Secret(memberKey), { by: 'ada', status: 'valid', at: null });
  const worker = await installation.open({ worker: true, config });
  const finished = await submitted(worker, { workspace });
  await delivered(worker, finished);
  await worker.stop();
  const bot = await installation.open({ worker: false, config });
  await submitted(bot, { workspace });
  await bot.stop();
  return { ...installation, slot, finished };
}

export const testKeyring = () => parseKeyring(process.env.TEST_KEYRING ?? '');

export const memberKeyOf = async ({ db }: Database, slot: KeySlot): Promise<string | undefined> =>
  (await openKey(db, testKeyring(), slot, null))?.reveal();

type Over = Partial<Taking> & Pick<Taking, 'url' | 'media' | 'place'>;

/** Takes a backup in this process. */
export const taken = (over: Over) =>
  takeBackup({
    includesMedia: true,
    passphrase: null,
    settings: {},
    version: '0.0.0',
    now: new Date(),
    ...unwatched,
    ...over,
  });

/** Takes a backup into a tar file, and closes the file. */
export async function takenInto(path: string, over: Omit<Over, 'place'>): Promise<void> {
  const place = await createTarFile(path);
  try {
    await taken({ ...over, place });
  } finally {
    await place.close();
  }
}

/** Reads everything that a backup holds, as a restore does. Throws at the first thing that is not what was written. */
export async function readAll(
  path: string,
  passphrase: string | null = null,
): Promise<{ manifest: Backup['manifest']; rows: string }> {
  const place = await openTarFile(path);
  try {
    const backup = await openBackup(place, passphrase);
    const source = rowsOf(backup);
    const rows: Buffer[] = [];
    const sink = () =>
      new Writable({
        write: (chunk: Buffer, _, done) => {
          rows.push(chunk);
          done();
        },
      });
    for (const table of source.tables) await source.send(table, sink());
    for await (const { content } of mediaOf(backup)) for await (const piece of content()) expect(piece).toBeDefined();
    return { manifest: backup.manifest, rows: Buffer.concat(rows).toString() };
  } finally {
    await place.close();
  }
}

/** Works with a complete backup in a tar file. */
export async function withBackup<T>(path: string, work: (backup: Backup) => Promise<T>): Promise<T> {
  const place = await openTarFile(path);
  try {
    return await work(await openBackup(place, null));
  } finally {
    await place.close();
  }
}

/** Restores a tar file in this process, into the database and the home of an installation. */
export async function restoredInto(
  { database, home }: Pick<Installation, 'database' | 'home'>,
  path: string,
  over: Partial<Pick<Restoring, 'onStep' | 'finish' | 'media'>> = {},
): Promise<Restored> {
  return await withBackup(path, (backup) =>
    restoreBackup({
      backup,
      url: database.url,
      home,
      media: createFileStore(join(home, 'media')),
      isMediaEmpty: () => isMediaEmpty(testConfig(database.url, home)),
      keyring: { keyring: testKeyring() },
      finish: async () => {},
      ...unwatched,
      ...over,
    }),
  );
}

/** Nobody stops it, and nobody looks. */
export const unwatched = { signal: new AbortController().signal, onStep: () => {} };

/** The names of a place's contents, in the order in which they are written. */
export function recording(place: Place): { place: Place; names: string[] } {
  const names: string[] = [];
  const write: Place['write'] = async (name, ...rest) => {
    names.push(name);
    await place.write(name, ...rest);
  };
  return { place: { ...place, write }, names };
}

/** Where a content begins in a file. The archive has its name in the block before. */
export async function positionOf(file: string, name: string): Promise<number> {
  const content = await readFile(file, 'latin1');
  // A name that does not fit into 100 bytes is split.
  const [start] = [content.indexOf(name.length > 100 ? name.slice(name.lastIndexOf('/', 155) + 1) : `${name}\0`)];
  if (start === undefined || start < 0) throw new Error(`there is no ${name}`);
  return start + 512;
}
