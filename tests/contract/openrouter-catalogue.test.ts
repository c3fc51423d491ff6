import { describe, expect, test } from 'vitest';
import { listedModels, readModels } from '../../src/pipeline/catalogues.ts';
import type { ListedModel } from '../../src/pipeline/providers/keys.ts';
import { openrouter } from '../../src/pipeline/providers/openrouter/adapter.ts';
import { testConfig } from '../support/config.ts';
import { type OpenRouterStub, openRouterKey, startOpenRouter } from '../support/providers/openrouter.ts';
import type { Fault } from '../support/providers/server.ts';

const configOf = (stub: OpenRouterStub, over: Record<string, string> = {}) =>
  testConfig('postgres://nowhere', '.', { OPENROUTER_BASE_URL: `${stub.url}/api/v1`, ...over }).providers;
const free = { key: openRouterKey, signal: new AbortController().signal };

async function listedOn(stub: OpenRouterStub): Promise<ListedModel[]> {
  const outcome = await openrouter.list(configOf(stub), free);
  if (!outcome.ok) throw new Error(outcome.fault.detail);
  return outcome.value;
}

/** The models that are offered for a kind of step, in order. */
function offeredOf(stub: OpenRouterStub, listed: readonly ListedModel[], kind: string, over?: Record<string, string>) {
  const offered = openrouter.source(configOf(stub, over), () => listed)?.offered() ?? [];
  return offered.filter(({ step }) => step === kind).map(({ model }) => model);
}

