import { expect, test } from 'vitest';
import type { JsonValue } from '../../src/domain.ts';
import { createOmni } from '../../src/pipeline/providers/google/omni.ts';
import type { Provider, VideoRequest } from '../../src/pipeline/providers/provider.ts';
import { everythingShownOf, googleCanary, googleKey } from '../support/canary.ts';
import { bytesOf, callWith, failureOf, videoRequest } from '../support/providers/call.ts';
import { invalidGoogleKey } from '../support/providers/gemini-image.ts';
import {
  completedEmpty,
  completedInline,
  completedWithWords,
  type OmniStub,
  startOmni,
} from '../support/providers/omni.ts';
import type { Fault } from '../support/providers/server.ts';

const creates = /^\/v1beta\/interactions$/;
const call = () => callWith({ key: googleKey });
const omniOn = (stub: OmniStub) => createOmni({ baseUrl: stub.url, resumePauseMs: 1 });

/** Omni finds the clip by its interaction, so nobody has to read it. */
const unread = async () => {
  throw new Error('the clip was read');
};
const longerBy = (duration: number, handle: JsonValue, seconds: number): VideoRequest => ({
  ...videoRequest,
  prompt: 'the fox walks away',
  start: { from: 'clip', handle, seconds, mime: 'video/mp4', read: unread },
  duration,
});

async function accepted(provider: Provider<'video'>, request: VideoRequest): Promise<JsonValue> {
  const submitted = await provider.submit(request, call());
  if (submitted.outcome !== 'accepted') throw new Error('a video is accepted, not finished');
  return submitted.handle;
}

/** A clip of eight seconds, and the provider that made it. */
async function withClip() {
  const stub = await startOmni();
  const provider = omniOn(stub);
  return { stub, provider, clip: await accepted(provider, videoRequest) };
}

test('a clip is extended by one POST that names its interaction and carries no picture', async () => {
  const { stub, provider, clip } = await withClip();
  await accepted(provider, longerBy(7, clip, 8));
  const [, extension, ...others] = stub.posts(creates);
  expect(others).toEqual([]);
  expect(extension?.body).toEqual({
    model: 'gemini-omni-1.2-flash',
    background: true,
    store: true,
    previous_interaction_id: 'it-1',
    input: [{ type: 'text', text: 'the fox walks away' }],
    response_format: {
      type: 'video',
      aspect_ratio: '16:9',
      duration: '7s',
      resolution: '1080p',
      delivery: 'uri',
    },
    generation_config: { video_config: { task: 'extend' } },
  });
});

test('the result is the whole clip, paid by its added seconds, also for another process', async () => {
  const { stub, provider, clip } = await withClip();
  stub.films.set('it-2', Buffer.from('the clip of 15 seconds'));
  const handle = await accepted(provider, longerBy(7, clip, 8));
  const stored = JSON.parse(JSON.stringify(handle));
  const resumed = omniOn(stub);
  const polled = await resumed.poll(stored, call());
  expect(polled).toMatchObject({ outcome: 'finished', cost: { microUsd: 7 * 105_000, usage: { seconds: 7 } } });
  expect((await bytesOf(await resumed.download(stored, call()))).toString()).toBe('the clip of 15 seconds');
  expect((await bytesOf(await resumed.download(clip, call()))).equals(stub.file.bytes)).toBe(true);
  expect(stub.billed).toEqual([
    { id: 'it-1', seconds: 8 },
    { id: 'it-2', seconds: 7 },
  ]);
});

test('an extension can be extended up to 30 seconds, and beyond them nothing is generated', async () => {
  const { stub, provider, clip } = await withClip();
  const longer = await accepted(provider, longerBy(10, clip, 8));
  const longest = await accepted(provider, longerBy(10, longer, 18));
  const failure = await failureOf(provider.submit(longerBy(3, longest, 28), call()));
  expect([failure.kind, failure.nothingGenerated, failure.isGone]).toEqual(['invalid_request', true, false]);
  expect(stub.billed).toHaveLength(3);
});

test('a clip that Google has deleted is gone, and nothing is generated', async () => {
  const { stub, provider, clip } = await withClip();
  stub.expired.add('it-1');
  const failure = await failureOf(provider.submit(longerBy(7, clip, 8), call()));
  expect([failure.kind, failure.nothingGenerated, failure.isGone]).toEqual(['no_output', true, true]);
  expect(stub.posts(creates)).toHaveLength(2);
  expect(stub.billed).toHaveLength(1);
});

const answered = (status: number, message: string, code = 'invalid_request'): Fault => ({
  fault: 'status',
  status,
  body: { error: { code, message } },
});

