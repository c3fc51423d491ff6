import { expect, test } from 'vitest';
import { run } from '../../../src/bots/web/contract/run.ts';
import { runId } from '../../../src/domain.ts';
import { delivered } from '../../support/program.ts';
import { openWebServer } from '../../support/web/server.ts';

const aliases = { best: ['studio/other-image', 'studio/other-video'] };

async function opened() {
  const server = await openWebServer({ worker: true, vendor: { choice: { aliases } } });
  const workspace = await server.workspace('mine', 200);
  const [token, admin] = [await server.token(workspace, 'member'), await server.token(workspace, 'admin')];
  const execute = (config: object) =>
    server.ask('POST', '/api/workflow/execute', { token, body: { config: { initialPrompt: 'a fox', ...config } } });
  const get = async (path: string) => (await server.ask('GET', path, { token })).json();
  const save = (body: object) => server.ask('PUT', '/api/settings', { token: admin, body });
  const balance = async () => (await get('/api/credits')).balance;
  return { server, token, execute, get, save, balance };
}

test('a program names models, gets a price with them, and the run says which ones it uses', async () => {
  const { server, token, execute, get, balance } = await opened();
  expect(await get('/api/quote?workflow=complete&resolution=4k&models=studio/other-video')).toMatchObject({
    possible: true,
    priceCredits: 42,
    options: { models: ['studio/other-video'] },
  });
  expect(await get('/api/quote?workflow=complete&resolution=4k')).toMatchObject({ possible: false });
  const models = ['BEST', 'vendor-image'];
  const started = await execute({ workflowType: 'complete', models });
  expect([started.status, started.json()]).toMatchObject([202, { estimatedCost: 26 }]);
  const id = String(started.json().workflowId);
  await delivered(server.program, runId.parse(id));
  const shown = run.parse(await get(`/api/workflows/${id}`));
  expect(shown.options.models).toEqual(['studio/other-image', 'studio/other-video']);
  expect(shown.steps.map(({ model }) => model)).toEqual(['vendor-words', 'studio/other-image', 'studio/other-video']);
  expect(await balance()).toBe(174);
  const again = await server.ask('POST', `/api/workflows/${id}/vary`, { token });
  expect(run.parse(again.json().run)).toMatchObject({ steps: [{ model: 'studio/other-image' }] });
});

test('models that cannot be used are refused with a status, a reason and what would do, and nothing is charged', async () => {
  const { execute, get, save, balance } = await opened();
  const refused = async (config: object) => (await execute(config)).json();
  expect(await refused({ models: ['studio/other-vdeo'] })).toMatchObject({
    status: 409,
    reason: 'unknown_model',
    option: 'model',
    nearest: 'studio/other-video',
    detail: 'Did you mean studio/other-video? Nothing was charged.',
  });
  expect(await refused({ workflowType: 'image-only', models: ['vendor-video'] })).toMatchObject({
    status: 409,
    reason: 'unused_model',
    makes: ['video'],
  });
  expect(await refused({ models: ['a', 'b', 'c', 'd', 'e', 'f', 'g'] })).toMatchObject({
    status: 400,
    option: 'models',
  });
  expect(await refused({ models: 'best' })).toMatchObject({ status: 400, option: 'models' });
  expect(await get('/api/quote?workflow=image&models=vendor-video')).toMatchObject({
    possible: false,
    sentence: expect.stringContaining('vendor-video has nothing to do here'),
  });
  expect((await save({ allowedModels: ['vendor-vdeo'] })).json()).toMatchObject({
    status: 409,
    reason: 'unknown_model',
    option: 'allow',
    nearest: 'vendor-video',
  });
  expect((await save({ defaults: { models: ['nothing'] } })).status).toBe(409);
  const saved = await save({ allowedModels: ['VENDOR-video'], defaults: { models: ['vendor-video'] } });
  expect([saved.status, saved.json()]).toMatchObject([200, { allowedModels: ['vendor-video'] }]);
  expect(await refused({ models: ['best'] })).toMatchObject({
    status: 409,
    reason: 'model_not_allowed',
    option: 'model',
    allowed: ['vendor-video'],
  });
  expect(await balance()).toBe(200);
});
