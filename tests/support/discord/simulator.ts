import { generateKeyPairSync } from 'node:crypto';
import { createServer } from 'node:http';
import { getRequestListener } from '@hono/node-server';
import { type Context, Hono } from 'hono';
import { loadContract } from './contract.ts';
import { Refused } from './errors.ts';
import { createGateway } from './gateway.ts';
import type { Upload } from './messages.ts';
import {
  type Asked,
  createPeople,
  type GivenFile,
  type Person,
  permissionsOf,
  sendOverHttp,
  sendSigned,
  signatureOf,
} from './people.ts';
import { createRoutes, type Received } from './routes.ts';
import { type Channel, createWorld, everything, type Guild } from './world.ts';

/** A fault of the next matching requests: an answer of its own, or a delay before the usual one. */
export type Fault = {
  method?: string;
  path: RegExp;
  /** Only requests that upload files. */
  uploads?: true;
  times: number;
  answer?: { status: number; body: unknown; headers?: Record<string, string> };
  /** Carries the request out, but loses the answer. */
  losesAnswer?: boolean;
  /** Runs after the request was carried out, and before the client gets its answer. */
  afterwards?: () => Promise<void>;
  until?: Promise<void>;
};

/** A Discord simulator with real HTTP and a real WebSocket, for the real client libraries. */
export async function openDiscord() {
  const world = createWorld();
  const contract = loadContract();
  const files = new Map<string, GivenFile>();
  const faults: Fault[] = [];
  const { publicKey, privateKey } = generateKeyPairSync('ed25519');
  const keys = {
    publicKey: publicKey.export({ format: 'der', type: 'spki' }).subarray(-32).toString('hex'),
    privatePem: privateKey.export({ format: 'pem', type: 'pkcs8' }).toString(),
  };
  world.application.verify_key = keys.publicKey;
  const bodies = new WeakMap<Context, Received>();
  let origin = '';

  const app = new Hono();
  app.get('/attachments/:id/:name', (context) => {
    const id = context.req.param('id');
    const kept = files.get(id);
    const posted = [...world.messages.values()].flatMap(({ attachments }) => attachments).find((one) => one.id === id);
    const file = kept ?? posted;
    if (!file) return context.text('gone', 404);
    return context.body(Uint8Array.from(file.bytes), 200, { 'content-type': file.contentType });
  });

  app.use('/api/v10/*', async (context, next) => {
    const { method } = context.req;
    const path = context.req.path.slice('/api/v10'.length);
    const received = await read(context);
    bodies.set(context, received);
    const fault = faults.find(
      (one) =>
        one.times > 0 &&
        one.path.test(path) &&
        (one.method ?? method) === method &&
        (!one.uploads || received.uploads.length > 0),
    );
    if (fault) {
      fault.times -= 1;
      if (fault.until) await fault.until;
      if (fault.answer) {
        const { status, body, headers } = fault.answer;
        world.requests.push({ method, path, status });
        return new Response(JSON.stringify(body), {
          status,
          headers: { 'content-type': 'application/json', ...headers },
        });
      }
    }
    const objection = contract(method, path, received.json);
    if (objection) world.violations.push(objection);
    const isOpen = /^\/(interactions|webhooks)\//.test(path);
    if (!isOpen && context.req.header('authorization') !== `Bot ${world.token}`) {
      return context.json({ message: '401: Unauthorized', code: 0 }, 401);
    }
    await next();
    world.requests.push({ method, path, status: context.res.status });
    world.changed();
    if (fault?.afterwards) await fault.afterwards();
    if (fault?.losesAnswer) return context.json({ message: 'Internal Server Error', code: 0 }, 500);
    return undefined;
  });
  const routes = createRoutes(
    world,
    (context) => bodies.get(context) ?? { json: null, uploads: [] },
    () => `ws${origin.slice(4)}`,
    () => origin,
  );
  routes.onError(failed);
  app.route('/api/v10', routes);
  app.onError(failed);

  function failed(error: Error, context: Context) {
    if (error instanceof Refused) return context.json({ message: error.message, code: error.code }, error.status);
    world.violations.push(`the simulator could not read a request: ${error.message}`);
    return context.json({ message: 'Invalid Form Body', code: 50035 }, 400);
  }

  const server = createServer(getRequestListener(app.fetch));
  const gateway = createGateway(world, server, () => `ws${origin.slice(4)}`);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('the simulator has no port');
  origin = `http://127.0.0.1:${address.port}`;

  const close = async () => {
    gateway.close();
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  };

  const keepFile = (file: GivenFile) => {
    const id = world.newId();
    files.set(id, file);
    return id;
  };
  const people = createPeople(world, () => origin, keepFile);
  const send = (asked: Asked) => gateway.send('INTERACTION_CREATE', asked.payload);

  return {
    close,
    world,
    gateway,
    people,
    faults,
    publicKey: keys.publicKey,
    address: { token: world.token, apiUrl: `${origin}/api` },
    guild: (over: Partial<Guild> = {}): Guild => {
      const guild = { id: world.newId(), name: 'Foxes', tier: 0, locale: 'en-US', ...over };
      world.guilds.set(guild.id, guild);
      return guild;
    },
    channel: (guild: Guild | null, over: Partial<Channel> = {}): Channel => {
      const channel = {
        id: world.newId(),
        type: guild ? 0 : 1,
        guildId: guild?.id ?? null,
        name: 'art',
        parentId: null,
        botPermissions: everything,
        archived: false,
        locked: false,
        members: new Set<string>(),
        ...over,
      };
      world.channels.set(channel.id, channel);
      return channel;
    },
    person: (role: keyof typeof permissionsOf = 'member', over: Partial<Person> = {}): Person => ({
      id: world.newId(),
      name: 'Ada',
      permissions: permissionsOf[role],
      locale: 'en-US',
      ...over,
    }),
    send,
    /** Somebody writes a message. Discord tells every bot of the server about it. */
    say: (message: ReturnType<typeof people.say>) => gateway.send('MESSAGE_CREATE', message),
    /** Sends an interaction over the gateway. Resolves when it has its first answer. */
    ask: async (asked: Asked) => {
      send(asked);
      await world.until(() => asked.interaction.answered !== null);
      return asked.interaction;
    },
    sendOverHttp: (asked: Asked, endpoint: string) => sendOverHttp(world, endpoint, keys.privatePem, asked),
    sendSigned: (body: string, endpoint: string) => sendSigned(world, endpoint, keys.privatePem, body),
    signatureOf: (body: string) => signatureOf(world, keys.privatePem, body),
    /** Resolves with what only the asker sees, once there is something. */
    replyEphemeral: async (asked: Asked) => await world.until(() => asked.interaction.ephemeralReplies.at(-1)),
    /** The thread under the answer to a command, once it is there. */
    thread: async (asked: Asked) => await world.until(() => world.channels.get(asked.interaction.originalId ?? '')),
  };
}

/** The limit for a request, whatever a server's boosts allow. Bytes. */
const maxRequest = 25 * 1024 * 1024;

async function read(context: Context): Promise<Received> {
  if (Number(context.req.header('content-length') ?? 0) > maxRequest) {
    throw new Refused(413, 40005, 'Request entity too large');
  }
  const type = context.req.header('content-type') ?? '';
  if (!type.startsWith('multipart/')) {
    const text = await context.req.text();
    return { json: text === '' ? null : JSON.parse(text), uploads: [] };
  }
  const form = await context.req.formData();
  const uploads: Upload[] = [];
  for (const [name, value] of form.entries()) {
    const index = /^files\[(\d+)\]$/.exec(name)?.[1];
    if (index === undefined || typeof value === 'string') continue;
    uploads.push({ index, filename: value.name, bytes: await value.bytes(), contentType: value.type });
  }
  return { json: JSON.parse(String(form.get('payload_json'))), uploads };
}
