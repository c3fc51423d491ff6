import { join } from 'node:path';
import { eq } from 'drizzle-orm';
import { onTestFinished } from 'vitest';
import { startDiscordBot } from '../../../src/bots/discord/bot.ts';
import { createDiscordMessenger } from '../../../src/bots/discord/messenger.ts';
import type { Shards } from '../../../src/bots/discord/shards.ts';
import { createHttpServer } from '../../../src/bots/http.ts';
import { createAddressOf } from '../../../src/bots/mediaAddress.ts';
import { createMediaLinks } from '../../../src/bots/web/links.ts';
import { startBots } from '../../../src/bots.ts';
import type { Config } from '../../../src/config.ts';
import type { RunView } from '../../../src/db/runs.ts';
import { runs } from '../../../src/db/schema.ts';
import { createLog } from '../../../src/observability/log.ts';
import { createFileStore } from '../../../src/pipeline/media/files.ts';
import { silentMeter } from '../../../src/pipeline/meter.ts';
import type { Overrides, Program } from '../../../src/program.ts';
import { testConfig } from '../config.ts';
import { createTestDatabase } from '../database.ts';
import { createInstallation, delivered, type Installation } from '../program.ts';
import type { VendorBehaviour } from '../studio.ts';
import { createDiscord, type Discord } from './discord.ts';
import type { Asked } from './people.ts';

const testLog = () => createLog(process.env.TEST_LOG_LEVEL ?? 'silent', false);

/** A worker that posts in this Discord. */
export async function openWorker(
  installation: Installation,
  discord: Discord,
  {
    publicUrl: known = null,
    freeCredits,
    prices,
    ...options
  }: {
    vendor?: VendorBehaviour;
    environment?: NodeJS.ProcessEnv;
    publicUrl?: string | null;
    freeCredits?: number;
    prices?: Config['prices'];
  } & Overrides = {},
): Promise<Program> {
  const store = createFileStore(join(installation.home, 'media'));
  const { keyring, ...configured } = testConfig(installation.database.url, installation.home, options.environment);
  const publicUrl = known ?? configured.publicUrl;
  if (!keyring) throw new Error('no keyring in the configuration');
  const links = createMediaLinks(keyring);
  const messenger = createDiscordMessenger({
    addressOf: createAddressOf({ store, links, publicUrl, now: () => new Date() }),
    hasPage: publicUrl !== null,
    address: discord.address,
    store,
    temporaryDirectory: `${installation.home}/tmp`,
    log: testLog(),
    meter: silentMeter,
  });
  const program = await installation.open({
    worker: true,
    messengers: { discord: messenger },
    config: { publicUrl, ...(freeCredits === undefined ? {} : { freeCredits }), ...(prices && { prices }) },
    ...options,
  });
  onTestFinished(messenger.close);
  return program;
}

/** A bot of this installation, over the gateway and over HTTP. */
export async function openBot(program: Program, discord: Discord, shards: Shards = 'auto') {
  const http = createHttpServer();
  const bot = await startDiscordBot({
    address: discord.address,
    http: { app: http.app, publicKey: discord.publicKey },
    shards,
    services: program.services,
    log: testLog(),
  });
  const port = await http.listen(0);
  const stop = async () => {
    await bot.stop();
    await http.close();
  };
  onTestFinished(stop);
  return { stop, endpoint: `http://127.0.0.1:${port}/discord/interactions` };
}

/** A whole VidGenie in a Discord: a worker, a bot, a server with a channel, and a member, Ada. */
export async function openVidGenie(
  options: {
    vendor?: VendorBehaviour;
    tier?: number;
    environment?: NodeJS.ProcessEnv;
    publicUrl?: string | null;
    freeCredits?: number;
    prices?: Config['prices'];
  } = {},
) {
  const discord = await createDiscord();
  const guild = discord.guild({ tier: options.tier ?? 0 });
  const channel = discord.channel(guild);
  const ada = discord.person('member');
  const installation = await createInstallation(await createTestDatabase());
  const { tier: _, ...working } = options;
  const worker = await openWorker(installation, discord, working);
  const bot = await openBot(worker, discord);
  return {
    discord,
    guild,
    channel,
    ada,
    installation,
    worker,
    bot,
    /** Follows the run that an interaction started until its delivery. */
    runOf: (asked: Asked) => runOf(worker, discord, asked),
  };
}

/** VidGenie in a Discord as its program starts it: bot, worker and page on one HTTP server, and a channel. */
export async function startInDiscord(publicUrl: string) {
  const discord = await createDiscord();
  const installation = await createInstallation(await createTestDatabase());
  const settings = { ...discord.address, publicKey: discord.publicKey, shards: 'auto' } as const;
  const program = await installation.open({ worker: true, config: { discord: settings, publicUrl } });
  const http = createHttpServer();
  onTestFinished(await startBots(program, testLog(), http));
  const guild = discord.guild();
  return { discord, guild, channel: discord.channel(guild), program, port: http.port() ?? 0 };
}

/** Follows the run that an interaction started until its delivery. */
export async function runOf(program: Program, discord: Discord, asked: Asked): Promise<RunView> {
  const { world } = discord;
  const { interaction } = asked;
  const { db } = program.services;
  const find = () =>
    db
      .select({ id: runs.id })
      .from(runs)
      .where(eq(runs.requestKey, `discord:${interaction.id}`));
  await world.until(() => interaction.answered !== null);
  const [begun] = await find();
  // "thinking…" may come before the run is stored. What replaces it comes after.
  const isThinking = () => interaction.answered === 5 && world.messages.get(interaction.originalId ?? '')?.edits === 0;
  if (!begun) await world.until(() => !isThinking());
  const [row] = begun ? [begun] : await find();
  if (!row) throw new Error('the interaction started no run');
  return await delivered(program, row.id);
}
