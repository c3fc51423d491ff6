import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { buffer } from 'node:stream/consumers';
import { z } from 'zod';
import { createInbox, type Inbox } from '../inbox.ts';
import { blockProblems, viewProblems } from './limits.ts';

const json = z.record(z.string(), z.unknown());

/** One call of the Web API with its answer. A transfer of bytes to an upload address is a call named `upload`. */
export type ApiCall = {
  method: string;
  caller: string;
  token: string;
  body: z.infer<typeof json>;
  answer: z.infer<typeof json>;
};

/**
 * The action instead of forwarding the call: answer in Slack's name, say ok and do nothing, or cut the connection before or
 * after the emulator got the call.
 */
type Instead = { retryAfterSeconds: number } | { error: string } | 'cut_before' | 'cut_after' | 'pretend';

export type SlackProxy = {
  /** The address of Slack for the programs under test. */
  apiUrl: string;
  calls: Inbox<ApiCall>;
  /** Tokens that Slack refuses, as it does after an uninstall. */
  revoked: Set<string>;
  /** Calls that Slack itself would have refused. Every test ends with none. */
  problems: string[];
  /** Decides about each call; null lets it through. A promise holds the call for as long as the test needs. */
  meddle: { with: (call: Omit<ApiCall, 'answer'>) => Instead | null | Promise<Instead | null> };
  /**
   * If true, a post with a known `client_msg_id` gets the `ts` of the first one, as Slack answers its own clients. Slack does
   * not document that, so it is off unless a test turns it on.
   */
  posts: { areRemembered: boolean };
  /** Changes an answer on its way back. */
  retouch: { answer: (call: ApiCall) => z.infer<typeof json> };
  close: () => Promise<void>;
};

