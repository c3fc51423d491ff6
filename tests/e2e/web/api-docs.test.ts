import { Ajv2020 } from 'ajv/dist/2020.js';
import { expect, test } from 'vitest';
import { z } from 'zod';
import { executeBody } from '../../../src/bots/web/contract/programs.ts';
import { exampleOf } from '../../../src/bots/web/examples/all.ts';
import { openWebServer, publicUrl } from '../../support/web/server.ts';

const media = z.record(z.string(), z.object({ schema: z.unknown(), example: z.unknown().optional() }));
const operation = z.object({
  parameters: z.array(z.object({ name: z.string(), schema: z.unknown(), example: z.unknown().optional() })),
  requestBody: z.object({ content: media }).optional(),
  responses: z.record(z.string(), z.object({ content: media })),
});
const openApi = z.object({
  paths: z.record(z.string(), z.record(z.string(), operation)),
  components: z.object({ schemas: z.record(z.string(), z.unknown()) }),
});

test('the document shows an example of everything that is sent and answered, and each is as its schema has it', async () => {
  const server = await openWebServer();
  const { paths, components } = openApi.parse((await server.ask('GET', '/api/openapi.json')).json());
  const ajv = new Ajv2020({ strict: false, validateFormats: false });
  ajv.addSchema({ $id: 'document', components });
  const objections: string[] = [];
  const hold = (what: string, kind: string, schema: unknown, example: unknown) => {
    if (example === undefined) objections.push(`${what} has no example`);
    if (example === undefined || !/json$/.test(kind)) return;
    const words = JSON.stringify(schema).replaceAll('"#/components/', '"document#/components/');
    const validate = ajv.compile(JSON.parse(words));
    if (!validate(example)) objections.push(`${what}: ${ajv.errorsText(validate.errors)}`);
  };
  let held = 0;
  for (const [path, methods] of Object.entries(paths)) {
    for (const [method, { parameters, requestBody, responses }] of Object.entries(methods)) {
      const what = `${method} ${path}`;
      for (const { name, schema, example } of parameters) hold(`${what} ${name}`, 'json', schema, example);
      for (const [kind, { schema, example }] of Object.entries(requestBody?.content ?? {})) {
        hold(what, kind, schema, example);
      }
      for (const [status, { content }] of Object.entries(responses)) {
        for (const [kind, { schema, example }] of Object.entries(content)) {
          hold(`${what} ${status}`, kind, schema, example);
          held += 1;
        }
      }
    }
  }
  expect(objections).toEqual([]);
  expect(held).toBeGreaterThan(200);
  // You can send the first example as it is.
  const token = await server.token(await server.workspace('mine'), 'member');
  const sent = await server.ask('POST', '/api/workflow/execute', { token, body: exampleOf(executeBody) });
  expect([sent.status, sent.json()]).toMatchObject([202, { success: true, estimatedCost: 24 }]);
});

