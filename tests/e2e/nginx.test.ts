import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { request as plainRequest } from 'node:http';
import { connect, type OutgoingHttpHeaders } from 'node:http2';
import { buffer } from 'node:stream/consumers';
import { connect as connectTls } from 'node:tls';
import sharp from 'sharp';
import { expect, onTestFinished, test } from 'vitest';
import { createHttpServer } from '../../src/bots/http.ts';
import { status } from '../../src/bots/web/contract/programs.ts';
import { startBots } from '../../src/bots.ts';
import type { Config } from '../../src/config.ts';
import { createLink, createToken } from '../../src/db/auth.ts';
import { runId } from '../../src/domain.ts';
import { createLog } from '../../src/observability/log.ts';
import { createHookTokens } from '../../src/pipeline/hookTokens.ts';
import { createTestDatabase, createWorkspace } from '../support/database.ts';
import { createDiscord } from '../support/discord/discord.ts';
import { type Nginx, noNginx, startNginx } from '../support/nginx.ts';
import { createInstallation, delivered } from '../support/program.ts';
import { signed } from '../support/slack/driver.ts';
import { createSlack } from '../support/slack/slack.ts';

const publicUrl = 'https://vidgenie.example';
const host = 'vidgenie.example';

/** A bot behind the nginx of the documentation. */
async function served(chats: Pick<Config, 'discord' | 'slack'> = { discord: null, slack: null }) {
  const database = await createTestDatabase();
  const installation = await createInstallation(database);
  const bot = await installation.open({ worker: false, config: { ...chats, publicUrl } });
  const http = createHttpServer();
  onTestFinished(await startBots(bot, createLog('silent', false), http));
  const nginx = await startNginx(http.port() ?? 0);
  const workspace = await createWorkspace(database, 1_000);
  const { keyring } = bot.services.vault;
  return { database, installation, workspace, nginx, keyring, ask: browser(nginx) };
}

type Answered = {
  status: number;
  headers: Record<string, unknown>;
  body: AsyncIterable<Buffer> & NodeJS.ReadableStream;
};
type Ask = (method: string, path: string, headers?: OutgoingHttpHeaders, body?: string) => Promise<Answered>;

/** Sends requests as a browser does: one connection of HTTP/2 over TLS for all of them. */
function browser({ ports, certificate }: Nginx): Ask {
  const session = connect(publicUrl, {
    createConnection: () =>
      connectTls({ host: '127.0.0.1', port: ports.tls, servername: host, ca: certificate, ALPNProtocols: ['h2'] }),
  });
  onTestFinished(() => session.destroy());
  return async (method, path, headers = {}, body) => {
    const stream = session.request({ ':method': method, ':path': path, ...headers });
    stream.end(body);
    const [received] = await once(stream, 'response');
    const { ':status': status, ...rest } = received;
    return { status, headers: rest, body: stream };
  };
}

/** The data of server-sent events, each as it arrives. */
async function* eventsIn({ body }: Answered): AsyncGenerator<Record<string, unknown>> {
  let rest = '';
  for await (const chunk of body) {
    rest += chunk.toString();
    const parts = rest.split('\n\n');
    rest = parts.pop() ?? '';
    for (const part of parts) {
      const data = /^data: (.*)$/m.exec(part)?.[1];
      if (data !== undefined) yield JSON.parse(data);
    }
  }
}

const words = async ({ body }: Answered) => (await buffer(body)).toString();

