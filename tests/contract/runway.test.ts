import { randomBytes } from 'node:crypto';
import sharp from 'sharp';
import { describe, expect, onTestFinished, test } from 'vitest';
import { readConfig } from '../../src/config.ts';
import type { ImageRequest, Picture, VideoRequest } from '../../src/pipeline/providers/provider.ts';
import { createRunwayImage } from '../../src/pipeline/providers/runway/image.ts';
import { checkRunwayKey, listRunwayModels } from '../../src/pipeline/providers/runway/keys.ts';
import { imageModelIds, videoModelIds, within } from '../../src/pipeline/providers/runway/models.ts';
import { createRunwayVideo } from '../../src/pipeline/providers/runway/video.ts';
import { realSources } from '../../src/providers.ts';
import { runwayCanary, runwayKey } from '../support/canary.ts';
import {
  bytesOf,
  callWith,
  failureOf,
  imageRequest,
  jpeg,
  picture,
  png,
  referenceOf,
  videoRequest,
} from '../support/providers/call.ts';
import { type RunwayStub, startRunway } from '../support/providers/runway.ts';
import type { Fault } from '../support/providers/server.ts';
import { malformationsOf } from '../support/providers/wellFormed.ts';

const call = () => callWith({ key: runwayKey });
const videos = /_to_video$/;
const uriOf = (bytes: Buffer, mime = 'image/png') => `data:${mime};base64,${bytes.toString('base64')}`;
const videoOn = (stub: RunwayStub, model: (typeof videoModelIds)[number] = 'seedance2_5') =>
  createRunwayVideo({ baseUrl: stub.url, model, resumePauseMs: 1, now: () => 1_000_000 });

async function accepted(stub: RunwayStub, changes: Partial<VideoRequest> = {}) {
  const submitted = await videoOn(stub).submit({ ...videoRequest, ...changes }, call());
  if (submitted.outcome !== 'accepted') throw new Error('a video is accepted, not finished');
  return submitted.handle;
}

