import { describe, expect, test } from 'vitest';
import { readConfig } from '../../src/config.ts';
import { Secret } from '../../src/db/secret.ts';
import type { ListedModel } from '../../src/pipeline/providers/keys.ts';
import { server as adapter } from '../../src/pipeline/providers/server/adapter.ts';
import { createServerEnhance, holdsToFormat } from '../../src/pipeline/providers/server/enhance.ts';
import { createServerImage, imageAbilities } from '../../src/pipeline/providers/server/image.ts';
import { createServerVideo } from '../../src/pipeline/providers/server/video.ts';
import { everythingShownOf, plainCanary } from '../support/canary.ts';
import { holdDeadlines } from '../support/providers/asking.ts';
import {
  bytesOf,
  callWith,
  enhanceRequest,
  failureOf,
  imageRequest,
  jpeg,
  picture,
  videoRequest,
} from '../support/providers/call.ts';
import { startOwnServer } from '../support/providers/openai-server.ts';

const call = callWith({});
const own = (url: string, model = 'default') => ({ baseUrl: `${url}/v1`, key: null, model, resumePauseMs: 1 });
const hd = { ...videoRequest, resolution: '720p', duration: 4 } as const;
const videoOf = (url: string, model?: string) => createServerVideo({ ...own(url, model), seconds: null, sizes: null });
const imageOf = (url: string, canEdit = true) =>
  createServerImage({ ...own(url), capabilities: imageAbilities(canEdit) });

describe('the model of a request', () => {
  test('is the first of the list, which is read once and without models that write nothing', async () => {
    const stub = await startOwnServer();
    stub.models.listed = ['nomic-embed-text', 'llama-4', 'qwen-4'];
    const enhance = createServerEnhance(own(stub.url));
    await enhance.submit(enhanceRequest, call);
    await enhance.submit(enhanceRequest, call);
    expect(stub.words.asked.map(({ model }) => model)).toEqual(['llama-4', 'llama-4']);
    expect(stub.requests.filter(({ path }) => path === '/v1/models')).toHaveLength(1);
  });

  test('is left out where the server has no list, and is the given one without a question', async () => {
    const stub = await startOwnServer();
    stub.models.listed = null;
    await videoOf(stub.url).submit(hd, call);
    await videoOf(stub.url, 'Wan-AI/Wan2.2').submit(hd, call);
    expect(stub.videos.asked.map(({ model }) => model)).toEqual([null, 'Wan-AI/Wan2.2']);
    expect(stub.requests.filter(({ path }) => path === '/v1/models')).toHaveLength(1);
  });

  test('that cannot be asked for has made nothing, and is asked for again', async () => {
    const stub = await startOwnServer();
    stub.fail('GET', /models$/, { fault: 'status', status: 503 });
    const video = videoOf(stub.url);
    expect(await failureOf(video.submit(hd, call))).toMatchObject({ kind: 'unavailable', nothingGenerated: true });
    expect(stub.billed).toEqual([]);
    expect((await video.submit(hd, call)).outcome).toBe('accepted');
  });

  test('may be any that the server lists, beside the first one and never instead of it', async () => {
    const { providers } = readConfig({ ENHANCE_BASE_URL: 'http://localhost:11434/v1' });
    const stub = await startOwnServer();
    stub.models.listed = ['llama-4', 'qwen-4'];
    const config = { ...providers, servers: { ...providers.servers, enhance: own(stub.url) } };
    const listed = await adapter.list(config, { key: null, signal: call.signal });
    const known: ListedModel[] = listed.ok ? listed.value : [];
    const offered = (catalogue: readonly ListedModel[]) =>
      adapter
        .source(config, () => catalogue)
        ?.offered()
        .map(({ model }) => model);
    expect(offered([])).toEqual(['default']);
    expect(offered(known)).toEqual(['default', 'llama-4', 'qwen-4']);
  });
});

describe('the key of the operator', () => {
  test('goes along in a header, and is in no failure even if the server repeats it', async () => {
    const stub = await startOwnServer();
    stub.key.required = plainCanary;
    const key = new Secret(plainCanary);
    const video = createServerVideo({ ...own(stub.url), key, seconds: null, sizes: null });
    const submitted = await video.submit(hd, call);
    if (submitted.outcome !== 'accepted') throw new Error('the video is made in the background');
    stub.videos.states = [{ status: 'failed', error: { code: 'x', message: `no luck with ${plainCanary}` } }];
    const failures = [await failureOf(video.poll(submitted.handle, call))];
    const message = `who is ${plainCanary}?`;
    stub.fail('POST', /videos$/, { fault: 'status', status: 400, body: { error: { message } } });
    failures.push(await failureOf(video.submit(hd, call)));
    for (const failure of failures) expect(everythingShownOf(failure)).not.toContain(plainCanary);
    expect(everythingShownOf(video)).not.toContain(plainCanary);
  });
});

