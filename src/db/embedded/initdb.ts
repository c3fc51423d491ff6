import { randomBytes } from 'node:crypto';
import { chown, mkdir, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { runAs } from './account.ts';
import type { Binaries } from './binaries.ts';
import type { Cluster } from './cluster.ts';
import { orMissing, writing } from './failure.ts';
import { syncFolder, writeRecord } from './record.ts';
import { makeEnterable } from './staging.ts';

export const superuser = 'vidgenie';

const draftPrefix = 'new-';

/**
 * Makes the data directory if there is none. initdb works in a draft, which we rename when it is complete. A killed initdb
 * therefore leaves only a draft, and the next start removes it.
 */
export async function ensureInitialised(cluster: Cluster, binaries: Binaries): Promise<void> {
  const { folder, dataDir, record } = cluster;
  const major = (await orMissing(readFile(join(dataDir, 'PG_VERSION'), 'utf8')))?.trim();
  if (major !== undefined && major !== binaries.major)
    throw new Error(
      `the database in ${dataDir} was made by PostgreSQL ${major}, and this version of VidGenie brings PostgreSQL ${binaries.major}; carry it over: go back to the earlier version, run "vidgenie backup <file> --no-media", come back to this version, move ${folder} away, and run "vidgenie restore <file>" (see docs/operations.md, "A new PostgreSQL")`,
    );
  if (major === undefined) await initialise(cluster, binaries);
  if (!record.initialised) await writeRecord(folder, { ...record, initialised: true });
}

async function initialise(cluster: Cluster, { initdb }: Binaries): Promise<void> {
  const { dataDir, account } = cluster;
  const path = dirname(dataDir);
  await writing(path, async () => {
    await discardDrafts(path);
    const draft = join(path, `${draftPrefix}${randomBytes(6).toString('hex')}`);
    const [draftData, passwordFile] = [join(draft, 'data'), join(draft, 'password')];
    try {
      await makeEnterable(draft);
      await mkdir(draftData, { mode: 0o700 });
      await writeFile(passwordFile, `${cluster.record.password}\n`, { mode: 0o600 });
      if (account) for (const path of [draftData, passwordFile]) await chown(path, account.uid, account.gid);
      const { ok, output } = await runAs(account, initdb, initdbArguments(draftData, passwordFile));
      if (!ok) throw new Error(`the database could not be made in ${path}: ${lastLines(output)}${adviceOn(output)}`);
      await rename(draftData, dataDir);
      await syncFolder(path);
    } finally {
      await rm(draft, { recursive: true, force: true, maxRetries: 5 });
    }
  });
}

function initdbArguments(dataDir: string, passwordFile: string): string[] {
  return [
    `--pgdata=${dataDir}`,
    `--username=${superuser}`,
    `--pwfile=${passwordFile}`,
    '--auth=scram-sha-256',
    '--encoding=UTF8',
    // Built into PostgreSQL: the same sort order and the same letters on every machine, and no index to rebuild with a new libc.
    '--locale-provider=builtin',
    '--builtin-locale=C.UTF-8',
    '--locale=C',
    '--set=max_connections=200',
    '--set=timezone=UTC',
    '--set=log_timezone=UTC',
  ];
}

function adviceOn(output: string): string {
  if (/could not look up effective user ID/.test(output))
    return '; give that user a line in /etc/passwd, or set DATABASE_URL';
  return /No space left|quota exceeded/i.test(output) ? '; free some space on that disk and try again' : '';
}

/** The initdb of a killed process may still be writing into its draft. It gives up when the draft is gone. */
async function discardDrafts(path: string): Promise<void> {
  for (const name of await readdir(path))
    if (name.startsWith(draftPrefix)) await rm(join(path, name), { recursive: true, force: true, maxRetries: 5 });
}

export function lastLines(output: string): string {
  const lines = output.split('\n').map((line) => line.trim());
  return lines
    .filter((line) => line !== '')
    .slice(-4)
    .join(' | ');
}