/** Stands between the program and the emulator, and checks every call for faults that the emulator does not find. */
export async function startProxy(port: number, emulatorUrl: string, observer: string): Promise<SlackProxy> {
  const calls = createInbox<ApiCall>(
    ({ method, body, answer }) => `${method} ${JSON.stringify(body)} → ${JSON.stringify(answer)}`,
  );
  const problems: string[] = [];
  const revoked = new Set<string>();
  const meddle: SlackProxy['meddle'] = { with: () => null };
  const retouch: SlackProxy['retouch'] = { answer: ({ answer }) => answer };
  const posts: SlackProxy['posts'] = { areRemembered: false };
  const posted = new Map<string, z.infer<typeof json>>();
  const uploaders = new Map<string, string>();

  async function pass(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const raw = await buffer(request);
    const [, caller = '', path = '/'] = /^(?:\/as\/([\w-]+))?(\/.*)$/.exec(request.url ?? '/') ?? [];
    const method = /^\/api\/([\w.]+)/.exec(path)?.[1];
    const forward = async () => {
      const headers = Object.fromEntries(
        ['content-type', 'authorization', 'cookie'].flatMap((name) => {
          const value = request.headers[name];
          return typeof value === 'string' ? [[name, value]] : [];
        }),
      );
      const verb = request.method ?? 'GET';
      const body = verb === 'GET' ? {} : { body: new Uint8Array(raw) };
      return await fetch(`${emulatorUrl}${path}`, { method: verb, headers, redirect: 'manual', ...body });
    };
    const file = /^\/upload\/v1\/(\w+)/.exec(path)?.[1];
    if (file !== undefined) {
      const call = { method: 'upload', caller: uploaders.get(file) ?? '', token: '', body: { file } };
      const instead = await meddle.with(call);
      if (instead === 'cut_before') return void response.destroy();
      const answered = instead === 'cut_after' || instead === null ? await forward() : null;
      if (answered === null) return void response.writeHead(500).end();
      if (instead === 'cut_after') return void response.destroy();
      return await relay(answered, response);
    }
    if (method === undefined) return await relay(await forward(), response);
    const token = (request.headers.authorization ?? '').replace(/^Bearer /, '');
    const call = { method, caller, token, body: readBody(request, raw) };
    problems.push(...(await problemsOf(call)));
    const instead = revoked.has(token) ? { error: 'account_inactive' } : await meddle.with(call);
    if (instead === 'cut_before') return void response.destroy();
    if (instead === 'pretend') {
      calls.add({ ...call, answer: { ok: true } });
      response.writeHead(200, { 'content-type': 'application/json' });
      return void response.end('{"ok":true}');
    }
    if (instead !== null && instead !== 'cut_after') {
      const isPause = 'retryAfterSeconds' in instead;
      const answer = { ok: false, error: isPause ? 'ratelimited' : instead.error };
      calls.add({ ...call, answer });
      const headers = { 'content-type': 'application/json' };
      response.writeHead(
        isPause ? 429 : 200,
        isPause ? { ...headers, 'retry-after': String(instead.retryAfterSeconds) } : headers,
      );
      return void response.end(JSON.stringify(answer));
    }
    const id = method === 'chat.postMessage' && posts.areRemembered ? call.body.client_msg_id : undefined;
    const before = typeof id === 'string' ? posted.get(`${token} ${id}`) : undefined;
    const answer = before ?? retouch.answer({ ...call, answer: await readAnswer(await forward()) });
    if (typeof id === 'string') posted.set(`${token} ${id}`, answer);
    if (typeof answer.file_id === 'string') uploaders.set(answer.file_id, caller);
    calls.add({ ...call, answer });
    if (instead === 'cut_after') return void response.destroy();
    response.writeHead(200, { 'content-type': 'application/json' });
    response.end(JSON.stringify(answer));
  }

  async function problemsOf({ method, token, body }: Omit<ApiCall, 'answer'>): Promise<string[]> {
    const found: string[] = [];
    if (method.startsWith('chat.') && body.blocks !== undefined) found.push(...blockProblems(body.blocks, 50));
    if (method.startsWith('views.') && body.view !== undefined) found.push(...viewProblems(body.view));
    if (typeof body.text === 'string' && /<!(channel|here|everyone)/.test(body.text))
      found.push('a whole channel is addressed');
    if (body.alt_text !== undefined) found.push('Slack knows no alt_text');
    if (body.alt_txt !== undefined && !/\.(png|jpe?g|webp)$/.test(String(body.filename))) {
      found.push('a file that is no image has an alt_txt, with which Slack does not share it');
    }
    if (method === 'files.completeUploadExternal') {
      const { channel_id: channel, thread_ts: threadTs, channels } = body;
      if (typeof threadTs !== 'string' || channels !== undefined) found.push('a file is shared without one thread');
      if (typeof channel === 'string' && /^[CG]/.test(channel) && !(await isMember(channel, token))) {
        found.push(`a file is shared in ${channel}, where the app is no member`);
      }
    }
    return found.map((problem) => `${method}: ${problem}`);
  }

  async function isMember(channel: string, token: string): Promise<boolean> {
    const ask = async (method: string, bearer: string, body: object) => {
      const answer = await fetch(`${emulatorUrl}/api/${method}`, {
        method: 'POST',
        headers: { authorization: `Bearer ${bearer}`, 'content-type': 'application/json' },
        body: JSON.stringify(body),
      });
      return json.parse(await answer.json());
    };
    const { user_id: me } = await ask('auth.test', token, {});
    const { members } = await ask('conversations.members', observer, { channel });
    return Array.isArray(members) && members.includes(me);
  }

  const server = createServer((request, response) => {
    pass(request, response).catch((error: unknown) => {
      problems.push(`the proxy failed: ${String(error)}`);
      response.destroy();
    });
  });
  await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve));
  const address: AddressInfo | string | null = server.address();
  const bound = address !== null && typeof address === 'object' ? address.port : port;
  return {
    apiUrl: `http://127.0.0.1:${bound}/api/`,
    calls,
    revoked,
    problems,
    meddle,
    posts,
    retouch,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

/** The emulator answers an unknown method with an HTML page. */
async function readAnswer(answer: Response): Promise<z.infer<typeof json>> {
  const text = await answer.text();
  return text.startsWith('{') ? json.parse(JSON.parse(text)) : { ok: false, error: 'unknown_method' };
}

/** The Web API client sends forms whose structured fields contain JSON. */
function readBody(request: IncomingMessage, raw: Buffer): z.infer<typeof json> {
  const text = raw.toString();
  if (request.headers['content-type']?.startsWith('application/json')) return json.parse(JSON.parse(text || '{}'));
  return Object.fromEntries(
    [...new URLSearchParams(text)].map(([name, value]) => {
      try {
        return ['blocks', 'view', 'files'].includes(name) ? [name, JSON.parse(value)] : [name, value];
      } catch {
        return [name, value];
      }
    }),
  );
}

async function relay(answer: Response, response: ServerResponse): Promise<void> {
  const headers: Record<string, string> = {};
  for (const [name, value] of answer.headers) {
    if (!['content-encoding', 'transfer-encoding', 'content-length', 'connection'].includes(name))
      headers[name] = value;
  }
  response.writeHead(answer.status, headers);
  response.end(Buffer.from(await answer.arrayBuffer()));
}
