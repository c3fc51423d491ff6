import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { Redis } from 'ioredis';

const program = ['redis-server', 'valkey-server'].find((name) => spawnSync(name, ['--version']).status === 0);

/** The reason why this machine cannot run the Redis tests. Null if it can. */
export const noRedis = program === undefined ? 'neither redis-server nor valkey-server is installed' : null;

export type RedisServer = {
  url: string;
  port: number;
  /** Ends it without a shutdown, as a power cut does. */
  kill: () => Promise<void>;
  /** Starts it again, empty, on the same port. */
  start: () => Promise<void>;
  flush: () => Promise<void>;
  /** Sets `maxmemory`. With 1 it takes no new data, and with 0 as much as comes. */
  limitMemory: (bytes: number) => Promise<void>;
  /** Stops it and removes its files. */
  remove: () => Promise<void>;
};

/**
 * A Redis for the test, on a free port, in a folder of its own, without persistence. If it is detached, it does not get the
 * Ctrl-C of its terminal.
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
    flush: () => ask(port, (client) => client.flushall()),
    limitMemory: (bytes) => ask(port, (client) => client.config('SET', 'maxmemory', bytes)),
    remove: async () => {
      await kill();
      await rm(directory, { recursive: true, force: true });
    },
  };
}

/** The server may be away. */
async function ask(port: number, question: (client: Redis) => Promise<unknown>): Promise<void> {
  const client = new Redis(port, '127.0.0.1', { maxRetriesPerRequest: 1, retryStrategy: null });
  client.on('error', () => {});
  await question(client).catch(() => {});
  client.disconnect();
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
      // Nobody reads the output any more, and a full pipe would stop the server.
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
