import { expect, test } from 'vitest';
import { endpoints } from '../../../src/bots/web/mount.ts';
import { delivered, submitted } from '../../support/program.ts';
import { eventsOf, openWebServer } from '../../support/web/server.ts';
import { nameOf, ways } from '../../support/web/ways.ts';

test('every route is among those that are held apart here', () => {
  expect(endpoints.map(nameOf).toSorted()).toEqual(Object.keys(ways).toSorted());
});

test('whoever asks from another workspace, with any scope, meets nothing of this one on any route', async () => {
  const server = await openWebServer({ worker: true });
  const { program } = server;
  const [mine, theirs] = [await server.workspace('mine', 8_887_777), await server.workspace('theirs', 50)];
  const id = await submitted(program, { workspace: mine, prompt: 'a secret fox', workflow: 'image' });
  const { run, assets } = await delivered(program, id);
  const stranger = await server.token(theirs, 'operator');
  const { id: before } = run;
  for (const endpoint of endpoints) {
    const way = ways[nameOf(endpoint)];
    if (!way || way.others === 'stream') continue;
    const asked = { token: stranger, ...(way.body === undefined ? {} : { body: way.body }) };
    const answered = await server.ask(endpoint.method.toUpperCase(), way.path(before), asked);
    const said = `${nameOf(endpoint)} ${answered.status} ${answered.text}`;
    if (way.others === 404) expect(answered.status, said).toBe(404);
    else expect(answered.status, said).not.toBe(404);
    for (const secret of ['a secret fox', 'terminal:mine', '8887771', assets[0]?.objectKey ?? '-']) {
      expect(said).not.toContain(secret);
    }
    if (!way.path(before).includes(before)) expect(answered.text).not.toContain(before);
  }
  const own = await server.token(mine, 'admin');
  const credits = await server.ask('GET', '/api/credits', { token: own });
  expect(credits.json()).toMatchObject({ balance: 8_887_771, held: 0 });
  expect((await server.ask('GET', `/api/workflows/${before}`, { token: own })).json()).toMatchObject({
    state: 'succeeded',
  });
});

test('a stream of one workspace tells nothing of another', async () => {
  const server = await openWebServer({ worker: true });
  const { program } = server;
  const [mine, theirs] = [await server.workspace('mine'), await server.workspace('theirs')];
  const headers = { authorization: `Bearer ${await server.token(theirs, 'admin')}` };
  const { promise: open, resolve: opened } = Promise.withResolvers<void>();
  const reading = eventsOf(`${server.base}/api/events`, headers, (events) => {
    opened();
    return events.some(({ event, data }) => event === 'run' && data.state === 'succeeded');
  });
  await open;
  const secret = await submitted(program, { workspace: mine, workflow: 'image', prompt: 'a secret fox' });
  await delivered(program, secret);
  await submitted(program, { workspace: theirs, workflow: 'image', prompt: 'a public boat' });
  const { events } = await reading;
  expect(JSON.stringify(events)).toContain('a public boat');
  expect(JSON.stringify(events)).not.toContain('secret');
});

test('without a token no route answers, and a scope opens what it says and no more', async () => {
  const server = await openWebServer();
  const workspace = await server.workspace('mine');
  const scopes = ['member', 'admin', 'operator'] as const;
  const tokens = {
    member: await server.token(workspace, 'member'),
    admin: await server.token(workspace, 'admin'),
    operator: await server.token(workspace, 'operator'),
  };
  const id = await submitted(server.program, { workspace });
  for (const endpoint of endpoints) {
    const way = ways[nameOf(endpoint)];
    if (!way || way.others === 'stream') continue;
    const body = way.body === undefined ? {} : { body: way.body };
    const method = endpoint.method.toUpperCase();
    expect((await server.ask(method, way.path(id), body)).status, nameOf(endpoint)).toBe(401);
    expect((await server.ask(method, way.path(id), { ...body, token: 'vg_nonsense' })).status).toBe(401);
    for (const scope of scopes) {
      if (scopes.indexOf(scope) >= scopes.indexOf(endpoint.access)) continue;
      const answered = await server.ask(method, way.path(id), { ...body, token: tokens[scope] });
      expect(answered.status, `${scope}: ${nameOf(endpoint)}`).toBe(403);
    }
  }
});