describe('the recorded catalogue', () => {
  test('is read by free requests and survives being stored', async () => {
    const stub = await startOpenRouter();
    const listed = await listedOn(stub);
    expect(listedModels.parse(JSON.parse(JSON.stringify(listed)))).toEqual(listed);
    expect(stub.requests.map(({ method }) => method)).not.toContain('POST');
    expect(stub.billed).toEqual([]);
  });

  test('keeps what VidGenie can use of each kind, and nothing else', async () => {
    const stub = await startOpenRouter();
    const listed = await listedOn(stub);
    const idsOf = (kind: string) => listed.filter(({ entry }) => entry?.kind === kind).map(({ id }) => id);
    expect(idsOf('video')).toEqual([
      'google/veo-3.1',
      'google/veo-3.1-lite',
      'bytedance/seedance-2.0',
      'alibaba/wan-2.7',
      'alibaba/wan-3.0',
      'kwaivgi/kling-v3.0-pro',
      'minimax/hailuo-2.3',
      'x-ai/grok-imagine-video',
      'runway/gen-4.5',
      'odd/half-a-model',
    ]);
    expect(idsOf('image')).toEqual([
      'google/gemini-3.1-flash-image',
      'openai/gpt-image-2',
      'openai/gpt-image-1-mini',
      'bytedance-seed/seedream-4.5',
      'qwen/qwen-image-3',
      'x-ai/grok-imagine-image-quality',
      'black-forest-labs/flux.2-pro',
    ]);
    expect(idsOf('enhance')).toEqual([
      'openai/gpt-6-luna',
      'google/gemini-3.8-flash',
      'anthropic/claude-sonnet-5',
      'mistralai/mistral-large-2512',
      'meta-llama/llama-3.3-70b-instruct',
      'qwen/qwen3-vl-8b-instruct:free',
    ]);
  });

  test('tells what a model can do, what it costs and when it ends', async () => {
    const listed = new Map((await listedOn(await startOpenRouter())).map((model) => [model.id, model]));
    expect(listed.get('google/veo-3.1')?.entry).toEqual({
      kind: 'video',
      title: 'Google: Veo 3.1',
      capabilities: {
        aspects: ['wide', 'tall'],
        qualities: [],
        durations: [4, 6, 8],
        resolutions: ['720p', '1080p', '4k'],
        extension: null,
        lastFrame: [4, 6, 8],
        references: 0,
        variants: 1,
        seed: false,
        fromText: true,
      },
      prices: {
        kind: 'video',
        perSecond: {
          '720p': { silent: 200_000, sound: 400_000 },
          '1080p': { silent: 200_000, sound: 400_000 },
          '4k': { silent: 400_000, sound: 600_000 },
        },
      },
      extra: { resolutions: { '720p': '720p', '1080p': '1080p', '4k': '4K' }, sound: true },
    });
    expect(listed.get('qwen/qwen-image-3')?.entry).toMatchObject({
      capabilities: { aspects: ['wide', 'tall', 'square'], qualities: ['standard', 'hd'], references: 4 },
      prices: { perImage: { hd: { wide: 35_000 } }, perPicture: 3_000 },
    });
    expect(listed.get('black-forest-labs/flux.2-pro')?.entry).toMatchObject({
      capabilities: { qualities: ['standard'], references: 8 },
      prices: null,
    });
    expect(listed.get('google/gemini-3.8-flash')?.entry?.prices).toEqual({ kind: 'enhance', perCall: 18_000 });
    expect(listed.get('mistralai/mistral-large-2512')?.shutdownAt).toBe('2027-03-31T00:00:00.000Z');
  });

  test('has no price that is too high to be one, and keeps the others of that model', async () => {
    const stub = await startOpenRouter();
    const [veo] = stub.catalogue.videos;
    const skus = { duration_seconds_720p: '0.2', video_tokens_4k: '7' };
    stub.catalogue.videos.push(
      { ...Object(veo), id: 'acme/tokens', supported_resolutions: ['4K'], pricing_skus: { video_tokens: '7' } },
      { ...Object(veo), id: 'acme/both', supported_resolutions: ['720p', '4K'], pricing_skus: skus },
    );
    const [words] = stub.catalogue.models;
    stub.catalogue.models.push({ ...Object(words), id: 'acme/words', pricing: { prompt: '0', completion: '900' } });
    stub.catalogue.endpoints['qwen/qwen-image-3'] = {
      endpoints: [{ pricing: [{ billable: 'output_image', unit: 'megapixel', cost_usd: 99_000, variant: '4k' }] }],
    };
    const image = stub.catalogue.images.find((one) => Object(one).id === 'qwen/qwen-image-3');
    const big = { resolution: { type: 'enum', values: ['4K'] } };
    const parameters = { ...Object(image).supported_parameters, ...big };
    stub.catalogue.images = [{ ...Object(image), supported_parameters: parameters }];
    const listed = await listedOn(stub);
    expect(readModels(JSON.parse(JSON.stringify(listed)))).toEqual(listed);
    const pricesOf = (id: string) => listed.find((one) => one.id === id)?.entry?.prices;
    expect(pricesOf('acme/tokens')).toBeNull();
    expect(pricesOf('acme/both')).toEqual({
      kind: 'video',
      perSecond: { '720p': { silent: 200_000, sound: 200_000 } },
    });
    expect(pricesOf('acme/words')).toBeNull();
    expect(pricesOf('qwen/qwen-image-3')).toBeNull();
  });

  test('of a half-broken model keeps only the half that works', async () => {
    const listed = await listedOn(await startOpenRouter());
    expect(listed.find(({ id }) => id === 'odd/half-a-model')).toMatchObject({
      entry: {
        title: 'odd/half-a-model',
        capabilities: { durations: [8], resolutions: ['720p'], aspects: ['wide'], lastFrame: [] },
        prices: null,
        extra: { resolutions: { '720p': '720P' }, sound: false },
      },
    });
  });
});

