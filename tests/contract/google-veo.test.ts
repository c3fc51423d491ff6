import { describe, expect, test } from 'vitest';
import { findGoogleCloudModel } from '../../src/pipeline/providers/google/keys.ts';
import { createVeo } from '../../src/pipeline/providers/google/veo.ts';
import type { Provider, VideoRequest } from '../../src/pipeline/providers/provider.ts';
import { everythingShownOf } from '../support/canary.ts';
import { bytesOf, callWith, failureOf, jpeg, png, videoRequest } from '../support/providers/call.ts';
import type { Fault } from '../support/providers/server.ts';
import {
  cloudToken,
  operationName,
  startVeo,
  type VeoStub,
  veoDone,
  veoError,
  veoFiltered,
  veoOptions,
  veoWorking,
} from '../support/providers/veo.ts';

const submits = /:predictLongRunning$/;
const video = Buffer.from('a video of a fox');

async function accepted(
  stub: VeoStub,
): Promise<{ provider: Provider<'video'>; handle: Parameters<Provider<'video'>['poll']>[0] }> {
  const provider = createVeo(await veoOptions(stub));
  const submitted = await provider.submit(videoRequest, callWith({}));
  if (submitted.outcome !== 'accepted') throw new Error('a video is accepted, not finished');
  return { provider, handle: submitted.handle };
}