describe('a video', () => {
  test('that begins with words has no frame, and one that begins with a picture has it in its exact size', async () => {
    const stub = await startOwnServer();
    const video = videoOf(stub.url);
    await video.submit({ ...hd, start: { from: 'text' } }, call);
    await video.submit({ ...hd, start: { from: 'image', image: picture } }, call);
    const [words, frame] = stub.videos.asked;
    expect(words).toMatchObject({ frame: null, seconds: 4, size: '1280x720' });
    const { default: sharp } = await import('sharp');
    expect(await sharp(frame?.frame ?? undefined).metadata()).toMatchObject({ width: 1280, height: 720 });
  });

  test('costs nothing, and says so', async () => {
    const stub = await startOwnServer();
    const video = videoOf(stub.url);
    const submitted = await video.submit(hd, call);
    if (submitted.outcome !== 'accepted') throw new Error('the video is made in the background');
    expect(await video.poll(submitted.handle, call)).toMatchObject({ outcome: 'working', fraction: 0.4 });
    expect(await video.poll(submitted.handle, call)).toEqual({
      outcome: 'finished',
      cost: { microUsd: 0, usage: { seconds: 4 } },
    });
  });

  test('that the server sends at once is the result', async () => {
    const stub = await startOwnServer();
    stub.videos.atOnce = { created: 1, data: [{ b64_json: Buffer.from('a film').toString('base64'), url: null }] };
    const submitted = await videoOf(stub.url).submit(hd, call);
    if (submitted.outcome !== 'finished') throw new Error('the video is there');
    expect((await bytesOf(submitted.output)).toString()).toBe('a film');
  });

  test('that the server makes while it is asked may take longer than ten minutes', async () => {
    const deadlines = holdDeadlines();
    const stub = await startOwnServer();
    const made = Promise.withResolvers<void>();
    stub.videos.until = made.promise;
    stub.videos.atOnce = { created: 1, data: [{ b64_json: Buffer.from('a film').toString('base64'), url: null }] };
    const arrived = stub.arrival(/videos$/);
    const submitting = videoOf(stub.url).submit(hd, call);
    await arrived;
    deadlines.pass(10 * 60_000);
    made.resolve();
    expect((await submitting).outcome).toBe('finished');
  });

  test('that a server has forgotten is gone, and one that it does not allow is refused', async () => {
    const stub = await startOwnServer();
    const video = videoOf(stub.url);
    stub.fail('GET', /videos/, { fault: 'status', status: 404 });
    expect(await failureOf(video.poll({ id: 'video_1', seconds: 4 }, call))).toMatchObject({
      kind: 'no_output',
      nothingGenerated: false,
    });
    stub.videos.states = [{ status: 'failed', error: { code: 'content_policy_violation', message: 'blocked' } }];
    expect((await failureOf(video.poll({ id: 'video_1', seconds: 4 }, call))).kind).toBe('refused');
  });

  test('is stopped by another call where the server cannot delete it', async () => {
    const stub = await startOwnServer();
    stub.videos.canDelete = false;
    await videoOf(stub.url).cancel({ id: 'video_7', seconds: 4 }, call);
    expect(stub.videos.deleted).toEqual(['video_7']);
  });

  test('has the seconds and sizes of the settings, and those that make no sense are refused at the start', () => {
    const of = (told: Record<string, string>) => {
      const { providers } = readConfig({ VIDEO_BASE_URL: 'http://localhost:8000/v1', ...told });
      const [made] = adapter.source(providers, () => [])?.offered() ?? [];
      return made?.capabilities;
    };
    expect(of({})).toMatchObject({ durations: [1, 2, 3, 4, 5, 6, 7, 8], resolutions: ['720p'], fromText: true });
    expect(of({ VIDEO_SECONDS: '4,8,12' })?.durations).toEqual([4, 8, 12]);
    expect(of({ VIDEO_SECONDS: '2-4, 8' })?.durations).toEqual([2, 3, 4, 8]);
    expect(of({ VIDEO_SIZES: '1920x1080,832x480' })).toMatchObject({
      aspects: ['wide'],
      resolutions: ['720p', '1080p'],
    });
    expect(() => of({ VIDEO_SECONDS: '0-4' })).toThrow(/VIDEO_SECONDS is not a list of whole seconds/);
    expect(() => of({ VIDEO_SECONDS: '8-4' })).toThrow(/VIDEO_SECONDS/);
    expect(() => of({ VIDEO_SIZES: '1280x719' })).toThrow(/VIDEO_SIZES is not a list of sizes/);
    expect(() => of({ VIDEO_SIZES: '1280x720,720x1280,1920x1080' })).toThrow(/VIDEO_SIZES has no tall size for 1080p/);
  });
});

