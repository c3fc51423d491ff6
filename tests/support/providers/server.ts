import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { buffer } from 'node:stream/consumers';
import { onTestFinished } from 'vitest';

export type Received = {
  method: string;
  path: string;
  url: URL;
  headers: IncomingMessage['headers'];
  /** The value of JSON, or text. */
  body: unknown;
  raw: Buffer;
};
export type Handler = (request: Received, response: ServerResponse) => void | Promise<void>;

/**
 * A single fault of an endpoint. `hang` never answers, `drop` cuts the connection before an answer, `cut` in the middle of one. `hold`
 * is no fault of the answer: it comes when the test says so.
 */
export type Fault =
  | { fault: 'hold'; until: Promise<unknown> }
  | { fault: 'status'; status: number; body?: unknown; headers?: Record<string, string> }
  | { fault: 'hang' }
  | { fault: 'drop' }
  | { fault: 'cut' }
  | { fault: 'malformed' }
  | { fault: 'html' }
  | { fault: 'redirect'; to: string };

export type Stub = {
  url: string;
  /** Every request that arrived, in order. */
  requests: Received[];
  /** The next requests that match the method and the path meet these faults, one each. Later requests succeed. */
  fail: (method: string, path: RegExp, ...faults: Fault[]) => void;
  posts: (path: RegExp) => Received[];
  /** Resolves with the next request on that path, before it is answered. */
  arrival: (path: RegExp) => Promise<Received>;
};

/** An HTTP server on a port of its own, for the time of the test. */
export async function startStub(handler: Handler): Promise<Stub> {
  const requests: Received[] = [];
  const planned: { method: string; path: RegExp; fault: Fault }[] = [];
  const waiting: { path: RegExp; resolve: (request: Received) => void }[] = [];
  const server = createServer(async (incoming, response) => {
    const url = new URL(incoming.url ?? '/', 'http://stub');
    const raw = await buffer(incoming).catch(() => Buffer.alloc(0));
    const path = decodeURIComponent(url.pathname);
    const request = { method: incoming.method ?? '', path, url, headers: incoming.headers, body: jsonOf(raw), raw };
    requests.push(request);
    for (const one of waiting.filter(({ path: wanted }) => wanted.test(path))) one.resolve(request);
    const index = planned.findIndex((plan) => plan.method === request.method && plan.path.test(path));
    const plan = index < 0 ? undefined : planned.splice(index, 1)[0]?.fault;
    if (plan?.fault === 'hold') await plan.until;
    else if (plan) return meet(plan, response);
    await handler(request, response);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return {
    url: urlOf(server),
    requests,
    fail: (method, path, ...faults) => planned.push(...faults.map((fault) => ({ method, path, fault }))),
    posts: (path) => requests.filter((one) => one.method === 'POST' && path.test(one.path)),
    arrival: (path) => new Promise((resolve) => waiting.push({ path, resolve })),
  };
}

/** An address at which nobody listens any more. */
export async function deserted(): Promise<string> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const url = urlOf(server);
  server.close();
  await once(server, 'close');
  return url;
}

function urlOf(server: Server): string {
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('the stub has no port');
  return `http://127.0.0.1:${address.port}`;
}

export function json(
  response: ServerResponse,
  status: number,
  body: unknown,
  headers: Record<string, string> = {},
): void {
  response.writeHead(status, { 'content-type': 'application/json', ...headers }).end(JSON.stringify(body));
}

function meet(fault: Exclude<Fault, { fault: 'hold' }>, response: ServerResponse): void {
  switch (fault.fault) {
    case 'status':
      json(response, fault.status, fault.body ?? { error: { message: 'planned' } }, fault.headers);
      return;
    case 'hang':
      return;
    case 'drop':
      response.destroy();
      return;
    case 'cut':
      response.writeHead(200, { 'content-type': 'application/json', 'content-length': '4096' });
      response.write('{"id":"', () => response.destroy());
      return;
    case 'malformed':
      response.writeHead(200, { 'content-type': 'application/json' }).end('{"id": "it-1", "status": ');
      return;
    case 'html':
      response
        .writeHead(200, { 'content-type': 'text/html' })
        .end('<!doctype html><title>Sign in to the Wi-Fi</title>');
      return;
    case 'redirect':
      response.writeHead(307, { location: fault.to }).end();
      return;
  }
}

function jsonOf(raw: Buffer): unknown {
  try {
    return JSON.parse(raw.toString('utf8'));
  } catch {
    return raw.toString('utf8');
  }
}
