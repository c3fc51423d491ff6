import { chmod, mkdir } from 'node:fs/promises';
import { type Account, mayEnter } from './account.ts';

/** Durable folders outside every home. Never /tmp, because a restart may empty it. */
const candidates = ['/var/lib/vidgenie', '/opt/vidgenie', '/usr/local/var/vidgenie'] as const;

/** The folder for copies of files that the server's user needs, if that user cannot read the project or the home. */
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

/** Makes a folder of root that other users may pass through but not list, whatever the umask. */
export async function makeEnterable(folder: string): Promise<void> {
  await mkdir(folder, { recursive: true });
  await chmod(folder, 0o711);
}