describe('a video from Veo', () => {
  test('is resumed by another process from the stored name, and submitted once', async () => {
    const stub = await startVeo();
    stub.states = [veoWorking, veoDone(video)];
    const { handle } = await accepted(stub);
    const stored = JSON.parse(JSON.stringify(handle));
    const resumed = createVeo(await veoOptions(stub));
    expect(await resumed.poll(stored, callWith({}))).toMatchObject({ outcome: 'working' });
    expect(await resumed.poll(stored, callWith({}))).toMatchObject({
      outcome: 'finished',
      cost: { microUsd: 8 * 400_000, isEstimate: true },
    });
    expect(await bytesOf(await resumed.download(stored, callWith({})))).toEqual(video);
    expect(stub.posts(submits)).toHaveLength(1);
    expect(stub.posts(/fetchPredictOperation$/)[0]?.body).toEqual({ operationName });
  });

  test('is asked for with its first frame, its sound switch and the run that it belongs to', async () => {
    const stub = await startVeo();
    const call = callWith({});
    await createVeo(await veoOptions(stub)).submit({ ...videoRequest, audio: false }, call);
    const [request] = stub.posts(submits);
    expect(request?.headers.authorization).toBe(`Bearer ${cloudToken}`);
    expect(request?.path).toBe(
      '/v1/projects/a-project/locations/us-central1/publishers/google/models/veo-3.1-generate-001:predictLongRunning',
    );
    expect(request?.body).toEqual({
      instances: [
        { prompt: 'the fox looks up', image: { bytesBase64Encoded: png.toString('base64'), mimeType: 'image/png' } },
      ],
      parameters: {
        sampleCount: 1,
        durationSeconds: 8,
        aspectRatio: '16:9',
        resolution: '1080p',
        generateAudio: false,
        resizeMode: 'CROP',
      },
      labels: { 'vidgenie-run': call.runId, 'vidgenie-step': '3' },
    });
  });

  test('is asked for with its last frame too, and a clip is made longer without one', async () => {
    const stub = await startVeo();
    const provider = createVeo(await veoOptions(stub));
    await provider.submit({ ...videoRequest, last: jpeg }, callWith({}));
    const handle = { name: operationName, submittedAt: 1, seconds: 8, resolution: '720p' };
    const start = {
      from: 'clip',
      handle,
      seconds: 8,
      mime: 'video/mp4',
      read: async () => Buffer.from('a clip'),
    } as const;
    const extension: VideoRequest = { ...videoRequest, start, last: jpeg, duration: 7, resolution: '720p' };
    await provider.submit(extension, callWith({}));
    expect(stub.posts(submits).map(({ body }) => Object(body).instances[0])).toEqual([
      {
        prompt: 'the fox looks up',
        image: { bytesBase64Encoded: png.toString('base64'), mimeType: 'image/png' },
        lastFrame: { bytesBase64Encoded: jpeg.content.toString('base64'), mimeType: 'image/jpeg' },
      },
      { prompt: 'the fox looks up', video: { bytesBase64Encoded: expect.any(String), mimeType: 'video/mp4' } },
    ]);
  });

  test('offers the durations that Veo has', async () => {
    const stub = await startVeo();
    expect(createVeo(await veoOptions(stub)).capabilities.durations).toEqual([4, 6, 8]);
  });

  test.each<[string, Fault, string, boolean]>([
    ['an error of its own', { fault: 'status', status: 500 }, 'unavailable', false],
    ['too many requests', { fault: 'status', status: 429 }, 'rate_limited', true],
    [
      'no permission',
      { fault: 'status', status: 403, body: { error: { code: 403, message: cloudToken } } },
      'bad_key',
      true,
    ],
    [
      'a refusal before rendering',
      { fault: 'status', status: 400, body: { error: { code: 400, message: 'violates Responsible AI practices' } } },
      'refused',
      false,
    ],
    ['a dropped connection', { fault: 'drop' }, 'unavailable', false],
    ['malformed JSON', { fault: 'malformed' }, 'no_output', false],
    ['an answer without a name', { fault: 'status', status: 200, body: {} }, 'no_output', false],
  ])('%s is one POST and one failure of the taxonomy', async (_name, fault, kind, nothingGenerated) => {
    const stub = await startVeo();
    stub.fail('POST', submits, fault);
    const provider = createVeo(await veoOptions(stub));
    const failure = await failureOf(provider.submit(videoRequest, callWith({})));
    expect([failure.kind, failure.nothingGenerated]).toEqual([kind, nothingGenerated]);
    expect(stub.posts(submits)).toHaveLength(1);
    expect(everythingShownOf(failure)).not.toContain('CANARY');
  });

  test('a service that hangs is a time-out and one POST', async () => {
    const stub = await startVeo();
    stub.fail('POST', submits, { fault: 'hang' });
    const provider = createVeo({ ...(await veoOptions(stub)), submitDeadlineMs: 500 });
    const failure = await failureOf(provider.submit(videoRequest, callWith({})));
    expect([failure.kind, failure.nothingGenerated]).toEqual(['timeout', false]);
    expect(stub.posts(submits)).toHaveLength(1);
  });

  test('a sign-in that hangs is a time-out, and nothing is sent afterwards', async () => {
    const stub = await startVeo();
    stub.fail('POST', /token/, { fault: 'hang' });
    const provider = createVeo({ ...(await veoOptions(stub)), submitDeadlineMs: 50 });
    const failure = await failureOf(provider.submit(videoRequest, callWith({})));
    expect([failure.kind, failure.nothingGenerated]).toEqual(['timeout', true]);
    expect(stub.posts(submits)).toHaveLength(0);
  });

  test('a sign-in that is refused is a bad key, and nothing is sent', async () => {
    const stub = await startVeo();
    stub.fail('POST', /token/, { fault: 'status', status: 400, body: { error: 'invalid_grant' } });
    const failure = await failureOf(createVeo(await veoOptions(stub)).submit(videoRequest, callWith({})));
    expect([failure.kind, failure.nothingGenerated]).toEqual(['bad_key', true]);
    expect(stub.posts(submits)).toHaveLength(0);
  });

  test.each([
    ['filtered after rendering', veoFiltered('Support codes: 58061214'), 'refused'],
    [
      'refused by its policy',
      veoError(3, 'The prompt could not be submitted: it violates our usage policy.'),
      'refused',
    ],
    ['out of quota', veoError(8, 'Resource exhausted'), 'quota'],
    ['trouble inside', veoError(13, 'Internal error'), 'unavailable'],
    ['another error', veoError(9, 'Something else'), 'no_output'],
    ['done without a video', { done: true, response: {} }, 'no_output'],
  ])('%s is a failure', async (_name, state, kind) => {
    const stub = await startVeo();
    stub.states = [state];
    const { provider, handle } = await accepted(stub);
    expect((await failureOf(provider.poll(handle, callWith({})))).kind).toBe(kind);
  });

  test('trouble while asking says nothing about the video', async () => {
    const stub = await startVeo();
    stub.states = [veoDone(video)];
    const { provider, handle } = await accepted(stub);
    stub.fail('POST', /fetchPredictOperation/, { fault: 'status', status: 503 }, { fault: 'drop' });
    expect((await failureOf(provider.poll(handle, callWith({})))).kind).toBe('unavailable');
    expect((await failureOf(provider.poll(handle, callWith({})))).kind).toBe('unavailable');
    expect((await provider.poll(handle, callWith({}))).outcome).toBe('finished');
  });
});

describe('a free look at Google Cloud', () => {
  const lookAt = async (stub: VeoStub, model = 'veo-3.1-generate-001') =>
    await findGoogleCloudModel(await veoOptions(stub), { model, signal: AbortSignal.timeout(30_000) });

  test('signs in, finds the model, and makes nothing', async () => {
    const stub = await startVeo();
    expect(await lookAt(stub)).toEqual({ ok: true, value: null });
    expect(stub.posts(/models/)).toEqual([]);
  });

  test('tells a model that is not there, and a sign-in that fails, without its token', async () => {
    const stub = await startVeo();
    expect(await lookAt(stub, 'veo-9')).toMatchObject({ ok: false, fault: { kind: 'invalid_request' } });
    stub.fail('POST', /token/, {
      fault: 'status',
      status: 400,
      body: { error: 'invalid_grant', error_description: cloudToken },
    });
    const refused = await lookAt(stub);
    expect(refused).toMatchObject({
      ok: false,
      fault: { kind: 'bad_key', detail: 'The sign-in to Google Cloud failed.' },
    });
    expect(everythingShownOf(refused)).not.toContain(cloudToken);
  });
});