test.each([
  ['404', answered(404, 'Requested entity was not found.')],
  ['400 that says it is not found', answered(400, 'Previous interaction it-1 not found.')],
  ['400 that says it has expired', answered(400, 'The interaction in previous_interaction_id has expired.')],
  ['403 of another project', answered(403, 'You have no access to this interaction, or it may not exist.')],
])('%s means that the clip is gone', async (_name, fault) => {
  const { stub, provider, clip } = await withClip();
  stub.fail('POST', creates, fault);
  const failure = await failureOf(provider.submit(longerBy(7, clip, 8), call()));
  expect([failure.kind, failure.nothingGenerated, failure.isGone]).toEqual(['no_output', true, true]);
  expect(stub.posts(creates)).toHaveLength(2);
});

test('a handle of another model is gone before anything is sent', async () => {
  const stub = await startOmni();
  const failure = await failureOf(omniOn(stub).submit(longerBy(7, { name: 'operations/1' }, 8), call()));
  expect([failure.nothingGenerated, failure.isGone]).toEqual([true, true]);
  expect(stub.requests).toEqual([]);
});

test.each<[string, Fault, string, boolean]>([
  ['an error of its own', { fault: 'status', status: 500 }, 'unavailable', false],
  ['too many requests', { fault: 'status', status: 429 }, 'rate_limited', true],
  ['a bad key', { fault: 'status', status: 400, body: invalidGoogleKey(`no: ${googleCanary}`) }, 'bad_key', true],
  [
    'an expired key',
    { fault: 'status', status: 400, body: invalidGoogleKey('API key expired. No interaction was made.') },
    'bad_key',
    true,
  ],
  ['a key without permission', answered(403, `no: ${googleCanary}`), 'bad_key', true],
  ['a bad request', answered(400, `The duration is wrong: ${googleCanary}`), 'invalid_request', true],
  [
    'a refusal that names the interaction',
    answered(400, 'Interaction it-1 no longer meets our safety policies.'),
    'refused',
    false,
  ],
  ['a dropped connection', { fault: 'drop' }, 'unavailable', false],
  ['an answer that breaks off', { fault: 'cut' }, 'unavailable', false],
  ['malformed JSON', { fault: 'malformed' }, 'no_output', false],
  ['an answer without a name', { fault: 'status', status: 200, body: { status: 'queued' } }, 'no_output', false],
])('%s is one POST and no sign that the clip is gone', async (_name, fault, kind, nothingGenerated) => {
  const { stub, provider, clip } = await withClip();
  stub.fail('POST', creates, fault);
  const failure = await failureOf(provider.submit(longerBy(7, clip, 8), call()));
  expect([failure.kind, failure.nothingGenerated, failure.isGone]).toEqual([kind, nothingGenerated, false]);
  expect(stub.posts(creates)).toHaveLength(2);
  expect(everythingShownOf(failure)).not.toContain('CANARY');
});

test('404 for a video that begins with a picture is not a clip that is gone', async () => {
  const stub = await startOmni();
  stub.fail('POST', creates, answered(404, 'Requested entity was not found.'));
  const failure = await failureOf(omniOn(stub).submit(videoRequest, call()));
  expect([failure.kind, failure.isGone]).toEqual(['invalid_request', false]);
});

test('a lost answer is a time-out after one POST', async () => {
  const { stub, provider, clip } = await withClip();
  stub.fail('POST', creates, { fault: 'hang' });
  const stop = new AbortController();
  const failing = failureOf(provider.submit(longerBy(7, clip, 8), callWith({ key: googleKey, signal: stop.signal })));
  await stub.arrival(creates);
  stop.abort(new DOMException('too late', 'TimeoutError'));
  const failure = await failing;
  expect([failure.kind, failure.nothingGenerated, failure.isGone]).toEqual(['timeout', false, false]);
  expect(stub.posts(creates)).toHaveLength(2);
});

test.each([
  ['completed without a video', completedEmpty, 'no_output'],
  ['a refusal after rendering', completedWithWords("I can't show this: it was blocked for safety reasons."), 'refused'],
  ['a spent budget', { status: 'budget_exceeded' }, 'quota'],
  ['a failure', { status: 'failed', errors: [{ code: 'internal', message: 'render farm' }] }, 'no_output'],
  ['an end at Google', { status: 'cancelled' }, 'interrupted'],
])('%s is a failure of an extension too', async (_name, state, kind) => {
  const { stub, provider, clip } = await withClip();
  const handle = await accepted(provider, longerBy(7, clip, 8));
  stub.states = [state];
  expect((await failureOf(provider.poll(handle, call()))).kind).toBe(kind);
});

test('a whole clip inside the answer arrives as its bytes, and an extension can be canceled', async () => {
  const { stub, provider, clip } = await withClip();
  const handle = await accepted(provider, longerBy(7, clip, 8));
  stub.states = [completedInline(Buffer.from('the whole clip'))];
  expect((await bytesOf(await provider.download(handle, call()))).toString()).toBe('the whole clip');
  await provider.cancel(handle, call());
  expect(stub.posts(/it-2\/cancel$/)).toHaveLength(1);
});
