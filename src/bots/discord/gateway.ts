import type { REST } from '@discordjs/rest';
import {
  Client,
  Events,
  GatewayDispatchEvents,
  GatewayIntentBits,
  type Guild,
  InteractionResponseType,
  Options,
  Routes,
} from 'discord.js';
import { z } from 'zod';
import type { Logger } from '../../observability/log.ts';
import type { Here } from './mention.ts';
import type { FirstAnswer } from './reply.ts';
import { codeOf, type DiscordAddress } from './rest.ts';
import type { Shards } from './shards.ts';

/** Discord tells a connecting shard which servers the bot is in, including those in an outage. */
export type ReadyGuilds = { shard: { id: number; count: number }; guildIds: string[] };

export type GatewayEvents = {
  onInteraction: (raw: unknown, first: FirstAnswer) => Promise<void>;
  onMessage: (raw: unknown, here: Here) => Promise<void>;
  onJoin: (guild: Guild) => Promise<void>;
  onLeave: (guildId: string) => Promise<void>;
  onReady: (ready: ReadyGuilds) => Promise<void>;
};

export type Gateway = {
  /** Stops taking events. Resolves when those in progress are done. The connection stays until {@link close}. */
  drain: () => Promise<void>;
  close: () => Promise<void>;
};

const envelope = z.object({ id: z.string(), token: z.string() });
const ready = z
  .object({ shard: z.tuple([z.int(), z.int().min(1)]).default([0, 1]), guilds: z.array(z.object({ id: z.string() })) })
  .transform(({ shard: [id, count], guilds }) => ({ shard: { id, count }, guildIds: guilds.map((guild) => guild.id) }));
const told = z.object({ resource: z.object({ message: z.object({ id: z.string() }).optional() }).optional() });

/** Connects to the gateway and listens. Errors of a listener are logged and never end the process. */
export async function connectGateway(
  address: DiscordAddress,
  shards: Exclude<Shards, 'none'>,
  rest: REST,
  log: Logger,
  events: GatewayEvents,
): Promise<Gateway> {
  const client = new Client({
    ...(shards === 'auto' ? { shards } : { shards: [...shards.ids], shardCount: shards.count }),
    // Neither is privileged. Of messages, Discord shows a bot without a privileged intent only the words of those that mention it.
    intents: [GatewayIntentBits.Guilds, GatewayIntentBits.GuildMessages],
    allowedMentions: { parse: [] },
    rest: { api: address.apiUrl, version: '10' },
    // The bot never reads cached threads and messages again, so a cache of them would only fill the memory.
    makeCache: Options.cacheWithLimits({ ...Options.DefaultMakeCacheSettings, MessageManager: 0 }),
  });
  const underWay = new Set<Promise<void>>();
  let isDraining = false;
  const track = (what: string, work: () => Promise<void>) => {
    if (isDraining) return;
    const job: Promise<void> = work()
      .catch((error: unknown) => log.error({ error, code: codeOf(error) }, `${what} could not be handled`))
      .finally(() => underWay.delete(job));
    underWay.add(job);
  };

  client.on(Events.Raw, (packet: { t: string; d: unknown }) => {
    if (packet.t === GatewayDispatchEvents.Ready) {
      const guilds = ready.parse(packet.d);
      track('what changed while nobody listened', () => events.onReady(guilds));
    }
    if (packet.t === GatewayDispatchEvents.InteractionCreate) {
      track('an interaction', () => events.onInteraction(packet.d, answerOver(rest, packet.d)));
    }
    if (packet.t === GatewayDispatchEvents.MessageCreate) {
      const here = hereIn(client, packet.d);
      if (here) track('a message', () => events.onMessage(packet.d, here));
    }
    // Otherwise discord.js would parse interactions as well, and one that it does not know would throw inside its socket. It would
    // remember the author of every message.
    if (taken.has(packet.t)) packet.t = 'TAKEN';
  });
  client.on(Events.GuildCreate, (guild) => track('a new server', () => events.onJoin(guild)));
  // discord.js emits this only for servers that the bot left. A server in an outage is "unavailable" and keeps its keys.
  client.on(Events.GuildDelete, ({ id }) => track('a server that was left', () => events.onLeave(id)));
  client.on(Events.Error, (error) => log.warn({ error }, 'the Discord client reported an error'));
  client.on(Events.ShardError, (error, shard) => log.warn({ error, shard }, 'a Discord connection failed'));
  client.on(Events.ShardReconnecting, (shard) => log.info({ shard }, 'reconnecting to Discord'));
  client.on(Events.ShardResume, (shard, replayed) => log.info({ shard, replayed }, 'resumed at Discord'));
  client.on(Events.Warn, (message) => log.warn({}, message));

  const isReady = new Promise<void>((resolve) => client.once(Events.ClientReady, () => resolve()));
  await client.login(address.token);
  await isReady;
  return {
    drain: async () => {
      isDraining = true;
      while (underWay.size > 0) await Promise.all(underWay);
    },
    close: () => client.destroy(),
  };
}

/** The events that discord.js does not get to see. */
const taken: ReadonlySet<string> = new Set([
  GatewayDispatchEvents.InteractionCreate,
  GatewayDispatchEvents.MessageCreate,
  GatewayDispatchEvents.MessageUpdate,
  GatewayDispatchEvents.MessageDelete,
  GatewayDispatchEvents.MessageDeleteBulk,
]);

/** A quick look, because Discord sends every message of every server. Null: a message that does not mention the bot. */
const mentioning = z.object({ guild_id: z.string(), mentions: z.array(z.object({ id: z.string() })) });

function hereIn(client: Client, raw: unknown): Here | null {
  const botId = client.user?.id;
  const read = mentioning.safeParse(raw).data;
  if (botId === undefined || !read?.mentions.some(({ id }) => id === botId)) return null;
  return { botId, serverLocale: client.guilds.cache.get(read.guild_id)?.preferredLocale ?? 'en-US' };
}

/**
 * Gives the first answer to an interaction from the gateway. Discord returns at once the id of the message that the answer
 * became.
 */
function answerOver(rest: REST, raw: unknown): FirstAnswer {
  return async (response) => {
    const { id, token } = envelope.parse(raw);
    const withMessage = response.type === InteractionResponseType.ChannelMessageWithSource;
    const query = new URLSearchParams({ with_response: String(withMessage) });
    const answer = await rest.post(Routes.interactionCallback(id, token), { auth: false, body: response, query });
    const read = told.safeParse(answer);
    return read.success ? (read.data.resource?.message?.id ?? null) : null;
  };
}
