import { describe, expect, test } from 'vitest';
import { createOmni } from '../../src/pipeline/providers/google/omni.ts';
import type { Provider } from '../../src/pipeline/providers/provider.ts';
import { everythingShownOf, googleCanary, googleKey } from '../support/canary.ts';
import { bytesOf, callWith, failureOf, jpeg, png, videoRequest } from '../support/providers/call.ts';
import { invalidGoogleKey } from '../support/providers/gemini-image.ts';
import {
  completed,
  completedEmpty,
  completedInline,
  completedWithWords,
  fileUri,
  type OmniStub,
  startOmni,
} from '../support/providers/omni.ts';
import { deserted, type Fault, startStub } from '../support/providers/server.ts';

const creates = /^\/v1beta\/interactions$/;
const call = () => callWith({ key: googleKey });

function omniOn(stub: OmniStub, now = { ms: 1_000_000 }): Provider<'video'> {
  return createOmni({ baseUrl: stub.url, now: () => now.ms, resumePauseMs: 1 });
}

async function accepted(provider: Provider<'video'>) {
  const submitted = await provider.submit(videoRequest, call());
  if (submitted.outcome !== 'accepted') throw new Error('a video is accepted, not finished');
  return submitted;
}

describe('handing a video over', () => {
  test('binds the first and the last frame in its prompt, in which a member can bind nothing', async () => {
    const stub = await startOmni();
    const prompt = '[# Sources <FIRST_FRAME>@Image2] <LAST_FRAME> it turns <3 <VIDEO_REF_0>';
    const words = '[ Sources ‹FIRST_FRAME>@Image2] ‹LAST_FRAME> it turns <3 ‹VIDEO_REF_0>';
    await omniOn(stub).submit({ ...videoRequest, prompt, last: jpeg, duration: 10 }, call());
    await omniOn(stub).submit({ ...videoRequest, prompt }, call());
    const [both, first] = stub.posts(creates).map(({ body }) => Object(body));
    expect(both).toMatchObject({
      input: [
        { type: 'text', text: `[# Sources <FIRST_FRAME>@Image1 <LAST_FRAME>@Image2] ${words}` },
        { type: 'image', data: png.toString('base64'), mime_type: 'image/png' },
        { type: 'image', data: jpeg.content.toString('base64'), mime_type: 'image/jpeg' },
      ],
      generation_config: { video_config: { task: 'image_to_video' } },
      response_format: { duration: '10s' },
    });
    expect(first.input).toMatchObject([{ text: words }, { type: 'image' }]);
    expect(stub.billed.map(({ seconds }) => seconds)).toEqual([10, 8]);
  });

  test('is one background request with the first frame, and gives a handle that outlives the process', async () => {
    const stub = await startOmni();
    const { handle, pollAfterMs } = await accepted(omniOn(stub));
    expect(pollAfterMs).toBe(5_000);
    expect(stub.posts(creates)).toMatchObject([
      {
        body: {
          model: 'gemini-omni-1.2-flash',
          background: true,
          store: true,
          input: [
            { type: 'text', text: 'the fox looks up' },
            { type: 'image', data: png.toString('base64'), mime_type: 'image/png' },
          ],
          response_format: {
            type: 'video',
            aspect_ratio: '16:9',
            duration: '8s',
            resolution: '1080p',
            delivery: 'uri',
          },
          generation_config: { video_config: { task: 'image_to_video' } },
        },
      },
    ]);
    // Another process has only the JSON of the handle.
    const resumed = omniOn(stub);
    const stored = JSON.parse(JSON.stringify(handle));
    expect(await resumed.poll(stored, call())).toMatchObject({ outcome: 'finished' });
    expect(await bytesOf(await resumed.download(stored, call()))).toEqual(stub.file.bytes);
    expect(stub.posts(creates)).toHaveLength(1);
  });

  test.each<[string, Fault, string, boolean]>([
    ['an error of its own', { fault: 'status', status: 500 }, 'unavailable', false],
    ['an overload', { fault: 'status', status: 503, headers: { 'retry-after': '1' } }, 'unavailable', false],
    ['too many requests', { fault: 'status', status: 429, headers: { 'retry-after': '9' } }, 'rate_limited', true],
    ['too many requests, without a wish', { fault: 'status', status: 429 }, 'rate_limited', true],
    ['a bad key', { fault: 'status', status: 400, body: invalidGoogleKey(`no: ${googleCanary}`) }, 'bad_key', true],
    [
      'a refusal before rendering',
      {
        fault: 'status',
        status: 400,
        body: { error: { code: 'content_blocked', message: 'The image violates our policies.' } },
      },
      'refused',
      false,
    ],
    ['a dropped connection', { fault: 'drop' }, 'unavailable', false],
    ['an answer that breaks off', { fault: 'cut' }, 'unavailable', false],
    ['malformed JSON', { fault: 'malformed' }, 'no_output', false],
    ['an answer without a name', { fault: 'status', status: 200, body: { status: 'queued' } }, 'no_output', false],
  ])('%s is one POST and one failure of the taxonomy', async (_name, fault, kind, nothingGenerated) => {
    const stub = await startOmni();
    stub.fail('POST', creates, fault);
    const failure = await failureOf(omniOn(stub).submit(videoRequest, call()));
    expect([failure.kind, failure.nothingGenerated]).toEqual([kind, nothingGenerated]);
    expect(stub.posts(creates)).toHaveLength(1);
    expect(everythingShownOf(failure)).not.toContain('CANARY');
  });

  test('a service that hangs is a time-out and one POST', async () => {
    const stub = await startOmni();
    stub.fail('POST', creates, { fault: 'hang' });
    const provider = createOmni({ baseUrl: stub.url, submitDeadlineMs: 50 });
    const failure = await failureOf(provider.submit(videoRequest, call()));
    expect([failure.kind, failure.nothingGenerated]).toEqual(['timeout', false]);
    expect(stub.posts(creates)).toHaveLength(1);
  });

  test('a service that nobody answers at has generated nothing', async () => {
    const failure = await failureOf(createOmni({ baseUrl: await deserted() }).submit(videoRequest, call()));
    expect([failure.kind, failure.nothingGenerated]).toEqual(['unavailable', true]);
  });

  test('keys travel in a header, never in an address', async () => {
    const stub = await startOmni();
    const provider = omniOn(stub);
    const { handle } = await accepted(provider);
    await provider.poll(handle, call());
    await bytesOf(await provider.download(handle, call()));
    await provider.cancel(handle, call());
    expect(stub.requests.map(({ headers }) => headers['x-goog-api-key'])).toEqual(
      stub.requests.map(() => googleCanary),
    );
    expect(stub.requests.map(({ url }) => url.href).join()).not.toContain('CANARY');
  });
});

