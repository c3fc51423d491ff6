import { randomBytes } from 'node:crypto';
import { chmod, chown, mkdir, open, readFile, realpath, rename, stat, unlink } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { z } from 'zod';
import { isRoot } from './account.ts';
import { orMissing, writing } from './failure.ts';

/** A home's record of its database, in `<home>/postgres/cluster.json`. */
const clusterRecord = z.object({
  /** Identifies the data, wherever they are. A home that was deleted and made again has another id, and so a fresh database. */
  id: z.string().regex(/^[0-9a-f]{16}$/),
  password: z.string(),
  /** `data` (beside this file, so that you can move the home), or an absolute path if root keeps the data elsewhere. */
  dataDir: z.string(),
  initialised: z.boolean(),
});
export type ClusterRecord = z.infer<typeof clusterRecord>;

export const recordPath = (folder: string): string => join(folder, 'cluster.json');

/**
 * Makes `<home>/postgres` and returns its real path. If this process is root, other users may pass through the folder, because
 * the server's user may have to.
 */
export async function prepareFolder(home: string): Promise<string> {
  const folder = join(resolve(home), 'postgres');
  return writing(folder, async () => {
    const mode = isRoot() ? 0o711 : 0o700;
    await mkdir(dirname(folder), { recursive: true, mode });
    if ((await mkdir(folder, { recursive: true, mode })) !== undefined) {
      await chmod(folder, mode);
      await handToOwner(folder);
    }
    return realpath(folder);
  });
}

export async function readRecord(folder: string): Promise<ClusterRecord | null> {
  const text = await orMissing(readFile(recordPath(folder), 'utf8'));
  if (text === null) return null;
  try {
    return clusterRecord.parse(JSON.parse(text));
  } catch (error) {
    throw new Error(
      `${recordPath(folder)} is damaged; restore it from a backup (it holds the password of the database), or move ${folder} away to start with an empty database`,
      { cause: error },
    );
  }
}

export const writeRecord = (folder: string, record: ClusterRecord): Promise<void> =>
  writeDurably(recordPath(folder), `${JSON.stringify(record, null, 2)}\n`);

/** Writes to a draft and renames it, so that there is always a complete file. The file is on the disk before this returns. */
export async function writeDurably(path: string, text: string): Promise<void> {
  const draft = `${path}.${randomBytes(6).toString('hex')}`;
  await writing(path, async () => {
    try {
      const file = await open(draft, 'wx', 0o600);
      try {
        await file.writeFile(text);
        await file.sync();
      } finally {
        await file.close();
      }
      await handToOwner(draft);
      await rename(draft, path);
      await syncFolder(dirname(path));
    } finally {
      await orMissing(unlink(draft));
    }
  });
}

/** Gives a file that root made inside a user's folder to that user, who may later run VidGenie without root. */
export async function handToOwner(path: string): Promise<void> {
  if (!isRoot()) return;
  const { uid, gid } = await stat(dirname(path));
  if (uid !== 0) await chown(path, uid, gid);
}

/** Makes a rename in this folder survive a power cut. */
export async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder);
  await handle.sync();
  await handle.close();
}
