import { join } from 'node:path';
import { sql } from 'drizzle-orm';
import type { Check } from './bots/probes.ts';
import type { Services } from './bots/services.ts';
import type { Config } from './config.ts';
import { type Database, openDatabase } from './db/client.ts';
import { embeddedKeyring } from './db/keyring.ts';
import { migrateDatabase } from './db/migrate.ts';
import type { Secret } from './db/secret.ts';
import { superviseEmbedded } from './db/supervise.ts';
import type { Platform } from './domain.ts';
import type { Logger } from './observability/log.ts';
import type { Metrics } from './observability/metrics.ts';
import type { ReachFailpoint } from './pipeline/failpoints.ts';
import { createKeys } from './pipeline/keys.ts';
import { createFileStore } from './pipeline/media/files.ts';
import { createLazyStore, type MediaStore } from './pipeline/media/store.ts';
import type { Messenger } from './pipeline/messenger.ts';
import { silentMeter } from './pipeline/meter.ts';
import { createProviders, type Providers } from './pipeline/providers/registry.ts';
import { type Vendor, vendors } from './pipeline/providers/vendors.ts';
import type { TurnQueue } from './pipeline/queue.ts';
import type { RateLimit } from './pipeline/rateLimit.ts';
import { submit } from './pipeline/submit.ts';
import { within } from './pipeline/timeout.ts';
import { openWatcher } from './pipeline/watch.ts';
import { type Closer, closeTimeoutMs } from './shutdown.ts';

export type Program = {
  config: Config;
  database: Database;
  services: Services;
  /** The parts that this process cannot do without, and how to see whether they answer. */
  checks: Readonly<Record<string, Check>>;
  metrics: Metrics | null;
  /** Null in a process that does no work. */
  queue: TurnQueue | null;
  /** Takes up no more work, and finishes or hands back what is under way: the first part of {@link stop}. */
  rest: () => Promise<void>;
  /** Ends everything that was opened, the last first; safe to call twice. */
  stop: () => Promise<void>;
};

/** Our own server has to write to the disk. Milliseconds. */
const shutdownMs = 30_000;

/** How long a worker's silence is taken for its death. Milliseconds. */
const defaultVisibilityMs = 20_000;

/** A busy machine may well take seconds for a statement. Milliseconds. */
const shortestSilenceMs = 8_000;

/** What varies between the program and its tests. */
export type Surroundings = {
  reachFailpoint?: ReachFailpoint;
  visibilityMs?: number;
  turnsAtOnce?: number;
  random?: () => number;
  now?: () => Date;
  providers?: Providers;
  messengers?: Partial<Record<Platform, Messenger>>;
  /** Where what happens is counted; without one nothing is. */
  metrics?: Metrics;
};

