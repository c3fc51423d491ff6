import { createServer, type RequestListener, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { getRequestListener, type HttpBindings } from '@hono/node-server';
// We load this before we make any server. Afterwards, this constant would be one of the adapter's own responses, and the
// adapter would send it.
import { RESPONSE_ALREADY_SENT } from '@hono/node-server/utils/response';
import { type Context, Hono } from 'hono';
import { z } from 'zod';

/** The only HTTP server of the program. Every platform and every probe adds its routes to `app` before it listens. */
export type HttpServer = {
  app: Hono;
  /**
   * Listens, on every interface unless `host` names one, and resolves with the port. It differs from the requested one if that
   * was 0.
   */
  listen: (port: number, host?: string) => Promise<number>;
  /** The port on which it listens; null while it does not listen. */
  port: () => number | null;
  /**
   * Keeps answering, but from now on ends each connection with its answer. The client's next request then reaches another
   * process.
   */
  leave: () => void;
  /** Stops taking connections. Resolves when the answers in flight are sent. */
  close: () => Promise<void>;
};

/** When the server stops, it cuts off a client that takes longer than this to receive an answer. Milliseconds. */
const maxAnswerMs = 2_500;

export function createHttpServer(): HttpServer {
  const app = new Hono();
  const listener = getRequestListener(app.fetch);
  const unanswered = new Set<ServerResponse>();
  let isLeaving = false;
  const server = createServer((request, response) => {
    if (isLeaving) response.shouldKeepAlive = false;
    unanswered.add(response);
    response.once('close', () => unanswered.delete(response));
    return listener(request, response);
  });
  // No honest client of a bot needs a minute to send a request. One that does is holding a connection open on purpose.
  server.requestTimeout = 60_000;
  return {
    app,
    listen: (port, host) =>
      new Promise((resolve, reject) => {
        server.once('error', reject);
        server.listen({ port, ...(host === undefined ? {} : { host }) }, () => {
          server.off('error', reject);
          resolve(portOf(server.address()) ?? port);
        });
      }),
    port: () => portOf(server.address()),
    leave: () => {
      isLeaving = true;
      for (const response of unanswered) response.shouldKeepAlive = false;
    },
    close: () =>
      new Promise((resolve) => {
        const cut = setTimeout(() => server.closeAllConnections(), maxAnswerMs);
        server.close(() => {
          clearTimeout(cut);
          resolve();
        });
        server.closeIdleConnections();
      }),
  };
}

const portOf = (address: AddressInfo | string | null): number | null =>
  address !== null && typeof address === 'object' ? address.port : null;

const nodeBindings = z.custom<HttpBindings>(
  (value) => typeof value === 'object' && value !== null && 'incoming' in value && 'outgoing' in value,
);

/** The request as Node has it, for values that Hono does not expose. */
export const incomingOf = (context: Context): HttpBindings['incoming'] => nodeBindings.parse(context.env).incoming;

/** Lets a listener of Node's own kind answer a request. The listener must find the body unread, or beside the request. */
export function handOver(context: Context, listener: (...args: Parameters<RequestListener>) => void): Response {
  const { incoming, outgoing } = nodeBindings.parse(context.env);
  listener(incoming, outgoing);
  return RESPONSE_ALREADY_SENT;
}
