import { expect, test } from 'vitest';
import { createOpenRouterEnhance } from '../../src/pipeline/providers/openrouter/enhance.ts';
import { textModelOf } from '../../src/pipeline/providers/openrouter/textModels.ts';
import type { EnhanceRequest, Provider } from '../../src/pipeline/providers/provider.ts';
import { callWith, failureOf, jpeg } from '../support/providers/call.ts';
import {
  type OpenRouterStub,
  openRouterKey,
  recordedCatalogue,
  startOpenRouter,
} from '../support/providers/openrouter.ts';

const submits = /\/chat\/completions$/;
const call = () => callWith({ key: openRouterKey });
const paid = (stub: OpenRouterStub) => stub.posts(submits).map(({ body }) => Object(body));

const request: EnhanceRequest = {
  prompt: 'a fox in the snow',
  style: 'vivid',
  aspect: 'wide',
  duration: 8,
  scenes: [],
  frame: null,
  cast: [],
};

function providerOn(stub: OpenRouterStub, model = 'openai/gpt-6-luna'): Provider<'enhance'> {
  const entry = recordedCatalogue()
    .models.map(textModelOf)
    .find((one) => one?.id === model)?.entry;
  if (!entry) throw new Error(`${model} is not usable`);
  const { capabilities, prices, extra } = entry;
  return createOpenRouterEnhance({ baseUrl: `${stub.url}/api/v1` }, { shown: { model, capabilities, prices }, extra });
}

test('prompts are one request that holds the model to a schema, at a provider that knows schemas', async () => {
  const stub = await startOpenRouter();
  const submitted = await providerOn(stub).submit(request, call());
  expect(submitted).toMatchObject({
    outcome: 'finished',
    output: { image: 'a fox in deep snow', motion: 'it looks up' },
    cost: { microUsd: 240 },
  });
  const [body] = paid(stub);
  expect(body).toMatchObject({
    model: 'openai/gpt-6-luna',
    max_completion_tokens: 4_000,
    reasoning: { effort: 'low' },
    provider: { require_parameters: true },
    user: 'a-hash-of-the-member',
  });
  expect(body.messages[1].content).toContain('a fox in the snow');
  expect(stub.billed).toHaveLength(1);
});

test('a story has a shot for each scene', async () => {
  const stub = await startOpenRouter();
  const submitted = await providerOn(stub).submit({ ...request, scenes: [4, 4, 7] }, call());
  const shots = submitted.outcome === 'finished' ? submitted.output.shots : [];
  expect(shots).toHaveLength(3);
});

test('a frame and the cast are shown, and a model that sees nothing is not offered them', async () => {
  const stub = await startOpenRouter();
  const frame = { picture: jpeg, motion: 'it runs' };
  const cast = [{ name: 'Rex', kind: 'character', description: 'a fox', picture: jpeg } as const];
  const submitted = await providerOn(stub).submit({ ...request, frame, cast }, call());
  expect(submitted).toMatchObject({ outcome: 'finished', output: { motion: 'it looks up and runs' } });
  const [{ messages }] = paid(stub);
  expect(messages[1].content.map(({ type }: { type: string }) => type)).toEqual(['image_url', 'image_url', 'text']);
  expect(providerOn(stub).capabilities.references).toBeGreaterThan(0);
  expect(providerOn(stub, 'meta-llama/llama-3.3-70b-instruct').capabilities.references).toBe(0);
});

test('a model is told only what it understands', async () => {
  const stub = await startOpenRouter();
  await providerOn(stub, 'meta-llama/llama-3.3-70b-instruct').submit(request, call());
  const [body] = paid(stub);
  expect(body.max_tokens).toBe(4_000);
  expect(body).not.toHaveProperty('max_completion_tokens');
  expect(body).not.toHaveProperty('reasoning');
});

test.each<[string, unknown, string]>([
  ['words that are no JSON', { message: { content: 'Sure! Here is your prompt' } }, 'no_output'],
  ['JSON of another shape', { message: { content: '{"prompt": "a fox"}' } }, 'no_output'],
  ['nothing', { message: { content: null } }, 'no_output'],
  ['a refusal', { message: { content: null, refusal: 'I cannot help with that.' } }, 'refused'],
  ['a filter', { finish_reason: 'content_filter', message: { content: '' } }, 'refused'],
  ['an error', { finish_reason: 'error', error: { code: 502, message: 'Provider died' }, message: {} }, 'unavailable'],
  ['an odd error', { finish_reason: 'error', error: 'oh no', message: {} }, 'no_output'],
])('an answer with %s in its choice may have cost money', async (_name, choice, kind) => {
  const stub = await startOpenRouter();
  stub.fail('POST', submits, { fault: 'status', status: 200, body: { choices: [choice] } });
  const failure = await failureOf(providerOn(stub).submit(request, call()));
  expect([failure.kind, failure.nothingGenerated]).toEqual([kind, false]);
  expect(paid(stub)).toHaveLength(1);
});

test('without a report the cost is the price of a usual call, as an estimate', async () => {
  const stub = await startOpenRouter();
  stub.usage.text = null;
  // 4,000 tokens read at 0.10 dollars a million and 4,000 written at 0.50.
  expect(await providerOn(stub).submit(request, call())).toMatchObject({ cost: { microUsd: 2_400, isEstimate: true } });
});