test('people can read the API: every address, every shape and every example, with no script and from nobody else', async () => {
  const server = await openWebServer();
  const { paths, components } = openApi.parse((await server.ask('GET', '/api/openapi.json')).json());
  const { status, headers, text } = await server.ask('GET', '/api/docs');
  expect([status, headers['content-type']]).toEqual([200, 'text/html; charset=UTF-8']);
  expect(headers['content-security-policy']).toMatch(/default-src 'none'/);
  expect(text).not.toMatch(/<script|style=|undefined|\[object/);
  expect([...text.matchAll(/(?:src|href)="([^"#][^"]*)"/g)].map(([, address]) => address)).toEqual([
    ...['data:,', '/api/docs.css', '/api/openapi.json'],
  ]);
  for (const path of Object.keys(paths)) expect(text).toContain(`<code>${path}</code></h3>`);
  for (const name of Object.keys(components.schemas)) expect(text).toContain(`id="shape-${name}"`);
  for (const [, target] of text.matchAll(/href="#([^"]+)"/g)) expect(text).toContain(`id="${target}"`);
  expect(text).toContain('&quot;initialPrompt&quot;: &quot;a fox in the snow&quot;');
  expect((await server.ask('GET', '/api/docs.css')).headers['content-type']).toMatch(/^text\/css/);
});

test('what is sent wrongly is told by its name, with what it can be, and never in the words of a command line', async () => {
  const server = await openWebServer();
  const workspace = await server.workspace('mine');
  const [token, operator] = [await server.token(workspace, 'admin'), await server.token(workspace, 'operator')];
  const told = async (method: string, path: string, body?: unknown, language = 'en', as = token) => {
    const headers = { 'accept-language': language };
    const answered = await server.ask(method, path, { token: as, headers, ...(body === undefined ? {} : { body }) });
    const problem = answered.json();
    expect(problem.status, answered.text).toBe(400);
    expect(answered.text).not.toMatch(/--[a-z]|See: |This needs/);
    return problem;
  };
  const execute = (config: unknown, language?: string) =>
    told('POST', '/api/workflow/execute', config === undefined ? {} : { config }, language);
  expect(await execute(undefined)).toMatchObject({
    reason: 'missing',
    title: 'config is missing',
    at: 'config',
    detail: 'It is an object. There are examples at /api/docs.',
  });
  for (const duration of [0, 61, 8.5, 'long', null, [8]]) {
    expect(await execute({ videoConfig: { duration } })).toMatchObject({
      reason: 'bad_value',
      option: 'duration',
      at: 'config.videoConfig.duration',
      min: 1,
      max: 60,
      detail: expect.stringContaining('It is a whole number from 1 to 60.'),
    });
  }
  expect(await execute({ videoConfig: { duration: 'long' } })).toMatchObject({ title: 'duration cannot be "long"' });
  expect(await execute({ videoConfig: { duration: 61 } }, 'fr')).toMatchObject({
    title: 'duration ne peut pas valoir 61',
    detail: 'C’est un nombre entier de 1 à 60. Il y a des exemples sur /api/docs.',
  });
  expect(await execute({ imageConfig: { size: '1x1' } })).toMatchObject({
    allowed: ['1024x1024', '1792x1024', '1024x1792'],
    detail: expect.stringContaining('It can be 1024x1024, 1792x1024 or 1024x1792.'),
  });
  expect(await execute({ videoConfig: { generateAudio: 'on' } })).toMatchObject({
    detail: expect.stringContaining('It is true or false.'),
  });
  expect(await execute({ initialPrompt: ['a fox'] })).toMatchObject({
    title: 'initialPrompt is not what it has to be',
    detail: expect.stringContaining('It is text.'),
  });
  expect(await told('POST', '/api/workflow/execute', [])).toMatchObject({
    reason: 'malformed',
    detail: 'Send a JSON object. There are examples at /api/docs.',
  });
  expect(await told('GET', '/api/workflows?limit=many')).toMatchObject({
    option: 'limit',
    detail: expect.stringContaining('It is a whole number from 1 to 100.'),
  });
  expect(await told('GET', '/api/workflows?cursor=7')).toMatchObject({
    detail: expect.stringContaining('It is an id'),
  });
  expect(await told('GET', '/api/credits/use?days=0')).toMatchObject({ title: 'days cannot be "0"' });
  expect(await told('POST', '/api/credits/deduct', { amount: -1 }, 'en', operator)).toMatchObject({
    title: 'amount cannot be -1',
    min: 1,
    max: 1_000_000,
    detail: expect.stringContaining('It is a whole number from 1 to 1,000,000.'),
  });
  expect(await told('PUT', '/api/settings', { blockedWords: ['x'.repeat(81)] })).toMatchObject({
    reason: 'too_long',
    option: 'blockedWords',
    at: 'blockedWords.0',
    max: 80,
    detail: 'It may have 80 characters; this one has 81.',
  });
  // An error never repeats a key that was sent in the wrong form.
  const key = await told('PUT', '/api/keys/openai', { apiKey: ['sk-secret'] });
  expect(JSON.stringify(key)).not.toContain('secret');
});

test('an address that is asked by another method says which ones it takes', async () => {
  const server = await openWebServer();
  const id = crypto.randomUUID();
  const takes = {
    '/api/workflow/execute': ['POST'],
    [`/api/workflow/status/${id}`]: ['GET', 'HEAD'],
    [`/api/workflow/cancel/${id}`]: ['POST'],
    [`/api/workflows/${id}`]: ['DELETE', 'GET', 'HEAD'],
    '/api/settings': ['GET', 'HEAD', 'PUT'],
    '/api/keys/openai': ['DELETE', 'PUT'],
    '/api/openapi.json': ['GET', 'HEAD'],
    '/api/docs': ['GET', 'HEAD'],
    '/enter': ['GET', 'HEAD', 'POST'],
    [`/media/runs/${id}/image-00000000.png`]: ['GET', 'HEAD'],
  };
  for (const [path, allowed] of Object.entries(takes)) {
    for (const method of ['GET', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS']) {
      if (allowed.includes(method)) continue;
      const { status, headers, json } = await server.ask(method, path, { headers: { origin: publicUrl } });
      expect([status, headers.allow, json().reason], `${method} ${path}`).toEqual([
        ...[405, allowed.join(', '), 'method_not_allowed'],
      ]);
    }
  }
  expect((await server.ask('PATCH', '/api/nothing')).status).toBe(404);
});
