import fc from 'fast-check';
import { expect, test } from 'vitest';
import { use } from '../../../src/bots/web/contract/credits.ts';
import { checkInvariants } from '../../../src/db/invariants.ts';
import { vendorTable } from '../../../src/domain.ts';
import { openAiCanary } from '../../support/canary.ts';
import { delivered, submitted } from '../../support/program.ts';
import { startAllVendors } from '../../support/providers/standIns.ts';
import { startVendors } from '../../support/providers/vendors.ts';
import { openWebServer } from '../../support/web/server.ts';

test('deducting is atomic and once for each key, whatever comes at once, and never goes below zero', async () => {
  const server = await openWebServer();
  const { db } = server.program.services;
  let round = 0;
  const deductions = fc.array(
    fc.record({ key: fc.constantFrom('a', 'b', 'c', 'd'), amount: fc.integer({ min: 1, max: 60 }) }),
    {
      minLength: 1,
      maxLength: 10,
    },
  );
  await fc.assert(
    fc.asyncProperty(deductions, async (wishes) => {
      round += 1;
      const workspace = await server.workspace(`round-${round}`, 100);
      const token = await server.token(workspace, 'operator');
      const answers = await Promise.all(
        wishes.map(({ key, amount }) =>
          server.ask('POST', '/api/credits/deduct', { token, body: { amount }, headers: { 'idempotency-key': key } }),
        ),
      );
      const taken = new Map<string, number>();
      for (const [at, answered] of answers.entries()) {
        const wish = wishes[at];
        if (!wish) throw new Error('an answer without a wish');
        if (answered.status === 200) {
          // Each key reports success for one amount only.
          expect(taken.get(wish.key) ?? wish.amount).toBe(wish.amount);
          taken.set(wish.key, wish.amount);
        } else if (answered.status === 402) {
          expect(answered.json()).toMatchObject({ error: 'Not enough credits', required: wish.amount });
          expect(Number(answered.json().available)).toBeLessThan(wish.amount);
        } else expect(answered.json()).toMatchObject({ status: 409, reason: 'key_reused' });
      }
      const spent = [...taken.values()].reduce((sum, amount) => sum + amount, 0);
      const left = (await server.ask('GET', '/api/credits', { token })).json();
      expect(left).toMatchObject({ balance: 100 - spent, held: 0 });
      expect(spent).toBeLessThanOrEqual(100);
    }),
    { numRuns: 12 },
  );
  expect(await checkInvariants(db, { atRest: true })).toEqual([]);
});

test('the ledger is told page by page and as CSV, which no spreadsheet takes for a formula', async () => {
  const server = await openWebServer({ worker: true });
  const workspace = await server.workspace('mine', 500);
  const token = await server.token(workspace, 'operator');
  for (const reason of ['=1+1', 'a, "quoted" note', '']) {
    const body = { amount: 2, reason };
    expect((await server.ask('POST', '/api/credits/deduct', { token, body })).status).toBe(200);
  }
  const ada = { id: 'ada', name: 'Ada', isAdmin: false };
  for (const member of [ada, { ...ada, id: 'bob', name: 'Bob' }]) {
    await delivered(server.program, await submitted(server.program, { workspace, member, workflow: 'image' }));
  }
  const rows: unknown[] = [];
  let cursor: unknown = '';
  while (cursor !== null) {
    const query = cursor === '' ? '' : `&cursor=${cursor}`;
    const page = (await server.ask('GET', `/api/credits/transactions?limit=3${query}`, { token })).json();
    rows.push(...(Array.isArray(page.transactions) ? page.transactions : []));
    cursor = page.nextCursor;
  }
  expect(rows).toHaveLength(1 + 3 + 4);
  const csv = await server.ask('GET', '/api/credits/transactions.csv', { token });
  expect(csv.headers['content-type']).toMatch(/^text\/csv/);
  const lines = csv.text.trim().split('\n');
  expect(lines[0]).toBe('id,at,kind,amount,balanceAfter,heldAfter,workflowId,note');
  expect(lines).toHaveLength(rows.length + 1);
  expect(csv.text).toContain("'=1+1");
  expect(csv.text).toContain('"a, ""quoted"" note"');

  const used = use.parse((await server.ask('GET', '/api/credits/use?days=7', { token })).json());
  expect(used.days).toHaveLength(7);
  expect(used.days.at(-1)?.credits).toBe(12);
  expect(used.members).toEqual([
    { id: 'ada', name: 'Ada', credits: 6 },
    { id: 'bob', name: 'Bob', credits: 6 },
  ]);
  const other = await server.token(workspace, 'member');
  expect((await server.ask('GET', '/api/credits/use', { token: other })).json()).toMatchObject({
    members: [{ id: null, name: 'Everybody else', credits: 12 }],
  });
});

