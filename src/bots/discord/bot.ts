import type { Hono } from 'hono';
import { removeBot } from '../../db/botRemoval.ts';
import { workspacesWithKeys } from '../../db/vault.ts';
import type { WorkspaceId } from '../../domain.ts';
import type { Logger } from '../../observability/log.ts';
import type { Meter } from '../../pipeline/meter.ts';
import { commands } from '../commands/all.ts';
import { createAddressOf } from '../mediaAddress.ts';
import type { Services } from '../services.ts';
import { createMediaLinks } from '../web/links.ts';
import { workspaceOf } from './conversation.ts';
import { addInteractionsEndpoint } from './endpoint.ts';
import { connectGateway, type GatewayEvents } from './gateway.ts';
import { leftServers } from './guildRemoved.ts';
import { handleInteraction } from './handle.ts';
import { answerMention, readMention } from './mention.ts';
import { register } from './register.ts';
import type { FirstAnswer } from './reply.ts';
import type { Bot } from './requestContext.ts';
import { createReplyRest, createRest, type DiscordAddress } from './rest.ts';
import type { Shards } from './shards.ts';
import { welcome } from './welcome.ts';

export type DiscordBotOptions = {
  address: DiscordAddress;
  /**
   * The server that takes Discord's HTTP interactions, and the key that Discord signs them with. Null: interactions come only
   * over the gateway.
   */
  http: { app: Hono; publicKey: string } | null;
  shards: Shards;
  services: Services;
  log: Logger;
};

export type DiscordBot = {
  /**
   * Stops taking interactions from the gateway at once. Answers those already received, and HTTP ones until `quiet`. Then ends
   * the connection.
   */
  stop: (quiet?: Promise<void>) => Promise<void>;
};

/** Connects to Discord and answers interactions from the gateway and over HTTP. */
export async function startDiscordBot(options: DiscordBotOptions): Promise<DiscordBot> {
  const { address, http, shards, services, log } = options;
  const rest = createRest(address, 'bot');
  const replyRest = createReplyRest(address);
  const { store, publicUrl, now, vault } = services;
  const addressOf = createAddressOf({ store, publicUrl, now, links: createMediaLinks(vault.keyring) });
  const bot: Bot = { services, rest, replyRest, addressOf, log };
  const overHttp = new Set<Promise<void>>();
  const handle = (raw: unknown, first: FirstAnswer) => handleInteraction(bot, raw, timed(first, services.meter));
  if (http) {
    addInteractionsEndpoint(http.app, http.publicKey, (raw, first) => {
      const job = handle(raw, first).finally(() => overHttp.delete(job));
      overHttp.add(job);
      return job;
    });
  }
  log.info({ commands: await register(rest, commands) }, 'the commands are registered at Discord');
  const onLeave = async (id: WorkspaceId) => {
    await removeBot(services.db, id, 'the bot was removed');
    log.info({ platform: 'discord', workspaceId: id }, 'a server removed VidGenie, and its keys are deleted');
  };
  const events: GatewayEvents = {
    onInteraction: handle,
    onMessage: async (raw, here) => {
      const mention = readMention(raw, here.botId);
      if (mention) await answerMention(bot, mention, here);
    },
    onJoin: (guild) => welcome(guild, services, rest),
    onLeave: (guildId) => onLeave(workspaceOf(guildId, '')),
    onReady: async (ready) => {
      const left = await leftServers(rest, await workspacesWithKeys(services.db), ready);
      for (const id of left) await onLeave(id);
    },
  };
  const gateway = shards === 'none' ? null : await connectGateway(address, shards, replyRest, log, events);
  return {
    stop: async (quiet) => {
      await gateway?.drain();
      await quiet;
      while (overHttp.size > 0) await Promise.all(overHttp);
      await gateway?.close();
    },
  };
}

/** Measures how long the requester waits for the first answer. */
function timed(first: FirstAnswer, meter: Meter): FirstAnswer {
  const begun = performance.now();
  return async (response) => {
    const id = await first(response);
    meter.acknowledged('discord', (performance.now() - begun) / 1000);
    return id;
  };
}