test('behind the documented nginx a member enters over TLS alone, sees a run move as it moves, and a player its pieces', async ({
  skip,
}) => {
  skip(noNginx !== null, noNginx ?? '');
  const { database, installation, workspace, nginx, ask } = await served();

  const [redirected] = await once(
    plainRequest({ port: nginx.ports.plain, path: '/enter', headers: { host } }).end(),
    'response',
  );
  expect([redirected.statusCode, redirected.headers.location]).toEqual([308, `${publicUrl}/enter`]);
  expect((await ask('GET', '/metrics')).status).toBe(404);

  const member = { id: 'ada', name: 'Ada', isAdmin: false };
  const link = await createLink(database.db, { workspaceId: workspace.id, channelIds: [], member, locale: 'en' });
  const typed = { 'content-type': 'application/json', origin: publicUrl };
  const entered = await ask('POST', '/enter', typed, JSON.stringify({ link }));
  const [cookie = ''] = [entered.headers['set-cookie']].flat().map(String);
  expect(entered.status).toBe(200);
  expect(cookie).toMatch(/^__Host-vidgenie=.*; Path=\/;.* HttpOnly; Secure; SameSite=Strict/);
  const session = { cookie: cookie.split(';')[0] };
  expect(JSON.parse(await words(await ask('GET', '/api/session', session)))).toMatchObject({ by: 'session' });

  // The video is not ready until the test has seen everything before it. If nginx held an event back, the test would wait for
  // ever.
  const vendor = { pollsUntilDone: Number.POSITIVE_INFINITY };
  const wish = { initialPrompt: 'a fox', workflowType: 'complete' };
  const accepted = await ask(
    'POST',
    '/api/workflow/execute',
    { ...typed, ...session },
    JSON.stringify({ config: wish }),
  );
  const { workflowId } = JSON.parse(await words(accepted));
  const events = eventsIn(await ask('GET', `/api/workflow/events/${workflowId}`, session));
  expect((await events.next()).value).toMatchObject({ workflowId, status: 'QUEUED' });
  const worker = await installation.open({ worker: true, vendor, config: { publicUrl } });
  for await (const event of events) {
    const told = status.parse(event);
    if (told.steps.some(({ name, status: stands }) => name === 'video' && stands === 'RUNNING')) {
      vendor.pollsUntilDone = 0;
    }
    if (told.status === 'COMPLETED') break;
  }
  expect(vendor.pollsUntilDone).toBe(0);

  const video = (await delivered(worker, runId.parse(workflowId))).assets.find(({ kind }) => kind === 'video');
  const path = `/media/${video?.objectKey}`;
  const whole = await buffer((await ask('GET', path, session)).body);
  expect(whole.length).toBe(video?.bytes);
  const piece = await ask('GET', path, { ...session, range: 'bytes=100-299' });
  expect([piece.status, piece.headers['content-range']]).toEqual([206, `bytes 100-299/${whole.length}`]);
  expect(await buffer(piece.body)).toEqual(whole.subarray(100, 300));
});

test('behind the documented nginx a large image and a call of a vendor are taken, and a request that is too large is refused in our own words', async ({
  skip,
}) => {
  skip(noNginx !== null, noNginx ?? '');
  const { database, workspace, keyring, ask } = await served();
  const wished = { workspaceId: workspace.id, scope: 'member', label: 'a program', createdBy: 'test' } as const;
  const { words: token } = await createToken(database.db, wished);
  const give = (customImage: string) => {
    const headers = { 'content-type': 'application/json', authorization: `Bearer ${token}` };
    const config = { workflowType: 'video-from-image', customImage };
    return ask('POST', '/api/workflow/execute', headers, JSON.stringify({ config }));
  };
  const noise = {
    create: {
      width: 1_600,
      height: 1_600,
      channels: 3,
      background: 'black',
      noise: { type: 'gaussian', mean: 128, sigma: 60 },
    },
  } as const;
  const picture = await sharp(noise).png().toBuffer();
  expect(picture.length).toBeGreaterThan(2_000_000);
  expect((await give(`data:image/png;base64,${picture.toString('base64')}`)).status).toBe(202);

  // A vendor's call about a run that is not there.
  const hook = createHookTokens(keyring).make('google', { runId: runId.parse(randomUUID()), step: 3 });
  expect((await ask('POST', `/hooks/google/${hook}`, {}, '{}')).status).toBe(204);

  const refused = await give('x'.repeat(15.5 * 1024 * 1024));
  expect([refused.status, refused.headers['content-type']]).toEqual([413, 'application/problem+json']);
});

test('behind the documented nginx both chats are answered, and nobody who has not their key', async ({ skip }) => {
  skip(noNginx !== null, noNginx ?? '');
  const [discord, slack] = await Promise.all([createDiscord(), createSlack()]);
  const settings = { ...discord.address, publicKey: discord.publicKey, shards: 'none' } as const;
  const { ask } = await served({ discord: settings, slack: slack.settings });
  const asked = discord.people.command(discord.person(), discord.channel(discord.guild()), 'help', {});
  const body = JSON.stringify(asked.payload);
  const answered = await ask('POST', '/discord/interactions', discord.signatureOf(body), body);
  expect([answered.status, JSON.parse(await words(answered))]).toMatchObject([200, { type: expect.any(Number) }]);
  expect((await ask('POST', '/discord/interactions', discord.signatureOf(`${body} `), body)).status).toBe(401);

  // Slack sends the length of its requests, and the receiver takes no other request. HTTP/2 sends no length, so nginx adds it.
  const command = new URLSearchParams({
    command: '/vidgenie',
    text: 'help',
    team_id: 'T000000001',
    user_id: slack.people.ada,
    channel_id: slack.channels.general,
    trigger_id: 'T-1',
    response_url: 'http://127.0.0.1:9/x',
  }).toString();
  const typed = { 'content-type': 'application/x-www-form-urlencoded' };
  expect((await ask('POST', '/slack/events', { ...typed, ...signed(command) }, command)).status).toBe(200);
  expect((await ask('POST', '/slack/events', { ...typed, ...signed(`${command}x`) }, command)).status).toBe(401);
});