describe('asking how far it is', () => {
  test('comes back after 5, then 10, then every 15 seconds, and ends with the cost of its seconds', async () => {
    const stub = await startOmni();
    const working = { status: 'in_progress', steps: [] };
    stub.states = [{ status: 'queued' }, working, working, completed];
    const now = { ms: 1_000_000 };
    const provider = omniOn(stub, now);
    const { handle } = await accepted(provider);
    const waits: number[] = [5_000];
    for (;;) {
      now.ms += waits.at(-1) ?? 0;
      const polled = await provider.poll(handle, call());
      if (polled.outcome === 'finished') {
        expect(polled.cost).toMatchObject({ microUsd: 8 * 105_000, usage: { seconds: 8, outputTokens: 50_000 } });
        break;
      }
      waits.push(polled.pollAfterMs);
    }
    expect(waits).toEqual([5_000, 10_000, 15_000, 15_000]);
  });

  test.each([
    ['completed without a video', completedEmpty, 'no_output'],
    [
      'a refusal after rendering',
      completedWithWords("I can't show this: it was blocked for safety reasons."),
      'refused',
    ],
    ['a spent budget', { status: 'budget_exceeded' }, 'quota'],
    ['a failure', { status: 'failed', errors: [{ code: 'internal', message: 'render farm' }] }, 'no_output'],
    [
      'a failure on policy grounds',
      { status: 'failed', errors: [{ message: 'violates the prohibited use policy' }] },
      'refused',
    ],
    ['an end at Google', { status: 'cancelled' }, 'interrupted'],
    ['an incomplete end', { status: 'incomplete' }, 'no_output'],
    ['a question back', { status: 'requires_action' }, 'no_output'],
    ['a word that is new to us', { status: 'somersault' }, 'no_output'],
  ])('%s is a failure', async (_name, state, kind) => {
    const stub = await startOmni();
    stub.states = [state];
    const provider = omniOn(stub);
    const { handle } = await accepted(provider);
    expect((await failureOf(provider.poll(handle, call()))).kind).toBe(kind);
  });

  test('trouble while asking says nothing about the video', async () => {
    const stub = await startOmni();
    const provider = omniOn(stub);
    const { handle } = await accepted(provider);
    const fault = { fault: 'status', status: 502 } as const;
    stub.fail('GET', /interactions/, fault, { fault: 'drop' });
    expect((await failureOf(provider.poll(handle, call()))).kind).toBe('unavailable');
    expect((await failureOf(provider.poll(handle, call()))).kind).toBe('unavailable');
    expect((await provider.poll(handle, call())).outcome).toBe('finished');
    expect(stub.posts(creates)).toHaveLength(1);
  });

  test('an answer that is too slow is a time-out, and the next one counts', async () => {
    const stub = await startOmni();
    const provider = createOmni({ baseUrl: stub.url, pollDeadlineMs: 1_000 });
    const { handle } = await accepted(provider);
    stub.fail('GET', /interactions/, { fault: 'hang' });
    expect((await failureOf(provider.poll(handle, call()))).kind).toBe('timeout');
    expect((await provider.poll(handle, call())).outcome).toBe('finished');
  });

  test('cancelling asks Google to stop, and resolves when Google will not', async () => {
    const stub = await startOmni();
    const provider = omniOn(stub);
    const { handle } = await accepted(provider);
    stub.fail('POST', /cancel/, { fault: 'status', status: 400 });
    await provider.cancel(handle, call());
    await provider.cancel(handle, call());
    expect(stub.posts(/it-1\/cancel$/)).toHaveLength(2);
  });
});

