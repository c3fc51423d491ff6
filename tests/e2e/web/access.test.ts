import { sql } from 'drizzle-orm';
import { expect, test } from 'vitest';
import { perform } from '../../../src/bots/commands/all.ts';
import { api } from '../../../src/bots/commands/api.ts';
import type { Answer, CommandRequest } from '../../../src/bots/commands/request.ts';
import { web } from '../../../src/bots/commands/web.ts';
import { endpoints } from '../../../src/bots/web/mount.ts';
import { closeAccess, listTokens, revokeToken } from '../../../src/db/auth.ts';
import type { Workspace } from '../../../src/db/workspaces.ts';
import type { Member } from '../../../src/domain.ts';
import { submitted } from '../../support/program.ts';
import { type Answered, eventsOf, openWebServer, publicUrl, type WebServer } from '../../support/web/server.ts';

const ada: Member = { id: 'ada', name: 'Ada', isAdmin: true };
const bob: Member = { id: 'bob', name: 'Bob', isAdmin: false };
const fromPage = { origin: publicUrl };

const requestOf = (server: WebServer, workspace: Workspace, member: Member): CommandRequest => ({
  services: server.program.services,
  workspace,
  member,
  requestKey: crypto.randomUUID(),
  conversation: {},
  locale: 'en',
  openImage: async () => null,
  signal: AbortSignal.timeout(60_000),
});

function cardOf(answer: Answer) {
  if (answer.kind !== 'card') throw new Error(`expected a card, not a ${answer.kind}`);
  return answer.card;
}

/** The secret behind the `#` of a link from `/vidgenie web`. */
async function linkFor(server: WebServer, workspace: Workspace, member: Member): Promise<string> {
  const card = cardOf(await perform(requestOf(server, workspace, member), web, {}));
  const link = card.blocks.find((block) => block.kind === 'link');
  if (link?.kind !== 'link') throw new Error('there is no link');
  const [address, secret] = link.url.split('#');
  expect(address).toBe(`${publicUrl}/enter`);
  return secret ?? '';
}

const enter = (server: WebServer, link: string, headers: Record<string, string> = fromPage) =>
  server.ask('POST', '/enter', { body: { link }, headers });

const cookieIn = (answered: Answered) => String(answered.headers['set-cookie'] ?? '').split(';')[0] ?? '';

async function signIn(server: WebServer, workspace: Workspace, member: Member): Promise<string> {
  return cookieIn(await enter(server, await linkFor(server, workspace, member)));
}

const change = (server: WebServer, statement: ReturnType<typeof sql>) => server.program.services.db.execute(statement);

test('a link lets its member in once, as whom the chat vouched for, into their own workspace and no other', async () => {
  const server = await openWebServer();
  const [mine, theirs] = [await server.workspace('mine'), await server.workspace('theirs')];
  const link = await linkFor(server, mine, bob);

  const looked = [await server.ask('GET', '/enter'), await server.ask('GET', `/enter?${link}`)];
  expect(looked.map(({ status }) => status)).toEqual([200, 200]);
  expect(looked[0]?.headers['content-security-policy']).toMatch(/default-src 'none'.*frame-ancestors 'none'/);

  const entered = await enter(server, link);
  expect(entered.status).toBe(200);
  expect(String(entered.headers['set-cookie'])).toMatch(
    /^__Host-vidgenie=[0-9a-f]{64}; Max-Age=43200; Path=\/; HttpOnly; Secure; SameSite=Strict$/,
  );
  const cookie = cookieIn(entered);
  expect((await server.ask('GET', '/api/session', { cookie })).json()).toMatchObject({
    workspace: { id: mine.id },
    member: { id: 'bob', name: 'Bob' },
    scope: 'member',
    by: 'session',
  });
  expect((await enter(server, link)).status).toBe(410);

  const id = await submitted(server.program, { workspace: theirs });
  expect((await server.ask('GET', `/api/workflows/${id}`, { cookie })).status).toBe(404);
});

test('of many who use a link at the same moment one gets in', async () => {
  const server = await openWebServer();
  const link = await linkFor(server, await server.workspace('mine'), bob);
  const tries = await Promise.all(Array.from({ length: 8 }, () => enter(server, link)));
  expect(tries.map(({ status }) => status).toSorted()).toEqual([200, ...Array.from({ length: 7 }, () => 410)]);
});

