import { join } from 'node:path';
import { sql } from 'drizzle-orm';
import { refuseUnfinishedRestore } from './backup/unfinished.ts';
import type { Check } from './bots/probes.ts';
import type { Services } from './bots/services.ts';
import type { Config } from './config.ts';
import { type Database, openDatabase } from './db/client.ts';
import { describeEmbedded } from './db/embedded.ts';
import { embeddedKeyring } from './db/keyring.ts';
import { migrateDatabase } from './db/migrate.ts';
import { missingLimits } from './db/pooler.ts';
import { superviseEmbedded } from './db/supervise.ts';
import { createUsualDurations } from './db/usualDurations.ts';
import type { Platform } from './domain.ts';
import type { Logger } from './observability/log.ts';
import type { Metrics } from './observability/metrics.ts';
import { sparingly } from './observability/sparingly.ts';
import { type Catalogues, createCatalogues, keepFresh } from './pipeline/catalogues.ts';
import type { ReachFailpoint } from './pipeline/failpoints.ts';
import { createHooks } from './pipeline/hooks.ts';
import { createKeys } from './pipeline/keys.ts';
import { createFileStore } from './pipeline/media/files.ts';
import { createLazyStore, type MediaStore } from './pipeline/media/store.ts';
import type { Messenger } from './pipeline/messenger.ts';
import { silentMeter } from './pipeline/meter.ts';
import type { CatalogueReader } from './pipeline/providers/adapter.ts';
import { createProviders, type Providers } from './pipeline/providers/registry.ts';
import type { TurnQueue } from './pipeline/queue.ts';
import type { RateLimit } from './pipeline/rateLimit.ts';
import { type Space, watchSpace } from './pipeline/space.ts';
import { submit } from './pipeline/submit.ts';
import { openWatcher } from './pipeline/watch.ts';
import { type Closer, closeAll, closeTimeoutMs } from './shutdown.ts';

export type Program = {
  config: Config;
  database: Database;
  services: Services;
  /** The parts that this process needs, and how to check each of them. */
  checks: Readonly<Record<string, Check>>;
  metrics: Metrics | null;
  catalogues: Catalogues;
  /** Null in a process without a worker. */
  queue: TurnQueue | null;
  /** Takes no more turns, and finishes or hands back the turns in progress. It is the first part of {@link stop}. */
  drain: () => Promise<void>;
  /** Closes everything that was opened, the last part first. You may call it twice. */
  stop: () => Promise<void>;
};

/** In milliseconds. The embedded server has to write to the disk. */
const shutdownMs = 30_000;

/** In milliseconds. A worker that does not renew its lease for this long counts as dead. */
const defaultVisibilityMs = 20_000;

/** In milliseconds. A statement may take seconds on a busy machine. */
const shortestSilenceMs = 8_000;

/** Parts that tests replace. */
export type Overrides = {
  reachFailpoint?: ReachFailpoint;
  visibilityMs?: number;
  turnsAtOnce?: number;
  random?: () => number;
  now?: () => Date;
  providers?: Providers;
  messengers?: Partial<Record<Platform, Messenger>>;
  /** The metrics to count in. Without them nothing is counted. */
  metrics?: Metrics;
};

/** Opens what the configuration names: the database, the store, the providers, and a worker if this process is one. */
export async function openProgram(
  config: Config,
  log: Logger,
  options: { worker: boolean } & Overrides,
): Promise<Program> {
  await refuseUnfinishedRestore(config.home);
  const closers: Closer[] = [];
  let drain = async () => {};
  const stop = async () => {
    await drain();
    await closeAll(closers, log);
  };
  try {
    const visibilityMs = options.visibilityMs ?? defaultVisibilityMs;
    const database = await connect(config, log, visibilityMs, closers);
    const meter = options.metrics?.meter ?? silentMeter;
    const space = await watchSpace(await foldersOf(config), config.minFreeDiskBytes, { log, meter });
    closers.push({ part: 'the look at the disks', close: async () => space.stop(), withinMs: closeTimeoutMs });
    const { services, catalogues } = await openServices(config, database, space, log, options, closers);
    const checks: Record<string, Check> = {
      database: () => database.db.execute(sql`SELECT 1`),
      media: () => services.store.size('readyz'),
      disk: async () => roomFor(space),
    };
    const program = { config, database, services, catalogues, checks, metrics: options.metrics ?? null, stop };
    if (!options.worker) return { ...program, queue: null, drain };
    const parts = { database, services, catalogues, space };
    const worker = await openProgramWorker(config, parts, log, { ...options, visibilityMs }, closers);
    const { queue } = worker;
    drain = worker.drain;
    return { ...program, checks: { ...checks, queue: () => queue.check() }, queue, drain };
  } catch (error) {
    await stop();
    throw error;
  }
}

