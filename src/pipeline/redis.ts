import { isIP } from 'node:net';
import type { Cluster, Redis } from 'ioredis';
import { Secret } from '../db/secret.ts';
import { percentDecoded } from '../plainText.ts';

/** The address of a Redis or Valkey: one server, or any nodes of a cluster. */
export type RedisAddress = {
  nodes: { host: string; port: number }[];
  isCluster: boolean;
  isEncrypted: boolean;
  username: string | null;
  password: Secret | null;
  /** The number of the database. A cluster has only 0. */
  number: number;
};

/**
 * Reads `redis://user:password@host:port/0`, or `rediss://…` for TLS. Several addresses separated by commas (or one with
 * `?cluster=true`) are a cluster. The name, password and scheme of the first address count for all. Null if the text is no such
 * address.
 */
export function parseRedisUrl(text: string): RedisAddress | null {
  const urls = text.split(',').map((part, at) => {
    const whole = at > 0 && !part.includes('://') ? `redis://${part.trim()}` : part.trim();
    return URL.canParse(whole) ? new URL(whole) : null;
  });
  const known = urls.flatMap((url) => (url && /^rediss?:$/.test(url.protocol) && url.hostname !== '' ? [url] : []));
  const [first] = known;
  if (!first || known.length !== urls.length) return null;
  const isCluster = known.length > 1 || first.searchParams.get('cluster') === 'true';
  const number = first.pathname.slice(1);
  if (!/^\d*$/.test(number) || (isCluster && Number(number) !== 0)) return null;
  const [username, password] = [percentDecoded(first.username), percentDecoded(first.password)];
  if (username === null || password === null) return null;
  return {
    nodes: known.map(({ hostname, port }) => ({ host: hostname.replace(/^\[|\]$/g, ''), port: Number(port) || 6379 })),
    isCluster,
    isEncrypted: first.protocol === 'rediss:',
    username: username === '' ? null : username,
    password: password === '' ? null : new Secret(password),
    number: Number(number),
  };
}

/** In milliseconds. A server that takes longer to answer counts as gone. The limit is longer than any call that waits on purpose. */
const answerWithinMs = 5_000;
const maxPauseMs = 1_000;

/**
 * Connects, and reconnects for as long as it takes: the server may be absent at the start, go and come back. Calls made meanwhile
 * wait for it, or fail after `callWithinMs`. `status` is `ready` while the server is there.
 */
export async function connectRedis(
  address: RedisAddress,
  onError: (error: Error) => void,
  callWithinMs?: number,
): Promise<Redis | Cluster> {
  // Loaded only if Redis is configured.
  const { Cluster, Redis } = await import('ioredis');
  const pause = (attempt: number) => Math.min(100 * attempt, maxPauseMs);
  const options = {
    ...(address.username === null ? {} : { username: address.username }),
    ...(address.password === null ? {} : { password: address.password.reveal() }),
    ...(address.isEncrypted ? { tls: {} } : {}),
    connectTimeout: answerWithinMs,
    socketTimeout: answerWithinMs,
    ...(callWithinMs === undefined
      ? { maxRetriesPerRequest: null }
      : { maxRetriesPerRequest: 0, commandTimeout: callWithinMs }),
    // After a failover this server may be a replica. Reconnecting by name reaches the new primary.
    reconnectOnError: (error: Error) => (error.message.startsWith('READONLY') ? (2 as const) : false),
  };
  const [node] = address.nodes;
  const client =
    address.isCluster || !node
      ? new Cluster(address.nodes, {
          redisOptions: options,
          clusterRetryStrategy: pause,
          // Connect by name, because the certificate contains the node's name as the cluster reports it, not its IP address.
          dnsLookup: (host, found) => found(null, host),
        })
      : new Redis({ ...options, ...node, ...tlsTo(node.host, address), db: address.number, retryStrategy: pause });
  client.on('error', onError);
  return client;
}

/** Node sends no TLS server name by default. Services that share one address need it. An IP address is not a valid server name. */
const tlsTo = (host: string, { isEncrypted }: RedisAddress) =>
  isEncrypted && isIP(host) === 0 ? { tls: { servername: host } } : {};

/** The settings of a Redis, as reported by the server. Null for what it does not report, and for a limit that it does not have. */
export type RedisSettings = {
  server: string;
  evicts: string | null;
  persists: boolean | null;
  usedBytes: number | null;
  maxBytes: number | null;
};

/** Reads the settings of a Redis. Managed services seldom allow `CONFIG`; they have their own guarantees about the disk. */
export async function redisSettings(client: Redis | Cluster): Promise<RedisSettings> {
  const told = await client.info();
  const field = (name: string) => new RegExp(`^${name}:(.*?)\r?$`, 'm').exec(told)?.[1] ?? null;
  const saves = await client.config('GET', 'save').then(
    (answer) => Array.isArray(answer) && answer[1] !== '',
    () => null,
  );
  const valkey = field('valkey_version');
  return {
    server: valkey === null ? `Redis ${field('redis_version')}` : `Valkey ${valkey}`,
    evicts: field('maxmemory_policy'),
    persists: field('aof_enabled') === '1' ? true : saves,
    usedBytes: Number(field('used_memory')) || null,
    maxBytes: Number(field('maxmemory')) || null,
  };
}