test('a link that is too old, made up or sent from elsewhere opens nothing, and the database keeps no secret', async () => {
  const server = await openWebServer();
  const workspace = await server.workspace('mine');
  const old = await linkFor(server, workspace, bob);
  await change(server, sql`UPDATE web_links SET expires_at = now() - interval '1 second'`);
  expect((await enter(server, old)).status).toBe(410);
  expect((await enter(server, 'f'.repeat(64))).status).toBe(410);
  expect((await server.ask('POST', '/enter', { body: { link: { $ne: null } }, headers: fromPage })).status).toBe(410);

  const link = await linkFor(server, workspace, bob);
  const foreign = [{ origin: 'https://evil.example' }, { origin: 'null' }, {}, { 'sec-fetch-site': 'cross-site' }];
  for (const headers of foreign) expect((await enter(server, link, headers)).status).toBe(403);
  const cookie = cookieIn(await enter(server, link));
  const token = await server.token(workspace, 'member');
  const stored = await change(
    server,
    sql`SELECT (SELECT json_agg(l) FROM web_links l), (SELECT json_agg(s) FROM web_sessions s), (SELECT json_agg(t) FROM api_tokens t)`,
  );
  for (const secret of [link, old, cookie.split('=')[1] ?? '-', token]) {
    expect(JSON.stringify(stored)).not.toContain(secret);
  }
});

test('what changes something is taken from our own page alone, on every route', async () => {
  const server = await openWebServer();
  const cookie = await signIn(server, await server.workspace('mine'), ada);
  const changing = endpoints.filter(({ method }) => method !== 'get');
  expect(changing.length).toBeGreaterThan(8);
  for (const { method, path } of changing) {
    const address = path.replace('{id}', crypto.randomUUID()).replace('{provider}', 'openai');
    const foreign = [{}, { origin: 'https://evil.example' }, { origin: 'null' }, { 'sec-fetch-site': 'same-site' }];
    for (const headers of foreign) {
      const body = method === 'delete' ? {} : { body: {} };
      const answered = await server.ask(method.toUpperCase(), address, { cookie, headers, ...body });
      expect([answered.status, answered.json().reason], path).toEqual([403, 'foreign_origin']);
    }
  }
  const form = { ...fromPage, 'content-type': 'text/plain' };
  const sent = { cookie, headers: form, body: '{"config":{"initialPrompt":"a fox"}}' };
  expect((await server.ask('POST', '/api/workflow/execute', sent)).status).toBe(415);
  const own = { cookie, headers: { 'sec-fetch-site': 'same-origin' }, body: { defaults: {}, blockedWords: ['x'] } };
  expect((await server.ask('PUT', '/api/settings', own)).status).toBe(200);
});

test("an admin's rights are checked again on the server: after an hour a member is left, and a session ends", async () => {
  const server = await openWebServer();
  const workspace = await server.workspace('mine');
  const cookie = await signIn(server, workspace, ada);
  expect((await server.ask('GET', '/api/keys', { cookie })).status).toBe(200);
  const others = await submitted(server.program, { workspace, member: bob });
  const listed = async () => (await server.ask('GET', '/api/workflows', { cookie })).json().runs;
  expect(await listed()).toMatchObject([{ id: others, mine: false }]);

  await change(server, sql`UPDATE web_sessions SET admin_until = now() - interval '1 second'`);
  expect((await server.ask('GET', '/api/keys', { cookie })).json()).toMatchObject({
    status: 403,
    reason: 'admins_only',
  });
  expect((await server.ask('GET', '/api/session', { cookie })).json()).toMatchObject({ scope: 'member' });
  expect(await listed()).toEqual([]);
  const stop = await server.ask('POST', `/api/workflow/cancel/${others}`, { cookie, headers: fromPage });
  expect(stop.json()).toMatchObject({ status: 404, reason: 'not_found' });

  await change(server, sql`UPDATE web_sessions SET expires_at = now() - interval '1 second'`);
  expect((await server.ask('GET', '/api/session', { cookie })).status).toBe(401);
});

