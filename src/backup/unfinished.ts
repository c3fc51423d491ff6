import { readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { orMissing } from '../db/embedded/failure.ts';
import { BackupError } from './error.ts';

// A file in the home names the backup whose restore has begun and is not finished.

export const restoreNotePath = (home: string): string => join(home, 'restoring');

/** The id of the backup whose restore was begun in this home. Null: none was. */
export const begunIn = (home: string): Promise<string | null> => orMissing(readFile(restoreNotePath(home), 'utf8'));

export const noteRestore = (home: string, id: string): Promise<void> =>
  writeFile(restoreNotePath(home), id, { mode: 0o600, flush: true });

export const forgetRestore = (home: string): Promise<void> => rm(restoreNotePath(home), { force: true });

/** VidGenie must not use an installation that has a part of a backup: the repeated restore would find other rows than its own. */
export async function refuseUnfinishedRestore(home: string): Promise<void> {
  if ((await begunIn(home)) === null) return;
  throw new BackupError(
    `A restore into this installation was interrupted: give "vidgenie restore" again, and it goes on. To give the restore up, delete ${restoreNotePath(home)}.`,
  );
}