describe('a video from Runway', () => {
  test('is asked for with its first and its last frame, its shape and its sound', async () => {
    const stub = await startRunway();
    await videoOn(stub).submit({ ...videoRequest, last: jpeg, duration: 30, audio: false }, call());
    expect(stub.posts(videos)).toMatchObject([
      {
        path: '/v1/image_to_video',
        headers: { 'x-runway-version': '2024-11-06', authorization: `Bearer ${runwayCanary}` },
        body: {
          model: 'seedance2_5',
          promptText: 'the fox looks up',
          duration: 30,
          ratio: '1920:1080',
          audio: false,
          promptImage: [
            { uri: uriOf(png), position: 'first' },
            { uri: uriOf(jpeg.content, 'image/jpeg'), position: 'last' },
          ],
        },
      },
    ]);
    expect(stub.billed).toEqual([900]);
  });

  test('can begin with its words alone', async () => {
    const stub = await startRunway();
    await videoOn(stub).submit({ ...videoRequest, start: { from: 'text' } }, call());
    const [request] = stub.posts(videos);
    expect(request?.path).toBe('/v1/text_to_video');
    expect(Object(request?.body)).not.toHaveProperty('promptImage');
  });

  test('every model is asked only for what it can do, in every way in which it can', async () => {
    const stub = await startRunway();
    let asked = 0;
    for (const model of videoModelIds) {
      const provider = videoOn(stub, model);
      const { aspects, resolutions, durations, lastFrame, fromText } = provider.capabilities;
      const lengths = [durations.at(0) ?? 0, durations.at(-1) ?? 0];
      const starts: VideoRequest['start'][] = [
        { from: 'image', image: picture },
        ...(fromText ? [{ from: 'text' } as const] : []),
      ];
      for (const aspect of aspects) {
        for (const resolution of resolutions) {
          for (const duration of lengths) {
            for (const start of starts) {
              for (const last of start.from === 'image' && lastFrame.includes(duration) ? [null, jpeg] : [null]) {
                const request = {
                  ...videoRequest,
                  prompt: 'word '.repeat(900),
                  aspect,
                  resolution,
                  duration,
                  start,
                  last,
                };
                expect(await provider.submit(request, call())).toMatchObject({ outcome: 'accepted' });
                asked += 1;
              }
            }
          }
        }
      }
    }
    expect(stub.billed).toHaveLength(asked);
    expect(asked).toBeGreaterThan(50);
  });

  test('its picture is a smaller copy if it is too large for a data URI', async () => {
    const stub = await startRunway();
    const [width, height] = [1_900, 1_080];
    const content = await sharp(randomBytes(width * height * 3), { raw: { width, height, channels: 3 } })
      .png()
      .toBuffer();
    expect(content.length).toBeGreaterThan(5_000_000);
    const image: Picture = { content, mime: 'image/png', width, height };
    await videoOn(stub).submit({ ...videoRequest, start: { from: 'image', image } }, call());
    const [{ uri }] = Object(stub.posts(videos)[0]?.body).promptImage;
    expect(uri).toMatch(/^data:image\/jpeg;base64,/);
    expect(uri.length).toBeLessThan(5 * 1024 * 1024);
  });

  test('a clip of another model cannot be made longer, and nothing is sent', async () => {
    const stub = await startRunway();
    const start = { from: 'clip', handle: { id: 'x' }, seconds: 8, mime: 'video/mp4', read: async () => png } as const;
    const failure = await failureOf(videoOn(stub).submit({ ...videoRequest, start }, call()));
    expect([failure.isGone, failure.nothingGenerated]).toEqual([true, true]);
    expect(stub.requests).toEqual([]);
  });

  test('costs what its task reports, and else its published price as an estimate', async () => {
    const stub = await startRunway();
    const handle = await accepted(stub);
    const costOf = async (state: Record<string, unknown>) => {
      stub.states = [{ status: 'SUCCEEDED', ...state }];
      return await videoOn(stub).poll(handle, call());
    };
    expect(await costOf({ cost: { credits: 544 } })).toEqual({
      outcome: 'finished',
      cost: { microUsd: 5_440_000, usage: { credits: 544 } },
    });
    const published = { outcome: 'finished', cost: { microUsd: 8 * 680_000, usage: {}, isEstimate: true } };
    expect(await costOf({ cost: undefined })).toEqual(published);
    expect(await costOf({ cost: { credits: -7 } })).toEqual(published);
    expect(await costOf({ cost: 'free' })).toEqual(published);
  });

  test('its progress is a share, and a lie about it is none', async () => {
    const stub = await startRunway();
    const handle = await accepted(stub);
    const shareOf = async (progress: unknown) => {
      stub.states = [{ status: 'RUNNING', progress }];
      return await videoOn(stub).poll(handle, call());
    };
    expect(await shareOf(0.4)).toEqual({ outcome: 'working', fraction: 0.4, pollAfterMs: 10_000 });
    for (const lie of [40, -1, 'half', null])
      expect(await shareOf(lie)).toEqual({ outcome: 'working', pollAfterMs: 10_000 });
  });

  test.each([
    ['FAILED', 'SAFETY.INPUT.TEXT', 'refused'],
    ['FAILED', 'SAFETY.OUTPUT.VIDEO', 'refused'],
    ['FAILED', 'INPUT_PREPROCESSING.SAFETY.TEXT', 'refused'],
    ['FAILED', 'ASSET.INVALID', 'invalid_request'],
    ['FAILED', 'INTERNAL.BAD_OUTPUT.CODE01', 'no_output'],
    ['FAILED', undefined, 'no_output'],
    ['CANCELLED', undefined, 'interrupted'],
    ['MELTED', undefined, 'no_output'],
  ])('a task that ends as %s (%s) is a failure that may have cost money', async (status, failureCode, kind) => {
    const stub = await startRunway();
    const handle = await accepted(stub);
    stub.states = [{ status, failureCode, failure: 'words of Runway', cost: { credits: 0 } }];
    const failure = await failureOf(videoOn(stub).poll(handle, call()));
    expect([failure.kind, failure.nothingGenerated]).toEqual([kind, false]);
    expect(failure.message).not.toContain('words of Runway');
  });

  test('a task that succeeded without a result is a failure', async () => {
    const stub = await startRunway();
    const handle = await accepted(stub);
    for (const output of [[], null]) {
      stub.states = [{ status: 'SUCCEEDED', output }];
      expect((await failureOf(videoOn(stub).poll(handle, call()))).kind).toBe('no_output');
    }
  });

  test('a task that was canceled is deleted at Runway', async () => {
    const stub = await startRunway();
    const handle = await accepted(stub);
    await videoOn(stub).cancel(handle, call());
    expect([...stub.deleted]).toEqual(['task-1']);
  });
});

