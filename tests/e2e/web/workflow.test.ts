import { readFile } from 'node:fs/promises';
import { expect, inject, test } from 'vitest';
import { status } from '../../../src/bots/web/contract/programs.ts';
import { runPage } from '../../../src/bots/web/contract/run.ts';
import { checkInvariants } from '../../../src/db/invariants.ts';
import { listRuns, loadRun } from '../../../src/db/runs.ts';
import { runId } from '../../../src/domain.ts';
import { delivered, submitted } from '../../support/program.ts';
import { eventsOf, openWebServer, type WebServer } from '../../support/web/server.ts';

const example = {
  config: {
    initialPrompt: 'a fox in the snow',
    workflowType: 'complete',
    imageConfig: { style: 'vivid', quality: 'hd', size: '1792x1024' },
    videoConfig: { duration: 8, resolution: '1080p', generateAudio: true },
  },
};

async function opened(how: Parameters<typeof openWebServer>[0] = { worker: true }) {
  const server = await openWebServer(how);
  const workspace = await server.workspace('mine', 200);
  const token = await server.token(workspace, 'member');
  return { server, workspace, token, admin: await server.token(workspace, 'admin') };
}

const execute = (server: WebServer, token: string, body: unknown, key?: string) =>
  server.ask('POST', '/api/workflow/execute', {
    token,
    body,
    ...(key === undefined ? {} : { headers: { 'idempotency-key': key } }),
  });

const idIn = (answered: { json: () => Record<string, unknown> }) => String(answered.json().workflowId);

