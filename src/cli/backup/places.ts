import { readdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { readTarget, type Target } from '../../backup/place.ts';
import { text } from '../../bots/terminal/person.ts';
import type { Config } from '../../config.ts';
import { orMissing } from '../../db/embedded/failure.ts';
import type { MoveNote } from '../../db/embedded/moveNote.ts';
import { describeEmbedded, type EmbeddedServer, openEmbedded, openToMove } from '../../db/embedded.ts';
import type { S3Settings } from '../../pipeline/media/s3Settings.ts';
import { mediaFolders } from '../../pipeline/media/store.ts';
import { exitStatus, OperatorError } from '../exit.ts';
import { reasonOf } from '../explain.ts';
import { openingError } from '../open.ts';

const words = text.operations.backups;

/** Reads where a backup lies. The bucket of the media is refused. */
export function targetOf(given: string, { s3 }: Config): Target {
  const target = readTarget(given);
  if (!target) throw new OperatorError(words.badTarget(given), exitStatus.misused);
  if (target.kind === 'bucket' && target.bucket === s3?.bucket)
    throw new OperatorError(words.ownBucket(target.bucket), exitStatus.misused);
  return target;
}

export const bucketSettings = ({ backup }: Config, bucket: string): S3Settings => ({ ...backup.s3, bucket });

const leastPassphrase = 12;

/** The passphrase of the file, or of the environment. Null: none. */
export async function readPassphrase(path: string | undefined, { backup }: Config): Promise<string | null> {
  const given = path === undefined ? (backup.passphrase?.reveal() ?? null) : await readLine(path);
  if (given !== null && given.length < leastPassphrase)
    throw new OperatorError(words.shortPassphrase(leastPassphrase), exitStatus.misused);
  return given;
}

async function readLine(path: string): Promise<string> {
  try {
    return (await readFile(path, 'utf8')).trim();
  } catch (error) {
    throw new OperatorError(words.noPassphrase(path, reasonOf(error)), exitStatus.misused, error);
  }
}

const exists = (path: string): Promise<boolean> =>
  stat(path).then(
    () => true,
    () => false,
  );

/** Works with the database of the configuration, past a pooler. The embedded server starts if nobody uses it, and stops afterwards. */
export async function withDatabase<T>(
  config: Config,
  { isRunningRefused }: { isRunningRefused: boolean },
  work: (url: string) => Promise<T>,
): Promise<T> {
  try {
    if (config.databaseUrl !== null) return await work(config.databaseDirectUrl ?? config.databaseUrl);
  } catch (error) {
    throw openingError(error, config);
  }
  return await withEmbedded(config.home, { isRunningRefused }, work);
}

/** The same with the embedded database of a home, whatever DATABASE_URL says. */
export async function withEmbedded<T>(
  home: string,
  { isRunningRefused }: { isRunningRefused: boolean },
  work: (url: string) => Promise<T>,
): Promise<T> {
  return await withServer(openEmbedded(home, { isRunningRefused }), ({ url }) => work(url));
}

/** The same to move it to another database: nobody else opens it from now on. */
export async function withMovingDatabase<T>(
  home: string,
  to: string,
  work: (server: { url: string; note: MoveNote }) => Promise<T>,
): Promise<T> {
  return await withServer(openToMove(home, to), work);
}

async function withServer<Server extends EmbeddedServer, T>(
  opening: Promise<Server>,
  work: (server: Server) => Promise<T>,
): Promise<T> {
  const server = await opening.catch((error: unknown) => {
    // Its messages are sentences for the operator.
    throw new OperatorError(reasonOf(error), exitStatus.failed, error);
  });
  try {
    return await work(server);
  } finally {
    await server.close();
  }
}

export const hasEmbedded = async (home: string): Promise<boolean> =>
  await exists(join((await describeEmbedded(home)).dataDir, 'PG_VERSION'));

/** Whether the media store of the configuration has no object of ours. */
export async function isMediaEmpty({ s3, home }: Config): Promise<boolean> {
  for (const folder of mediaFolders) {
    const isEmpty = s3
      ? await (await import('../../backup/bucket.ts')).openBucket(s3, folder).isEmpty()
      : ((await orMissing(readdir(join(home, 'media', folder)))) ?? []).length === 0;
    if (!isEmpty) return false;
  }
  return true;
}
