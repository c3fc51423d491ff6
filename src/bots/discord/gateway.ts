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
import type { FirstAnswer } from './reply.ts';
import { codeOf, type DiscordAddress } from './rest.ts';
import type { Shards } from './shards.ts';

/** Discord tells a connecting shard which servers the bot is in, including those in an outage. */
export type ReadyGuilds = { shard: { id: number; count: number }; guildIds: string[] };

export type GatewayEvents = {
  onInteraction: (raw: unknown, first: FirstAnswer) => Promise<void>;
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
    intents: [GatewayIntentBits.Guilds],
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
    if (packet.t !== GatewayDispatchEvents.InteractionCreate) return;
    track('an interaction', () => events.onInteraction(packet.d, answerOver(rest, packet.d)));
    // Otherwise discord.js would parse the interaction as well, and an interaction that it does not know would throw inside its
    // socket.
    packet.t = 'TAKEN';
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
