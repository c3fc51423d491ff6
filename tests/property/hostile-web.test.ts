import fc from 'fast-check';
import { expect, test } from 'vitest';
import { deducted } from '../../src/bots/web/contract/credits.ts';
import { executed } from '../../src/bots/web/contract/programs.ts';
import { started } from '../../src/bots/web/contract/runActions.ts';
import { commandedWorkflows, type TokenScope } from '../../src/domain.ts';
import { brokenText, each, headerText, heldRuns, inTime, mutated, plenty, wordsOf } from '../support/hostile.ts';
import { png } from '../support/providers/call.ts';
import { json, startStub } from '../support/providers/server.ts';
import { type Answered, openWebServer, publicUrl } from '../support/web/server.ts';

const example = {
  initialPrompt: 'a fox in the snow',
  imageConfig: { style: 'vivid', quality: 'hd', size: '1792x1024' },
  videoConfig: { duration: 8, resolution: '1080p', generateAudio: true },
};
const customImage = `data:image/png;base64,${png.toString('base64')}`;
const nobodys = '0b8f6a52-0000-4000-8000-000000000000';

type Ask = { method: string; path: string; scope: TokenScope; body?: object; query?: object };

/** The requests that start runs. */
const startingOf = (run: string): Ask[] => {
  const execute = { method: 'POST', path: '/api/workflow/execute', scope: 'member' } as const;
  return [
    { ...execute, body: { config: { ...example, workflowType: 'complete' } } },
    { ...execute, body: { config: { ...example, workflowType: 'image-only' } } },
    {
      ...execute,
      body: {
        config: { ...example, workflowType: 'story', videoConfig: { duration: 30 }, storyConfig: { scenes: 3 } },
      },
    },
    { ...execute, body: { config: { ...example, workflowType: 'video-from-image', customImage } } },
    { ...execute, body: { config: { ...example, workflowType: 'edit', customImage } } },
    { method: 'POST', path: `/api/workflows/${run}/again`, scope: 'member', body: { prompt: 'another fox' } },
  ];
};

const wish = { workflow: 'complete', style: 'anime', aspect: 'tall', duration: '8', audio: 'true' };
const search = { limit: '5', search: 'fox', member: 'me', state: 'active' };
const settings = { defaults: { style: 'anime' }, blockedWords: ['a wolf'], channels: ['C1'], dailyRuns: 5 };

const othersOf = (run: string): Ask[] => [
  { method: 'POST', path: `/api/workflows/${run}/animate`, scope: 'member' },
  { method: 'DELETE', path: `/api/workflows/${run}`, scope: 'member' },
  { method: 'POST', path: `/api/workflow/cancel/${nobodys}`, scope: 'member' },
  { method: 'GET', path: '/api/quote', scope: 'member', query: wish },
  { method: 'GET', path: '/api/workflows', scope: 'member', query: search },
  { method: 'POST', path: '/api/credits/deduct', scope: 'operator', body: { amount: 2, reason: 'a fox' } },
  { method: 'PUT', path: '/api/settings', scope: 'admin', body: settings },
  { method: 'PUT', path: '/api/keys/openai', scope: 'admin', body: { apiKey: `sk-${'0'.repeat(40)}` } },
  { method: 'POST', path: '/enter', scope: 'member', body: { link: '0'.repeat(64) } },
];

const bodiless: readonly string[] = ['GET', 'HEAD', 'DELETE', 'OPTIONS'];

