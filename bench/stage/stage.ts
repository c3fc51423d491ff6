import { randomUUID } from 'node:crypto';
import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { Redis } from 'ioredis';
import postgres from 'postgres';
import { openEmbedded } from '../../src/db/embedded.ts';
import { newKeyring } from '../../src/db/keyring.ts';
import { migrateDatabase } from '../../src/db/migrate.ts';
import { migrateQueue } from '../../src/pipeline/queue/postgres.ts';
import { makeVendorMedia } from '../../tests/support/media.ts';
import { noRedis, startRedis } from '../../tests/support/redis.ts';
import type { MediaFiles } from './vendor.ts';

/** The environment of a figure: a PostgreSQL server, a Redis server if there is one, a folder, and a list of what to end. */
export type Stage = {
  folder: string;
  media: MediaFiles;
  /** Registers a callback for the end of the figure. The last one is called first. */
  atEnd: (close: () => Promise<unknown>) => void;
  /** An installation of its own: a new database, migrated, and the settings with which a process joins it. */
  installation: () => Promise<Place>;
  /** A Redis of its own. Null if there is no `redis-server`. */
  redis: () => Promise<{ url: string; pid: number } | null>;
};

export type Place = { url: string; home: string; environment: Record<string, string> };

const template = 'bench_template';

/** Starts the server. `done` ends what a figure left, and `close` ends everything. */
export async function openStage(): Promise<{ stage: Stage; done: () => Promise<void>; close: () => Promise<void> }> {
  const folder = await mkdtemp(join(tmpdir(), 'vidgenie-bench-'));
  // If we are root, the server runs as another user, who needs access to this folder.
  await chmod(folder, 0o755);
  const server = await openEmbedded(folder);
  const admin = postgres(server.url, { max: 1, onnotice: () => {} });
  await admin`CREATE DATABASE ${admin(template)}`;
  await migrateDatabase(urlOf(server.url, template));
  await migrateQueue(urlOf(server.url, template));
  const media = await makeVendorMedia(folder);
  const closers: (() => Promise<unknown>)[] = [];
  const done = async () => {
    for (const close of closers.splice(0).reverse()) await close().catch(() => {});
  };
  const stage: Stage = {
    folder,
    media,
    atEnd: (close) => closers.push(close),
    installation: async () => {
      const name = `bench_${randomUUID().replaceAll('-', '')}`;
      await admin`CREATE DATABASE ${admin(name)} TEMPLATE ${admin(template)}`;
      const [url, home] = [urlOf(server.url, name), join(folder, name)];
      closers.push(async () => {
        await admin`DROP DATABASE ${admin(name)} WITH (FORCE)`;
        await rm(home, { recursive: true, force: true });
      });
      const own = { DATABASE_URL: url, VIDGENIE_HOME: home, VIDGENIE_KEYRING: newKeyring(), PORT: '0' };
      return { url, home, environment: { ...own, FREE_CREDITS: '1000000' } };
    },
    redis: () => openRedis(closers),
  };
  return {
    stage,
    done,
    close: async () => {
      await done();
      await admin.end();
      await server.close();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

function urlOf(serverUrl: string, database: string): string {
  const url = new URL(serverUrl);
  url.pathname = database;
  return url.href;
}

/** Configured as `doctor` requires: no eviction, and an append-only file. */
async function openRedis(closers: (() => Promise<unknown>)[]) {
  if (noRedis !== null) return null;
  const server = await startRedis(['--maxmemory-policy', 'noeviction', '--appendonly', 'yes']);
  closers.push(server.remove);
  const client = new Redis(server.url);
  const pid = Number(/process_id:(\d+)/.exec(await client.info('server'))?.[1]);
  client.disconnect();
  return { url: server.url, pid };
}

/** Polls until a condition holds. */
export async function until(
  look: () => Promise<boolean> | boolean,
  patienceMs: number,
  what: string,
  everyMs = 20,
): Promise<void> {
  const giveUpAt = Date.now() + patienceMs;
  while (!(await look())) {
    if (Date.now() > giveUpAt) throw new Error(`${what} did not happen within ${patienceMs / 1000} s`);
    await delay(everyMs);
  }
}