/** Starts the embedded database unless another is configured, and migrates its schema. */
async function connect(config: Config, log: Logger, visibilityMs: number, closers: Closer[]): Promise<Database> {
  const [url] = await Promise.all([
    config.databaseUrl ?? openOwnDatabase(config, log, closers),
    // `openServices` needs both. They load while the database starts.
    import('./providers.ts'),
    import('./demo/studio.ts'),
  ]);
  // A pooler in transaction mode gives no session, and migrations need one.
  const directUrl = config.databaseUrl === null ? null : config.databaseDirectUrl;
  const serverVersion = await migrateDatabase(directUrl ?? url, { log });
  // A statement that takes longer than a lease lasts comes too late.
  const silenceMs = Math.max(shortestSilenceMs, 1.5 * visibilityMs);
  const database = openDatabase(url, { directUrl, silenceMs, serverVersion });
  closers.push({ part: 'the database', close: database.close, withinMs: closeTimeoutMs });
  if (directUrl !== null) {
    const missing = await missingLimits(database.db, serverVersion);
    if (missing.length > 0)
      log.warn(
        { missing },
        'the pooler gives sessions without time limits: "An external PostgreSQL" in docs/operations.md says how to set them',
      );
  }
  return database;
}

/** The folders to which this process writes, besides those of other machines. */
const foldersOf = async ({ home, s3, databaseUrl }: Config) => ({
  home,
  ...(s3 ? {} : { media: join(home, 'media') }),
  ...(databaseUrl === null ? { database: (await describeEmbedded(home)).dataDir } : {}),
});

/** A process with little room still shows, cancels and finishes runs, so it stays ready. */
function roomFor(space: Space): 'low' | 'ample' {
  const room = space.room();
  if (room === 'critical') throw new Error('a disk is full but for a small rest');
  return room;
}

/** Everything that commands, the page and the API need. */
async function openServices(
  config: Config,
  database: Database,
  space: Space,
  log: Logger,
  options: Overrides,
  closers: Closer[],
): Promise<{ services: Services; catalogues: Catalogues }> {
  const { checkKey, createModeration, unusableWorkflows } = await import('./providers.ts');
  for (const facts of unusableWorkflows(config.providers)) log.warn(facts, 'a ComfyUI workflow cannot be used');
  const { freeCredits, byokPricePercent, limits } = config;
  const keyring = config.keyring ?? (await embeddedKeyring(config.home));
  const moderator = createModeration(config.providers);
  const keys = createKeys(database.db, keyring, config.providers.keys, moderator?.vendor ?? null);
  const catalogues = createCatalogues(database.db);
  await catalogues.refresh();
  const fresh = await keepFresh(catalogues, database, log);
  closers.push({ part: 'the known models', close: fresh.stop, withinMs: closeTimeoutMs });
  const watcher = await openWatcher(database);
  const rateLimit = lazyRateLimit(config, database.db, log, closers);
  const submitDeps = {
    db: database.db,
    providers: options.providers ?? (await openProviders(config, catalogues.of)),
    store: openStore(config),
    space,
    keys,
    moderation: {
      keys,
      moderate: moderator?.moderate ?? (async () => ({ outcome: 'clean' })),
      whenDown: config.providers.moderationWhenDown,
    },
    freeCredits,
    byokPricePercent,
    priceBook: config.prices.from === 'book' ? config.prices : null,
    priceFloor: config.prices,
    limits,
    usualMs: createUsualDurations(database.db, Date.now),
    temporaryDirectory: join(config.home, 'tmp'),
    now: options.now ?? (() => new Date()),
    wake: createWake(database, log),
    reachFailpoint: options.reachFailpoint ?? (() => {}),
  };
  const services: Services = {
    ...submitDeps,
    meter: options.metrics?.meter ?? silentMeter,
    consumeRateLimit: rateLimit.consume,
    submit: (submission) => submit(submitDeps, submission),
    watch: watcher.watch,
    changes: watcher.changes,
    publicUrl: config.publicUrl,
    vault: { keyring, checkKey: (vendor, key, signal) => checkKey(config.providers, vendor, key, signal) },
  };
  return { services, catalogues };
}

