import type { Telemetry } from 'bullmq';
import { type AddressOf, createAddressOf } from './bots/mediaAddress.ts';
import { createTerminalMessenger } from './bots/terminal/messenger.ts';
import { createMediaLinks } from './bots/web/links.ts';
import { createWebMessenger } from './bots/web/messenger.ts';
import type { Config } from './config.ts';
import type { Database } from './db/client.ts';
import type { Keyring } from './db/keyring.ts';
import type { Platform } from './domain.ts';
import type { Logger } from './observability/log.ts';
import { sparingly } from './observability/sparingly.ts';
import { createBreakers } from './pipeline/breaker.ts';
import { type LookDeps, startLooks } from './pipeline/look.ts';
import type { MediaStore } from './pipeline/media/store.ts';
import type { Messenger } from './pipeline/messenger.ts';
import type { Meter } from './pipeline/meter.ts';
import { openQueue, queueOf, type TurnQueue } from './pipeline/queue.ts';
import type { Space } from './pipeline/space.ts';
import { startSweeper } from './pipeline/sweep.ts';
import type { TurnDeps } from './pipeline/turnContext.ts';
import { startWorker } from './pipeline/worker.ts';
import { type Closer, closeTimeoutMs } from './shutdown.ts';

type Opening = {
  config: Config;
  database: Database;
  keyring: Keyring;
  /** The dependencies of turns that the program has opened. */
  deps: Omit<TurnDeps, 'breakers' | 'messengerOf' | 'tellings'> & { log: Logger };
  /** Messengers that replace the real ones. */
  messengers: Partial<Record<Platform, Messenger>>;
  turnsAtOnce: number | undefined;
  /** All vendors and servers, and what is known of their models. */
  models: Pick<LookDeps, 'adapters' | 'catalogues'>;
  space: Space;
  closers: Closer[];
};

/** Opens the queue, a messenger for each configured platform, the worker, the sweeper and the daily look at the vendors' models. */
export async function openWorker(opening: Opening): Promise<{ queue: TurnQueue; drain: () => Promise<void> }> {
  const { config, database, deps, space, turnsAtOnce, closers } = opening;
  const { log } = deps;
  const telemetry = config.telemetryUrl === null ? undefined : await openTelemetry(config.telemetryUrl, closers);
  const onError = sparingly((error) => log.warn({ error }, 'the queue reported an error'));
  const queue = await openQueue(queueOf(config, database.directUrl), onError, telemetry);
  closers.push({ part: 'the queue', close: queue.close, withinMs: closeTimeoutMs });
  const messengers = await openMessengers(opening);
  const messengerOf = (platform: Platform) => {
    const messenger = messengers[platform];
    if (!messenger) throw new Error(`this worker is not configured for ${platform}`);
    return messenger;
  };
  const breakers = createBreakers();
  const looks = await startLooks({ ...deps, ...opening.models, config: config.providers });
  closers.push({ part: 'the look at the models', close: looks.stop, withinMs: closeTimeoutMs });
  const worker = await startWorker({ ...deps, breakers, messengerOf }, { database, queue, space }, turnsAtOnce);
  const sweeper = startSweeper({ ...deps, retention: config.retention });
  closers.push({ part: 'the sweeper', close: sweeper.stop, withinMs: closeTimeoutMs });
  return { queue, drain: worker.stop };
}

async function openMessengers({ config, deps, keyring, messengers, closers }: Opening) {
  const { discord, publicUrl } = config;
  const { store, now } = deps;
  const addressOf = createAddressOf({ store, now, publicUrl, links: createMediaLinks(keyring) });
  const hasPage = publicUrl !== null;
  const opened: Partial<Record<Platform, Messenger>> = {
    terminal: createTerminalMessenger(),
    web: createWebMessenger(),
    ...(await slackMessenger(config, { ...deps, keyring, addressOf, hasPage })),
    ...(discord ? { discord: await openDiscord(discord, { ...deps, addressOf, hasPage }, closers) } : {}),
    ...messengers,
  };
  return opened;
}

/** Loaded only if traces are configured. */
async function openTelemetry(url: string, closers: Closer[]): Promise<Telemetry> {
  const { openTraces } = await import('./observability/traces.ts');
  const { telemetry, close } = openTraces(url);
  closers.push({ part: 'the traces', close, withinMs: closeTimeoutMs });
  return telemetry;
}

type MessengerNeeds = { store: MediaStore; addressOf: AddressOf; hasPage: boolean; log: Logger; meter: Meter };

/** Loaded only if Slack is configured, because its library is large. */
async function slackMessenger(
  { slack: settings }: Config,
  needs: MessengerNeeds & { db: Database['db']; keyring: Keyring },
): Promise<{ slack?: Messenger }> {
  if (!settings) return {};
  const { openSlackMessenger } = await import('./bots/slack/worker.ts');
  return { slack: openSlackMessenger({ ...needs, settings }) };
}

/** Loaded only if Discord is configured: no other command should wait for its library. */
async function openDiscord(
  address: NonNullable<Config['discord']>,
  needs: MessengerNeeds & { temporaryDirectory: string },
  closers: Closer[],
): Promise<Messenger> {
  const { createDiscordMessenger } = await import('./bots/discord/messenger.ts');
  const messenger = createDiscordMessenger({ address, ...needs });
  closers.push({ part: 'Discord', close: messenger.close, withinMs: closeTimeoutMs });
  return messenger;
}