describe('the file of a result', () => {
  test('is resumed where it broke off, and asked for without the key', async () => {
    const stub = await startRunway();
    stub.file.bytes = randomBytes(300_000);
    stub.cutAfter = [100_000];
    const handle = await accepted(stub);
    expect(await bytesOf(await videoOn(stub).download(handle, call()))).toEqual(stub.file.bytes);
    const asked = stub.requests.filter(({ path }) => path.startsWith('/files/'));
    expect(asked.length).toBeGreaterThan(1);
    expect(JSON.stringify(asked)).not.toContain('CANARY');
  });

  test.each([
    ['a host that only begins like one of Runway', 'https://dnznrvs05pmza.cloudfront.net.evil.example/x.mp4'],
    ['a host that only ends like one', 'https://evilrunwayml.com/x.mp4'],
    ['another distribution', 'https://d111111abcdef8.cloudfront.net/x.mp4'],
    ['an unencrypted address', 'http://dnznrvs05pmza.cloudfront.net/x.mp4'],
    ['another port', 'https://dnznrvs05pmza.cloudfront.net:8443/x.mp4'],
    ['a sign-in', 'https://me:pass@dnznrvs05pmza.cloudfront.net/x.mp4'],
  ])('is not fetched from %s, and the failure names the host', async (_name, url) => {
    const stub = await startRunway();
    const handle = await accepted(stub);
    stub.states = [{ status: 'SUCCEEDED', output: [url] }];
    const failure = await failureOf(videoOn(stub).download(handle, call()));
    expect([failure.kind, failure.nothingGenerated]).toEqual(['no_output', false]);
    expect(failure.message).toContain(new URL(url).hostname);
    expect(failure.message).not.toContain('pass');
  });

  test('is fetched from a host that the operator names, and from no other port of it', async () => {
    const { providers } = readConfig({ RUNWAY_FILE_HOSTS: 'files.example,d1.cloudfront.net' });
    expect(providers.runwayFileHosts).toEqual(['files.example', 'd1.cloudfront.net']);
    const stub = await startRunway();
    const handle = await accepted(stub);
    const fetched = async (url: string) => {
      stub.states = [{ status: 'SUCCEEDED', output: [url] }];
      const own = createRunwayVideo({ baseUrl: stub.url, model: 'seedance2_5', fileHosts: ['files.invalid'] });
      return (await failureOf(own.download(handle, call()))).kind;
    };
    // Nobody has that name, so an address that is allowed cannot be reached.
    expect(await fetched('https://files.invalid/x.mp4')).toBe('unavailable');
    expect(await fetched('https://files.invalid:444/x.mp4')).toBe('no_output');
    expect(() => readConfig({ RUNWAY_FILE_HOSTS: 'https://files.example' })).toThrow(/RUNWAY_FILE_HOSTS/);
  });
});

describe('an image from Runway', () => {
  test('every model is asked only for what it can do, with as many pictures as it takes', async () => {
    const stub = await startRunway();
    for (const model of imageModelIds) {
      const provider = createRunwayImage({ baseUrl: stub.url, model });
      const { aspects, qualities, references } = provider.capabilities;
      for (const aspect of aspects) {
        for (const quality of qualities) {
          for (const count of new Set([0, references])) {
            const shown = Array.from({ length: count }, () => referenceOf({ from: 'scene' }));
            const request: ImageRequest = { ...imageRequest, aspect, quality, references: shown };
            expect(await provider.submit(request, call())).toMatchObject({ outcome: 'accepted' });
          }
        }
      }
      const tooMany = Array.from({ length: references + 1 }, () => referenceOf({ from: 'scene' }));
      const failure = await failureOf(provider.submit({ ...imageRequest, references: tooMany }, call()));
      expect([failure.kind, failure.nothingGenerated]).toEqual(['invalid_request', true]);
    }
    expect(stub.billed).toHaveLength(2 * (2 * 3 * 2) + 2 * 3);
  });
});

