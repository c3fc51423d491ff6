import { expect, test } from 'vitest';
import { openrouter } from '../../src/pipeline/providers/openrouter/adapter.ts';
import { createOpenRouterVideo } from '../../src/pipeline/providers/openrouter/video.ts';
import { videoModelOf } from '../../src/pipeline/providers/openrouter/videoModels.ts';
import type { Provider, VideoRequest } from '../../src/pipeline/providers/provider.ts';
import { everythingShownOf, openAiCanary } from '../support/canary.ts';
import { testConfig } from '../support/config.ts';
import { bytesOf, callWith, failureOf, jpeg, png, videoRequest } from '../support/providers/call.ts';
import {
  completed,
  inProgress,
  type OpenRouterStub,
  openRouterKey,
  recordedCatalogue,
  startOpenRouter,
} from '../support/providers/openrouter.ts';
import { type Fault, startStub } from '../support/providers/server.ts';

const submits = /\/videos$/;
const call = () => callWith({ key: openRouterKey });
const paid = (stub: OpenRouterStub) => stub.posts(submits).map(({ body }) => Object(body));

/** A model of the recorded catalogue, asked at the stand-in. */
function providerOn(stub: OpenRouterStub, model = 'google/veo-3.1-lite'): Provider<'video'> {
  const listed = recordedCatalogue().videos.map(videoModelOf);
  const entry = listed.find((one) => one?.id === model)?.entry;
  if (!entry) throw new Error(`${model} is not usable`);
  const { capabilities, prices, extra } = entry;
  const options = { baseUrl: `${stub.url}/api/v1`, resumePauseMs: 1 };
  return createOpenRouterVideo(options, { shown: { model, capabilities, prices }, extra });
}

async function handleOf(provider: Provider<'video'>, request: VideoRequest = videoRequest) {
  const submitted = await provider.submit(request, call());
  if (submitted.outcome !== 'accepted') throw new Error('a video is accepted, not finished');
  return submitted.handle;
}

async function costOf(stub: OpenRouterStub, request: VideoRequest, model?: string) {
  const provider = providerOn(stub, model);
  stub.states = [completed];
  const polled = await provider.poll(await handleOf(provider, request), call());
  return polled.outcome === 'finished' ? polled.cost : null;
}

test('a film is one request with its frames, in the words of the model', async () => {
  const stub = await startOpenRouter();
  await providerOn(stub).submit({ ...videoRequest, last: jpeg, aspect: 'tall', audio: false }, call());
  await providerOn(stub, 'google/veo-3.1').submit({ ...videoRequest, resolution: '4k' }, call());
  const [both, first] = paid(stub);
  const dataUrl = (content: Buffer, mime: string) => `data:${mime};base64,${content.toString('base64')}`;
  expect(both).toEqual({
    model: 'google/veo-3.1-lite',
    prompt: 'the fox looks up',
    duration: 8,
    resolution: '1080p',
    aspect_ratio: '9:16',
    generate_audio: false,
    frame_images: [
      { type: 'image_url', image_url: { url: dataUrl(png, 'image/png') }, frame_type: 'first_frame' },
      { type: 'image_url', image_url: { url: dataUrl(jpeg.content, 'image/jpeg') }, frame_type: 'last_frame' },
    ],
  });
  expect(first).toMatchObject({ resolution: '4K', generate_audio: true, frame_images: [{}] });
  expect(stub.billed).toHaveLength(2);
});

test('a film from words has no frame, and a clip cannot be made longer, which costs nothing', async () => {
  const stub = await startOpenRouter();
  await providerOn(stub).submit({ ...videoRequest, start: { from: 'text' } }, call());
  expect(paid(stub)[0]).not.toHaveProperty('frame_images');
  const clip = { from: 'clip', handle: {}, seconds: 8, mime: 'video/mp4', read: async () => png } as const;
  const failure = await failureOf(providerOn(stub).submit({ ...videoRequest, start: clip }, call()));
  expect([failure.isGone, failure.nothingGenerated]).toEqual([true, true]);
  expect(stub.billed).toHaveLength(1);
});

