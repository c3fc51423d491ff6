import { join } from 'node:path';
import { sql } from 'drizzle-orm';
import type { Services } from './bots/services.ts';
import { createTerminalMessenger } from './bots/terminal/messenger.ts';
import type { Config } from './config.ts';
import { type Database, openDatabase } from './db/client.ts';
import { migrateDatabase } from './db/migrate.ts';
import { superviseEmbedded } from './db/supervise.ts';
import type { Face } from './db/vocabulary.ts';
import type { Logger } from './log.ts';
import { createFileStore } from './pipeline/media/files.ts';
import type { MediaStore } from './pipeline/media/store.ts';
import type { Messenger } from './pipeline/messenger.ts';
import type { Reach } from './pipeline/milestones.ts';
import { createProviders, type Providers } from './pipeline/providers/registry.ts';
import { openQueue } from './pipeline/queue.ts';
import { submit } from './pipeline/submit.ts';
import { openWatcher } from './pipeline/watch.ts';
import { startWorker } from './pipeline/worker.ts';

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
    const providers = options.providers ?? (await demoProviders(config));
    const reach = options.reach ?? (() => {});
    const now = () => new Date();
    const wake = createWake(database, log);
    const watcher = await openWatcher(database);
    const submitDeps = { db: database.db, providers, store, freeCredits: config.freeCredits, now, wake, reach };
    const services: Services = {
      ...submitDeps,
      temporaryDirectory,
      submit: (submission) => submit(submitDeps, submission),
      watch: watcher.watch,
    };

    if (options.worker) {
      const queue = await openQueue({ kind: 'postgres', url }, (error) =>
        log.warn({ error }, 'the queue reported an error'),
      );
      closers.push(queue.close);
      const messengers: Partial<Record<Face, Messenger>> = {
        terminal: createTerminalMessenger(),
        ...(config.discord
          ? { discord: await openDiscord(config.discord, store, temporaryDirectory, log, closers) }
          : {}),
        ...options.messengers,
      };
      const worker = await startWorker(
        {
          db: database.db,
          providers,
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

async function demoProviders(config: Config): Promise<Providers> {
  const { createDemoStudio } = await import('./pipeline/providers/demo/studio.ts');
  const directory = join(config.home, 'studio');
  const studio = createDemoStudio({ directory, minStepMs: config.demo.stepMs, faults: config.demo.faults });
  return createProviders([studio.enhance, studio.image, studio.video]);
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
