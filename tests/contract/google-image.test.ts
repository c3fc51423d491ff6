import { randomBytes } from 'node:crypto';
import sharp from 'sharp';
import { describe, expect, onTestFinished, test } from 'vitest';
import { googleExchange } from '../../src/pipeline/providers/google/client.ts';
import { createGoogleEnhance } from '../../src/pipeline/providers/google/enhance.ts';
import { createGoogleImage } from '../../src/pipeline/providers/google/image.ts';
import { checkGoogleKey, listGoogleModels } from '../../src/pipeline/providers/google/keys.ts';
import type { Reference } from '../../src/pipeline/providers/provider.ts';
import { attempt } from '../../src/pipeline/providers/providerCall.ts';
import { everythingShownOf, googleCanary, googleKey } from '../support/canary.ts';
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
import { geminiImageAnswer, invalidGoogleKey, startGemini } from '../support/providers/gemini-image.ts';
import type { Fault } from '../support/providers/server.ts';

const generations = /:generateContent$/;
const call = () => callWith({ key: googleKey });

describe('an image from Google', () => {
  test('arrives as its bytes, asked for in the right shape, with its cost and one POST', async () => {
    const stub = await startGemini();
    const submitted = await createGoogleImage({ baseUrl: stub.url }).submit(imageRequest, call());
    if (submitted.outcome !== 'finished') throw new Error('an image is finished at once');
    expect(await bytesOf(submitted.output)).toEqual(png);
    expect(submitted.cost?.microUsd).toBe(10 * 1.5 + 1_120 * 30);
    expect(stub.posts(generations)).toMatchObject([
      {
        path: '/v1beta/models/gemini-nano-banana-2.1:generateContent',
        body: {
          generationConfig: { imageConfig: { aspectRatio: '16:9', imageSize: '2K' }, responseModalities: ['IMAGE'] },
        },
      },
    ]);
  });

  test.each([
    ['a prompt it does not allow', { promptFeedback: { blockReason: 'PROHIBITED_CONTENT' } }, 'refused'],
    ['a picture that it holds back', { candidates: [{ finishReason: 'IMAGE_SAFETY' }] }, 'refused'],
    ['an answer without a picture', { candidates: [{ finishReason: 'NO_IMAGE' }] }, 'no_output'],
    [
      'words instead of a picture',
      { candidates: [{ finishReason: 'STOP', content: { parts: [{ text: 'no' }] } }] },
      'no_output',
    ],
    ['an empty answer', {}, 'no_output'],
    ['an answer in another shape', { candidates: 'none' }, 'no_output'],
  ])('%s is a failure, not an image', async (_name, body, kind) => {
    const stub = await startGemini();
    stub.answer = body;
    expect((await failureOf(createGoogleImage({ baseUrl: stub.url }).submit(imageRequest, call()))).kind).toBe(kind);
    expect(stub.posts(generations)).toHaveLength(1);
  });

  test('one call is one POST, also when the answer asks to be continued', async () => {
    const stub = await startGemini();
    stub.answer = {
      candidates: [{ finishReason: 'CONTINUATION', continuationToken: 'again', content: { parts: [] } }],
    };
    const options = { baseUrl: stub.url };
    expect((await failureOf(createGoogleImage(options).submit(imageRequest, call()))).kind).toBe('no_output');
    expect(stub.posts(generations)).toHaveLength(1);
    const words = {
      prompt: 'a fox',
      style: 'vivid',
      aspect: 'wide',
      duration: 8,
      scenes: [],
      frame: null,
      cast: [],
    } as const;
    expect((await failureOf(createGoogleEnhance(options).submit(words, call()))).kind).toBe('no_output');
    expect(stub.posts(generations)).toHaveLength(2);
  });

  test('a second POST of one call is not sent, whatever an SDK makes of the first answer', async () => {
    const stub = await startGemini();
    const outcome = await attempt(googleExchange(call(), 5_000), async (line) => {
      for (let time = 0; time < 3; time += 1) await line.fetch(`${stub.url}/models`, { method: 'POST' });
    });
    expect(outcome).toMatchObject({ ok: false, fault: { kind: 'no_output', nothingGenerated: false } });
    expect(stub.posts(/models$/)).toHaveLength(1);
  });

  test('a draft that the model thought of is not taken for the picture', async () => {
    const stub = await startGemini();
    const [candidate] = geminiImageAnswer.candidates;
    const draft = { thought: true, inlineData: { mimeType: 'image/png', data: 'ZHJhZnQ=' } };
    stub.answer = { candidates: [{ content: { parts: [draft, ...(candidate?.content.parts ?? [])] } }] };
    const submitted = await createGoogleImage({ baseUrl: stub.url }).submit(imageRequest, call());
    if (submitted.outcome !== 'finished') throw new Error('an image is finished at once');
    expect(await bytesOf(submitted.output)).toEqual(png);
  });

  test('looks at the picture to change, then at its references, and then at the words, in one POST', async () => {
    const stub = await startGemini();
    const edit = { how: 'change', picture: jpeg } as const;
    const references = [referenceOf({ from: 'cast', name: 'fox', kind: 'character', description: 'a red fox' })];
    await createGoogleImage({ baseUrl: stub.url }).submit({ ...imageRequest, edit, references }, call());
    expect(stub.posts(generations)).toMatchObject([
      {
        body: {
          contents: [
            {
              role: 'user',
              parts: [
                { inlineData: { data: jpeg.content.toString('base64'), mimeType: 'image/jpeg' } },
                { inlineData: { data: png.toString('base64'), mimeType: 'image/png' } },
                {
                  text: expect.stringMatching(
                    /^Change picture 1 as "words" says.*"pictures":\[2\],"shows":"character"/s,
                  ),
                },
              ],
            },
          ],
        },
      },
    ]);
  });

  test('six large pictures are sent smaller, because Google takes 20 MB, and seven are not sent', async () => {
    const stub = await startGemini();
    const noise = await sharp(randomBytes(1_800 * 1_100 * 3), { raw: { width: 1_800, height: 1_100, channels: 3 } })
      .png()
      .toBuffer();
    expect(noise.length * 6).toBeGreaterThan(20_000_000);
    const like = (count: number) => ({
      ...imageRequest,
      references: Array<Reference>(count).fill(referenceOf({ from: 'scene' }, { ...picture, content: noise })),
    });
    const provider = createGoogleImage({ baseUrl: stub.url });
    expect(await provider.submit(like(6), call())).toMatchObject({ outcome: 'finished' });
    const failure = await failureOf(provider.submit(like(7), call()));
    expect([failure.kind, failure.nothingGenerated]).toEqual(['invalid_request', true]);
    expect(stub.posts(generations)).toHaveLength(1);
  });

  test('keys of the environment play no part beside the one that is given', async () => {
    const stub = await startGemini();
    const names = ['GOOGLE_API_KEY', 'GEMINI_API_KEY', 'GOOGLE_GENAI_API_VERSION'] as const;
    for (const name of names) process.env[name] = 'the-operators';
    onTestFinished(() => {
      for (const name of names) delete process.env[name];
    });
    await createGoogleImage({ baseUrl: stub.url }).submit(imageRequest, call());
    expect(stub.requests[0]?.headers['x-goog-api-key']).toBe(googleCanary);
    expect(JSON.stringify(stub.requests)).not.toContain('the-operators');
  });
});

