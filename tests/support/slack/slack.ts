import { createServer } from 'node:http';
import { createEmulator } from 'emulate';
import { expect, onTestFinished } from 'vitest';
import { z } from 'zod';
import { botScopes } from '../../../src/bots/slack/manifest.ts';
import type { SlackSettings } from '../../../src/bots/slack/settings.ts';
import { type SlackProxy, startProxy } from './proxy.ts';

export const signingSecret = 'a-signing-secret-for-tests';
export const ownToken = 'xoxb-own-token-of-the-first-team';
export const oauth = {
  clientId: '111.222',
  clientSecret: 'client-secret-of-the-tests',
  stateSecret: 'state-secret-of-the-tests',
};
const observer = 'xoxp-observer';
const general = 'C000000001';

type Message = z.infer<typeof message>;
const message = z.object({
  ts: z.string(),
  text: z.string().default(''),
  thread_ts: z.string().optional(),
  user: z.string().optional(),
  blocks: z.array(z.record(z.string(), z.unknown())).optional(),
  files: z
    .array(z.object({ id: z.string(), size: z.number(), mimetype: z.string(), name: z.string() }).loose())
    .optional(),
});

/** A Slack of our own: the emulator behind a proxy that makes the checks the emulator lacks. */
export type Slack = SlackProxy & {
  settings: SlackSettings;
  /** The public channel, and a private one without the bot. */
  channels: { general: string; secret: string };
  people: { ada: string; bob: string };
  bot: string;
  /** Calls the emulator directly, as a user who may do and see everything. */
  observe: (method: string, body: object, token?: string) => Promise<Record<string, unknown>>;
  history: (channel: string) => Promise<Message[]>;
  thread: (channel: string, ts: string) => Promise<Message[]>;
  url: string;
};

const everything = [
  ...[
    'channels:read',
    'channels:history',
    'channels:manage',
    'groups:read',
    'groups:history',
    'groups:write',
    'im:read',
  ],
  ...['im:history', 'im:write', 'users:read', 'files:read', 'files:write', 'chat:write'],
];

export async function createSlack(): Promise<Slack> {
  const [proxyPort, port] = await Promise.all([freePort(), freePort()]);
  const bot = { app_id: 'A0VIDGENIE', bot_id: 'B0VIDGENIE', bot_user_id: 'U0VIDGENIE' };
  const emulator = await createEmulator({
    service: 'slack',
    port,
    baseUrl: `http://127.0.0.1:${proxyPort}`,
    seed: {
      slack: {
        team: { name: 'First', domain: 'first' },
        users: [{ name: 'bob', real_name: 'Bob' }],
        channels: [{ name: 'secret', is_private: true }],
        strict_scopes: true,
        oauth_apps: [
          {
            client_id: oauth.clientId,
            client_secret: oauth.clientSecret,
            name: 'VidGenie',
            bot_name: 'vidgenie',
            redirect_uris: ['http://bot.test/slack/oauth_redirect'],
            scopes: [...botScopes],
            ...bot,
          },
        ],
        tokens: [
          { token: ownToken, user_id: bot.bot_user_id, team_id: 'T000000001', scopes: [...botScopes], ...bot },
          { token: observer, user_id: 'U000000001', team_id: 'T000000001', scopes: everything },
        ],
      },
    },
  });
  // The emulator names the proxy's address as its own, so that programs use the proxy.
  const url = `http://127.0.0.1:${port}`;
  const proxy = await startProxy(proxyPort, url, observer);
  onTestFinished(async () => {
    await proxy.close();
    await emulator.close();
    expect(proxy.problems).toEqual([]);
  });
  const observe: Slack['observe'] = async (method, body, token = observer) => {
    const answer = await fetch(`${url}/api/${method}`, {
      method: 'POST',
      headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
      body: JSON.stringify(body),
    });
    return z.record(z.string(), z.unknown()).parse(await answer.json());
  };
  const messages = z.object({ messages: z.array(message) });
  const people = z
    .object({ members: z.array(z.object({ id: z.string(), name: z.string() })) })
    .parse(await observe('users.list', {}));
  const secret = z
    .object({ channels: z.array(z.object({ id: z.string(), name: z.string() })) })
    .parse(await observe('conversations.list', { types: 'private_channel' }));
  return {
    ...proxy,
    url,
    settings: { botToken: ownToken, appToken: null, signingSecret, oauth: null, apiUrl: proxy.apiUrl },
    channels: { general, secret: secret.channels.find(({ name }) => name === 'secret')?.id ?? '' },
    people: { ada: 'U000000001', bob: people.members.find(({ name }) => name === 'bob')?.id ?? '' },
    bot: bot.bot_user_id,
    observe,
    history: async (channel) =>
      messages.parse(await observe('conversations.history', { channel, limit: 200 })).messages,
    thread: async (channel, ts) => messages.parse(await observe('conversations.replies', { channel, ts })).messages,
  };
}

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  await new Promise<void>((resolve) => server.close(() => resolve()));
  if (address === null || typeof address === 'string') throw new Error('no port');
  return address.port;
}