type Parts = { database: Database; services: Services; catalogues: Catalogues; space: Space };

/** Opens the worker. Only a worker loads the queue and the media libraries, because most commands do not need them. */
async function openProgramWorker(
  config: Config,
  { database, services, catalogues, space }: Parts,
  log: Logger,
  options: Overrides & { visibilityMs: number },
  closers: Closer[],
): Promise<{ queue: TurnQueue; drain: () => Promise<void> }> {
  const {
    db,
    providers,
    keys,
    moderation,
    store,
    temporaryDirectory,
    now,
    limits,
    meter,
    byokPricePercent,
    priceBook,
    priceFloor,
  } = services;
  const { keyring } = services.vault;
  const hooks = createHooks({ db, keyring, log, address: config.webhooks ? config.publicUrl : null, now });
  const { openWorker } = await import('./worker.ts');
  const { adapters } = await import('./providers.ts');
  return await openWorker({
    config,
    database,
    keyring,
    closers,
    messengers: options.messengers ?? {},
    turnsAtOnce: options.turnsAtOnce,
    models: { adapters, catalogues },
    space,
    deps: {
      db,
      providers,
      keys,
      moderation,
      store,
      temporaryDirectory,
      hooks,
      log,
      now,
      random: options.random ?? Math.random,
      reachFailpoint: options.reachFailpoint ?? (() => {}),
      limits,
      meter,
      visibilityMs: options.visibilityMs,
      byokPricePercent,
      priceBook,
      failover: config.providers.failover,
      priceFloor,
    },
  });
}

/** Opened with the first command that is counted. Terminal commands are not counted. */
function lazyRateLimit({ redis, rateLimits }: Config, db: Database['db'], log: Logger, closers: Closer[]) {
  let opening: Promise<RateLimit> | null = null;
  const open = async () => {
    const { createRateLimit } = await import('./pipeline/rateLimit.ts');
    const onError = sparingly((error) =>
      log.warn({ error }, 'commands are counted by this process alone: Redis cannot be reached'),
    );
    return await createRateLimit({ db, redis }, rateLimits, onError);
  };
  closers.push({
    part: 'the rate limit',
    withinMs: closeTimeoutMs,
    close: async () => (await opening)?.close(),
  });
  const consume: RateLimit['consume'] = async (...who) => {
    opening ??= open();
    return await (await opening).consume(...who);
  };
  return { consume };
}

export function openStore({ s3, home }: Pick<Config, 's3' | 'home'>): MediaStore {
  if (!s3) return createFileStore(join(home, 'media'));
  return createLazyStore(async () => (await import('./pipeline/media/s3.ts')).createS3Store(s3));
}

export async function openProviders(config: Config, catalogue: CatalogueReader = () => []): Promise<Providers> {
  const { realSources } = await import('./providers.ts');
  const [{ createDemoStudio }, { rulesEnhancer }] = await Promise.all([
    import('./demo/studio.ts'),
    import('./demo/rules.ts'),
  ]);
  const directory = join(config.home, 'studio');
  const studio = createDemoStudio({ directory, minStepMs: config.demo.stepMs, faults: config.demo.faults });
  const demo = [studio.enhance, studio.image, studio.video];
  const { models: named, aliases, keys } = config.providers;
  const preferences = { named, aliases, rules: rulesEnhancer };
  return createProviders(realSources(config.providers, catalogue), demo, new Set(keys.keys()), preferences);
}

async function openOwnDatabase(config: Config, log: Logger, closers: Closer[]): Promise<string> {
  const server = await superviseEmbedded(config.home, {
    onNotice: (message) => log.info({}, message),
    onTrouble: (error) => log.error({ error }, 'the embedded PostgreSQL is in trouble'),
  });
  closers.push({ part: 'the embedded PostgreSQL', close: server.close, withinMs: shutdownMs });
  return server.url;
}

/** At most one notification is in progress at a time. A notification says only that something is due. */
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