describe("Google's error answers", () => {
  const answered = (status: number, error: Record<string, unknown>, headers?: Record<string, string>): Fault => ({
    fault: 'status',
    status,
    body: { error: { code: status, ...error } },
    ...(headers && { headers }),
  });
  const retryInfo = [{ '@type': 'type.googleapis.com/google.rpc.RetryInfo', retryDelay: '34s' }];
  const perDay = [{ violations: [{ quotaId: 'GenerateRequestsPerDayPerProjectPerModel' }] }];

  test.each<[string, Fault, string, boolean, number | undefined]>([
    [
      'a bad key (400)',
      { fault: 'status', status: 400, body: invalidGoogleKey(`bad key ${googleCanary}`) },
      'bad_key',
      true,
      undefined,
    ],
    ['a bad key in a list', { fault: 'status', status: 400, body: [invalidGoogleKey()] }, 'bad_key', true, undefined],
    ['a missing key (401)', answered(401, { status: 'UNAUTHENTICATED' }), 'bad_key', true, undefined],
    ['a key without permission', answered(403, { status: 'PERMISSION_DENIED' }), 'bad_key', true, undefined],
    [
      'no billing',
      answered(400, { status: 'FAILED_PRECONDITION', message: 'Please enable billing' }),
      'quota',
      true,
      undefined,
    ],
    ['a spent day', answered(429, { status: 'RESOURCE_EXHAUSTED', details: perDay }), 'quota', true, undefined],
    [
      'a rate, with Retry-After',
      answered(429, { message: 'slow' }, { 'retry-after': '3' }),
      'rate_limited',
      true,
      3_000,
    ],
    ['a rate, with RetryInfo', answered(429, { message: 'slow', details: retryInfo }), 'rate_limited', true, 34_000],
    ['a rate, without either', answered(429, { message: 'slow' }), 'rate_limited', true, undefined],
    [
      'a policy refusal',
      answered(400, { message: 'The prompt was blocked by our safety policy' }),
      'refused',
      false,
      undefined,
    ],
    [
      'a bad request',
      answered(400, { code: 'invalid_request', message: 'unknown field' }),
      'invalid_request',
      true,
      undefined,
    ],
    ['a model that is gone', answered(404, { message: 'models/x is not found' }), 'invalid_request', true, undefined],
    ['its own error', answered(500, { status: 'INTERNAL' }), 'unavailable', false, undefined],
    ['its own deadline', answered(504, { status: 'DEADLINE_EXCEEDED' }), 'timeout', false, undefined],
    ['a dropped connection', { fault: 'drop' }, 'unavailable', false, undefined],
    ['an answer that breaks off', { fault: 'cut' }, 'unavailable', false, undefined],
    ['malformed JSON', { fault: 'malformed' }, 'no_output', false, undefined],
  ])('%s is one POST and one failure of the taxonomy', async (_name, fault, kind, nothingGenerated, retryAfterMs) => {
    const stub = await startGemini();
    stub.fail('POST', generations, fault);
    const failure = await failureOf(createGoogleImage({ baseUrl: stub.url }).submit(imageRequest, call()));
    expect([failure.kind, failure.nothingGenerated, failure.retryAfterMs]).toEqual([
      kind,
      nothingGenerated,
      retryAfterMs,
    ]);
    expect(stub.posts(generations)).toHaveLength(1);
    expect(everythingShownOf(failure)).not.toContain('CANARY');
  });
});

