import { createServer, type RequestListener, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { getRequestListener, type HttpBindings } from '@hono/node-server';
// Loaded before any server is made: afterwards this constant would be one of the adapter's own responses, and be sent.
import { RESPONSE_ALREADY_SENT } from '@hono/node-server/utils/response';
import { type Context, Hono } from 'hono';
import { z } from 'zod';

/** The one HTTP server of the program: every face and every probe adds its routes to `app` before it listens. */
export type HttpServer = {
  app: Hono;
  /** Starts to listen, on every interface unless one is named, and resolves with the port: another than asked for when that was 0. */
  listen: (port: number, host?: string) => Promise<number>;
  /** Where it listens; null while it does not. */
  port: () => number | null;
  /** Goes on answering, and from now on ends each connection with its answer: whoever asks again is led to another process. */
  leave: () => void;
  /** Stops taking connections and resolves when the answers under way are sent. */
  close: () => Promise<void>;
};

/** Who is slower than this in taking an answer is cut off at a stop. Milliseconds. */
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
  // Nobody who talks to a bot needs a minute to send a request; who does is holding a connection hostage.
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

/** The request as Node has it, for what Hono does not show. */
export const incomingOf = (context: Context): HttpBindings['incoming'] => nodeBindings.parse(context.env).incoming;

/** Lets a listener of Node's own kind answer a request; it must find the body, unread or beside the request. */
export function handOver(context: Context, listener: (...args: Parameters<RequestListener>) => void): Response {
  const { incoming, outgoing } = nodeBindings.parse(context.env);
  listener(incoming, outgoing);
  return RESPONSE_ALREADY_SENT;
}