/** Opens the database, the store and the providers that the configuration names, and a worker when this process is to be one. */
export async function openProgram(
  config: Config,
  log: Logger,
  options: { worker: boolean } & Surroundings,
): Promise<Program> {
  const closers: Closer[] = [];
  let rest = async () => {};
  const stop = async () => {
    await rest();
    for (const { part, close, withinMs } of closers.splice(0).reverse()) {
      const isDone = await within(withinMs, close()).catch((error: unknown) => {
        log.warn({ error, part }, 'a part did not stop cleanly');
        return true;
      });
      if (!isDone) log.warn({ part }, 'a part did not stop in time');
    }
  };
  try {
    const [url] = await Promise.all([
      config.databaseUrl ?? openOwnDatabase(config, log, closers),
      // Needed below; they load while the database starts.
      ...[import('./providers.ts'), import('./demo/studio.ts')],
    ]);
    const serverVersion = await migrateDatabase(url);
    const visibilityMs = options.visibilityMs ?? defaultVisibilityMs;
    // Whoever waits longer for the database has lost what it was about.
    const silenceMs = Math.max(shortestSilenceMs, 1.5 * visibilityMs);
    const database = openDatabase(url, { silenceMs, serverVersion });
    closers.push({ part: 'the database', close: database.close, withinMs: closeTimeoutMs });

    const store = openStore(config);
    const temporaryDirectory = join(config.home, 'tmp');
    const providers = options.providers ?? (await openProviders(config));
    const keyring = config.keyring ?? (await embeddedKeyring(config.home));
    const keys = createKeys(database.db, keyring, operatorKeys(config));
    const { checkKey, createModeration } = await import('./providers.ts');
    const reachFailpoint = options.reachFailpoint ?? (() => {});
    const meter = options.metrics?.meter ?? silentMeter;
    const now = options.now ?? (() => new Date());
    const wake = createWake(database, log);
    const watcher = await openWatcher(database);
    const moderation = {
      keys,
      moderate: createModeration(config.providers),
      whenDown: config.providers.moderationWhenDown,
    };
    const { freeCredits, byokPricePercent, limits } = config;
    const submitDeps = {
      db: database.db,
      providers,
      store,
      keys,
      moderation,
      freeCredits,
      byokPricePercent,
      limits,
      now,
      wake,
      reachFailpoint,
    };
    const rateLimit = lazyRateLimit(config, database.db, log, closers);
    const services: Services = {
      ...submitDeps,
      temporaryDirectory,
      meter,
      askPace: rateLimit.ask,
      submit: (submission) => submit(submitDeps, submission),
      watch: watcher.watch,
      changes: watcher.changes,
      publicUrl: config.publicUrl,
      vault: { keyring, checkKey: (vendor, key, signal) => checkKey(config.providers, vendor, key, signal) },
    };

    const checks: Record<string, Check> = {
      database: () => database.db.execute(sql`SELECT 1`),
      media: () => store.size('readyz'),
    };
    let queue: TurnQueue | null = null;
    if (options.worker) {
      // A queue and the libraries for media are loaded by those who work; most commands only look.
      const { openWork } = await import('./worker.ts');
      const random = options.random ?? Math.random;
      const work = await openWork({
        config,
        database,
        keyring,
        closers,
        messengers: options.messengers ?? {},
        turnsAtOnce: options.turnsAtOnce,
        deps: {
          db: database.db,
          providers,
          keys,
          store,
          temporaryDirectory,
          log,
          now,
          random,
          reachFailpoint,
          limits,
          meter,
          visibilityMs,
          byokPricePercent,
        },
      });
      queue = work.queue;
      checks.queue = () => work.queue.waiting();
      rest = work.rest;
    }
    return { config, database, services, checks, queue, metrics: options.metrics ?? null, rest, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

/** Opened with the first command that is counted: none is at the terminal. */
function lazyRateLimit({ redis, rateLimits }: Config, db: Database['db'], log: Logger, closers: Closer[]) {
  let opening: Promise<RateLimit> | null = null;
  const open = async () => {
    const { createRateLimit } = await import('./pipeline/rateLimit.ts');
    return await createRateLimit({ db, redis }, rateLimits, (error) =>
      log.warn({ error }, 'commands are counted by this process alone: Redis cannot be reached'),
    );
  };
  closers.push({
    part: 'the rate limit',
    withinMs: closeTimeoutMs,
    close: async () => (await opening)?.close(),
  });
  const ask: RateLimit['ask'] = async (...who) => {
    opening ??= open();
    return await (await opening).ask(...who);
  };
  return { ask };
}

export function openStore({ s3, home }: Pick<Config, 's3' | 'home'>): MediaStore {
  if (!s3) return createFileStore(join(home, 'media'));
  return createLazyStore(async () => (await import('./pipeline/media/s3.ts')).createS3Store(s3));
}

export async function openProviders(config: Config): Promise<Providers> {
  const { realProviders } = await import('./providers.ts');
  const { createDemoStudio } = await import('./demo/studio.ts');
  const directory = join(config.home, 'studio');
  const studio = createDemoStudio({ directory, minStepMs: config.demo.stepMs, faults: config.demo.faults });
  const demo = [studio.enhance, studio.image, studio.video];
  return createProviders(realProviders(config.providers), demo, new Set(operatorKeys(config).keys()));
}

function operatorKeys(config: Config): ReadonlyMap<Vendor, Secret> {
  const keys = vendors.map((vendor) => [vendor, config.providers.keys[vendor]] as const);
  return new Map(keys.flatMap(([vendor, key]) => (key ? [[vendor, key] as const] : [])));
}

async function openOwnDatabase(config: Config, log: Logger, closers: Closer[]): Promise<string> {
  const server = await superviseEmbedded(config.home, {
    onNotice: (message) => log.info({}, message),
    onTrouble: (error) => log.error({ error }, 'the embedded PostgreSQL is in trouble'),
  });
  closers.push({ part: 'the embedded PostgreSQL', close: server.close, withinMs: shutdownMs });
  return server.url;
}

/** At most one notification under way at a time: they tell only that there is something to look for. */
function createWake(database: Database, log: Logger): () => void {
  let sending = false;
  let again = false;
  const send = async (): Promise<void> => {
    do {
      again = false;
      await database.db.execute(sql`SELECT pg_notify('vidgenie_due', '')`);
    } while (again);
  };
  return () => {
    again = true;
    if (sending) return;
    sending = true;
    send()
      .catch((error: unknown) => log.debug({ error }, 'the workers could not be woken; they look by themselves'))
      .finally(() => {
        sending = false;
      });
  };
}