test('a model that makes no sound, or does not say so, is not told whether to', async () => {
  const stub = await startOpenRouter();
  const request = { ...videoRequest, duration: 6 };
  await providerOn(stub, 'minimax/hailuo-2.3').submit(request, call());
  await providerOn(stub, 'runway/gen-4.5').submit({ ...request, resolution: '720p' }, call());
  for (const body of paid(stub)) expect(body).not.toHaveProperty('generate_audio');
});

test('the cost is what OpenRouter reports, to the millionth', async () => {
  const stub = await startOpenRouter();
  stub.usage.video = { cost: 0.6400004, is_byok: false };
  expect(await costOf(stub, videoRequest)).toEqual({
    microUsd: 640_000,
    usage: { seconds: 8, resolution: '1080p', costUsd: 0.6400004 },
  });
});

test.each<[string, unknown]>([
  ['no cost', {}],
  ['a cost of null', { cost: null }],
  ['a cost below nothing', { cost: -3 }],
  ['a cost as text', { cost: '0.64' }],
  ['nothing', undefined],
  ["only its fee, because the provider's key was the account's own", { cost: 0.02, is_byok: true }],
])('where OpenRouter reports %s, the published price is an estimate', async (_name, usage) => {
  const stub = await startOpenRouter();
  stub.usage.video = usage;
  expect(await costOf(stub, videoRequest)).toMatchObject({ microUsd: 640_000, isEstimate: true });
  expect(await costOf(stub, { ...videoRequest, audio: false })).toMatchObject({ microUsd: 400_000, isEstimate: true });
});

test('the published price is the one at the time of the request, whatever the catalogue says later', async () => {
  const stub = await startOpenRouter();
  stub.usage.video = null;
  stub.states = [completed];
  const handle = JSON.parse(JSON.stringify(await handleOf(providerOn(stub))));
  stub.catalogue.videos = [];
  const { providers } = testConfig('postgres://nowhere', '.', { OPENROUTER_BASE_URL: `${stub.url}/api/v1` });
  const left = openrouter.source(providers, () => [])?.find('video', 'openrouter', 'google/veo-3.1-lite');
  const polled = await left?.poll(handle, call());
  expect(polled).toMatchObject({ outcome: 'finished', cost: { microUsd: 640_000, isEstimate: true } });
});

test('without a report and without a known price the cost is unknown', async () => {
  const stub = await startOpenRouter();
  stub.usage.video = null;
  const provider = providerOn(stub);
  const unpriced = createOpenRouterVideo(
    { baseUrl: `${stub.url}/api/v1` },
    { shown: { model: provider.model, capabilities: provider.capabilities, prices: null }, extra: null },
  );
  stub.states = [completed];
  const polled = await unpriced.poll(await handleOf(unpriced), call());
  expect(polled).toEqual({
    outcome: 'finished',
    cost: { microUsd: null, usage: { seconds: 8, resolution: '1080p' } },
  });
});

test.each<[string, Record<string, unknown>, string]>([
  ['failed', { error: 'The model ran out of memory' }, 'no_output'],
  ['failed', { error: 'The prompt violates our content policy' }, 'refused'],
  ['failed', { error: { message: 'Input image was flagged by moderation' } }, 'refused'],
  ['failed', { error: { code: 429, message: 'Upstream is busy' } }, 'rate_limited'],
  ['failed', {}, 'no_output'],
  ['cancelled', {}, 'interrupted'],
  ['expired', {}, 'no_output'],
])('a job that %s with %j is a failure that may have cost money', async (status, more, kind) => {
  const stub = await startOpenRouter();
  const provider = providerOn(stub);
  const handle = await handleOf(provider);
  stub.states = [{ status, ...more }];
  const failure = await failureOf(provider.poll(handle, call()));
  expect([failure.kind, failure.nothingGenerated]).toEqual([kind, false]);
});

test('a status that nobody knows yet is work that goes on', async () => {
  const stub = await startOpenRouter();
  const provider = providerOn(stub);
  const handle = await handleOf(provider);
  stub.states = [{ status: 'reticulating' }, inProgress, completed];
  const outcomes = [1, 2, 3].map(async () => (await provider.poll(handle, call())).outcome);
  expect((await Promise.all(outcomes)).sort()).toEqual(['finished', 'working', 'working']);
});