describe('the models that are offered', () => {
  test('begin with those that can do what VidGenie does by default, the cheapest first', async () => {
    const stub = await startOpenRouter();
    const listed = await listedOn(stub);
    // 1080p, 16:9, 8 seconds and sound. Then the others by price, and those of an unknown price at the end.
    expect(offeredOf(stub, listed, 'video')).toEqual([
      'google/veo-3.1-lite',
      'alibaba/wan-2.7',
      'alibaba/wan-3.0',
      'bytedance/seedance-2.0',
      'google/veo-3.1',
      'x-ai/grok-imagine-video',
      'minimax/hailuo-2.3',
      'runway/gen-4.5',
      'kwaivgi/kling-v3.0-pro',
      'odd/half-a-model',
    ]);
    expect(offeredOf(stub, listed, 'image')).toEqual([
      'qwen/qwen-image-3',
      'bytedance-seed/seedream-4.5',
      'x-ai/grok-imagine-image-quality',
      'google/gemini-3.1-flash-image',
      'openai/gpt-image-1-mini',
      'openai/gpt-image-2',
      'black-forest-labs/flux.2-pro',
    ]);
    expect(offeredOf(stub, listed, 'enhance')).toEqual([
      'openai/gpt-6-luna',
      'google/gemini-3.8-flash',
      'mistralai/mistral-large-2512',
      'anthropic/claude-sonnet-5',
      'qwen/qwen3-vl-8b-instruct:free',
      'meta-llama/llama-3.3-70b-instruct',
    ]);
  });

  test('put a film without sound after one with sound, however cheap it is', async () => {
    const stub = await startOpenRouter();
    const silent = { ...Object(stub.catalogue.videos[1]), id: 'acme/silent', generate_audio: null };
    stub.catalogue.videos.unshift({ ...silent, pricing_skus: { duration_seconds: '0.001' } });
    const offered = offeredOf(stub, await listedOn(stub), 'video');
    expect(offered.indexOf('acme/silent')).toBe(offered.indexOf('google/veo-3.1') + 1);
  });

  test('begin with the one that the operator names, even if no catalogue has it', async () => {
    const stub = await startOpenRouter();
    const listed = await listedOn(stub);
    const named = (model: string, list = listed) => offeredOf(stub, list, 'video', { VIDEO_MODEL: model });
    expect(named('google/veo-3.1').slice(0, 2)).toEqual(['google/veo-3.1', 'google/veo-3.1-lite']);
    expect(named('acme/new').slice(0, 2)).toEqual(['acme/new', 'google/veo-3.1-lite']);
    expect(named('acme/new', [])).toEqual(['acme/new']);
    expect(offeredOf(stub, [], 'video')).toEqual([]);
    // This one is Google's own.
    expect(named('veo-3.1-generate-001')[0]).toBe('google/veo-3.1-lite');
  });

  test('change with the catalogue, and a run keeps a model that has left it', async () => {
    const stub = await startOpenRouter();
    let listed = await listedOn(stub);
    const source = openrouter.source(configOf(stub), () => listed);
    const models = () => source?.offered().map(({ model }) => model);
    expect(models()).toContain('google/veo-3.1');
    stub.catalogue.videos = stub.catalogue.videos.filter((one) => Object(one).id !== 'google/veo-3.1');
    listed = await listedOn(stub);
    expect(models()).not.toContain('google/veo-3.1');
    expect(source?.find('video', 'openrouter', 'google/veo-3.1')).toMatchObject({
      model: 'google/veo-3.1',
      step: 'video',
      vendor: 'openrouter',
    });
    expect(source?.find('video', 'google', 'google/veo-3.1')).toBeNull();
  });
});

