import { join } from 'node:path';
import { sql } from 'drizzle-orm';
import type { Services } from './bots/services.ts';
import { createTerminalMessenger } from './bots/terminal/messenger.ts';
import type { Config } from './config.ts';
import { type Database, openDatabase } from './db/client.ts';
import { embeddedKeyring, type Keyring } from './db/keyring.ts';
import { migrateDatabase } from './db/migrate.ts';
import type { Secret } from './db/secret.ts';
import { superviseEmbedded } from './db/supervise.ts';
import type { Face } from './db/vocabulary.ts';
import type { Logger } from './log.ts';
import { createBreakers } from './pipeline/breaker.ts';
import { createKeys } from './pipeline/keys.ts';
import { createFileStore } from './pipeline/media/files.ts';
import type { MediaStore } from './pipeline/media/store.ts';
import type { Messenger } from './pipeline/messenger.ts';
import type { Reach } from './pipeline/milestones.ts';
import { type Vendor, vendors } from './pipeline/providers/provider.ts';
import { createProviders, type Providers } from './pipeline/providers/registry.ts';
import { submit } from './pipeline/submit.ts';
import { openWatcher } from './pipeline/watch.ts';

export type Program = {
  config: Config;
  database: Database;
  services: Services;
  /** Ends everything that was opened, the last first; safe to call twice. */
  stop: () => Promise<void>;
};

/** How long a worker's silence is taken for its death. Milliseconds. */
const visibilityMs = 20_000;

/** What varies between the program and its tests. */
export type Surroundings = {
  reach?: Reach;
  visibilityMs?: number;
  random?: () => number;
  providers?: Providers;
  messengers?: Partial<Record<Face, Messenger>>;
};

/** Opens the database, the store and the providers that the configuration names, and a worker when this process is to be one. */
export async function openProgram(
  config: Config,
  log: Logger,
  options: { worker: boolean } & Surroundings,
): Promise<Program> {
  const closers: (() => Promise<void>)[] = [];
  const stop = async () => {
    for (const close of closers.splice(0).reverse()) {
      await close().catch((error: unknown) => log.warn({ error }, 'a part did not stop cleanly'));
    }
  };
  try {
    const url = config.databaseUrl ?? (await openOwnDatabase(config, log, closers));
    await migrateDatabase(url);
    const database = openDatabase(url);
    closers.push(database.close);

    const store = createFileStore(join(config.home, 'media'));
    const temporaryDirectory = join(config.home, 'tmp');
    const providers = options.providers ?? (await openProviders(config));
    const keyring = config.keyring ?? (await embeddedKeyring(config.home));
    const keys = createKeys(database.db, keyring, operatorKeys(config));
    const { checkKey, createModeration } = await import('./providers.ts');
    const reach = options.reach ?? (() => {});
    const now = () => new Date();
    const wake = createWake(database, log);
    const watcher = await openWatcher(database);
    const moderation = {
      keys,
      moderate: createModeration(config.providers),
      whenDown: config.providers.moderationWhenDown,
    };
    const { freeCredits, byokPricePercent } = config;
    const submitDeps = {
      ...{ db: database.db, providers, store, keys, moderation },
      ...{ freeCredits, byokPricePercent, now, wake, reach },
    };
    const services: Services = {
      ...submitDeps,
      temporaryDirectory,
      submit: (submission) => submit(submitDeps, submission),
      watch: watcher.watch,
      vault: { keyring, checkKey: (vendor, key, signal) => checkKey(config.providers, vendor, key, signal) },
    };

    if (options.worker) {
      // A queue and the libraries for media are loaded by those who work; most commands only look.
      const [{ openQueue }, { startWorker }] = await Promise.all([
        import('./pipeline/queue.ts'),
        import('./pipeline/worker.ts'),
      ]);
      const queue = await openQueue({ kind: 'postgres', url }, (error) =>
        log.warn({ error }, 'the queue reported an error'),
      );
      closers.push(queue.close);
      const messengers: Partial<Record<Face, Messenger>> = {
        terminal: createTerminalMessenger(),
        ...(await slackMessenger(config, { db: database.db, keyring, store, log })),
        ...(config.discord
          ? { discord: await openDiscord(config.discord, store, temporaryDirectory, log, closers) }
          : {}),
        ...options.messengers,
      };
      const worker = await startWorker(
        {
          db: database.db,
          providers,
          keys,
          breakers: createBreakers(),
          store,
          temporaryDirectory,
          messengerOf: (face) => {
            const messenger = messengers[face];
            if (!messenger) throw new Error(`this worker is not configured for ${face}`);
            return messenger;
          },
          log,
          now,
          random: options.random ?? Math.random,
          reach,
          visibilityMs: options.visibilityMs ?? visibilityMs,
        },
        database,
        queue,
      );
      closers.push(worker.stop);
    }
    return { config, database, services, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

/** Loaded only where it is configured: a platform's library is large. */
async function slackMessenger(
  { slack: settings }: Config,
  needs: { db: Database['db']; keyring: Keyring; store: MediaStore; log: Logger },
): Promise<{ slack?: Messenger }> {
  if (!settings) return {};
  const { openSlackMessenger } = await import('./bots/slack/worker.ts');
  return { slack: openSlackMessenger({ ...needs, settings }) };
}

/** Loaded where it is configured: a platform's library is nothing that every command should wait for. */
async function openDiscord(
  address: NonNullable<Config['discord']>,
  store: MediaStore,
  temporaryDirectory: string,
  log: Logger,
  closers: (() => Promise<void>)[],
): Promise<Messenger> {
  const { createDiscordMessenger } = await import('./bots/discord/messenger.ts');
  const messenger = createDiscordMessenger({ address, store, temporaryDirectory, log });
  closers.push(messenger.close);
  return messenger;
}

async function openProviders(config: Config): Promise<Providers> {
  const { realProviders } = await import('./providers.ts');
  const { createDemoStudio } = await import('./pipeline/providers/demo/studio.ts');
  const directory = join(config.home, 'studio');
  const studio = createDemoStudio({ directory, minStepMs: config.demo.stepMs, faults: config.demo.faults });
  const demo = [studio.enhance, studio.image, studio.video];
  return createProviders(realProviders(config.providers), demo, new Set(operatorKeys(config).keys()));
}

function operatorKeys(config: Config): ReadonlyMap<Vendor, Secret> {
  const keys = vendors.map((vendor) => [vendor, config.providers.keys[vendor]] as const);
  return new Map(keys.flatMap(([vendor, key]) => (key ? [[vendor, key] as const] : [])));
}

async function openOwnDatabase(config: Config, log: Logger, closers: (() => Promise<void>)[]): Promise<string> {
  const server = await superviseEmbedded(config.home, {
    onNotice: (message) => log.info(message),
    onTrouble: (error) => log.error({ error }, 'the embedded PostgreSQL is in trouble'),
  });
  closers.push(server.close);
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
