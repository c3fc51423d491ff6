import { chmod, mkdir } from 'node:fs/promises';
import { type Account, mayEnter } from './account.ts';

/** Durable places outside everybody's home; never /tmp, which a restart may empty. */
const candidates = ['/var/lib/vidgenie', '/opt/vidgenie', '/usr/local/var/vidgenie'] as const;

/** The folder for copies of files that the server's user needs, when that user cannot read the project or the home. */
export async function stagingRoot(account: Account): Promise<string> {
  for (const folder of candidates) {
    try {
      await makeEnterable(folder);
    } catch {
      continue;
    }
    if (await mayEnter(account, folder)) return folder;
  }
  throw new Error(
    `PostgreSQL runs as user "${account.name}" here, who can reach neither this folder nor any of ${candidates.join(', ')}; make one of these, let others enter the home (chmod o+x on it and the folders above), or set DATABASE_URL`,
  );
}

/** A folder of root's that others may walk through and not list, whatever the umask says. */
export async function makeEnterable(folder: string): Promise<void> {
  await mkdir(folder, { recursive: true });
  await chmod(folder, 0o711);
}