test('whoever signs out is out, and when the bot is sent away so is everybody', async () => {
  const server = await openWebServer();
  const workspace = await server.workspace('mine');
  const [first, second] = [await signIn(server, workspace, ada), await signIn(server, workspace, bob)];
  const out = await server.ask('DELETE', '/api/session', { cookie: first, headers: fromPage });
  expect(String(out.headers['set-cookie'])).toMatch(/^__Host-vidgenie=; Max-Age=0; Path=\//);
  expect((await server.ask('GET', '/api/session', { cookie: first })).status).toBe(401);
  expect((await server.ask('GET', '/api/session', { cookie: second })).status).toBe(200);

  const [link, token] = [await linkFor(server, workspace, bob), await server.token(workspace, 'admin')];
  await closeAccess(server.program.services.db, workspace.id);
  expect((await server.ask('GET', '/api/session', { cookie: second })).status).toBe(401);
  expect((await server.ask('GET', '/api/session', { token })).status).toBe(401);
  expect((await enter(server, link)).status).toBe(410);
});

test('a stream ends with the right to it: the token is revoked, the session is over, or its member is an admin no more', async () => {
  const server = await openWebServer({ heartbeatMs: 50 });
  const workspace = await server.workspace('mine');
  const { db } = server.program.services;
  const [admin, member] = [await signIn(server, workspace, ada), await signIn(server, workspace, bob)];
  const token = await server.token(workspace, 'member');
  const streaming = async (headers: Record<string, string>, path = '/api/events') => {
    const open = Promise.withResolvers<void>();
    const over = eventsOf(server.base + path, headers, () => {
      open.resolve();
      return false;
    });
    await open.promise;
    return { over };
  };
  const ofToken = await streaming({ authorization: `Bearer ${token}` });
  const [ofAdmin, ofMember] = [await streaming({ cookie: admin }), await streaming({ cookie: member })];
  const others = await submitted(server.program, { workspace, member: bob });
  const ofOthers = await streaming({ cookie: admin }, `/api/workflow/events/${others}`);
  const [known] = await listTokens(db, workspace.id);
  await revokeToken(db, workspace.id, String(known?.id));
  await ofToken.over;
  await change(
    server,
    sql`UPDATE web_sessions SET admin_until = now() - interval '1 second' WHERE admin_until IS NOT NULL`,
  );
  await Promise.all([ofAdmin.over, ofOthers.over]);
  await change(server, sql`UPDATE web_sessions SET expires_at = now() - interval '1 second'`);
  expect((await ofMember.over).status).toBe(200);
});

test('an admin makes, lists and revokes tokens in chat; a member cannot, and nobody makes an operator', async () => {
  const server = await openWebServer();
  const [mine, theirs] = [await server.workspace('mine'), await server.workspace('theirs')];
  const asked = (given: Record<string, string>, workspace = mine, member = ada) =>
    perform(requestOf(server, workspace, member), api, given);
  expect(await asked({}, mine, bob)).toMatchObject({ kind: 'refusal', refusal: { reason: 'admins_only' } });
  expect(await asked({ create: 'operator' })).toMatchObject({ kind: 'refusal', refusal: { reason: 'bad_value' } });

  const made = cardOf(await asked({ create: 'admin', label: 'nightly films' }));
  const token = /vg_[0-9a-f]{64}/.exec(JSON.stringify(made))?.[0] ?? '';
  expect((await server.ask('GET', '/api/session', { token })).json()).toMatchObject({
    scope: 'admin',
    by: 'token',
    workspace: { id: mine.id },
    member: { name: 'nightly films' },
  });
  const listed = JSON.stringify(cardOf(await asked({})));
  expect(listed).toContain(`nightly films (admin …${token.slice(-4)})`);
  expect(listed).not.toContain(token);

  const id = /"label":"([0-9a-f]{8})"/.exec(listed)?.[1] ?? '';
  expect(cardOf(await asked({ revoke: id }, theirs)).title).toMatch(/No token begins with/);
  expect((await server.ask('GET', '/api/session', { token })).status).toBe(200);
  expect(cardOf(await asked({ revoke: id })).title).toMatch(/"nightly films" opens nothing any more/);
  expect((await server.ask('GET', '/api/session', { token })).status).toBe(401);
});

test('without a public address nobody is given a link that leads nowhere', async () => {
  const server = await openWebServer({ local: true });
  const card = cardOf(await perform(requestOf(server, await server.workspace('mine'), ada), web, {}));
  expect(JSON.stringify(card)).not.toContain('/enter#');
});
