import { randomBytes } from 'node:crypto';
import { mkdir, readdir, stat, unlink, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { orMissing } from './failure.ts';
import { keepTouched, type Presence, presenceOf, thisProcess } from './identity.ts';

/**
 * The processes that use the server. `<folder>/members` has one empty file for each `openEmbedded`, named after its process. Call
 * everything here under the lock.
 */
type Member = { path: string; presence: Presence; touchedAtMs: number };

const lookAgainMs = 500;

/** Registers this process once more. The returned function removes that one registration. */
export async function enter(folder: string): Promise<() => Promise<void>> {
  await mkdir(join(folder, 'members'), { recursive: true });
  const path = join(folder, 'members', `${await thisProcess()}.${randomBytes(6).toString('hex')}`);
  await writeFile(path, '', { flag: 'wx' });
  const stopTouching = keepTouched((now) => utimes(path, now, now));
  return async () => {
    stopTouching();
    await orMissing(unlink(path));
  };
}

/** The number of registrations of living processes. With `prune` it also removes those of dead ones. */
export async function countMembers(folder: string, { prune }: { prune: boolean }): Promise<number> {
  const members = await list(folder);
  const dead = members.filter((member) => member.presence === 'dead');
  if (prune) await Promise.all(dead.map((member) => orMissing(unlink(member.path))));
  return members.length - dead.length;
}

/**
 * Refuses a folder that a process in another container is using. Two servers on one data directory, neither of which can see the
 * other's pid, would destroy the data. A killed container stops touching its file, and we wait for that.
 */
export async function refuseOtherContainers(folder: string, onNotice: (message: string) => void): Promise<void> {
  const foreign = async () => (await list(folder)).filter((member) => member.presence === 'alive elsewhere');
  const before = await foreign();
  if (before.length > 0) onNotice(`Looking whether another container still uses ${folder}…`);
  for (let now = before; now.length > 0; now = await foreign()) {
    if (
      now.some((member) => !before.some((seen) => seen.path === member.path && seen.touchedAtMs === member.touchedAtMs))
    )
      throw new Error(
        `another container uses the embedded PostgreSQL in ${folder}; stop it, or give both one database with DATABASE_URL`,
      );
    await delay(lookAgainMs);
  }
}

async function list(folder: string): Promise<Member[]> {
  const names = (await orMissing(readdir(join(folder, 'members')))) ?? [];
  const found = names.map(async (name): Promise<Member[]> => {
    const path = join(folder, 'members', name);
    const file = await orMissing(stat(path));
    return file ? [{ path, presence: await presenceOf(name, file.mtimeMs), touchedAtMs: file.mtimeMs }] : [];
  });
  return (await Promise.all(found)).flat();
}
