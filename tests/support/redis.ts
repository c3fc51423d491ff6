import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { Redis } from 'ioredis';

const program = ['redis-server', 'valkey-server'].find((name) => spawnSync(name, ['--version']).status === 0);

/** Why nothing can be proven about Redis on this machine; null when it can. */
export const noRedis = program === undefined ? 'neither redis-server nor valkey-server is installed' : null;

export type RedisServer = {
  url: string;
  port: number;
  /** Ends it without a word, as a power cut does. */
  kill: () => Promise<void>;
  /** Starts it again, empty, where it was. */
  start: () => Promise<void>;
  flush: () => Promise<void>;
  /** Stops it and removes what it left. */
  remove: () => Promise<void>;
};

/**
 * A Redis of the test's own, on a free port, in a folder of its own, which keeps nothing. Detached, it does not hear the Ctrl-C of
 * the terminal that it was started from.
 */
export async function startRedis(words: readonly string[] = [], isDetached = false): Promise<RedisServer> {
  const directory = await mkdtemp(join(tmpdir(), 'vidgenie-redis-'));
  const port = await freePort();
  let child: ChildProcess | null = null;
  const start = async () => {
    child = await launch(['--port', String(port), '--dir', directory, '--save', '', ...words], isDetached);
  };
  const kill = async () => {
    if (!child || child.exitCode !== null || child.signalCode !== null) return;
    const gone = once(child, 'exit');
    child.kill('SIGKILL');
    await gone;
  };
  await start();
  return {
    url: `redis://127.0.0.1:${port}`,
    port,
    start,
    kill,
    flush: async () => {
      const client = new Redis(port, '127.0.0.1', { maxRetriesPerRequest: 1, retryStrategy: null });
      client.on('error', () => {});
      await client.flushall().catch(() => {});
      client.disconnect();
    },
    remove: async () => {
      await kill();
      await rm(directory, { recursive: true, force: true });
    },
  };
}

async function launch(words: string[], detached: boolean): Promise<ChildProcess> {
  if (program === undefined) throw new Error('there is no redis-server');
  const child = spawn(program, ['--bind', '127.0.0.1', '--daemonize', 'no', ...words], {
    stdio: ['ignore', 'pipe', 'inherit'],
    detached,
  });
  const said: string[] = [];
  for await (const line of createInterface({ input: child.stdout })) {
    said.push(line);
    if (line.includes('Ready to accept connections')) {
      // Nobody reads on, and a full pipe would stop it.
      child.stdout.resume();
      return child;
    }
  }
  throw new Error(`redis-server did not start:\n${said.join('\n')}`);
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  server.close();
  if (address === null || typeof address === 'string') throw new Error('no port was free');
  return address.port;
}
