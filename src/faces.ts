import { createHttpServer, type HttpServer } from './bots/http.ts';
import type { Services } from './bots/services.ts';
import { describeKeys, removeKey } from './db/vault.ts';
import type { WorkspaceId } from './db/vocabulary.ts';
import type { Logger } from './log.ts';
import type { Program } from './main.ts';

/** Starts the bots that the configuration names, and the HTTP server that they share. Resolves with what stops them again. */
export async function startFaces(
  { config, services }: Pick<Program, 'config' | 'services'>,
  log: Logger,
  http: HttpServer = createHttpServer(),
): Promise<() => Promise<void>> {
  const closers: (() => Promise<void>)[] = [];
  const stop = async () => {
    for (const close of closers.splice(0).reverse()) {
      await close().catch((error: unknown) => log.warn({ error }, 'a bot did not stop cleanly'));
    }
  };
  try {
    let needsHttp = false;
    if (config.discord) {
      const { startDiscordBot } = await import('./bots/discord/start.ts');
      const { publicKey } = config.discord;
      const bot = await startDiscordBot({
        address: config.discord,
        http: publicKey === null ? null : { app: http.app, publicKey },
        ...{ services, log, onWorkspaceGone: (id) => forgetKeys(services, id, log) },
      });
      closers.push(bot.stop);
      needsHttp ||= publicKey !== null;
    }
    if (config.slack) {
      const { startSlackBot } = await import('./bots/slack/bot.ts');
      const bot = await startSlackBot({ services, settings: config.slack, http: http.app, log });
      closers.push(bot.stop);
      needsHttp ||= config.slack.appToken === null;
    }
    if (needsHttp) {
      const port = await http.listen(config.port);
      log.info({ port }, 'listening for chat platforms');
      closers.push(http.close);
    }
    return stop;
  } catch (error) {
    await stop();
    throw error;
  }
}

/** A workspace removed the bot: the keys that it entrusted to us go at once. What it paid for stays in the ledger. */
async function forgetKeys({ db }: Services, workspaceId: WorkspaceId, log: Logger): Promise<void> {
  const stored = await describeKeys(db, workspaceId);
  for (const { provider, purpose } of stored) {
    await removeKey(db, { workspaceId, provider, purpose }, { actor: null, note: 'the bot was removed' });
  }
  log.info({ workspaceId, keys: stored.length }, 'a workspace removed VidGenie, and its keys are deleted');
}