/** Mostly the intended method. HTTP knows the others, and some addresses here accept them. */
const methodOf = (method: string) =>
  fc.oneof(
    { weight: 15, arbitrary: fc.constant(method) },
    { weight: 1, arbitrary: fc.constantFrom('GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'OPTIONS') },
  );

const twisted = (path: string) =>
  fc.oneof(
    { weight: 12, arbitrary: fc.constant(path) },
    fc.constantFrom(
      ...[`${path}/`, `${path}%00`, path.toUpperCase(), path.replace('/', '//'), `${path}/../../execute`],
      ...['%2e%2e%2f', '%ff', nobodys].map((last) => path.replace(/[^/]+$/, last)),
    ),
  );

/** Within the limit of Node for a request's first lines. */
const maxQuery = 8_000;

const queryOf = (query: object) =>
  mutated(query).map((changed) => {
    const words = Object.entries(Object(changed)).map(([name, value]) => [name, wordsOf(value)]);
    return `?${new URLSearchParams(Object.fromEntries(words))}`.slice(0, maxQuery);
  });

const bodyOf = (body: object) =>
  fc.oneof(
    { weight: 6, arbitrary: mutated(body).map((changed) => JSON.stringify(changed)) },
    { weight: 2, arbitrary: fc.constant(JSON.stringify(body)) },
    { weight: 1, arbitrary: brokenText(JSON.stringify(body)) },
  );

/** The right token, or something similar. */
const credentialOf = (token: string) => {
  const wrong = [token.slice(1), `${token}0`, token.slice(0, -1), token.replace(/./g, '0'), `${token} ${token}`];
  const strange = fc.oneof(fc.constantFrom(...wrong.map((words) => `Bearer ${words}`), `Basic ${token}`), headerText);
  return fc.oneof(
    { weight: 8, arbitrary: fc.constant({ isRight: true, authorization: `Bearer ${token}` }) },
    { weight: 1, arbitrary: strange.map((authorization) => ({ isRight: false, authorization })) },
  );
};

const headers = fc.record(
  {
    'content-type': fc.oneof(
      { weight: 12, arbitrary: fc.constantFrom('application/json', 'application/json; charset=utf-8') },
      fc.constantFrom('text/plain', 'multipart/form-data; boundary=x'),
      headerText,
    ),
    'idempotency-key': fc.oneof(fc.constantFrom('a', 'b', 'c'), headerText),
    'accept-language': fc.oneof(fc.constantFrom('fr', 'xx-YY;q=9'), headerText),
    origin: fc.oneof(fc.constantFrom(publicUrl, 'null', 'https://elsewhere.example'), headerText),
    cookie: headerText.map((words) => `__Host-vidgenie=${words}`),
    'x-forwarded-for': headerText,
  },
  { requiredKeys: ['content-type'] },
);

test('1,000 requests to the HTTP API, damaged in token, header, path or body, are answered; held is the price of what was taken', async () => {
  const vendor = await startStub((_request, response) => json(response, 401, { error: { message: 'who is that?' } }));
  const environment = { OPENAI_BASE_URL: vendor.url, GOOGLE_BASE_URL: vendor.url };
  const server = await openWebServer({ environment });
  const mine = await server.workspace('mine', plenty);
  // A saved setting changes the meaning of everything else there, so settings go to another workspace.
  const elsewhere = await server.workspace('elsewhere', 1_000);
  const tokens = {
    member: await server.token(mine, 'member'),
    admin: await server.token(elsewhere, 'admin'),
    operator: await server.token(elsewhere, 'operator'),
  };
  const taken = new Map<string, number>();
  const deductions: string[] = [];
  const note = ({ status, text, json }: Answered) => {
    // The answer to a HEAD has no body.
    const answer = () => (text === '' ? null : json());
    const run = executed.safeParse(status === 202 ? answer() : null);
    if (run.success) taken.set(run.data.workflowId, run.data.estimatedCost);
    const again = started.safeParse(status === 202 ? answer() : null);
    if (again.success) taken.set(again.data.run.id, again.data.run.priceCredits);
    const deduction = deducted.safeParse(status === 200 && answer());
    if (deduction.success && !deduction.data.repeated) deductions.push(`adjust ${-deduction.data.deducted}`);
  };
  const first = await server.ask('POST', '/api/workflow/execute', { token: tokens.member, body: { config: example } });
  note(first);
  const { workflowId: run } = executed.parse(first.json());
  const asks = fc.oneof(fc.constantFrom(...startingOf(run)), fc.constantFrom(...othersOf(run)));
  const hostile = asks.chain(({ method, path, scope, body, query }) =>
    fc.record({
      method: path === '/enter' ? fc.constant(method) : methodOf(method),
      path: twisted(path),
      credential: credentialOf(tokens[scope]),
      headers,
      query: query ? queryOf(query) : fc.constant(''),
      body: body ? bodyOf(body) : fc.constant(undefined),
    }),
  );
  await each(1_000, hostile, async ({ method, path, query, body, headers, credential }) => {
    // Node's client sends the body of these methods without its length, so the next request would begin with it.
    const asking = {
      headers: { ...headers, authorization: credential.authorization },
      ...(!bodiless.includes(method) && { body }),
    };
    const answered = await inTime(server.ask(method, path + query, asking));
    expect(answered.status, answered.text).toBeLessThan(500);
    if (answered.status === 405) expect(String(answered.headers.allow).split(', ')).not.toContain(method);
    // The error message of every request is for people who type no commands.
    const isProblem = method !== 'HEAD' && /^application\/problem/.test(String(answered.headers['content-type']));
    const { title = '', detail = '' } = isProblem ? answered.json() : {};
    expect(`${title} ${detail}`).not.toMatch(/undefined|\[object|--(no-)?[a-z]{4,}|See: /);
    if (!credential.isRight) expect(answered.status).toBeGreaterThanOrEqual(400);
    note(answered);
  });

  const held = await heldRuns(server.program.services.db);
  expect(new Map(held.runs.map(({ id, priceCredits }) => [id, priceCredits]))).toEqual(taken);
  expect(held.others.map(({ kind, amount }) => `${kind} ${amount}`).sort()).toEqual(deductions.sort());
  // The damage leaves many inputs valid, and many not.
  expect(new Set(held.runs.map(({ workflow }) => workflow))).toEqual(new Set(commandedWorkflows));
  expect(taken.size).toBeGreaterThan(30);
  expect(taken.size).toBeLessThan(900);
});
