import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { sql } from 'drizzle-orm';
import { z } from 'zod';
import { openDatabase } from '../db/client.ts';
import { checkInvariants } from '../db/invariants.ts';
import type { Keyring } from '../db/keyring.ts';
import type { Violation } from '../db/ledgerRules.ts';
import { migrateDatabase, withoutTransactionTimeout } from '../db/migrate.ts';
import type { MediaStore } from '../pipeline/media/store.ts';
import { BackupError } from './error.ts';
import { openSealedKeys } from './keys.ts';
import { type Loaded, loadDatabase, requireEmpty } from './load.ts';
import { withFile } from './mediaList.ts';
import { type Backup, mediaOf, rowsOf } from './open.ts';
import { withClient } from './session.ts';
import { firstUsed, shapeOf } from './shape.ts';
import type { Step } from './take.ts';

export type Restoring = {
  backup: Backup;
  url: string;
  home: string;
  media: MediaStore;
  /** Whether the media store has no object of any run. */
  isMediaEmpty: () => Promise<boolean>;
  /** Null: the stored keys need not open. */
  keyring: { keyring: Keyring | null } | null;
  signal: AbortSignal;
  onStep: (step: Step) => void;
};

export const adviceOnKeyring =
  'name the keyring of that installation with --keyring or VIDGENIE_KEYRING_FILE. With --without-keyring everything else comes back, and members enter their keys again.';

export type Restored = { rows: number; objects: number; openedKeys: number; violations: Violation[] };

/**
 * Puts a backup into an empty database and an empty media store. The media come first, and the rows in one transaction after them.
 * So a restore that was killed goes on where it was.
 */
export async function restoreBackup(restoring: Restoring): Promise<Restored> {
  const { backup, url, home, media } = restoring;
  const { id, migration } = backup.manifest;
  const begun = await readMarker(home);
  const isOurs = begun?.id === id;
  // The database was empty when the marker was written, and rows appear in one moment.
  const isLoaded = isOurs && begun.hasMedia && (await hasRows(url));
  if (!isLoaded) await requireEmpty(url, migration);
  const { isIncluded } = backup.manifest.media;
  if (isIncluded && !isOurs && !(await restoring.isMediaEmpty()))
    throw new BackupError(
      'The media store is not empty, and nothing there is overwritten: name an empty one (VIDGENIE_HOME or S3_BUCKET).',
    );
  await mkdir(home, { recursive: true, mode: 0o700 });
  await writeMarker(home, { id, hasMedia: false });
  if (isIncluded) await media.prepare();
  const objects = isIncluded ? await putMedia(restoring) : 0;
  await writeMarker(home, { id, hasMedia: true });
  let openedKeys = 0;
  const check = async (client: Parameters<typeof openSealedKeys>[0]) => {
    if (restoring.keyring) openedKeys = await openSealedKeys(client, restoring.keyring.keyring, adviceOnKeyring);
  };
  if (isLoaded) await migrateDatabase(url);
  else await loadRows(restoring, check);
  if (isLoaded) await withClient(url, check);
  const rows = backup.manifest.tables.reduce((sum, table) => sum + table.rows, 0);
  const restored = { rows, objects, openedKeys, violations: await violationsIn(url) };
  await rm(markerPath(home), { force: true });
  return restored;
}

async function loadRows(
  { backup, url, signal, onStep }: Pick<Restoring, 'backup' | 'url' | 'signal' | 'onStep'>,
  check: (client: Parameters<typeof openSealedKeys>[0]) => Promise<void>,
): Promise<Loaded> {
  const source = rowsOf(backup);
  const tables = source.tables.map(({ name }) => name);
  return await loadDatabase(url, source, { signal, check, ...tellingRows(tables, onStep) });
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

/** Puts every object of the backup into the store. Objects that are there already, in their size, are not put again. */
async function putMedia({ backup, media, home, signal, onStep }: Restoring): Promise<number> {
  const { count, missing } = backup.manifest.media;
  let done = 0;
  let bytes = 0;
  for await (const { key, mime, content, ...object } of mediaOf(backup)) {
    signal.throwIfAborted();
    if ((await media.size(key)) !== object.bytes)
      await withFile(join(home, 'tmp'), content(), (file) =>
        media.put(key, { path: file.path, mime, bytes: file.bytes }, signal),
      );
    done += 1;
    bytes += object.bytes;
    onStep({ phase: 'media', item: key, done, of: count - missing.length, bytes });
  }
  return done;
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

const hasRows = (url: string): Promise<boolean> =>
  withClient(url, async (client) => (await firstUsed(client, (await shapeOf(client)).tables)) !== null);

// While a restore is under way, a file in the home names its backup.

const marker = z.object({ id: z.string(), hasMedia: z.boolean() });
const markerPath = (home: string): string => join(home, 'restoring.json');

async function readMarker(home: string): Promise<z.infer<typeof marker> | null> {
  try {
    return marker.parse(JSON.parse(await readFile(markerPath(home), 'utf8')));
  } catch {
    return null;
  }
}

const writeMarker = (home: string, is: z.infer<typeof marker>): Promise<void> =>
  writeFile(markerPath(home), JSON.stringify(is), { mode: 0o600 });