test('a prompt is cut after a whole word', () => {
  expect(within('a fox in the snow', 17)).toBe('a fox in the snow');
  expect(within('a fox in the snow', 16)).toBe('a fox in the');
  expect(within('a fox in the snow', 12)).toBe('a fox in the');
  expect(within('x'.repeat(30), 20)).toHaveLength(20);
});

describe("Runway's error answers", () => {
  const answered = (status: number, error: string): Fault => ({ fault: 'status', status, body: { error } });

  test.each<[string, Fault, string, boolean]>([
    ['an empty account', answered(400, 'You do not have enough credits to run this task.'), 'quota', true],
    ['words that it refuses', answered(400, 'The prompt did not pass content moderation.'), 'refused', false],
    ['a request that it does not take', answered(400, 'promptImage: Invalid data URI.'), 'invalid_request', true],
    ['the limit of a day', answered(429, 'Daily task limit reached.'), 'quota', true],
    ['a rate', answered(429, 'Slow down.'), 'rate_limited', true],
  ])('%s is one POST and one failure of the taxonomy', async (_name, fault, kind, nothingGenerated) => {
    const stub = await startRunway();
    stub.fail('POST', videos, fault);
    const failure = await failureOf(videoOn(stub).submit(videoRequest, call()));
    expect([failure.kind, failure.nothingGenerated]).toEqual([kind, nothingGenerated]);
    expect(stub.posts(videos)).toHaveLength(1);
  });

  test('nothing in the environment sends a key to another address or with another key', async () => {
    const stub = await startRunway();
    const elsewhere = await startRunway();
    const names = { RUNWAYML_API_SECRET: 'the-operators', RUNWAYML_BASE_URL: elsewhere.url, RUNWAYML_LOG: 'debug' };
    Object.assign(process.env, names);
    onTestFinished(() => {
      for (const name of Object.keys(names)) delete process.env[name];
    });
    await accepted(stub);
    expect(JSON.stringify(stub.requests)).not.toContain('the-operators');
    expect(elsewhere.requests).toEqual([]);
  });
});

describe('checking a key of Runway', () => {
  const live = { key: runwayKey, signal: new AbortController().signal };

  test('an account without credits is out of quota, and its models are those that it may use', async () => {
    const stub = await startRunway();
    stub.account.models = { seedance2_5: { maxDailyGenerations: 50 }, wan3: { maxDailyGenerations: 0 } };
    expect(await checkRunwayKey({ baseUrl: stub.url }, live)).toBe('valid');
    const listed = await listRunwayModels({ baseUrl: stub.url }, live);
    expect(listed).toEqual({ ok: true, value: [{ id: 'seedance2_5', shutdownAt: null }] });
    stub.account.creditBalance = 0;
    expect(await checkRunwayKey({ baseUrl: stub.url }, live)).toBe('out_of_quota');
    expect(stub.billed).toEqual([]);
  });
});

describe('what Runway offers', () => {
  const offered = (environment: Record<string, string>, listed: string[] = []) =>
    realSources(readConfig(environment).providers, (id) =>
      id === 'runway' ? listed.map((model) => ({ id: model, shutdownAt: null })) : [],
    )
      .flatMap((source) => source.offered())
      .filter(({ vendor }) => vendor === 'runway');

  test('are its models with titles, prices and what they can do', () => {
    const all = offered({});
    expect(all.map(({ model }) => model)).toEqual([...imageModelIds, ...videoModelIds]);
    for (const provider of all) {
      expect([provider.model, malformationsOf(provider)]).toEqual([provider.model, []]);
      expect(provider.prices).not.toBeNull();
    }
    expect(all.find(({ model }) => model === 'seedance2_5')?.capabilities.durations.at(-1)).toBe(30);
  });

  test('begins with the model that the operator names, and lacks those that the account has not', () => {
    expect(offered({ VIDEO_MODEL: 'veo3.1' }).find(({ step }) => step === 'video')?.model).toBe('veo3.1');
    expect(offered({}, ['wan3', 'gpt_image_2']).map(({ model }) => model)).toEqual(['gpt_image_2', 'wan3']);
  });
});
