import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir } from 'node:fs/promises';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';
import { fileURLToPath } from 'node:url';
import { newKeyring } from '../../src/db/keyring.ts';
import { superviseEmbedded } from '../../src/db/supervise.ts';
import { startRedis } from '../support/redis.ts';

/** The services of docker-compose.yml, as plain processes of this machine. */
type Cluster = {
  bots: readonly Member[];
  workers: readonly Member[];
  /** The settings of the services that the members share. */
  services: Readonly<Record<string, string>>;
  /** Stops the bots and workers in good order, then the services. Resolves with the exit code of each member. */
  stop: () => Promise<{ name: string; code: number | null }[]>;
};

type Member = { name: string; url: string; process: ChildProcess };

type Options = {
  directory: string;
  /** The environment of the members, in addition to the cluster's own settings. */
  environment: NodeJS.ProcessEnv;
  queue: 'redis' | 'postgres';
  /** The URL of an existing PostgreSQL. Null: the embedded one. */
  databaseUrl: string | null;
  environmentOf?: (name: string) => NodeJS.ProcessEnv;
  /** Gets lines about the processes and their addresses, and the logs of the members. */
  say: (line: string) => void;
};

const root = fileURLToPath(new URL('../..', import.meta.url));
const s3Script = fileURLToPath(new URL('./s3.ts', import.meta.url));

const names = { bots: ['bot-1', 'bot-2'], workers: ['worker-1', 'worker-2', 'worker-3'] } as const;

/** Two bots and three workers on a PostgreSQL, a Redis and an S3 server. */
export async function startCluster({ directory, environment, environmentOf, queue, databaseUrl, say }: Options) {
  const closers: (() => Promise<unknown>)[] = [];
  const close = async () => {
    for (const closer of closers.splice(0).reverse()) await closer().catch((error: unknown) => say(String(error)));
  };
  try {
    const services = {
      VIDGENIE_KEYRING: newKeyring(),
      DATABASE_URL: databaseUrl ?? (await startDatabase(directory, say, closers)),
      S3_ENDPOINT: await startS3Server(directory, closers),
      S3_BUCKET: 'vidgenie',
      S3_REGION: 'us-east-1',
      S3_ACCESS_KEY_ID: 'S3RVER',
      S3_SECRET_ACCESS_KEY: 'S3RVER',
      ...(queue === 'redis' ? { REDIS_URL: await startQueue(closers) } : {}),
    };
    const shared = { VIDGENIE_HOME: join(directory, 'home'), ...environment, ...services };
    await finished(spawnVidGenie(['migrate'], shared, (line) => say(`prepare: ${line}`)));
    for (const [name, url] of Object.entries(services)) {
      if (/_(URL|ENDPOINT)$/.test(name)) say(`${name} ${url.replace(/:[^:@/]*@/, ':…@')}`);
    }

    const begin = async (name: string, role: 'bot' | 'worker'): Promise<Member> => {
      const port = await freePort();
      const told = { ...shared, ...environmentOf?.(name), VIDGENIE_ROLE: role, PORT: String(port) };
      const atWork = Promise.withResolvers<void>();
      const child = spawnVidGenie(['start'], told, (line) => {
        say(`${name}: ${line}`);
        if (line.includes('at work')) atWork.resolve();
      });
      closers.push(() => end(child, 'SIGKILL'));
      child.once('exit', (code) => atWork.reject(new Error(`${name} ended with ${code}`)));
      await atWork.promise;
      const url = `http://127.0.0.1:${port}`;
      say(`${name} is at work: process ${child.pid}, ${url}`);
      return { name, url, process: child };
    };
    const [bots, workers] = await Promise.all([
      Promise.all(names.bots.map((name) => begin(name, 'bot'))),
      Promise.all(names.workers.map((name) => begin(name, 'worker'))),
    ]);
    const cluster: Cluster = {
      bots,
      workers,
      services,
      stop: async () => {
        const ended = await Promise.all(
          [...bots, ...workers].map(async ({ name, process }) => ({ name, code: await end(process, 'SIGTERM') })),
        );
        await close();
        return ended;
      },
    };
    return cluster;
  } catch (error) {
    await close();
    throw error;
  }
}

async function startDatabase(directory: string, say: (line: string) => void, closers: (() => Promise<unknown>)[]) {
  const server = await superviseEmbedded(join(directory, 'database'), {
    onNotice: say,
    onTrouble: (error) => say(String(error)),
  });
  closers.push(server.close);
  return server.url;
}

async function startQueue(closers: (() => Promise<unknown>)[]): Promise<string> {
  const redis = await startRedis(['--appendonly', 'yes', '--maxmemory-policy', 'noeviction'], true);
  closers.push(redis.remove);
  return redis.url;
}

async function startS3Server(directory: string, closers: (() => Promise<unknown>)[]): Promise<string> {
  const folder = join(directory, 's3');
  await mkdir(folder, { recursive: true });
  const child = spawn(process.execPath, [s3Script, folder, '0'], {
    stdio: ['ignore', 'pipe', 'inherit'],
    detached: true,
  });
  closers.push(() => end(child, 'SIGTERM'));
  const [endpoint] = await once(createInterface({ input: child.stdout }), 'line');
  return String(endpoint);
}

// All processes are detached: a terminal sends its Ctrl-C to every process, but we stop them one after the other.
function spawnVidGenie(words: string[], told: NodeJS.ProcessEnv, say: (line: string) => void): ChildProcess {
  const { PATH, HOME } = process.env;
  const env = { PATH, HOME, ...told };
  const child = spawn(process.execPath, ['src/cli.ts', ...words], {
    cwd: root,
    env,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const read = (stream: Readable) => createInterface({ input: stream }).on('line', say);
  read(child.stdout);
  read(child.stderr);
  return child;
}

async function finished(child: ChildProcess): Promise<void> {
  const [code] = await once(child, 'exit');
  if (code !== 0) throw new Error(`vidgenie migrate ended with ${code}`);
}

async function end(child: ChildProcess, signal: NodeJS.Signals): Promise<number | null> {
  if (child.exitCode !== null || child.signalCode !== null) return child.exitCode;
  const gone = once(child, 'exit');
  child.kill(signal);
  const [code] = await gone;
  return typeof code === 'number' ? code : null;
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  server.close();
  if (address === null || typeof address === 'string') throw new Error('no port was free');
  return address.port;
}
