import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { getRequestListener } from '@hono/node-server';
import { Hono } from 'hono';

/** The one HTTP server of the program: every face and every probe adds its routes to `app` before it listens. */
export type HttpServer = {
  app: Hono;
  /** Starts to listen and resolves with the port, which differs from the one asked for when that was 0. */
  listen: (port: number) => Promise<number>;
  /** Stops taking connections and resolves when the answers under way are sent. */
  close: () => Promise<void>;
};

export function createHttpServer(): HttpServer {
  const app = new Hono();
  const server = createServer(getRequestListener(app.fetch));
  // Nobody who talks to a bot needs a minute to send a request; who does is holding a connection hostage.
  server.requestTimeout = 60_000;
  return {
    app,
    listen: (port) =>
      new Promise((resolve, reject) => {
        server.once('error', reject);
        server.listen(port, () => {
          server.off('error', reject);
          resolve(portOf(server.address()) ?? port);
        });
      }),
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeIdleConnections();
      }),
  };
}

const portOf = (address: AddressInfo | string | null): number | null =>
  address !== null && typeof address === 'object' ? address.port : null;