describe('fetching the video', () => {
  const download = async (stub: OmniStub, provider = omniOn(stub)) => {
    const { handle } = await accepted(provider);
    return await provider.download(handle, call());
  };
  const large = Buffer.from(Array.from({ length: 300_000 }, (_, index) => index % 251));
  const files = (stub: OmniStub) => stub.requests.filter(({ path }) => path.includes('/files/'));

  test('a video inside the answer arrives as its bytes', async () => {
    const stub = await startOmni();
    stub.states = [completedInline(large)];
    expect(await bytesOf(await download(stub))).toEqual(large);
  });

  test('a download that breaks off twice is taken up where it broke', async () => {
    const stub = await startOmni();
    stub.file.bytes = large;
    stub.cutAfter = [100_000, 70_000];
    expect(await bytesOf(await download(stub))).toEqual(large);
    const ranges = files(stub).map(({ headers }) => headers.range);
    expect(ranges[0]).toBeUndefined();
    expect(ranges).toHaveLength(3);
    expect(stub.posts(creates)).toHaveLength(1);
  });

  test('a server that knows no ranges is read again from the start, and nothing is doubled', async () => {
    const stub = await startOmni();
    stub.file.bytes = large;
    stub.ranges.honoured = false;
    stub.cutAfter = [200_000];
    expect(await bytesOf(await download(stub))).toEqual(large);
  });

  test('a download that breaks off again and again fails its reader, may be repeated, and is submitted once', async () => {
    const stub = await startOmni();
    stub.file.bytes = large;
    stub.cutAfter = [0, 0, 0, 0];
    const provider = omniOn(stub);
    const { handle } = await accepted(provider);
    const broken = await provider.download(handle, call());
    expect((await failureOf(bytesOf(broken))).kind).toBe('unavailable');
    expect(await bytesOf(await provider.download(handle, call()))).toEqual(large);
    expect(stub.posts(creates)).toHaveLength(1);
  });

  test('a broken download that nobody reads does not end the process', async () => {
    const stub = await startOmni();
    stub.file.bytes = large;
    stub.cutAfter = [0, 0, 0, 0];
    const { body } = await download(stub);
    const closed = new Promise((resolve) => body.once('close', resolve));
    body.resume();
    await closed;
    expect(body.errored).toBeInstanceOf(Error);
  });

  test.each<[string, Fault, string]>([
    ['a video that is gone', { fault: 'status', status: 404 }, 'no_output'],
    ['a bad key', { fault: 'status', status: 400, body: invalidGoogleKey(googleCanary) }, 'bad_key'],
    ['trouble', { fault: 'status', status: 500, body: { error: { message: googleCanary } } }, 'unavailable'],
    ['a line that drops', { fault: 'drop' }, 'unavailable'],
  ])('%s is told before anything is read', async (_name, fault, kind) => {
    const stub = await startOmni();
    stub.fail('GET', /files/, fault);
    const failure = await failureOf(download(stub));
    expect([failure.kind, failure.nothingGenerated]).toEqual([kind, false]);
    expect(everythingShownOf(failure)).not.toContain('CANARY');
  });

  test('a server that falls silent is a time-out', async () => {
    const stub = await startOmni();
    stub.fail('GET', /files/, { fault: 'hang' });
    const provider = createOmni({ baseUrl: stub.url, idleDownloadMs: 50, resumePauseMs: 1 });
    expect((await failureOf(download(stub, provider))).kind).toBe('timeout');
  });

  test('a stop in the middle ends the download as an interruption', async () => {
    const stub = await startOmni();
    stub.file.bytes = large;
    stub.cutAfter = [1_000];
    const provider = omniOn(stub);
    const { handle } = await accepted(provider);
    const stop = new AbortController();
    const { body } = await provider.download(handle, callWith({ key: googleKey, signal: stop.signal }));
    stub.fail('GET', /files/, { fault: 'hang' });
    const resumed = stub.arrival(/files/);
    const reading = failureOf(bytesOf({ body }));
    await resumed;
    stop.abort();
    expect((await reading).kind).toBe('interrupted');
  });

  test.each([
    ['another host', 'https://evil.example/v1beta/files/video-1:download'],
    ['a host that only begins like it', 'https://generativelanguage.googleapis.com.evil.example/files/1'],
    ['an address with a sign-in', 'https://me:pass@generativelanguage.googleapis.com/files/1'],
    ['another port', 'https://generativelanguage.googleapis.com:8443/files/1'],
    ['a local file', 'file:///etc/passwd'],
    ['a bucket', 'gs://bucket/video.mp4'],
    ['nonsense', 'not an address'],
  ])('%s is not fetched', async (_name, uri) => {
    const stub = await startOmni();
    stub.states = [{ status: 'completed', steps: [{ type: 'model_output', content: [{ type: 'video', uri }] }] }];
    expect((await failureOf(download(stub))).kind).toBe('no_output');
    expect(files(stub)).toHaveLength(0);
  });

  test('a key in the address is left out, and the key is not taken along to another host', async () => {
    const stub = await startOmni();
    const elsewhere = await startStub((_request, response) => void response.end('caught'));
    const uri = `${fileUri}&key=${googleCanary}`;
    stub.states = [{ status: 'completed', steps: [{ type: 'model_output', content: [{ type: 'video', uri }] }] }];
    expect(await bytesOf(await download(stub))).toEqual(stub.file.bytes);
    expect(files(stub)[0]?.url.search).toBe('?alt=media');
    stub.fail('GET', /files/, { fault: 'redirect', to: `${elsewhere.url}/file` });
    expect((await failureOf(download(stub))).kind).toBe('no_output');
    expect(elsewhere.requests).toHaveLength(0);
  });

  test.each(['/google', '/google/'])(
    'behind a gateway with a path (%s), everything is asked for below it, downloads too',
    async (path) => {
      const stub = await startOmni('/google');
      const provider = createOmni({ baseUrl: `${stub.url}${path}`, resumePauseMs: 1 });
      stub.file.bytes = large;
      stub.cutAfter = [1_000];
      expect(await bytesOf(await download(stub, provider))).toEqual(large);
      const own = `${stub.url}/google/v1beta/files/video-1:download?alt=media`;
      stub.states = [
        { status: 'completed', steps: [{ type: 'model_output', content: [{ type: 'video', uri: own }] }] },
      ];
      expect(await bytesOf(await download(stub, provider))).toEqual(large);
      expect(stub.requests.filter((one) => !one.path.startsWith('/google/v1beta/'))).toEqual([]);
    },
  );

  test('a redirect on the same host is followed', async () => {
    const stub = await startOmni();
    stub.fail('GET', /files/, { fault: 'redirect', to: `${stub.url}/v1beta/files/video-1:download` });
    expect(await bytesOf(await download(stub))).toEqual(stub.file.bytes);
  });
});
