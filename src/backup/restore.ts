import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { sql } from 'drizzle-orm';
import type pg from 'pg';
import { openDatabase } from '../db/client.ts';
import { checkInvariants } from '../db/invariants.ts';
import type { Keyring } from '../db/keyring.ts';
import type { Violation } from '../db/ledgerRules.ts';
import { withoutTransactionTimeout } from '../db/migrate.ts';
import { type MediaStore, StorageError } from '../pipeline/media/store.ts';
import { BackupError } from './error.ts';
import { openSealedKeys } from './keys.ts';
import { finishLoading, isFilled, loadDatabase, refuseUsedSince } from './load.ts';
import { markRemoved } from './markRemoved.ts';
import { hashOf, withFile } from './mediaList.ts';
import { type Backup, mediaOf, rowsOf } from './open.ts';
import type { Step } from './take.ts';
import { begunIn, forgetRestore, noteRestore, restoreNotePath } from './unfinished.ts';

export type Restoring = {
  backup: Backup;
  url: string;
  home: string;
  media: MediaStore;
  /** Whether the media store has no object of any run. */
  isMediaEmpty: () => Promise<boolean>;
  /** Null: the stored keys need not open. */
  keyring: { keyring: Keyring | null } | null;
  /** Restores the rest of the installation. Called when the rows are there, and again if the restore is repeated. */
  finish: () => Promise<void>;
  signal: AbortSignal;
  onStep: (step: Step) => void;
};

export const adviceOnKeyring =
  'name the keyring of that installation with --keyring or VIDGENIE_KEYRING_FILE. With --without-keyring everything else comes back, and members enter their keys again.';

export type Restored = {
  rows: number;
  objects: number;
  /** Keys of objects that are damaged or absent in the backup. They were left out. */
  lost: string[];
  openedKeys: number;
  violations: Violation[];
};

/**
 * Puts a backup into an empty database and an empty media store. The media come first, and the rows in one transaction after them.
 * So a restore that was killed goes on where it was: a file in the home and the database itself keep the id of the backup until
 * everything is done. An object that is damaged in the backup does not keep the rest from coming back.
 */
export async function restoreBackup(restoring: Restoring): Promise<Restored> {
  const { backup, url, home, media, signal, onStep } = restoring;
  const { id, migration, tables, media: saved } = backup.manifest;
  const hasRows = await isFilled(url, { id, migration });
  if (hasRows) await refuseUsedSince(url, tables);
  // If the rows are there, so are the media.
  const begun = await begunIn(home);
  if (saved.isIncluded && !hasRows && begun !== id && !(await restoring.isMediaEmpty()))
    throw new BackupError(
      begun === null
        ? 'The media store is not empty, and nothing there is overwritten: name an empty one (VIDGENIE_HOME or S3_BUCKET).'
        : `The media store is not empty: the restore of another backup (its id is ${begun}) was interrupted here. Give that command again; or delete those media and ${restoreNotePath(home)}, and then give this one again.`,
    );
  await mkdir(home, { recursive: true, mode: 0o700 });
  await noteRestore(home, id);
  if (saved.isIncluded) await media.prepare();
  const put = saved.isIncluded ? await putMedia(restoring) : { objects: 0, lost: [] };
  let openedKeys = 0;
  await loadDatabase(url, rowsOf(backup), {
    id,
    signal,
    check: async (client: pg.Client) => {
      await markRemoved(client, saved.removed);
      if (restoring.keyring) openedKeys = await openSealedKeys(client, restoring.keyring.keyring, adviceOnKeyring);
    },
    ...tellingRows(
      tables.map(({ name }) => name),
      onStep,
    ),
  });
  const rows = tables.reduce((sum, table) => sum + table.rows, 0);
  const violations = await violationsIn(url);
  await restoring.finish();
  await forgetRestore(home);
  await finishLoading(url);
  return { rows, ...put, openedKeys, violations };
}

/** Tells of each table, and of the bytes that have passed. */
export function tellingRows(tables: readonly string[], onStep: (step: Step) => void) {
  let item = '';
  let bytes = 0;
  const tell = () => onStep({ phase: 'database', item, done: tables.indexOf(item), of: tables.length, bytes });
  return {
    onTable: ({ name }: { name: string }) => {
      item = name;
      tell();
    },
    onBytes: (more: number) => {
      bytes += more;
      tell();
    },
  };
}

/** Puts every object of the backup into the store, and reads it back. Objects that are there already are not put again. */
async function putMedia({
  backup,
  media,
  home,
  signal,
  onStep,
}: Restoring): Promise<Pick<Restored, 'objects' | 'lost'>> {
  const { count, missing } = backup.manifest.media;
  const lost: string[] = [];
  let done = 0;
  let bytes = 0;
  for await (const { key, mime, content, ...object } of mediaOf(backup)) {
    signal.throwIfAborted();
    try {
      const isThere =
        (await media.size(key)) === object.bytes && (await hashOf(await media.open(key))) === object.sha256;
      if (!isThere)
        await withFile(join(home, 'tmp'), content(), async (file) => {
          await media.put(key, { path: file.path, mime, bytes: file.bytes }, signal);
          if ((await hashOf(await media.open(key))) !== file.sha256)
            throw new StorageError(
              `The media store does not give back ${key} as it was written: look at that service.`,
            );
        });
    } catch (error) {
      // Only the backup throws these. Errors of the store end the restore, because a repeated one may get further.
      if (!(error instanceof BackupError)) throw error;
      lost.push(key);
    }
    done += 1;
    bytes += object.bytes;
    onStep({ phase: 'media', item: key, done, of: count - missing.length, bytes });
  }
  return { objects: done - lost.length, lost };
}

/** The rules of the ledger that do not hold. */
export async function violationsIn(url: string): Promise<Violation[]> {
  const { db, close } = openDatabase(url, { connections: 1, applicationName: 'vidgenie backup' });
  try {
    // The role may have limits for statements that members wait for.
    await db.execute(sql`SET statement_timeout = 0`);
    await db.execute(sql.raw(withoutTransactionTimeout(false)));
    return await checkInvariants(db, { atRest: false });
  } finally {
    await close();
  }
}
