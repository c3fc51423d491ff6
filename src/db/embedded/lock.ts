import { createHash, randomBytes } from 'node:crypto';
import { lstat, lutimes, readlink, symlink, unlink } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { errorCode, orMissing } from './failure.ts';
import { keepTouched, presenceOf, thisProcess } from './identity.ts';

const retryMs = 20;
const patienceMs = 120_000;

/**
 * Runs `work` while no other process, and no other caller in this one, does so under the same path. The lock is a symbolic link
 * whose target names the holder, so it is created with its content in one atomic step. The lock of a dead holder is removed.
 */
export async function withLock<T>(path: string, work: () => Promise<T>): Promise<T> {
  const me = `${await thisProcess()}.${randomBytes(6).toString('hex')}`;
  const giveUpAt = Date.now() + patienceMs;
  while (!(await claim(path, me))) {
    const holder = await clearIfDead(path, me);
    if (Date.now() > giveUpAt) throw new Error(stillHeld(path, holder));
    if (holder) await delay(retryMs);
  }
  const stopTouching = keepTouched((now) => lutimes(path, now, now));
  try {
    return await work();
  } finally {
    stopTouching();
    if ((await holderOf(path)) === me) await orMissing(unlink(path));
  }
}

async function claim(path: string, holder: string): Promise<boolean> {
  try {
    await symlink(holder, path);
    return true;
  } catch (error) {
    if (errorCode(error) === 'EEXIST') return false;
    throw error;
  }
}

async function holderOf(path: string): Promise<string | null> {
  return orMissing(readlink(path));
}

/**
 * Removes the lock of a dead holder and returns null, or returns the name of a living holder. Between our check and our removal,
 * another process may have removed the lock and taken it anew. So a process first claims the right to remove this one holder's
 * lock, under a name derived from the holder. Then it checks the lock again under that claim.
 */
async function clearIfDead(path: string, me: string): Promise<string | null> {
  const holder = await holderOf(path);
  const touched = await orMissing(lstat(path));
  if (holder === null || touched === null) return null;
  if ((await presenceOf(holder, touched.mtimeMs)) !== 'dead') return holder;
  const right = join(dirname(path), `break-${createHash('sha256').update(holder).digest('hex').slice(0, 16)}`);
  if (!(await claim(right, me))) return clearIfDead(right, me);
  try {
    if ((await holderOf(path)) === holder) await orMissing(unlink(path));
  } finally {
    await orMissing(unlink(right));
  }
  return null;
}

function stillHeld(path: string, holder: string | null): string {
  const pid = holder?.split('.')[1] ?? 'unknown';
  return `process ${pid} has been starting or stopping the embedded PostgreSQL for two minutes (it holds ${basename(path)} in ${dirname(path)}); wait for it or end it, then try again`;
}
