import { setTimeout as delay } from 'node:timers/promises';
import { createHttpServer, type HttpServer } from './bots/http.ts';
import { mountProbes, readNoOftener } from './bots/probes.ts';
import type { Services } from './bots/services.ts';
import type { LocalPerson } from './bots/web/deps.ts';
import type { Config } from './config.ts';
import { readFigures, readLedger } from './db/stats.ts';
import type { Logger } from './observability/log.ts';
import type { Metrics } from './observability/metrics.ts';
import { settlesWithin } from './pipeline/timeout.ts';
import type { Program } from './program.ts';

/** In milliseconds. How long a stop waits for the answers to the last commands. The database or the platform may not answer. */
const maxStopMs = 4_000;

/**
 * In milliseconds. How long a stopping process still serves HTTP requests from outside. A load balancer takes a moment to see
 * that `/readyz` has changed, and it sends each request only once. Together with {@link maxStopMs} this is less than the time in
 * which a worker finishes its turns.
 */
export const defaultNoticeMs = 2_000;

type BotsProgram = Pick<Program, 'config' | 'services' | 'checks' | 'metrics' | 'queue'>;

/**
 * Starts the configured bots, unless this process is only a worker, and the HTTP server. Resolves with a function that stops
 * them. `noticeMs` is how long outside requests are still served after a stop began.
 */
export async function startBots(
  program: BotsProgram,
  log: Logger,
  http: HttpServer = createHttpServer(),
  noticeMs = 0,
): Promise<() => Promise<void>> {
  const { config, services } = program;
  const isBot = config.role !== 'worker';
  const closers: ((quiet: Promise<void>) => Promise<void>)[] = [];
  const stopping = new AbortController();
  let web: { stop: () => Promise<void> } | null = null;
  const stop = async () => {
    stopping.abort();
    const afterMs = isBot && isServedOutside(config) ? noticeMs : 0;
    const quiet = closeHttp(http, web, afterMs);
    const parts = [() => quiet, ...closers.splice(0)].map(async (close) => {
      if (!(await settlesWithin(afterMs + maxStopMs, close(quiet)))) log.warn({}, 'a bot did not stop in time');
    });
    for (const stopped of await Promise.allSettled(parts)) {
      if (stopped.status === 'rejected') log.warn({ error: stopped.reason }, 'a bot did not stop cleanly');
    }
  };
  try {
    await mountOperator(http.app, program, log, stopping.signal);
    if (config.discord && isBot) {
      const { startDiscordBot } = await import('./bots/discord/bot.ts');
      const { publicKey, shards } = config.discord;
      const bot = await startDiscordBot({
        address: config.discord,
        http: publicKey === null ? null : { app: http.app, publicKey },
        shards,
        services,
        log,
      });
      closers.push(bot.stop);
    }
    if (config.slack && isBot) {
      const { startSlackBot } = await import('./bots/slack/bot.ts');
      const bot = await startSlackBot({ services, settings: config.slack, http: http.app, log });
      closers.push(bot.stop);
    }
    if (isBot) web = await openWeb(http.app, { services, log, local: null });
    const port = await http.listen(config.port);
    log.info({ port }, 'listening for chat platforms, browsers and monitors');
    return stop;
  } catch (error) {
    await stop();
    throw error;
  }
}

/** Whether people and platforms send HTTP requests to this process, rather than this process connecting to them. */
const isServedOutside = ({ discord, slack, publicUrl }: Config): boolean =>
  (discord !== null && discord.publicKey !== null) || (slack !== null && slack.appToken === null) || publicUrl !== null;

/**
 * Ends each connection with its answer, so that the next request reaches another process, and goes on answering for `afterMs`.
 * Resolves when every request has its answer and the port is closed.
 */
async function closeHttp(http: HttpServer, web: { stop: () => Promise<void> } | null, afterMs: number): Promise<void> {
  http.leave();
  // A server that failed to start has nobody to serve.
  if (afterMs > 0 && http.port() !== null) await delay(afterMs);
  // This ends the streams, because the server waits for every open response.
  await web?.stop();
  await http.close();
}

/** A page without a sign-in listens on this machine alone. */
const loopback = '127.0.0.1';

/**
 * Starts the page of an installation without a chat platform. It needs no sign-in and serves the person at this machine. If the
 * default port is taken, it uses another, because we print the address anyway. A port that you configured is not replaced,
 * because you will open that one. With a public address the page needs a link, which `web` prints in the terminal.
 */
export async function startLocalPage(
  program: BotsProgram,
  log: Logger,
  local: LocalPerson,
  noticeMs = 0,
): Promise<{ address: string; isOther: boolean; stop: () => Promise<void> }> {
  const { config, services } = program;
  const { publicUrl } = config;
  const http = createHttpServer();
  const stopping = new AbortController();
  await mountOperator(http.app, program, log, stopping.signal);
  const web = await openWeb(http.app, { services, log, local: publicUrl === null ? local : null });
  const stop = async () => {
    stopping.abort();
    await closeHttp(http, web, publicUrl === null ? 0 : noticeMs);
  };
  if (publicUrl !== null) {
    await http.listen(config.port);
    return { address: publicUrl, isOther: false, stop };
  }
  let isOther = false;
  const port = await http.listen(config.port, loopback).catch(async (error: unknown) => {
    const isTaken = error instanceof Error && 'code' in error && error.code === 'EADDRINUSE';
    if (!isTaken || config.isPortNamed) throw error;
    isOther = true;
    return await http.listen(0, loopback);
  });
  return { address: `http://${loopback}:${port}`, isOther, stop };
}

async function openWeb(
  app: HttpServer['app'],
  { services, log, local }: { services: Services; log: Logger; local: LocalPerson | null },
): Promise<{ stop: () => Promise<void> }> {
  const { openWebBot } = await import('./bots/web/open.ts');
  return await openWebBot(app, { services, log, local });
}

/** Mounts the operator's addresses in every process: probes, metrics, and the queue's board if there is a queue. */
async function mountOperator(
  app: HttpServer['app'],
  { config, services: { db }, checks, metrics, queue }: BotsProgram,
  log: Logger,
  stopping: AbortSignal,
): Promise<void> {
  const onOutage = (error: unknown) => log.warn({ error }, 'figures for /metrics cannot be read; they are left out');
  const readings = { waitMs: 2_000, onOutage };
  const figures = readNoOftener(() => readFigures(db, 2_000), { ...readings, freshMs: 5_000 });
  const ledger = readNoOftener(() => readLedger(db, 30_000), { ...readings, freshMs: 30_000 });
  const known = async () => ({ figures: await figures(), ledger: await ledger() });
  // A database that is closed by then would look like one that is away.
  metrics?.figuresFrom(async () => (stopping.aborted ? null : await known()));
  const text = async (all: Metrics) => await all.expose(await known());
  mountProbes(app, {
    checks,
    log,
    operatorToken: config.operatorToken,
    isStopping: () => stopping.aborted,
    metrics: metrics ? { contentType: metrics.contentType, text: () => text(metrics) } : null,
  });
  if (!queue || config.operatorToken === null) return;
  const { mountBoard } = await import('./bots/board.ts');
  mountBoard(app, queue.bull, config.operatorToken);
}