test('addresses that OpenRouter names are never asked, and the key goes nowhere else', async () => {
  const [stub, elsewhere] = [await startOpenRouter(), await startStub((_request, response) => void response.end())];
  stub.named.url = elsewhere.url;
  stub.states = [completed];
  const provider = providerOn(stub);
  const handle = await handleOf(provider);
  await provider.poll(handle, call());
  expect(await bytesOf(await provider.download(handle, call()))).toEqual(stub.film.bytes);
  expect(JSON.stringify(handle)).not.toContain(elsewhere.url);
  expect(elsewhere.requests).toEqual([]);
});

test.each(['../../credits', '..', 'job/1', 'job?key=1', 'a b', '', 7])(
  'a job that is called %j is none of ours: no later call would lead to it',
  async (id) => {
    const stub = await startOpenRouter();
    stub.fail('POST', submits, { fault: 'status', status: 202, body: { id, status: 'pending' } });
    const failure = await failureOf(providerOn(stub).submit(videoRequest, call()));
    expect([failure.kind, failure.nothingGenerated]).toEqual(['no_output', false]);
  },
);

test('a download that breaks off goes on, and one that is sent to another host ends', async () => {
  const stub = await startOpenRouter();
  const provider = providerOn(stub);
  const handle = await handleOf(provider);
  stub.cutAfter.push(5, 7);
  expect(await bytesOf(await provider.download(handle, call()))).toEqual(stub.film.bytes);
  for (const to of [
    'https://evil.example/film.mp4',
    'http://openrouter.ai/film.mp4',
    'https://openrouter.ai.example/',
  ]) {
    stub.fail('GET', /\/content$/, { fault: 'redirect', to });
    expect((await failureOf(provider.download(handle, call()))).kind).toBe('no_output');
  }
});

const body = (code: number, message: string, metadata?: unknown) => ({ error: { code, message, metadata } });

test.each<[string, Fault, string, boolean]>([
  [
    "OpenRouter's own moderation",
    {
      fault: 'status',
      status: 403,
      body: body(403, 'Input was flagged', { reasons: ['violence'], flagged_input: 'x' }),
    },
    'refused',
    true,
  ],
  [
    "a provider's refusal",
    {
      fault: 'status',
      status: 400,
      body: body(400, 'Provider returned error', { raw: 'blocked by our safety system' }),
    },
    'refused',
    false,
  ],
  ['a key without permission', { fault: 'status', status: 403, body: body(403, 'Not allowed') }, 'bad_key', true],
  [
    'a key at its limit',
    { fault: 'status', status: 403, body: body(403, 'Key limit exceeded (total limit).') },
    'quota',
    true,
  ],
  ['an empty account', { fault: 'status', status: 402, body: body(402, 'Insufficient credits') }, 'quota', true],
  [
    'too much in flight',
    { fault: 'status', status: 402, body: body(402, 'In-flight budget'), headers: { 'retry-after': '3' } },
    'rate_limited',
    true,
  ],
  ['a provider that is too slow', { fault: 'status', status: 524, body: body(524, 'Timed out') }, 'timeout', false],
  ['an overload', { fault: 'status', status: 529, body: body(529, 'Provider returned error') }, 'unavailable', false],
  [
    'an error within a success',
    { fault: 'status', status: 200, body: body(402, 'Insufficient credits') },
    'quota',
    false,
  ],
  [
    'a refusal within a success',
    { fault: 'status', status: 200, body: body(403, 'Flagged', { reasons: ['hate'] }) },
    'refused',
    false,
  ],
])('%s is one POST and one failure of the taxonomy', async (_name, fault, kind, nothingGenerated) => {
  const stub = await startOpenRouter();
  stub.fail('POST', submits, fault);
  const failure = await failureOf(providerOn(stub).submit(videoRequest, call()));
  expect([failure.kind, failure.nothingGenerated]).toEqual([kind, nothingGenerated]);
  expect(failure.retryAfterMs).toBe(kind === 'rate_limited' ? 3_000 : undefined);
  expect(stub.posts(submits)).toHaveLength(1);
});

test("what a provider behind OpenRouter says shows nobody's key", async () => {
  const stub = await startOpenRouter();
  const words = `bad key ${openAiCanary}, and ${openRouterKey.reveal()}`;
  stub.fail('POST', submits, { fault: 'status', status: 200, body: body(400, words) });
  const failure = await failureOf(providerOn(stub).submit(videoRequest, call()));
  expect(everythingShownOf(failure)).not.toContain('CANARY');
});