test('a key is tried, stored, listed and removed by admins, and is in no answer', async () => {
  const vendors = await startVendors();
  const { OPENAI_API_KEY: _, GOOGLE_API_KEY: __, ...addresses } = vendors.environment;
  const server = await openWebServer({ environment: addresses });
  const token = await server.token(await server.workspace('mine'), 'admin');
  const said: string[] = [];
  const ask = async (method: string, path: string, body?: unknown) => {
    const answered = await server.ask(method, path, { token, ...(body === undefined ? {} : { body }) });
    said.push(answered.text, JSON.stringify(answered.headers));
    return answered;
  };
  const validate = async (provider: string, apiKey: string) =>
    (await ask('POST', '/api/user/api-keys/validate', { provider, apiKey })).json();
  expect(await validate('openai', openAiCanary)).toMatchObject({ valid: true, check: 'valid' });
  expect(await validate('openai', 'no key')).toMatchObject({ valid: false, check: 'invalid' });
  const faults = { 401: 'invalid', 403: 'no_permission', 500: 'unreachable' };
  for (const [status, check] of Object.entries(faults)) {
    vendors.openai.fail('GET', /models/, {
      fault: 'status',
      status: Number(status),
      body: { error: { message: openAiCanary } },
    });
    expect(await validate('openai', openAiCanary)).toMatchObject({ valid: false, check });
  }
  expect((await ask('GET', '/api/keys')).json()).toMatchObject({
    keys: vendorTable.map(({ id, name }) => ({ provider: id, name, stored: null })),
  });

  vendors.openai.fail('GET', /models/, { fault: 'status', status: 401, body: { error: { message: openAiCanary } } });
  const refused = await ask('PUT', '/api/keys/openai', { apiKey: openAiCanary });
  expect(refused.json()).toMatchObject({ status: 422, reason: 'key_not_saved', check: 'invalid' });
  const saved = await ask('PUT', '/api/keys/openai', { apiKey: ` ${openAiCanary}\n` });
  expect(saved.json()).toMatchObject({
    outcome: 'saved',
    keys: vendorTable.map(({ id }) => ({
      provider: id,
      stored: id === 'openai' ? { lastFour: 'WXYZ', status: 'valid' } : null,
    })),
  });
  expect((await ask('PUT', '/api/keys/slack', { apiKey: openAiCanary })).status).toBe(404);
  expect((await ask('PUT', '/api/keys/openai', { apiKey: 7 })).status).toBe(400);
  expect((await ask('PUT', '/api/keys/openai', { apiKey: `${openAiCanary}\u0000` })).status).toBe(422);
  expect((await ask('PUT', '/api/keys/openai', { apiKey: openAiCanary.repeat(20) })).status).toBe(400);
  expect((await ask('DELETE', '/api/keys/openai')).json()).toMatchObject({ outcome: 'removed' });
  expect((await ask('DELETE', '/api/keys/openai')).json()).toMatchObject({ outcome: 'nothing_there' });
  expect(said.join('\n')).not.toContain('CANARY');
});

test('a key of every vendor is stored by the page, at its own vendor', async () => {
  const { started, environment } = await startAllVendors();
  const server = await openWebServer({ environment });
  const token = await server.token(await server.workspace('mine'), 'admin');
  for (const { vendor, key, stub } of started) {
    const saved = await server.ask('PUT', `/api/keys/${vendor}`, { token, body: { apiKey: key.reveal() } });
    expect([vendor, saved.json()]).toMatchObject([vendor, { outcome: 'saved' }]);
    expect(saved.text).not.toContain('CANARY');
    expect(stub.requests.length).toBeGreaterThan(0);
  }
});

test('settings of the page are those of the chat: they change what a quote says and what is refused', async () => {
  const server = await openWebServer();
  const workspace = await server.workspace('mine', 20);
  const token = await server.token(workspace, 'admin');
  const put = (body: unknown) => server.ask('PUT', '/api/settings', { token, body });
  const settings = {
    defaults: { duration: 5, resolution: '720p', audio: false },
    blockedWords: ['dragon'],
    results: 'withhold',
  };
  const all = {
    ...settings,
    channels: [],
    dailyRuns: 7,
    spoilers: false,
    mentions: true,
    castBy: 'members',
    allowedModels: [],
  };
  expect((await put({ dailyRuns: 7 })).json()).toMatchObject({ dailyRuns: 7, blockedWords: [] });
  expect((await put(settings)).json()).toEqual(all);
  expect((await server.ask('GET', '/api/settings', { token })).json()).toEqual(all);
  expect((await put({ defaults: { style: 'cubist' } })).json()).toMatchObject({ status: 400, option: 'style' });

  const quote = async (query: string) => (await server.ask('GET', `/api/quote?${query}`, { token })).json();
  expect(await quote('workflow=complete')).toMatchObject({
    priceCredits: 14,
    balance: 20,
    possible: true,
    sentence: null,
    options: settings.defaults,
    steps: [{ priceCredits: 1 }, { priceCredits: 5 }, { priceCredits: 8 }],
  });
  expect(await quote('resolution=1080p&duration=8&audio=true')).toMatchObject({
    priceCredits: 24,
    possible: false,
    sentence: expect.stringContaining('Not enough credits'),
  });
  expect(await quote('resolution=4k')).toMatchObject({ possible: false, sentence: expect.stringContaining('720p') });
  expect((await server.ask('GET', '/api/options', { token })).json()).toMatchObject({
    defaults: { duration: 5, style: 'vivid' },
    workflows: [
      { name: 'complete', allowed: { duration: expect.arrayContaining([3, 5, 8, 60]), resolution: ['720p', '1080p'] } },
      {},
      {},
      { name: 'story' },
      { name: 'edit' },
    ],
  });
  const body = { config: { initialPrompt: 'a Dragon at sea' } };
  expect((await server.ask('POST', '/api/workflow/execute', { token, body })).json()).toMatchObject({
    status: 422,
    reason: 'blocked',
  });
});
