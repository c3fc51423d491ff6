import { expect, test } from 'vitest';
import { submitted } from '../../support/program.ts';
import { openWebServer } from '../../support/web/server.ts';

test('without a chat platform the page of this machine needs no sign-in, and belongs to whoever runs the installation', async () => {
  const server = await openWebServer({ local: true });
  const session = await server.ask('GET', '/api/session');
  expect(session.json()).toMatchObject({ by: 'local', scope: 'operator', workspace: { id: 'terminal:local' } });
  expect((await server.ask('GET', '/api/credits')).json()).toMatchObject({ balance: 100 });
  const headers = { origin: server.base };
  const body = { config: { initialPrompt: 'a fox', workflowType: 'image-only' } };
  expect((await server.ask('POST', '/api/workflow/execute', { body, headers })).status).toBe(202);
});

test('no page of somebody else’s gets in, not even by a name that points here, nor anybody through a proxy', async () => {
  const server = await openWebServer({ local: true });
  const rebound = ['evil.example', `evil.example:${server.port}`, '127.0.0.1.evil.example', 'localhost.evil.example'];
  for (const host of rebound) {
    const answered = await server.ask('GET', '/api/session', { headers: { host } });
    expect(answered.status, host).toBeGreaterThanOrEqual(400);
  }
  for (const host of [`localhost:${server.port}`, `127.0.0.1:${server.port}`]) {
    expect((await server.ask('GET', '/api/session', { headers: { host } })).status).toBe(200);
  }
  const proxied = [{ 'x-forwarded-for': '203.0.113.9' }, { forwarded: 'for=203.0.113.9' }];
  for (const headers of proxied) expect((await server.ask('GET', '/api/session', { headers })).status).toBe(403);
  for (const site of ['cross-site', 'same-site']) {
    const headers = { 'sec-fetch-site': site };
    expect((await server.ask('GET', '/api/session', { headers })).status).toBe(403);
  }
  const body = { config: { initialPrompt: 'a fox' } };
  for (const headers of [{}, { origin: 'https://evil.example' }, { origin: `http://127.0.0.1:${server.port + 1}` }]) {
    expect((await server.ask('POST', '/api/workflow/execute', { body, headers })).status).toBe(403);
  }
  expect((await server.ask('GET', '/api/workflows')).json()).toMatchObject({ runs: [] });
});

test('a program with a token is served locally as anywhere', async () => {
  const server = await openWebServer({ local: true });
  const workspace = await server.workspace('mine');
  const id = await submitted(server.program, { workspace });
  const token = await server.token(workspace, 'admin');
  expect((await server.ask('GET', `/api/workflow/status/${id}`, { token })).json()).toMatchObject({ status: 'QUEUED' });
  expect((await server.ask('GET', `/api/workflow/status/${id}`)).status).toBe(404);
});

test('the page is served with a policy that lets it ask nobody else', async () => {
  const server = await openWebServer({ local: true });
  const page = await server.ask('GET', '/');
  expect(page.status).toBe(200);
  const policy = String(page.headers['content-security-policy']);
  expect(policy).toMatch(/^default-src 'none';/);
  expect(policy).not.toMatch(/https?:|unsafe|\*/);
  const known = { headers: { 'if-none-match': String(page.headers.etag) } };
  expect((await server.ask('GET', '/', known)).status).toBe(304);
  const outside = [
    '/page/../page.ts',
    '/page/..%2fpage.ts',
    '/page/%2e%2e/page.ts',
    '/page//etc/passwd',
    '/page/page.ts',
  ];
  for (const path of outside) expect((await server.ask('GET', path)).status, path).toBe(404);
});
