import { readFile, readlink, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { runChild } from '../../childProcess.ts';
import { errorCode, orMissing } from './failure.ts';
import { startOf } from './identity.ts';

const lookAgainMs = 10;
const fastPatienceMs = 60_000;
const quitPatienceMs = 5_000;

/**
 * A running server, identified by its main process. `start` (see `startOf`) distinguishes it from a later process with the same
 * pid.
 */
export type Postmaster = { pid: number; start: string; port: number; ready: boolean };

/** The server that runs on this data directory, in any state, or null. PostgreSQL stores pid and port in a file. */
export async function findPostmaster(dataDir: string): Promise<Postmaster | null> {
  const [pidLine, , , port, , , , status] = await pidLines(dataDir);
  const pid = toPid(pidLine);
  const start = pid === null ? null : await startOf(pid);
  if (pid === null || start === null || !(await runsOn(pid, dataDir))) return null;
  return { pid, start, port: Number(port), ready: status?.trim() === 'ready' };
}

const pidFile = (dataDir: string): string => join(dataDir, 'postmaster.pid');

/** Pid, directory, time of start, port, socket, address, shared memory, status. Values that are not known yet are missing. */
async function pidLines(dataDir: string): Promise<string[]> {
  return (await orMissing(readFile(pidFile(dataDir), 'utf8')))?.split('\n') ?? [];
}

function toPid(line: string | undefined): number | null {
  const pid = Number(line);
  return Number.isInteger(pid) && pid > 0 ? pid : null;
}

/**
 * Whether this process is a PostgreSQL server on this directory. After a crash or a restart of the machine, the pid in the file
 * may belong to any process. The working directory decides, even when a home was moved. If we may not read it (root in a
 * container), the command line decides.
 */
async function runsOn(pid: number, dataDir: string): Promise<boolean> {
  const command = await commandOf(pid);
  if (!command.split(' -D ')[0]?.endsWith('/postgres')) return false;
  const workingDirectory = await readlink(`/proc/${pid}/cwd`).catch(() => null);
  return workingDirectory === null ? command.includes(` -D ${dataDir} `) : workingDirectory === dataDir;
}

async function commandOf(pid: number): Promise<string> {
  if (process.platform === 'linux')
    return (await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '')).replaceAll('\0', ' ');
  const listed = await runChild('ps', ['-ww', '-o', 'command=', '-p', String(pid)]).catch(() => ({ stdout: '' }));
  return `${listed.stdout.trim()} `;
}

/**
 * Removes a pid file that names a living process which is not our server: PostgreSQL would take it for a server and refuse to
 * start. PostgreSQL still refuses by itself if processes of an earlier server hold the data's shared memory.
 */
export async function clearMisleadingPidFile(dataDir: string): Promise<void> {
  const pid = toPid((await pidLines(dataDir))[0]);
  if (pid === null || (await startOf(pid)) === null) return;
  if (!(await runsOn(pid, dataDir))) await rm(pidFile(dataDir), { force: true });
}

/**
 * Stops the server and waits until it is gone. `fast` ends sessions and writes everything to disk. `immediate` is for a server
 * that is no longer useful: it only ends the server, by force if necessary. Neither loses committed data.
 */
export async function stopPostmaster(server: Postmaster, how: 'fast' | 'immediate'): Promise<void> {
  if (await endsAfter(server, how === 'fast' ? 'SIGINT' : 'SIGQUIT', how === 'fast' ? fastPatienceMs : quitPatienceMs))
    return;
  if (how === 'immediate' && (await endsAfter(server, 'SIGKILL', quitPatienceMs))) return;
  throw new Error(`the embedded PostgreSQL (process ${server.pid}) does not stop; look into its server.log`);
}

/** Never signals a pid that now belongs to another process. */
async function endsAfter({ pid, start }: Postmaster, name: NodeJS.Signals, patienceMs: number): Promise<boolean> {
  const giveUpAt = Date.now() + patienceMs;
  if ((await startOf(pid)) === start) signal(pid, name);
  while ((await startOf(pid)) === start) {
    if (Date.now() > giveUpAt) return false;
    await delay(lookAgainMs);
  }
  return true;
}

function signal(pid: number, name: NodeJS.Signals): void {
  try {
    process.kill(pid, name);
  } catch (error) {
    if (errorCode(error) !== 'ESRCH') throw error;
  }
}
