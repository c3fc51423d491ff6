import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { chmod, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { onTestFinished } from 'vitest';
import { temporaryDirectory } from './temporary.ts';

// Debian installs it in a folder that only root's PATH has.
const program = ['pgbouncer', '/usr/sbin/pgbouncer'].find((name) => spawnSync(name, ['--version']).status === 0);

/** The reason why this machine cannot run the tests behind PgBouncer. Null if it can. */
export const noPgBouncer = program === undefined ? 'pgbouncer is not installed' : null;

export type PgBouncer = {
  /** The address of the same database through the pooler. */
  url: string;
  /** Ends it without a shutdown. */
  kill: () => Promise<void>;
  /** Starts it again on the same port. */
  start: () => Promise<void>;
};

/** A real PgBouncer in transaction mode, in front of the database of that URL, with few connections to the server. */
export async function startPgBouncer(databaseUrl: string, connections: number): Promise<PgBouncer> {
  const target = new URL(databaseUrl);
  const folder = await temporaryDirectory();
  // If we are root, it runs as nobody: it refuses to run as root.
  await chmod(folder, 0o755);
  const port = await freePort();
  await writeFile(
    join(folder, 'pgbouncer.ini'),
    `[databases]
* = host=${target.hostname} port=${target.port} user=${target.username} password=${decodeURIComponent(target.password)}
[pgbouncer]
listen_addr = 127.0.0.1
listen_port = ${port}
unix_socket_dir =
auth_type = any
pool_mode = transaction
default_pool_size = ${connections}
max_client_conn = 500
server_login_retry = 1
`,
  );
  let child: ChildProcess | null = null;
  const start = async () => {
    child = await launch(join(folder, 'pgbouncer.ini'));
  };
  const kill = async () => {
    if (!child || child.exitCode !== null || child.signalCode !== null) return;
    const gone = once(child, 'exit');
    child.kill('SIGKILL');
    await gone;
  };
  await start();
  onTestFinished(kill);
  const url = new URL(databaseUrl);
  url.hostname = '127.0.0.1';
  url.port = String(port);
  return { url: url.href, kill, start };
}

const nobody = { uid: 65_534, gid: 65_534 };

async function launch(settings: string): Promise<ChildProcess> {
  if (program === undefined) throw new Error('pgbouncer is not installed');
  const child = spawn(program, [settings], {
    stdio: ['ignore', 'ignore', 'pipe'],
    ...(process.getuid?.() === 0 ? nobody : {}),
  });
  const lines: string[] = [];
  await new Promise<void>((resolve, reject) => {
    createInterface({ input: child.stderr }).on('line', (line) => {
      lines.push(line);
      if (line.includes('process up')) resolve();
    });
    child.once('exit', () => reject(new Error(`pgbouncer did not start: ${lines.join('\n')}`)));
  });
  return child;
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  server.close();
  await once(server, 'close');
  if (address === null || typeof address === 'string') throw new Error('no port');
  return address.port;
}
