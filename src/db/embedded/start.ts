import type { ChildProcess } from 'node:child_process';
import { type FileHandle, open, readFile, rename, stat, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { startChild } from '../../childProcess.ts';
import { programOptions } from './account.ts';
import type { Binaries } from './binaries.ts';
import type { Cluster } from './cluster.ts';
import { adviceOnSpace, orMissing, writing } from './failure.ts';
import { lastLines } from './initdb.ts';
import { clearMisleadingPidFile, findPostmaster, type Postmaster } from './postmaster.ts';
import { handToOwner } from './record.ts';

const lookAgainMs = 10;
/**
 * In milliseconds. How long to try again while the processes of a killed server are still ending, or other programs take the
 * chosen port.
 */
const startPatienceMs = 20_000;
const keepLogBytes = 5_000_000;

/** Starts the server on a free port, if possible the same as last time, and waits until it accepts connections. */
export async function startPostmaster(cluster: Cluster, binaries: Binaries): Promise<Postmaster> {
  const logFile = join(cluster.folder, 'server.log');
  const portFile = join(cluster.folder, 'port');
  await setLogAside(logFile);
  const giveUpAt = Date.now() + startPatienceMs;
  let wantedPort = Number(await orMissing(readFile(portFile, 'utf8')));
  for (;;) {
    const port = await freePort(wantedPort);
    const attempt = await tryToStart(cluster, binaries, port, logFile);
    if (attempt.outcome === 'ready') {
      await writing(portFile, () => writeFile(portFile, String(port)));
      await handToOwner(portFile);
      return attempt.postmaster;
    }
    // A process that was killed during this may have left a starting server, which now has the data.
    const other = await findPostmaster(cluster.dataDir);
    if (other?.ready) return other;
    if (!mayPass.test(attempt.said) || Date.now() > giveUpAt)
      throw new Error(
        `the embedded PostgreSQL did not start: ${lastLines(attempt.said)}; see ${logFile}${await adviceOnSpace(cluster.dataDir)}`,
      );
    wantedPort = 0;
    await delay(lookAgainMs * 10);
  }
}

/** Another program took the port between our check and the server's start, or a killed server's processes are still there. */
const mayPass = /could not bind|could not create any TCP\/IP sockets|is still in use|lock file "postmaster\.pid"/;

type Attempt = { outcome: 'ready'; postmaster: Postmaster } | { outcome: 'ended'; said: string };

async function tryToStart(cluster: Cluster, binaries: Binaries, port: number, logFile: string): Promise<Attempt> {
  await clearMisleadingPidFile(cluster.dataDir);
  const log = await writing(logFile, () => open(logFile, 'a', 0o600));
  try {
    await handToOwner(logFile);
    const { size } = await log.stat();
    const child = spawnServer(cluster, binaries.postgres, port, log);
    const ended = new Promise<string>((resolve) => {
      child.once('error', (error) => resolve(error.message));
      child.once('exit', (code, signal) => resolve(`it ended with ${signal ?? code} and said nothing`));
    });
    return await readyOr(cluster.dataDir, child, ended, async () => (await readFile(logFile, 'utf8')).slice(size));
  } finally {
    await log.close();
  }
}

function spawnServer({ dataDir, account }: Cluster, postgres: string, port: number, log: FileHandle): ChildProcess {
  const settings = [
    'listen_addresses=127.0.0.1',
    // No Unix socket: its path would have to be short, and reachable for both users.
    'unix_socket_directories=',
    'cluster_name=vidgenie',
    'jit=off',
    // The log contains no statements and no values of rows, because people typed them.
    'log_min_error_statement=panic',
    'log_error_verbosity=terse',
    'log_checkpoints=off',
  ];
  const child = startChild(
    postgres,
    ['-D', dataDir, '-p', String(port), ...settings.flatMap((setting) => ['-c', setting])],
    {
      ...programOptions(account),
      // A separate session: Ctrl-C in the terminal must not stop the server while other processes use it.
      detached: true,
      stdio: ['ignore', log.fd, log.fd],
    },
  );
  child.unref();
  return child;
}

/** No time limit: after a crash the server first replays its write-ahead log, and it is working as long as it lives. */
async function readyOr(
  dataDir: string,
  child: ChildProcess,
  ended: Promise<string>,
  said: () => Promise<string>,
): Promise<Attempt> {
  for (;;) {
    const error = await Promise.race([ended, delay(lookAgainMs, null)]);
    if (error !== null) return { outcome: 'ended', said: (await said()) || error };
    const postmaster = await findPostmaster(dataDir);
    if (postmaster?.ready && postmaster.pid === child.pid) return { outcome: 'ready', postmaster };
  }
}

/** The wanted port if it is free, else any free port. */
async function freePort(wanted: number): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', (error) => (wanted ? resolve(freePort(0)) : reject(error)));
    server.listen({ port: wanted, host: '127.0.0.1', exclusive: true }, () => {
      const address = server.address();
      const port = typeof address === 'object' && address !== null ? address.port : 0;
      server.close(() => resolve(port));
    });
  });
}

async function setLogAside(logFile: string): Promise<void> {
  const size = (await orMissing(stat(logFile)))?.size ?? 0;
  if (size > keepLogBytes) await rename(logFile, `${logFile}.1`);
}
