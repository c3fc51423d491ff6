import { createHash } from 'node:crypto';
import { readFile, readlink } from 'node:fs/promises';
import { runChild } from '../../childProcess.ts';

/**
 * In milliseconds. How often a living process touches its files, and how long a process in another container counts as alive
 * after its last touch.
 */
const touchEveryMs = 2_000;
const foreignSilenceMs = 15_000;

/**
 * When a process started, in the kernel's own units. Null if there is no such process; a zombie counts as none. Together with the
 * pid it identifies one process: pids are reused, pairs of both are not.
 */
export async function startOf(pid: number): Promise<string | null> {
  if (process.platform === 'linux') {
    try {
      const stat = await readFile(`/proc/${pid}/stat`, 'utf8');
      // The second field, the program's name, may contain spaces and brackets. So we count the fields after it.
      const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
      return fields[0] === 'Z' || fields[0] === 'X' ? null : (fields[19] ?? null);
    } catch {
      return null;
    }
  }
  try {
    const { stdout } = await runChild('ps', ['-o', 'stat=,lstart=', '-p', String(pid)], {
      environment: { LC_ALL: 'C' },
    });
    const [state, ...started] = stdout.trim().split(/\s+/);
    return !state || state.startsWith('Z') ? null : String(Date.parse(started.join(' ')));
  } catch {
    return null;
  }
}

/** Identifies the boot and the pid namespace to which a pid belongs: containers that share a folder do not share pids. */
async function pidSpace(): Promise<string> {
  const boot = await readFile('/proc/sys/kernel/random/boot_id', 'utf8').catch(() => '');
  const namespace = await readlink('/proc/self/ns/pid').catch(() => '');
  return createHash('sha256').update(`${boot}\n${namespace}`).digest('hex').slice(0, 12);
}

/** A name for this process that no other process on this machine ever has: `<pid space>.<pid>.<start>`. */
export async function thisProcess(): Promise<string> {
  return `${await pidSpace()}.${process.pid}.${(await startOf(process.pid)) ?? 'unknown'}`;
}

export type Presence = 'alive' | 'alive elsewhere' | 'dead';

/**
 * Whether the process of this name is alive. We cannot look up a process in another container. It counts as alive as long as it
 * keeps touching its file (see `keepTouched`). Extra parts at the end of the name are ignored.
 */
export async function presenceOf(name: string, touchedAtMs: number): Promise<Presence> {
  const [space, pid, start] = name.split('.');
  if (!space || !pid || !start) return 'dead';
  if (space !== (await pidSpace())) return Date.now() - touchedAtMs < foreignSilenceMs ? 'alive elsewhere' : 'dead';
  const startNow = await startOf(Number(pid));
  return startNow !== null && (start === 'unknown' || start === startNow) ? 'alive' : 'dead';
}

/** Touches a file regularly until the returned function is called. It never keeps the process running. */
export function keepTouched(touch: (now: Date) => Promise<void>): () => void {
  // If the file is gone, the code that needs it reports that.
  const timer = setInterval(() => touch(new Date()).catch(() => undefined), touchEveryMs).unref();
  return () => clearInterval(timer);
}
