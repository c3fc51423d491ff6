import { describe, expect, test } from 'vitest';
import { createOpenRouterImage } from '../../src/pipeline/providers/openrouter/image.ts';
import { cautiousImage, imageModelOf } from '../../src/pipeline/providers/openrouter/imageModels.ts';
import type { ImageRequest, Provider } from '../../src/pipeline/providers/provider.ts';
import {
  bytesOf,
  callWith,
  failureOf,
  imageRequest,
  jpeg,
  picture,
  png,
  referenceOf,
} from '../support/providers/call.ts';
import {
  type OpenRouterStub,
  openRouterKey,
  recordedCatalogue,
  startOpenRouter,
} from '../support/providers/openrouter.ts';

const submits = /\/v1\/images$/;
const call = () => callWith({ key: openRouterKey });
const paid = (stub: OpenRouterStub) => stub.posts(submits).map(({ body }) => Object(body));

function providerOn(stub: OpenRouterStub, model: string): Provider<'image'> {
  const { images, endpoints } = recordedCatalogue();
  const entry = images.map((one) => imageModelOf(one, endpoints[model])).find((one) => one?.id === model)?.entry;
  if (!entry) throw new Error(`${model} is not usable`);
  const { capabilities, prices, extra } = entry;
  return createOpenRouterImage({ baseUrl: `${stub.url}/api/v1` }, { shown: { model, capabilities, prices }, extra });
}

async function costOf(stub: OpenRouterStub, request: ImageRequest, model: string) {
  const submitted = await providerOn(stub, model).submit(request, call());
  return submitted.outcome === 'finished' ? submitted.cost : null;
}

describe('an image', () => {
  test('is one request that sends only parameters that its model has', async () => {
    const stub = await startOpenRouter();
    const standard = { ...imageRequest, quality: 'standard', aspect: 'square' } as const;
    await providerOn(stub, 'qwen/qwen-image-3').submit(imageRequest, call());
    await providerOn(stub, 'openai/gpt-image-2').submit(standard, call());
    await providerOn(stub, 'openai/gpt-image-1-mini').submit(imageRequest, call());
    await providerOn(stub, 'black-forest-labs/flux.2-pro').submit({ ...standard, aspect: 'tall' }, call());
    const prompt = 'a fox in the snow';
    expect(paid(stub)).toEqual([
      { model: 'qwen/qwen-image-3', prompt, aspect_ratio: '16:9', resolution: '2K', n: 1 },
      { model: 'openai/gpt-image-2', prompt, aspect_ratio: '1:1', quality: 'medium', n: 1 },
      // The nearest shape that it has. The receiver crops the rest.
      { model: 'openai/gpt-image-1-mini', prompt, aspect_ratio: '3:2', quality: 'high', n: 1 },
      { model: 'black-forest-labs/flux.2-pro', prompt, aspect_ratio: '9:16', output_format: 'png', n: 1 },
    ]);
    expect(stub.billed).toHaveLength(4);
  });

  test('follows its references and the picture that it changes, in the order of their numbers', async () => {
    const stub = await startOpenRouter();
    const request: ImageRequest = {
      ...imageRequest,
      edit: { how: 'change', picture: jpeg },
      references: [referenceOf({ from: 'scene' })],
    };
    await providerOn(stub, 'qwen/qwen-image-3').submit(request, call());
    const [{ input_references: shown, prompt }] = paid(stub);
    expect(shown).toEqual([
      { type: 'image_url', image_url: { url: `data:image/jpeg;base64,${jpeg.content.toString('base64')}` } },
      { type: 'image_url', image_url: { url: `data:image/png;base64,${png.toString('base64')}` } },
    ]);
    expect(prompt).toContain('Change picture 1');
  });

  test('with more pictures than its model takes is refused before it costs anything', async () => {
    const stub = await startOpenRouter();
    const references = [1, 2, 3, 4].map(() => referenceOf({ from: 'scene' }, picture));
    const request = { ...imageRequest, references };
    const failure = await failureOf(providerOn(stub, 'x-ai/grok-imagine-image-quality').submit(request, call()));
    expect([failure.kind, failure.nothingGenerated]).toEqual(['invalid_request', true]);
    expect(stub.requests).toEqual([]);
  });

  test('of a model that has left the catalogue still follows the pictures that were planned', async () => {
    const stub = await startOpenRouter();
    const model = 'qwen/qwen-image-3';
    const shown = { model, capabilities: cautiousImage, prices: null };
    const left = createOpenRouterImage({ baseUrl: `${stub.url}/api/v1` }, { shown, extra: null });
    await left.submit({ ...imageRequest, references: [referenceOf({ from: 'scene' })] }, call());
    expect(paid(stub)[0].input_references).toHaveLength(1);
  });

  test('arrives as the bytes that were sent', async () => {
    const stub = await startOpenRouter();
    stub.image.bytes = jpeg.content;
    const submitted = await providerOn(stub, 'qwen/qwen-image-3').submit(imageRequest, call());
    if (submitted.outcome !== 'finished') throw new Error('an image is finished at once');
    expect(await bytesOf(submitted.output)).toEqual(jpeg.content);
  });

  test.each([
    ['no image', { data: [] }],
    ['an empty image', { data: [{ b64_json: '' }] }],
    ['an address', { data: [{ url: 'https://evil.example/fox.png' }] }],
    ['a drawing', { data: [{ b64_json: 'PHN2Zz4=', media_type: 'image/svg+xml' }] }],
    ['something else', { images: 'none' }],
  ])('that is %s is no output, and may have cost money', async (_name, answer) => {
    const stub = await startOpenRouter();
    stub.fail('POST', submits, { fault: 'status', status: 200, body: answer });
    const failure = await failureOf(providerOn(stub, 'qwen/qwen-image-3').submit(imageRequest, call()));
    expect([failure.kind, failure.nothingGenerated]).toEqual(['no_output', false]);
  });
});

describe('the cost of an image', () => {
  test('is what OpenRouter reports', async () => {
    const stub = await startOpenRouter();
    expect(await costOf(stub, imageRequest, 'qwen/qwen-image-3')).toMatchObject({ microUsd: 35_000 });
  });

  test("includes what the provider charges on the account's own key there", async () => {
    const stub = await startOpenRouter();
    stub.usage.image = { cost: 0.002, is_byok: true, cost_details: { upstream_inference_cost: 0.04 } };
    const cost = await costOf(stub, imageRequest, 'qwen/qwen-image-3');
    expect(cost).toMatchObject({ microUsd: 42_000 });
    expect(cost).not.toHaveProperty('isEstimate');
  });

  test('is an estimate by the dearest of the providers if OpenRouter reports none', async () => {
    const stub = await startOpenRouter();
    stub.usage.image = null;
    const references = [referenceOf({ from: 'scene' }), referenceOf({ from: 'scene' })];
    expect(await costOf(stub, { ...imageRequest, references }, 'qwen/qwen-image-3')).toMatchObject({
      microUsd: 35_000 + 2 * 3_000,
      isEstimate: true,
    });
    expect(await costOf(stub, imageRequest, 'x-ai/grok-imagine-image-quality')).toMatchObject({ microUsd: 70_000 });
    const standard = { ...imageRequest, quality: 'standard' } as const;
    expect(await costOf(stub, standard, 'x-ai/grok-imagine-image-quality')).toMatchObject({ microUsd: 50_000 });
    expect(await costOf(stub, imageRequest, 'openai/gpt-image-2')).toMatchObject({ microUsd: null });
  });
});