test('a run that was asked for by a program ends completed, with links that open, and speaks to nobody', async () => {
  const { server, token, workspace } = await opened();
  const accepted = await execute(server, token, example);
  expect([accepted.status, accepted.json()]).toMatchObject([202, { success: true, estimatedCost: 24 }]);
  const id = idIn(accepted);
  const { events } = await eventsOf(`${server.base}/api/workflow/events/${id}`, { authorization: `Bearer ${token}` });
  const last = status.parse(events.at(-1)?.data);
  expect(last).toMatchObject({ status: 'COMPLETED', progress: 100, totalCost: 24, estimatedTimeRemaining: 0 });
  expect(last.steps.map((step) => [step.name, step.status])).toEqual([
    ...[['enhance', 'COMPLETED'] as const, ['image', 'COMPLETED'] as const, ['video', 'COMPLETED'] as const],
  ]);
  const asked = (await server.ask('GET', `/api/workflow/status/${id}`, { token })).json();
  expect(asked).toEqual(last);
  for (const url of [last.result?.imageUrl, last.result?.videoUrl]) {
    const path = String(url).replace('https://vidgenie.example', '');
    expect(path).toMatch(/^\/media\//);
    expect((await server.ask('GET', path)).status).toBe(200);
  }
  const [view] = await listRuns(server.program.services.db, workspace.id, { limit: 1 });
  if (!view) throw new Error('there is no run');
  expect(await delivered(server.program, view.run.id)).toMatchObject({
    run: { platform: 'web', state: 'succeeded', deliveryFailure: null, memberName: 'member of terminal:mine' },
  });
  expect(await checkInvariants(server.program.services.db, { atRest: true })).toEqual([]);
});

test('a run that waits tells its place: to whoever started it, and to whoever asks after it', async () => {
  const { server, token } = await opened({ worker: false });
  await execute(server, token, example);
  const accepted = await execute(server, token, example);
  const queue = { ahead: 1, sentence: '1 run is ahead of it.' };
  expect(accepted.json()).toMatchObject({ queue });
  for (const path of [`/api/workflow/status/${idIn(accepted)}`, `/api/workflows/${idIn(accepted)}`])
    expect((await server.ask('GET', path, { token })).json()).toMatchObject({ queue });
});

test('each size of the original is a shape, and each of its workflows takes what it means and ignores the rest', async () => {
  const { server, token } = await opened({});
  const { initialPrompt, imageConfig, videoConfig } = example.config;
  const shapes = { '1024x1024': 'square', '1792x1024': 'wide', '1024x1792': 'tall' };
  for (const [size, aspect] of Object.entries(shapes)) {
    const config = { initialPrompt, videoConfig, workflowType: 'image-only', imageConfig: { ...imageConfig, size } };
    const id = idIn(await execute(server, token, { config }));
    expect((await server.ask('GET', `/api/workflows/${id}`, { token })).json()).toMatchObject({
      workflow: 'image',
      options: { aspect, style: 'vivid', quality: 'hd' },
    });
  }
  const bytes = await readFile(inject('vendorMedia').image);
  const customImage = `data:image/png;base64,${bytes.toString('base64')}`;
  const config = { workflowType: 'video-from-image', imageConfig, videoConfig, customImage };
  const id = idIn(await execute(server, token, { config }));
  expect((await server.ask('GET', `/api/workflows/${id}`, { token })).json()).toMatchObject({
    workflow: 'video',
    media: [{ step: null, kind: 'image', width: 64, height: 36 }],
  });
});

test('the same key means the same run, however often and at once; with another body it is refused', async () => {
  const { server, token, admin, workspace } = await opened({});
  const tries = await Promise.all(Array.from({ length: 6 }, () => execute(server, token, example, 'once')));
  expect(tries.map((one) => one.status)).toEqual(Array.from({ length: 6 }, () => 202));
  expect(new Set(tries.map(idIn)).size).toBe(1);
  const other = { config: { ...example.config, initialPrompt: 'a cat' } };
  expect((await execute(server, token, other, 'once')).json()).toMatchObject({ status: 409, reason: 'key_reused' });
  // The same key of another member is a different key.
  expect(idIn(await execute(server, admin, other, 'once'))).not.toBe(
    idIn(tries[0] ?? (await execute(server, token, {}))),
  );
  expect(await listRuns(server.program.services.db, workspace.id, { limit: 9 })).toHaveLength(2);
  expect((await server.ask('GET', '/api/credits', { token })).json()).toMatchObject({ balance: 152, held: 48 });
});

test('what cannot be done is refused with the member’s sentence and the allowed values, and nothing is charged', async () => {
  const { server, token } = await opened({});
  const { config } = example;
  const bad = async (change: object) => (await execute(server, token, { config: { ...config, ...change } })).json();
  expect(await bad({ imageConfig: { style: 'cubist' } })).toMatchObject({
    status: 400,
    reason: 'bad_value',
    option: 'style',
    allowed: ['vivid', 'natural', 'cinematic', 'anime', 'photo', 'watercolor'],
    detail: expect.stringContaining('It can be vivid'),
  });
  expect(await bad({ initialPrompt: ' ' })).toMatchObject({ status: 400, reason: 'missing', option: 'prompt' });
  expect(await bad({ initialPrompt: 'x'.repeat(4_001) })).toMatchObject({
    status: 400,
    reason: 'too_long',
    max: 4000,
  });
  expect(await bad({ videoConfig: { duration: 4 } })).toMatchObject({
    status: 422,
    reason: 'unsupported',
    option: 'duration',
    allowed: expect.arrayContaining([3, 5, 6, 8, 60]),
  });
  expect(await bad({ workflowType: 'video-from-image', customImage: 'https://example.com/x.png' })).toMatchObject({
    status: 400,
    reason: 'only_data_url',
    option: 'customImage',
  });
  const text = `data:image/png;base64,${Buffer.from('no image').toString('base64')}`;
  expect(await bad({ workflowType: 'video-from-image', customImage: text })).toMatchObject({
    status: 422,
    reason: 'bad_image',
  });
  expect(await bad({ workflowType: 'video-from-image' })).toMatchObject({
    status: 400,
    reason: 'missing',
    option: 'image',
  });
  expect((await server.ask('POST', '/api/workflow/execute', { token, body: '{"config":' })).status).toBe(400);
  const huge = JSON.stringify({ config: { ...config, customImage: 'x'.repeat(16 * 1024 * 1024) } });
  expect((await server.ask('POST', '/api/workflow/execute', { token, body: huge })).status).toBe(413);

  const poor = await server.token(await server.workspace('poor', 5), 'member');
  expect((await execute(server, poor, example)).json()).toMatchObject({
    status: 402,
    reason: 'insufficient',
    error: 'Not enough credits',
    required: 24,
    available: 5,
  });
  expect((await server.ask('GET', '/api/credits', { token })).json()).toMatchObject({ balance: 200, held: 0 });
  const french = await server.ask('GET', `/api/workflows/${crypto.randomUUID()}`, {
    token,
    headers: { 'accept-language': 'fr-CH' },
  });
  expect(french.json()).toMatchObject({ status: 404, title: 'Rien de tel ici' });
});

test('a stream that broke off goes on where it was, and after its last event there is nothing more', async () => {
  const { server, admin: token, workspace } = await opened({ worker: true, vendor: { pollsUntilDone: 2 } });
  const id = await submitted(server.program, { workspace });
  const url = `${server.base}/api/workflow/events/${id}`;
  const headers = { authorization: `Bearer ${token}` };
  const first = await eventsOf(url, headers, (events) => events.length > 0);
  const seen = first.events.at(-1)?.id ?? '';
  const rest = await eventsOf(url, { ...headers, 'last-event-id': seen });
  const ids = rest.events.map((event) => event.id);
  expect(ids).not.toContain(seen);
  expect(new Set(ids).size).toBe(ids.length);
  expect(rest.events.at(-1)?.data).toMatchObject({ status: 'COMPLETED', progress: 100 });
  expect(await eventsOf(url, { ...headers, 'last-event-id': ids.at(-1) ?? '' })).toEqual({ status: 204, events: [] });
  const late = await eventsOf(url, headers);
  expect(late.events).toHaveLength(1);
});

test('whoever has too many streams open is told so, and gets the next one when another was closed', async () => {
  const { server, token, admin } = await opened({});
  const open = async (words: string) => {
    const leaving = new AbortController();
    const headers = { authorization: `Bearer ${words}` };
    const answer = await fetch(`${server.base}/api/events`, { headers, signal: leaving.signal });
    return { answer, leave: () => leaving.abort() };
  };
  const streams = await Promise.all(Array.from({ length: 20 }, () => open(token)));
  expect(streams.map(({ answer }) => answer.status)).toEqual(streams.map(() => 200));
  const { answer } = await open(token);
  expect(answer.headers.get('retry-after')).toBe('10');
  expect(await answer.json()).toMatchObject({ status: 429, reason: 'too_many_streams' });
  const another = await open(admin);
  expect(another.answer.status).toBe(200);
  streams[0]?.leave();
  await expect.poll(async () => (await open(token)).answer.status).toBe(200);
  for (const { leave } of [...streams, another]) leave();
});

test('a program that stops ends its streams, and its server closes at once', async () => {
  const { server, admin: token, workspace } = await opened({});
  const id = await submitted(server.program, { workspace });
  const headers = { authorization: `Bearer ${token}` };
  const reading = ['/api/events', `/api/workflow/events/${id}`].map(async (path) => {
    const { promise: open, resolve } = Promise.withResolvers<void>();
    const ended = eventsOf(server.base + path, headers, (events) => {
      if (events.length > 0) resolve();
      return false;
    });
    await open;
    return { ended };
  });
  const streams = await Promise.all(reading);
  await server.close();
  for (const { ended } of streams) expect((await ended).events.length).toBeGreaterThan(0);
});

test('a cancel says what went back and what was paid, and what is over cannot be canceled', async () => {
  const { server, token, workspace } = await opened();
  const { body } = { body: { config: { ...example.config, videoConfig: { duration: 8, resolution: '720p' } } } };
  const slow = await openWebServer({ worker: true, vendor: { pollsUntilDone: 10_000 } });
  const mine = await slow.workspace('slow', 200);
  const owner = await slow.token(mine, 'member');
  const id = idIn(await execute(slow, owner, body));
  const headers = { authorization: `Bearer ${owner}` };
  await eventsOf(`${slow.base}/api/workflow/events/${id}`, headers, (events) =>
    events.some(({ data }) => data.currentStep === 'Video Generation' && data.step === 'video'),
  );
  const bystander = await slow.token(mine, 'member');
  const cancel = (from: string) => slow.ask('POST', `/api/workflow/cancel/${id}`, { token: from });
  expect((await cancel(bystander)).json()).toMatchObject({ status: 404, reason: 'not_found' });
  // The limit that a page agreed to holds. A program that names no limit accepts any cost.
  const limited = await slow.ask('POST', `/api/workflow/cancel/${id}?maxCredits=6`, { token: owner });
  expect(limited.json()).toMatchObject({ status: 409, reason: 'stop_costs', credits: 18, back: 0 });
  expect((await loadRun(slow.program.services.db, runId.parse(id)))?.run.cancelRequestedAt).toBeNull();
  const stopped = (await cancel(owner)).json();
  expect(stopped).toMatchObject({ success: true, status: 'CANCELLED', held: 18 });
  expect(Number(stopped.released) + Number(stopped.captured)).toBe(18);
  // A person stopped it, so nothing failed.
  expect((await slow.ask('GET', `/api/workflow/status/${id}`, { token: owner })).json()).toMatchObject({
    status: 'CANCELLED',
    currentStep: null,
    step: null,
    steps: [{}, {}, { name: 'video', status: 'CANCELLED' }],
  });
  expect((await cancel(owner)).json()).toMatchObject({ status: 409, reason: 'already_over' });
  expect(await checkInvariants(slow.program.services.db, { atRest: false })).toEqual([]);

  const done = await submitted(server.program, { workspace, member: { id: 'x', name: 'X', isAdmin: false } });
  await delivered(server.program, done);
  const late = await server.ask('POST', `/api/workflow/cancel/${done}`, { token });
  expect(late.json()).toMatchObject({ status: 404 });
});

test('the gallery pages through everything once, by words, by member and by kind', async () => {
  const { server, workspace, admin, token } = await opened();
  const { program } = server;
  const prompts = ['a red boat', 'a red fox', '100% snow', 'a_b', 'a blue boat'];
  const ids: string[] = [];
  for (const [at, prompt] of prompts.entries()) {
    const member = { id: at % 2 === 0 ? 'ada' : 'bob', name: at % 2 === 0 ? 'Ada' : 'Bob', isAdmin: false };
    ids.push(await submitted(program, { workspace, prompt, member, workflow: at === 4 ? 'complete' : 'image' }));
  }
  const newest = ids.toReversed();
  const page = async (query: string, as = admin) =>
    runPage.parse((await server.ask('GET', `/api/workflows?${query}`, { token: as })).json());
  const first = await page('limit=2');
  const second = await page(`limit=2&cursor=${first.nextCursor}`);
  const third = await page(`limit=2&cursor=${second.nextCursor}`);
  expect([first, second, third].flatMap(({ runs }) => runs.map(({ id }) => id))).toEqual(newest);
  expect(third.nextCursor).toBeNull();

  const found = async (query: string, as = admin) => (await page(query, as)).runs.map(({ prompt }) => prompt);
  expect(await found('search=RED')).toEqual(['a red fox', 'a red boat']);
  expect(await found('search=100%25')).toEqual(['100% snow']);
  expect(await found('search=a_b')).toEqual(['a_b']);
  expect(await found('member=bob')).toEqual(['a_b', 'a red fox']);
  expect(await found('', token)).toEqual([]);
  expect((await server.ask('GET', '/api/members', { token: admin })).json()).toEqual({
    members: [
      { id: 'ada', name: 'Ada' },
      { id: 'bob', name: 'Bob' },
    ],
  });
  for (const { run } of await listRuns(program.services.db, workspace.id, { limit: 9 }))
    await delivered(program, run.id);
  expect(await found('kind=video')).toEqual(['a blue boat']);
  expect(await found('kind=image&state=succeeded')).toHaveLength(5);
  expect(await found('state=active')).toEqual([]);
});

test('again, edited and animated start a run of whoever asks, once for each key', async () => {
  const { server, workspace, admin: token } = await opened();
  const id = await submitted(server.program, { workspace, workflow: 'image' });
  await delivered(server.program, id);
  const act = (what: string, body?: object) =>
    server.ask('POST', `/api/workflows/${id}/${what}`, {
      token,
      headers: { 'idempotency-key': `${what} ${JSON.stringify(body)}` },
      ...(body === undefined ? {} : { body }),
    });
  const again = (await act('again', {})).json();
  expect(again).toMatchObject({ success: true, run: { prompt: 'a fox in the snow', workflow: 'image', mine: true } });
  expect((await act('again', {})).json()).toMatchObject({ run: { id: Object(again.run).id } });
  expect((await act('again', { prompt: 'a fox in the rain' })).json()).toMatchObject({
    run: { prompt: 'a fox in the rain' },
  });
  expect((await act('again', { prompt: '  ' })).json()).toMatchObject({ status: 400, reason: 'missing' });
  const shown = await server.ask('GET', `/api/workflows/${id}`, { token });
  expect(shown.json()).toMatchObject({ prices: { again: 6, animate: 18 } });
  for (const [what, price] of [
    ['again?maxCredits=5', 6],
    ['animate?maxCredits=0', 18],
  ] as const) {
    const body = what.startsWith('again') ? {} : undefined;
    expect((await act(what, body)).json()).toMatchObject({ status: 409, reason: 'costs_more', credits: price });
  }
  const execute = await server.ask('POST', '/api/workflow/execute?maxCredits=1', { token, body: example });
  expect(execute.json()).toMatchObject({ status: 409, reason: 'costs_more', credits: 24 });
  expect((await act('animate?maxCredits=18')).json()).toMatchObject({
    run: { workflow: 'video', media: [{ step: null }] },
  });
});

test('too much at once is refused with when to come back, and only for whoever did it', async () => {
  const server = await openWebServer({ paces: { look: 3, failure: 2 } });
  const workspace = await server.workspace('mine');
  const [token, other] = [await server.token(workspace, 'member'), await server.token(workspace, 'member')];
  const look = (as: string) => server.ask('GET', '/api/credits', { token: as });
  const statuses = [await look(token), await look(token), await look(token)];
  expect(statuses.map((one) => [one.status, one.headers.ratelimit])).toEqual([
    ...[
      [200, expect.stringMatching(/^"look";r=2;t=\d+$/)],
      [200, expect.stringMatching(/;r=1;/)],
    ],
    [200, expect.stringMatching(/;r=0;/)],
  ]);
  expect(statuses[0]?.headers['ratelimit-policy']).toBe('"look";q=3;w=60');
  const refused = await look(token);
  expect([refused.status, refused.json().reason]).toEqual([429, 'too_fast']);
  expect(Number(refused.headers['retry-after'])).toBeGreaterThan(0);
  expect((await look(other)).status).toBe(200);
  const guesses = [await look('vg_a'), await look('vg_b'), await look('vg_c')];
  expect(guesses.map((one) => one.status)).toEqual([401, 401, 429]);
  expect((await look(other)).status).toBe(200);
});