describe('an image', () => {
  test('of words is one request, and of pictures a form with all of them', async () => {
    const stub = await startOwnServer();
    const references = [{ ...jpeg, shows: { from: 'member' } as const }];
    await imageOf(stub.url).submit({ ...imageRequest, references }, call);
    await imageOf(stub.url).submit({ ...imageRequest, references, edit: { how: 'change', picture } }, call);
    expect(stub.billed).toEqual(['/v1/images/edits', '/v1/images/edits']);
    expect(stub.images.edits.map((form) => Object.keys(form).sort().join())).toEqual([
      'image,model,n,prompt,response_format,size',
      'image[],model,n,prompt,response_format,size',
    ]);
  });

  test('is changed only where the server says that it can do that', async () => {
    const stub = await startOwnServer();
    const { providers } = readConfig({});
    const config = { ...providers, servers: { ...providers.servers, image: own(stub.url) } };
    const pictures = async () => {
      const listed = await adapter.list(config, { key: null, signal: call.signal });
      const [made] = adapter.source(config, () => (listed.ok ? listed.value : []))?.offered() ?? [];
      return made?.capabilities.references;
    };
    expect(await pictures()).toBe(3);
    stub.images.canEdit = false;
    expect(await pictures()).toBe(0);
    expect(stub.billed).toEqual([]);
    const edit = { how: 'change', picture } as const;
    expect(await failureOf(imageOf(stub.url, false).submit({ ...imageRequest, edit }, call))).toMatchObject({
      kind: 'invalid_request',
      nothingGenerated: true,
    });
  });

  test('may lie on the server itself', async () => {
    const stub = await startOwnServer();
    stub.images.url = `${stub.url}/v1/images/image.png`;
    const made = await imageOf(stub.url).submit(imageRequest, call);
    if (made.outcome !== 'finished') throw new Error('the image is there');
    expect(await bytesOf(made.output)).toEqual(stub.images.bytes);
  });
});

describe('words', () => {
  test.each([
    ['nothing', (answer: string) => answer],
    ['a fence', (answer: string) => `Here you are:\n\`\`\`json\n${answer}\n\`\`\`\nEnjoy!`],
    ['thoughts with a draft', (answer: string) => `<think>{"image":"draft","motion":"draft"}</think>\n${answer}`],
    ['thoughts whose beginning was cut off', (answer: string) => `a {fox} … </think> Sure! ${answer} {done}`],
    ['sentences with braces', (answer: string) => `I use {this form}: ${answer}`],
  ])('are found in an answer with %s around them', async (_name, wrap) => {
    const stub = await startOwnServer();
    stub.words.wrap = wrap;
    const written = await createServerEnhance(own(stub.url)).submit(enhanceRequest, call);
    expect(written).toMatchObject({ outcome: 'finished', output: { image: 'a still fox', motion: 'it runs' } });
    expect(written).toMatchObject({ cost: { microUsd: 0, usage: { inputTokens: 300, outputTokens: 120 } } });
  });

  test('are asked for without a form after the server has refused it once, and each submit is one POST', async () => {
    const stub = await startOwnServer();
    stub.words.refusesFormat = { status: 400, body: { error: { message: "'response_format' is not supported" } } };
    const enhance = createServerEnhance(own(stub.url));
    expect(await failureOf(enhance.submit(enhanceRequest, call))).toMatchObject({
      kind: 'unavailable',
      nothingGenerated: true,
    });
    expect(stub.posts(/completions/)).toHaveLength(1);
    const scenes = [5, 5, 5];
    const story = await enhance.submit({ ...enhanceRequest, scenes }, call);
    expect(story).toMatchObject({ output: { shots: [{}, {}, {}] } });
    expect(stub.posts(/completions/)).toHaveLength(2);
    expect(stub.words.asked[0]?.hasFormat).toBe(false);
    expect(stub.words.asked[0]?.instructions).toMatch(/one JSON object.*"shots"/s);
  });

  test('that say nothing useful, or that the model refuses, are a failure', async () => {
    const stub = await startOwnServer();
    const enhance = createServerEnhance(own(stub.url));
    stub.words.message = { content: 'I would rather talk about foxes.' };
    expect((await failureOf(enhance.submit(enhanceRequest, call))).kind).toBe('no_output');
    stub.words.message = { content: null, refusal: 'No.' };
    expect((await failureOf(enhance.submit(enhanceRequest, call))).kind).toBe('refused');
  });

  test('in a form or not: the doctor asks which', async () => {
    const stub = await startOwnServer();
    stub.fail('POST', /completions/, { fault: 'status', status: 422, body: { detail: 'json_schema' } });
    expect(await holdsToFormat(own(stub.url), call.signal)).toBe(false);
    stub.fail('POST', /completions/, { fault: 'status', status: 503 });
    expect(await holdsToFormat(own(stub.url), call.signal)).toBeNull();
    stub.fail('POST', /completions/, { fault: 'status', status: 200, body: { choices: [] } });
    expect(await holdsToFormat(own(stub.url), call.signal)).toBe(true);
  });
});
