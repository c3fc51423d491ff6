import { readFile } from 'node:fs/promises';
import { z } from 'zod';
import { runChild } from '../../childProcess.ts';

/** A process and its start time: pids are reused, the pair is not. */
export const processIdentity = z.object({ pid: z.int().min(2), started: z.string().min(1) });
export type ProcessIdentity = z.infer<typeof processIdentity>;

/** When the process started, in the system's own notation. Null if there is no such living process. */
export async function startOf(pid: number): Promise<string | null> {
  if (process.platform !== 'linux') {
    return runChild('ps', ['-o', 'lstart=', '-p', String(pid)]).then(
      ({ stdout }) => stdout.trim() || null,
      () => null,
    );
  }
  const stat = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => '');
  // The command's name in parentheses may contain anything, so the fields are counted after it.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  const [state = 'X'] = fields;
  if (stat === '' || state === 'Z' || state === 'X') return null;
  const boot = await readFile('/proc/sys/kernel/random/boot_id', 'utf8').catch(() => '');
  return `${fields[19] ?? ''}@${boot.trim()}`;
}

export async function isAlive(identity: ProcessIdentity): Promise<boolean> {
  return (await startOf(identity.pid)) === identity.started;
}

/** Ends a process that leads its own group, together with that group. Does nothing if the pid belongs to another process by now. */
export async function endGroup(identity: ProcessIdentity): Promise<void> {
  if (!(await isAlive(identity))) return;
  try {
    process.kill(-identity.pid, 'SIGKILL');
  } catch {
    // It has ended by itself meanwhile.
  }
}
