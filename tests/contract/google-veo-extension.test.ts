import { expect, test } from 'vitest';
import { createVeo } from '../../src/pipeline/providers/google/veo.ts';
import type { VideoRequest } from '../../src/pipeline/providers/provider.ts';
import { everythingShownOf } from '../support/canary.ts';
import { bytesOf, callWith, failureOf, videoRequest } from '../support/providers/call.ts';
import type { Fault } from '../support/providers/server.ts';
import {
  cloudToken,
  startVeo,
  type VeoStub,
  veoDone,
  veoError,
  veoFiltered,
  veoOptions,
} from '../support/providers/veo.ts';

const submits = /:predictLongRunning$/;
const clip = Buffer.from('a clip of eight seconds');
const call = () => callWith({});

const longer = (content: Buffer = clip, seconds = 8): VideoRequest => ({
  ...videoRequest,
  prompt: 'the fox walks away',
  start: { from: 'clip', handle: null, seconds, mime: 'video/mp4', read: async () => content },
  duration: 7,
  resolution: '720p',
});

async function accepted(stub: VeoStub, request: VideoRequest) {
  const provider = createVeo(await veoOptions(stub));
  const submitted = await provider.submit(request, call());
  if (submitted.outcome !== 'accepted') throw new Error('a video is accepted, not finished');
  return { provider, handle: submitted.handle };
}

test('a clip is extended by one POST that carries the clip and no picture', async () => {
  const stub = await startVeo();
  const theCall = call();
  await createVeo(await veoOptions(stub)).submit(longer(), theCall);
  const bodies = stub.posts(submits).map(({ body }) => body);
  expect(bodies).toEqual([
    {
      instances: [
        {
          prompt: 'the fox walks away',
          video: { bytesBase64Encoded: clip.toString('base64'), mimeType: 'video/mp4' },
        },
      ],
      parameters: {
        sampleCount: 1,
        durationSeconds: 7,
        aspectRatio: '16:9',
        resolution: '720p',
        generateAudio: true,
      },
      labels: { 'vidgenie-run': theCall.runId, 'vidgenie-step': '3' },
    },
  ]);
});

test('the result is the whole clip, and it can be extended until it has more than 30 seconds', async () => {
  const stub = await startVeo();
  stub.states = [veoDone(clip)];
  const begun = await accepted(stub, { ...videoRequest, resolution: '720p' });
  let film = await bytesOf(await begun.provider.download(begun.handle, call()));
  for (const [number, seconds] of [
    [2, 8],
    [3, 15],
    [4, 22],
    [5, 29],
  ] as const) {
    stub.films.set(number, Buffer.from(`a clip of ${seconds + 7} seconds`));
    const extended = await accepted(stub, longer(film, seconds));
    expect(await extended.provider.poll(extended.handle, call())).toMatchObject({
      outcome: 'finished',
      cost: { usage: { seconds: 7 } },
    });
    film = await bytesOf(await extended.provider.download(extended.handle, call()));
  }
  expect(film.toString()).toBe('a clip of 36 seconds');
  const failure = await failureOf(createVeo(await veoOptions(stub)).submit(longer(film, 36), call()));
  expect([failure.kind, failure.nothingGenerated]).toEqual(['invalid_request', true]);
  expect(stub.billed).toEqual([8, 7, 7, 7, 7]);
});

test('a clip that is too large to send is gone, and nothing is sent', async () => {
  const stub = await startVeo();
  const large = Buffer.alloc(15_000_001);
  const failure = await failureOf(createVeo(await veoOptions(stub)).submit(longer(large), call()));
  expect([failure.kind, failure.nothingGenerated, failure.isGone]).toEqual(['no_output', true, true]);
  expect(stub.requests).toEqual([]);
});

test('the largest clip that may be sent is within the limit of the vendor', async () => {
  const stub = await startVeo();
  await accepted(stub, longer(Buffer.alloc(15_000_000)));
  expect(stub.billed).toEqual([7]);
});

const answered = (status: number, message: string): Fault => ({
  fault: 'status',
  status,
  body: { error: { code: status, message } },
});

test.each([
  ['413', answered(413, 'Too large')],
  ['400 that names the size', answered(400, 'Request payload size exceeds the limit: 20971520 bytes.')],
])('%s means that the clip cannot be sent', async (_name, fault) => {
  const stub = await startVeo();
  stub.fail('POST', submits, fault);
  const failure = await failureOf(createVeo(await veoOptions(stub)).submit(longer(), call()));
  expect([failure.kind, failure.nothingGenerated, failure.isGone]).toEqual(['no_output', true, true]);
});

test.each<[string, Fault, string, boolean]>([
  ['an error of its own', { fault: 'status', status: 500 }, 'unavailable', false],
  ['too many requests', { fault: 'status', status: 429 }, 'rate_limited', true],
  ['no permission', answered(403, cloudToken), 'bad_key', true],
  ['a bad request', answered(400, `the frame rate must be 24: ${cloudToken}`), 'invalid_request', true],
  ['a refusal before rendering', answered(400, 'violates Responsible AI practices'), 'refused', false],
  ['a dropped connection', { fault: 'drop' }, 'unavailable', false],
  ['an answer that breaks off', { fault: 'cut' }, 'unavailable', false],
  ['malformed JSON', { fault: 'malformed' }, 'no_output', false],
  ['an answer without a name', { fault: 'status', status: 200, body: {} }, 'no_output', false],
])('%s is one POST and no sign that the clip is gone', async (_name, fault, kind, nothingGenerated) => {
  const stub = await startVeo();
  stub.fail('POST', submits, fault);
  const failure = await failureOf(createVeo(await veoOptions(stub)).submit(longer(), call()));
  expect([failure.kind, failure.nothingGenerated, failure.isGone]).toEqual([kind, nothingGenerated, false]);
  expect(stub.posts(submits)).toHaveLength(1);
  expect(everythingShownOf(failure)).not.toContain('CANARY');
});

test('a lost answer is a time-out after one POST', async () => {
  const stub = await startVeo();
  stub.fail('POST', submits, { fault: 'hang' });
  const stop = new AbortController();
  const failing = failureOf(createVeo(await veoOptions(stub)).submit(longer(), callWith({ signal: stop.signal })));
  await stub.arrival(submits);
  stop.abort(new DOMException('too late', 'TimeoutError'));
  const failure = await failing;
  expect([failure.kind, failure.nothingGenerated, failure.isGone]).toEqual(['timeout', false, false]);
  expect(stub.posts(submits)).toHaveLength(1);
});

test.each([
  ['filtered after rendering', veoFiltered('Support codes: 58061214'), 'refused'],
  ['refused by its policy', veoError(3, 'The video violates our usage policy.'), 'refused'],
  [
    'a film that only a bucket can hold',
    veoError(3, 'Generated video is large, a storage uri is required.'),
    'no_output',
  ],
  ['done without a video', { done: true, response: {} }, 'no_output'],
])('%s is a failure of an extension too', async (_name, state, kind) => {
  const stub = await startVeo();
  stub.states = [state];
  const { provider, handle } = await accepted(stub, longer());
  expect((await failureOf(provider.poll(handle, call()))).kind).toBe(kind);
});
