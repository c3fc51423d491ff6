import { chmod, mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import postgres from 'postgres';
import { readConfig } from '../../src/config.ts';
import { openDatabase } from '../../src/db/client.ts';
import { describeEmbedded } from '../../src/db/embedded.ts';
import { newKeyring } from '../../src/db/keyring.ts';
import { superviseEmbedded } from '../../src/db/supervise.ts';
import { createS3Store } from '../../src/pipeline/media/s3.ts';
import { settlesWithin } from '../../src/pipeline/timeout.ts';
import { openDiscord } from '../support/discord/simulator.ts';
import { postmasterPid } from '../support/embedded-processes.ts';
import { type RedisServer, startRedis } from '../support/redis.ts';
import { type S3Server, startS3 } from '../support/s3/server.ts';
import { mountSmallDisk } from '../support/smallDisk.ts';
import { openTcpProxy, type TcpProxy } from '../support/tcp-proxy.ts';
import { createFilms } from './films.ts';
import type { Random } from './random.ts';
import { type ChaosVendors, openVendors } from './vendors.ts';

export type QueueKind = 'postgres' | 'redis';

/** The disk of the home folder, on which results arrive. If this machine lets us make one. */
const diskBytes = 50_000_000;

/** Everything that a run depends on, each part behind a network that can fail. */
export type Ground = Awaited<ReturnType<typeof layGround>>;

export async function layGround(queue: QueueKind, random: Random) {
  const closers: (() => Promise<unknown>)[] = [];
  const clear = async () => {
    for (const close of closers.splice(0).reverse()) await close().catch(() => {});
  };
  try {
    const folder = await mkdtemp(join(tmpdir(), 'vidgenie-chaos-'));
    closers.push(() => rm(folder, { recursive: true, force: true }));
    // If we are root, the server runs as another user, who needs access to this folder.
    await chmod(folder, 0o755);
    const home = join(folder, 'home');
    const disk = await mountSmallDisk(home, diskBytes);
    if ('unmount' in disk) closers.push(disk.unmount);
    const server = await superviseEmbedded(join(folder, 'database'), { onNotice: () => {}, onTrouble: () => {} });
    closers.push(server.close);
    const direct = new URL(server.url);
    await hurry(server.url);
    const { dataDir } = await describeEmbedded(join(folder, 'database'));

    const films = createFilms(folder);
    const vendors: ChaosVendors = await openVendors({ random: random.fork('vendors'), filmOf: films });
    closers.push(vendors.close);
    const discord = await openDiscord();
    closers.push(discord.close);
    const redis: RedisServer | null = queue === 'redis' ? await startRedis() : null;
    if (redis) closers.push(redis.remove);
    const s3 = await openS3(join(folder, 's3'));
    closers.push(s3.close);
    const store = await openStore(s3);

    const behind = async (port: number): Promise<TcpProxy> => {
      const proxy = await openTcpProxy(() => ({ host: '127.0.0.1', port }));
      closers.push(proxy.close);
      return proxy;
    };
    const discordPort = Number(new URL(discord.address.apiUrl).port);
    const proxies = {
      database: await behind(Number(direct.port)),
      vendors: await behind(vendors.port),
      chat: await behind(discordPort),
      store: await behind(Number(new URL(s3.endpoint).port)),
      ...(redis ? { redis: await behind(redis.port) } : {}),
    };
    const database = openDatabase(server.url, { connections: 2 });
    closers.push(database.close);

    direct.port = String(proxies.database.port);
    const { PATH, HOME } = process.env;
    const environment = {
      // Other tests cover the limits of one member.
      MEMBER_RUNS_WAITING: '1000',
      MEMBER_COMMANDS_PER_MINUTE: '100000',
      PATH,
      HOME,
      NODE_COMPILE_CACHE: join(tmpdir(), 'vidgenie-compile-cache'),
      LOG_LEVEL: process.env.TEST_LOG_LEVEL ?? 'silent',
      PORT: '0',
      FREE_CREDITS: '100000',
      DATABASE_URL: direct.href,
      VIDGENIE_HOME: home,
      VIDGENIE_KEYRING: newKeyring(),
      OPENAI_API_KEY: 'sk-chaos',
      OPENAI_BASE_URL: `http://127.0.0.1:${proxies.vendors.port}/v1`,
      GOOGLE_API_KEY: 'AIza-chaos',
      GOOGLE_BASE_URL: `http://127.0.0.1:${proxies.vendors.port}`,
      MODERATION_WHEN_DOWN: 'allow',
      DISCORD_TOKEN: discord.address.token,
      DISCORD_API_URL: `http://127.0.0.1:${proxies.chat.port}/api`,
      ...s3.environment,
      S3_ENDPOINT: `http://127.0.0.1:${proxies.store.port}`,
      ...(proxies.redis ? { REDIS_URL: `redis://127.0.0.1:${proxies.redis.port}` } : {}),
    };
    /** The same as `pg_ctl stop -m immediate`. Its supervisor starts it again. */
    const stopDatabase = async () => {
      const { running } = await describeEmbedded(join(folder, 'database'));
      if (running) process.kill(postmasterPid(dataDir), 'SIGQUIT');
    };
    /** Takes every connection that the server has left. Returns a function that gives them back. */
    const takeConnections = async () => {
      const hog = postgres(server.url, { max: 100, connect_timeout: 2, onnotice: () => {} });
      const holds = Array.from({ length: 100 }, () => hog.reserve().catch(() => null));
      await settlesWithin(1_000, Promise.all(holds));
      return async () => await hog.end({ timeout: 0 });
    };
    /** Channels and threads that the storm deleted. */
    const removed = new Set<string>();
    const services = { database, vendors, discord, redis, s3, store };
    const blows = { stopDatabase, takeConnections, disk: 'fill' in disk ? disk : null };
    return { environment, ...services, removed, proxies, ...blows, closers, clear };
  } catch (error) {
    await clear();
    throw error;
  }
}

async function openS3(directory: string): Promise<S3Server> {
  await mkdir(directory);
  return await startS3(directory);
}

/** Opens the real bucket, without the failing network. */
async function openStore({ environment }: S3Server) {
  const { s3 } = readConfig(environment);
  if (!s3) throw new Error('the chaos run has no S3');
  const store = createS3Store(s3);
  await store.prepare();
  return store;
}

/** No data here has to survive a power cut of the machine. A kill of the server loses nothing that the operating system has. */
async function hurry(url: string): Promise<void> {
  const admin = postgres(url, { max: 1, onnotice: () => {} });
  await admin`ALTER SYSTEM SET fsync = off`;
  await admin`SELECT pg_reload_conf()`;
  await admin.end();
}