describe('a catalogue that cannot be read', () => {
  test.each<[string, Fault, string]>([
    ['a web page', { fault: 'html' }, 'no_output'],
    ['malformed JSON', { fault: 'malformed' }, 'no_output'],
    ['another shape', { fault: 'status', status: 200, body: { data: 'none' } }, 'no_output'],
    ['an error within a success', { fault: 'status', status: 200, body: { error: { code: 500 } } }, 'unavailable'],
    ['a redirect', { fault: 'redirect', to: 'https://evil.example/' }, 'unavailable'],
    ['a status', { fault: 'status', status: 503 }, 'unavailable'],
  ])('because of %s is a failure as a whole, so that the one of yesterday stays', async (_name, fault, kind) => {
    for (const path of [/\/videos\/models$/, /\/images\/models$/, /\/v1\/models$/]) {
      const stub = await startOpenRouter();
      stub.fail('GET', path, fault);
      expect(await openrouter.list(configOf(stub), free)).toMatchObject({ ok: false, fault: { kind } });
    }
  });

  test.each<[Fault, string]>([
    [{ fault: 'html' }, 'no_output'],
    [{ fault: 'status', status: 503 }, 'unavailable'],
    [{ fault: 'status', status: 429 }, 'rate_limited'],
    [{ fault: 'status', status: 400 }, 'invalid_request'],
    [{ fault: 'drop' }, 'unavailable'],
  ])(
    'in the prices of one image model (%j) is a failure as a whole, so that a known price stays',
    async (fault, kind) => {
      const stub = await startOpenRouter();
      stub.fail('GET', /qwen-image-3\/endpoints$/, fault);
      expect(await openrouter.list(configOf(stub), free)).toMatchObject({ ok: false, fault: { kind } });
    },
  );

  test('is not one in which OpenRouter knows no prices of an image model', async () => {
    const stub = await startOpenRouter();
    stub.fail('GET', /qwen-image-3\/endpoints$/, { fault: 'status', status: 404 });
    const listed = await listedOn(stub);
    expect(listed.find(({ id }) => id === 'qwen/qwen-image-3')?.entry?.prices).toBeNull();
    expect(listed.find(({ id }) => id === 'bytedance-seed/seedream-4.5')?.entry?.prices).not.toBeNull();
  });
});

describe('ten thousand models', () => {
  test('are read, ordered and offered, and not more than 200 of them are asked for prices', async () => {
    const stub = await startOpenRouter();
    const [video, image] = [stub.catalogue.videos[0], stub.catalogue.images[0]];
    const copies = (one: unknown) =>
      Array.from({ length: 5_000 }, (_, at) => ({ ...Object(one), id: `acme/model-${at}` }));
    stub.catalogue.videos = copies(video);
    stub.catalogue.images = copies(image).map((one) => ({ ...one, id: `${one.id}-image` }));
    const listed = await listedOn(stub);
    expect(offeredOf(stub, listed, 'video')).toHaveLength(5_000);
    expect(offeredOf(stub, listed, 'image')).toHaveLength(5_000);
    expect(stub.requests.length).toBeLessThan(210);
  });

  test('of the same id are one', async () => {
    const stub = await startOpenRouter();
    const [first] = stub.catalogue.videos;
    stub.catalogue.videos.push({ ...Object(first), name: 'Another' });
    const listed = await listedOn(stub);
    expect(listed.filter(({ id }) => id === 'google/veo-3.1').map(({ entry }) => entry?.title)).toEqual([
      'Google: Veo 3.1',
    ]);
  });
});

describe('a key', () => {
  test.each<[Record<string, unknown>, string]>([
    [{ limit_remaining: null }, 'valid'],
    [{ limit_remaining: 74.5 }, 'valid'],
    [{}, 'valid'],
    [{ limit_remaining: 'much' }, 'valid'],
    [{ limit_remaining: 0 }, 'out_of_quota'],
    [{ limit_remaining: -0.02 }, 'out_of_quota'],
    [{ limit_remaining: 5, is_management_key: true }, 'no_permission'],
  ])('of which OpenRouter says %j is %s', async (data, verdict) => {
    const stub = await startOpenRouter();
    stub.keyData = data;
    expect(await openrouter.check(configOf(stub), free)).toBe(verdict);
    expect(stub.requests).toMatchObject([{ method: 'GET', path: '/api/v1/key' }]);
  });

  test.each<[Fault, string]>([
    [{ fault: 'status', status: 401 }, 'invalid'],
    [{ fault: 'status', status: 402 }, 'out_of_quota'],
    [{ fault: 'status', status: 403 }, 'no_permission'],
    [{ fault: 'status', status: 500 }, 'unreachable'],
    [{ fault: 'status', status: 429 }, 'unreachable'],
    [{ fault: 'html' }, 'unreachable'],
    [{ fault: 'drop' }, 'unreachable'],
    [{ fault: 'redirect', to: 'https://evil.example/' }, 'unreachable'],
  ])('whose check is answered with %j is %s', async (fault, verdict) => {
    const stub = await startOpenRouter();
    stub.fail('GET', /\/key$/, fault);
    expect(await openrouter.check(configOf(stub), free)).toBe(verdict);
  });
});
