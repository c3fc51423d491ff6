import { sql } from 'drizzle-orm';
import { expect, test } from 'vitest';
import { perform } from '../../../src/bots/commands/all.ts';
import type { CommandRequest } from '../../../src/bots/commands/request.ts';
import { web } from '../../../src/bots/commands/web.ts';
import { listRuns } from '../../../src/db/runs.ts';
import { delivered, submitted } from '../../support/program.ts';
import { openWebServer, publicUrl } from '../../support/web/server.ts';

const bob = { id: 'bob', name: 'Bob', isAdmin: false };
const [chosen, thread, other] = ['C0CHOSEN', 'T0THREAD', 'C0OTHER'];

test('in chosen channels alone: the page starts runs for whose link was given in one, and no member’s token starts any', async () => {
  const server = await openWebServer({ worker: true });
  const { db } = server.program.services;
  const workspace = await server.workspace('mine', 1_000);
  const admin = await server.token(workspace, 'admin');
  const token = await server.token(workspace, 'member');

  /** Signs a member in with the link that `/vidgenie web` gives in a channel. */
  const signIn = async (member: CommandRequest['member'], channelIds?: readonly string[]) => {
    const request: CommandRequest = {
      services: server.program.services,
      workspace,
      member,
      requestKey: crypto.randomUUID(),
      conversation: {},
      channelIds,
      locale: 'en',
      openImage: async () => null,
      signal: AbortSignal.timeout(60_000),
    };
    const link = /#([0-9a-f]{64})/.exec(JSON.stringify(await perform(request, web, {})))?.[1];
    const entered = await server.ask('POST', '/enter', { body: { link }, headers: { origin: publicUrl } });
    return { cookie: String(entered.headers['set-cookie']).split(';')[0] ?? '', headers: { origin: publicUrl } };
  };
  const [inChosen, inThread, inOther, inNone] = [
    await signIn(bob, [chosen]),
    await signIn(bob, [thread, chosen]),
    await signIn(bob, [other]),
    await signIn(bob, []),
  ];
  const inPrivate = await signIn(bob);
  const adminElsewhere = await signIn({ ...bob, isAdmin: true }, [other]);
  // A session as a process without support for channels writes it.
  const before = await signIn(bob, [chosen]);
  const last = sql`(SELECT hash FROM web_sessions ORDER BY created_at DESC LIMIT 1)`;
  await db.execute(sql`UPDATE web_sessions SET channel_ids = DEFAULT WHERE hash = ${last}`);

  const own = await submitted(server.program, { workspace, member: bob, workflow: 'image' });
  await delivered(server.program, own);
  const config = { initialPrompt: 'a fox', workflowType: 'image-only' };
  const starts = [
    { path: '/api/workflow/execute', body: { config } },
    { path: `/api/workflows/${own}/again`, body: {} },
    { path: `/api/workflows/${own}/again`, body: { prompt: 'a hen' } },
    { path: `/api/workflows/${own}/animate` },
  ];
  const execute = async (requester: object) => {
    const { status, json } = await server.ask('POST', '/api/workflow/execute', { body: { config }, ...requester });
    return status === 202 ? 'started' : json().reason;
  };
  const quoted = async (requester: object) => (await server.ask('GET', '/api/quote', requester)).json();

  // No channel is chosen, so every channel is allowed.
  const everybody = [inChosen, inThread, inOther, inNone, inPrivate, adminElsewhere, before, { token }];
  for (const requester of everybody) expect(await execute(requester)).toBe('started');
  await server.ask('PUT', '/api/settings', { token: admin, body: { channels: [chosen] } });
  for (const requester of [inChosen, inThread, inPrivate, { token: admin }]) {
    expect(await execute(requester)).toBe('started');
    expect(await quoted(requester)).toMatchObject({ possible: true });
  }

  const count = async () => (await listRuns(db, workspace.id, { limit: 100 })).length;
  const started = await count();
  const why = { page: /your link came from another.*\/vidgenie web/s, token: /member's token belongs to none.*admin/s };
  for (const requester of [inOther, inNone, adminElsewhere, before, { token }]) {
    const words = 'token' in requester ? why.token : why.page;
    expect(await quoted(requester)).toMatchObject({ possible: false, sentence: expect.stringMatching(words) });
    for (const { path, body } of 'token' in requester ? starts.slice(0, 1) : starts) {
      const refused = await server.ask('POST', path, { ...requester, ...(body && { body }) });
      expect(refused.json(), path).toMatchObject({
        status: 403,
        reason: 'elsewhere',
        allowed: [chosen],
        detail: expect.stringMatching(words),
      });
    }
  }
  expect(await count()).toBe(started);
});