describe('checking a key', () => {
  const live = { key: googleKey, signal: new AbortController().signal };
  const check = async (fault?: Fault) => {
    const stub = await startGemini();
    if (fault) stub.fail('GET', /models/, fault);
    return await checkGoogleKey({ baseUrl: stub.url }, live);
  };

  test('valid, invalid, not permitted, out of quota and unreachable are five answers', async () => {
    expect(await check()).toBe('valid');
    expect(await check({ fault: 'status', status: 400, body: invalidGoogleKey() })).toBe('invalid');
    expect(await check({ fault: 'status', status: 403, body: { error: { code: 403 } } })).toBe('no_permission');
    const billing = { error: { code: 429, message: 'Your prepayment credits are depleted.' } };
    expect(await check({ fault: 'status', status: 429, body: billing })).toBe('out_of_quota');
    expect(await check({ fault: 'status', status: 503 })).toBe('unreachable');
    expect(await check({ fault: 'drop' })).toBe('unreachable');
  });

  test('models are listed by the names that a setting would use', async () => {
    const stub = await startGemini();
    expect(await listGoogleModels({ baseUrl: stub.url }, live)).toEqual({
      ok: true,
      value: [
        { id: 'gemini-omni-1.2-flash', shutdownAt: null },
        { id: 'gemini-nano-banana-2.1', shutdownAt: null },
      ],
    });
  });
});
