import { randomBytes } from 'node:crypto';
import { readdir, readFile, stat, writeFile } from 'node:fs/promises';
import { dirname, isAbsolute, join, resolve } from 'node:path';
import { type Account, isRoot, mayEnter, ordinaryOwner, systemAccount } from './account.ts';
import { orMissing, writing } from './failure.ts';
import { type ClusterRecord, readRecord, recordPath, writeRecord } from './record.ts';
import { makeEnterable, stagingRoot } from './staging.ts';

/** The data of one home, and the account that owns them. `account` is null if this process's own user runs the server. */
export type Cluster = { folder: string; dataDir: string; record: ClusterRecord; account: Account | null };

/** Finds the data of a home, or decides where to put them. Call it under the lock. */
export async function locateCluster(folder: string, onNotice: (message: string) => void): Promise<Cluster> {
  const record = await readRecord(folder);
  const dataDir = resolve(folder, record?.dataDir ?? 'data');
  const exists = (await orMissing(stat(join(dataDir, 'PG_VERSION')))) !== null;
  if (!record && exists)
    throw new Error(
      `${recordPath(folder)}, which holds the password of the database in ${dataDir}, is missing; restore it, or move ${folder} away to start with an empty database`,
    );
  if (record && exists) {
    const cluster = { folder, dataDir, record, account: await accountOf(folder, dataDir) };
    if (isAbsolute(record.dataDir)) await refuseCopy(cluster);
    return cluster;
  }
  if (record?.initialised)
    throw new Error(
      `the database of this home should be in ${dataDir} and is gone; restore it, or move ${folder} away to start with an empty one`,
    );
  return choosePlace(folder, record ?? newRecord(), onNotice);
}

function newRecord(): ClusterRecord {
  const [id, password] = [randomBytes(8).toString('hex'), randomBytes(24).toString('base64url')];
  return { id, password, dataDir: 'data', initialised: false };
}

/** The data's owner runs the server, because only the owner may open the data. */
async function accountOf(folder: string, dataDir: string): Promise<Account | null> {
  if (!isRoot()) return null;
  const { uid, gid } = await stat(dataDir);
  if (uid === 0)
    throw new Error(
      `${dataDir} belongs to root, as whom PostgreSQL does not run; give it back to its user with chown -R`,
    );
  const account = { name: `${(await ordinaryOwner(dataDir))?.name ?? uid}`, uid, gid };
  if (await mayEnter(account, dirname(dataDir))) return account;
  throw new Error(
    `the database in ${dataDir} belongs to user "${account.name}", who may not enter ${folder} any more; let others enter that folder and those above it (chmod o+x)`,
  );
}

/**
 * Puts the data in the home if the server's user can enter it, else in a folder that this user can enter. No data exists yet, so
 * nothing has to be moved.
 */
async function choosePlace(folder: string, old: ClusterRecord, onNotice: (message: string) => void): Promise<Cluster> {
  const settle = async (account: Account | null, dataDir: string): Promise<Cluster> => {
    const record = { ...old, dataDir };
    await writeRecord(folder, record);
    return { folder, dataDir: resolve(folder, dataDir), record, account };
  };
  if (!isRoot()) return settle(null, 'data');
  const owner = await ordinaryOwner(folder);
  if (owner && (await mayEnter(owner, folder))) return settle(owner, 'data');
  const account = await systemAccount();
  if (await mayEnter(account, folder)) return settle(account, 'data');
  const root = await stagingRoot(account);
  const path = join(root, old.id);
  const cluster = await settle(account, join(path, 'data'));
  await writing(path, async () => {
    await makeEnterable(path);
    await writeFile(homeOf(path), folder, { mode: 0o600 });
  });
  onNotice(`The database lies in ${path}, because user "${account.name}", as whom it runs, may not enter ${folder}.`);
  await mentionStrays(root, onNotice);
  return cluster;
}

/** Data outside the home have a file that names their home. */
const homeOf = (path: string): string => join(path, 'home');

/**
 * Refuses a copied home, because its record names the data of the original. The two would share one server without knowing of
 * each other.
 */
async function refuseCopy({ folder, dataDir, record }: Cluster): Promise<void> {
  const path = dirname(dataDir);
  const known = await orMissing(readFile(homeOf(path), 'utf8'));
  if (known === folder) return;
  const [here, there] = [await stat(folder), known ? await orMissing(stat(known)) : null];
  const sameFolder = here.ino === there?.ino && here.dev === there.dev;
  if (known && !sameFolder && (await readRecord(known))?.id === record.id)
    throw new Error(
      `${folder} is a copy of ${known}, and its database would be the same one; move ${folder} away to start with an empty database`,
    );
  await writing(path, () => writeFile(homeOf(path), folder, { mode: 0o600 }));
}

/** Reports data whose home is gone. It never deletes them: the home may have been moved, or may not be mounted. */
async function mentionStrays(root: string, onNotice: (message: string) => void): Promise<void> {
  for (const id of await readdir(root)) {
    const home = await orMissing(readFile(homeOf(join(root, id)), 'utf8'));
    if (!home) continue;
    const record = await readRecord(home).catch(() => undefined);
    if (record !== undefined && record?.id !== id)
      onNotice(`${join(root, id)} holds the database of ${home}, which is gone; delete it if you do not need it.`);
  }
}
