import { request as httpRequest } from 'node:http';
import { expect, onTestFinished } from 'vitest';
import { createHttpServer } from '../../../src/bots/http.ts';
import { member, workspace as terminal } from '../../../src/bots/terminal/person.ts';
import { createRateLimits, type Pace } from '../../../src/bots/web/limits.ts';
import { openWebBot } from '../../../src/bots/web/open.ts';
import type { Config } from '../../../src/config.ts';
import { createToken } from '../../../src/db/auth.ts';
import type { Workspace } from '../../../src/db/workspaces.ts';
import type { TokenScope } from '../../../src/domain.ts';
import { createLog } from '../../../src/observability/log.ts';
import type { Program } from '../../../src/program.ts';
import { createTestDatabase, createWorkspace } from '../database.ts';
import { createInstallation } from '../program.ts';
import type { VendorBehaviour } from '../studio.ts';
import { type Contract, contractOf } from './contract.ts';

/** The public address of the installation in these tests. */
export const publicUrl = 'https://vidgenie.example';

type Asking = { headers?: Record<string, string>; body?: unknown; token?: string; cookie?: string };
export type Answered = {
  status: number;
  headers: NodeJS.Dict<string | string[]>;
  bytes: Buffer;
  text: string;
  json: () => Record<string, unknown>;
};

export type WebServer = {
  program: Program;
  port: number;
  base: string;
  /** Sends a request exactly as given, and checks every answer of the API against the OpenAPI document. */
  ask: (method: string, path: string, asking?: Asking) => Promise<Answered>;
  workspace: (name: string, credits?: number) => Promise<Workspace>;
  token: (workspace: Workspace, scope: TokenScope) => Promise<string>;
  /** Stops the web platform and its server, as a stopping program does. */
  close: () => Promise<void>;
};

type Opening = {
  worker?: boolean;
  vendor?: VendorBehaviour;
  environment?: NodeJS.ProcessEnv;
  local?: boolean;
  /** The bucket for media. Without it, media are files. */
  s3?: NonNullable<Config['s3']>;
  paces?: Partial<Record<Pace, number>>;
  heartbeatMs?: number;
};

/** A program with its web platform on a port of its own. */
export async function openWebServer({
  worker = false,
  local = false,
  s3,
  paces,
  heartbeatMs,
  ...how
}: Opening = {}): Promise<WebServer> {
  const database = await createTestDatabase();
  const installation = await createInstallation(database);
  const config = { publicUrl: local ? null : publicUrl, ...(s3 ? { s3 } : {}) };
  const program = await installation.open({ worker, config, ...how });
  const http = createHttpServer();
  const log = createLog(process.env.TEST_LOG_LEVEL ?? 'silent', false);
  const take = createRateLimits({ look: 100_000, change: 100_000, start: 100_000, failure: 100_000, ...paces });
  const person = local ? { workspace: terminal, member } : null;
  const platform = await openWebBot(http.app, { services: program.services, log, local: person, take, heartbeatMs });
  const port = await http.listen(0, '127.0.0.1');
  const close = async () => {
    await platform.stop();
    await http.close();
  };
  onTestFinished(close);
  const contract = contractOf(await (await fetch(`http://127.0.0.1:${port}/api/openapi.json`)).json());
  return {
    program,
    port,
    close,
    base: `http://127.0.0.1:${port}`,
    ask: (method, path, asking = {}) => ask(port, contract, method, path, asking),
    workspace: (name, credits = 1_000) => createWorkspace(database, credits, `terminal:${name}`),
    token: async (workspace, scope) => {
      const wish = { workspaceId: workspace.id, scope, label: `${scope} of ${workspace.id}`, createdBy: 'test' };
      return (await createToken(database.db, wish)).words;
    },
  };
}

async function ask(
  port: number,
  contract: Contract,
  method: string,
  path: string,
  { headers = {}, body, token, cookie }: Asking,
): Promise<Answered> {
  const sent = {
    ...(body === undefined ? {} : { 'content-type': 'application/json' }),
    ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
    ...(cookie === undefined ? {} : { cookie }),
    ...headers,
  };
  const answered = await new Promise<Answered>((resolve, reject) => {
    // The path goes out unchanged. `fetch` would normalise a path that tries to leave its folder.
    const outgoing = httpRequest({ port, host: '127.0.0.1', method, path, headers: sent, agent: false }, (incoming) => {
      const chunks: Buffer[] = [];
      incoming.on('data', (chunk: Buffer) => chunks.push(chunk));
      incoming.on('error', reject);
      incoming.on('end', () => {
        const bytes = Buffer.concat(chunks);
        const text = bytes.toString('utf8');
        resolve({
          status: incoming.statusCode ?? 0,
          headers: incoming.headers,
          bytes,
          text,
          json: () => JSON.parse(text),
        });
      });
    });
    outgoing.on('error', reject);
    outgoing.end(body === undefined ? undefined : typeof body === 'string' ? body : JSON.stringify(body));
  });
  const type = String(answered.headers['content-type'] ?? '');
  expect(contract.objections(method, path.split('?')[0] ?? '', answered.status, type, answered.text)).toEqual([]);
  return answered;
}

/** Reads server-sent events until the stream ends or `enough` returns true. */
export async function eventsOf(
  url: string,
  headers: Record<string, string>,
  enough: (events: StreamEvent[]) => boolean = () => false,
): Promise<{ status: number; events: StreamEvent[] }> {
  const leaving = new AbortController();
  const answer = await fetch(url, { headers, signal: leaving.signal });
  const events: StreamEvent[] = [];
  if (!answer.body || answer.status !== 200) return { status: answer.status, events };
  let rest = '';
  const decoder = new TextDecoder();
  for await (const chunk of answer.body) {
    rest += decoder.decode(chunk, { stream: true });
    const parts = rest.split('\n\n');
    rest = parts.pop() ?? '';
    for (const part of parts) {
      const field = (name: string) => new RegExp(`^${name}: (.*)$`, 'm').exec(part)?.[1] ?? null;
      const data = field('data');
      if (data !== null) events.push({ id: field('id'), event: field('event'), data: JSON.parse(data) });
    }
    if (enough(events)) break;
  }
  leaving.abort();
  return { status: 200, events };
}

export type StreamEvent = { id: string | null; event: string | null; data: Record<string, unknown> };
