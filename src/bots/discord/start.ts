import type { Hono } from 'hono';
import type { WorkspaceId } from '../../db/vocabulary.ts';
import { commands } from '../commands/all.ts';
import type { Services } from '../services.ts';
import type { Bot, BotLog } from './bot.ts';
import { addInteractionsEndpoint } from './endpoint.ts';
import { connectGateway } from './gateway.ts';
import { handleInteraction } from './handle.ts';
import { workspaceOf } from './place.ts';
import { register } from './register.ts';
import type { FirstAnswer } from './reply.ts';
import { createRest, type DiscordAddress } from './rest.ts';
import { welcome } from './welcome.ts';

export type DiscordBotOptions = {
  address: DiscordAddress;
  /** Where Discord's own HTTP interactions are taken, and the key that signs them; null: over the gateway alone. */
  http: { app: Hono; publicKey: string } | null;
  services: Services;
  log: BotLog;
  /** A server was left: what it entrusted to us is removed. */
  onWorkspaceGone: (id: WorkspaceId) => Promise<void>;
};

export type DiscordBot = {
  /** No new work, what is under way answered, then the connection. */
  stop: () => Promise<void>;
};

/** Connects to Discord and answers people there, over the gateway and over HTTP alike. */
export async function startDiscordBot(options: DiscordBotOptions): Promise<DiscordBot> {
  const { address, http, services, log, onWorkspaceGone } = options;
  const rest = createRest(address, 'bot');
  const bot: Bot = { services, rest, log };
  const overHttp = new Set<Promise<void>>();
  const handle = (raw: unknown, first: FirstAnswer) => handleInteraction(bot, raw, first);
  if (http) {
    addInteractionsEndpoint(http.app, http.publicKey, (raw, first) => {
      const job = handle(raw, first).finally(() => overHttp.delete(job));
      overHttp.add(job);
      return job;
    });
  }
  log.info({ commands: await register(rest, commands) }, 'the commands are registered at Discord');
  const gateway = await connectGateway(address, rest, log, {
    onInteraction: handle,
    onJoin: (guild) => welcome(guild, services, rest),
    onLeave: (guildId) => onWorkspaceGone(workspaceOf(guildId, '')),
  });
  return {
    stop: async () => {
      await gateway.drain();
      while (overHttp.size > 0) await Promise.all(overHttp);
      await gateway.close();
    },
  };
}
