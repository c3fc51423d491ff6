import { describe, expect, test } from 'vitest';
import { Secret } from '../../src/db/secret.ts';
import { comfyui } from '../../src/pipeline/providers/comfyui/adapter.ts';
import { createComfyImage } from '../../src/pipeline/providers/comfyui/image.ts';
import { createComfyVideo } from '../../src/pipeline/providers/comfyui/video.ts';
import type { Provider } from '../../src/pipeline/providers/provider.ts';
import { everythingShownOf, plainCanary } from '../support/canary.ts';
import { testConfig } from '../support/config.ts';
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
import { type ComfyStub, inputOf, startComfy } from '../support/providers/comfyui.ts';
import { editingFolder, sampleOf } from '../support/providers/comfyui-samples.ts';
import { deserted, type Fault } from '../support/providers/server.ts';
import { comfyuiSubjects } from './subjects/comfyui.ts';

const call = callWith({});
const key = new Secret(plainCanary);
const film = { ...videoRequest, duration: 5 };

const videoOn = (stub: ComfyStub, over: { key?: Secret; now?: () => number; submitDeadlineMs?: number } = {}) =>
  createComfyVideo({ baseUrl: stub.url, key: null, resumePauseMs: 1, ...over }, sampleOf('video'));
const imageOn = (stub: ComfyStub) => createComfyImage({ baseUrl: stub.url, key: null }, sampleOf('image'));

async function accepted(provider: Provider<'video'>, request = film) {
  const submitted = await provider.submit(request, call);
  if (submitted.outcome !== 'accepted') throw new Error('a video is accepted, not finished');
  // Another process has only the JSON of the handle.
  return JSON.parse(JSON.stringify(submitted.handle));
}

test('a film whose workflow was renamed in the meantime is still fetched and stopped, and none is made with it', async () => {
  const stub = await startComfy();
  const handle = await accepted(videoOn(stub));
  const { providers } = testConfig('postgres://nowhere', '.', { COMFYUI_URL: stub.url });
  const provider = comfyui.source(providers, () => [])?.find('video', 'comfyui', 'an-old-name');
  if (provider?.step !== 'video') throw new Error('no provider');
  expect(await provider.poll(handle, call)).toMatchObject({ outcome: 'finished' });
  expect((await bytesOf(await provider.download(handle, call))).length).toBeGreaterThan(0);
  await provider.cancel(handle, call);
  expect(await failureOf(provider.submit(film, call))).toMatchObject({ nothingGenerated: true, lacksModel: true });
  expect(stub.jobs).toHaveLength(1);
});

describe('submitting', () => {
  test('uploads the first frame by a request of its own, and sends the workflow once with the values of the run', async () => {
    const stub = await startComfy();
    const handle = await accepted(videoOn(stub));
    expect(stub.requests.map(({ method, path }) => `${method} ${path}`)).toEqual([
      'POST /upload/image',
      'POST /prompt',
    ]);
    const [job] = stub.jobs;
    if (!job) throw new Error('nothing was queued');
    expect(handle).toMatchObject({ id: job.id, output: '19' });
    expect(job.graph['13']?.inputs).toEqual({
      positive: ['9', 0],
      negative: ['10', 0],
      vae: ['8', 0],
      start_image: ['11', 0],
      width: 1280,
      height: 720,
      length: 81,
      batch_size: 1,
    });
    expect(inputOf(job, 'ImageScale', 'width')).toBe(1920);
    expect(inputOf(job, 'CreateVideo', 'fps')).toBe(16);
    expect(job.graph['9']?.inputs.text).toBe('the fox looks up');
    expect([...stub.uploads.values()]).toEqual([png]);
    expect([...stub.uploads.keys()]).toEqual([job.graph['11']?.inputs.image]);
  });

  test('shows the last frame where there is one, by a name of its own', async () => {
    const stub = await startComfy();
    await accepted(videoOn(stub), { ...film, last: jpeg });
    expect([...stub.uploads.values()]).toEqual([png, jpeg.content]);
    expect(stub.jobs[0]?.graph['13']?.inputs.end_image).toEqual(['12', 0]);
    expect(stub.jobs[0]?.graph['12']?.inputs.image).toBe([...stub.uploads.keys()][1]);
  });

  test('gives an image the pictures that there are, and a prompt that says what each is for', async () => {
    const stub = await startComfy();
    const provider = createComfyImage({ baseUrl: stub.url, key: null }, sampleOf('image', await editingFolder()));
    expect(provider.capabilities).toMatchObject({ references: 3, aspects: ['wide', 'tall'], qualities: ['hd'] });
    const references = [referenceOf({ from: 'member' }, jpeg)];
    await provider.submit({ ...imageRequest, edit: { how: 'change', picture }, references }, call);
    await provider.submit(imageRequest, call);
    const [edited, fresh] = stub.jobs.map(({ graph }) => graph);
    expect([...stub.uploads.values()]).toEqual([png, jpeg.content]);
    expect(Object.keys(edited?.['5']?.inputs ?? {}).sort()).toEqual(['clip', 'image1', 'image2', 'prompt', 'vae']);
    expect(edited?.['5']?.inputs.prompt).toMatch(/Change picture 1/);
    expect(fresh?.['5']?.inputs).toEqual({ clip: ['2', 0], vae: ['3', 0], prompt: imageRequest.prompt });
    expect(Object.keys(fresh ?? {})).not.toContain('24');
    const four = { ...imageRequest, references: Array.from({ length: 4 }, () => referenceOf({ from: 'member' })) };
    expect(await failureOf(provider.submit(four, call))).toMatchObject({
      kind: 'invalid_request',
      nothingGenerated: true,
    });
  });

  test('gives every variant and every step another seed, and the same call the same one', async () => {
    const stub = await startComfy();
    const provider = imageOn(stub);
    const asked: [number, number][] = [
      [3, 1],
      [3, 2],
      [4, 1],
      [3, 1],
    ];
    for (const [stepNumber, variant] of asked) {
      await provider.submit({ ...imageRequest, variant }, callWith({ runId: call.runId, stepNumber }));
    }
    const seeds = stub.jobs.map((job) => Number(inputOf(job, 'KSampler', 'seed')));
    expect(new Set(seeds).size).toBe(3);
    expect(seeds[3]).toBe(seeds[0]);
  });

  test.each<[string, Fault, string, boolean]>([
    ['an error of its own', { fault: 'status', status: 500 }, 'unavailable', false],
    ['a dropped connection', { fault: 'drop' }, 'unavailable', false],
    ['an answer that breaks off', { fault: 'cut' }, 'unavailable', false],
    ['a page in place of an answer', { fault: 'html' }, 'no_output', false],
    ['an error inside', { fault: 'status', status: 200, body: { error: { message: 'no' } } }, 'no_output', false],
    ['a redirect', { fault: 'redirect', to: 'http://127.0.0.1:9/prompt' }, 'unavailable', false],
    ['a key that it does not take', { fault: 'status', status: 401, body: { error: plainCanary } }, 'bad_key', true],
  ])('%s is one POST of the workflow and one failure', async (_name, fault, kind, nothingGenerated) => {
    const stub = await startComfy();
    stub.fail('POST', /^\/prompt$/, fault);
    const failure = await failureOf(videoOn(stub, { key }).submit(film, call));
    expect([failure.kind, failure.nothingGenerated]).toEqual([kind, nothingGenerated]);
    expect(stub.posts(/^\/prompt$/)).toHaveLength(1);
    expect(everythingShownOf(failure)).not.toContain(plainCanary);
  });

  test('a picture that cannot be uploaded proves that nothing was generated', async () => {
    const stub = await startComfy();
    stub.fail('POST', /upload/, { fault: 'drop' }, { fault: 'html' }, { fault: 'status', status: 500 });
    for (const kind of ['unavailable', 'no_output', 'unavailable']) {
      expect(await failureOf(videoOn(stub).submit(film, call))).toMatchObject({ kind, nothingGenerated: true });
    }
    expect(stub.posts(/^\/prompt$/)).toEqual([]);
    const nobody = createComfyVideo({ baseUrl: await deserted(), key: null }, sampleOf('video'));
    expect(await failureOf(nobody.submit(film, call))).toMatchObject({ kind: 'unavailable', nothingGenerated: true });
  });

  test('a prompt whose answer was lost is found again by its id, and not sent again', async () => {
    const stub = await startComfy();
    stub.starts = 'pending';
    stub.losesAnswers = 1;
    const handle = await accepted(videoOn(stub));
    expect(handle.id).toBe(stub.jobs[0]?.id);
    expect(stub.jobs).toHaveLength(1);
    // An old ComfyUI has chosen an id that we do not know.
    stub.isOld = true;
    stub.losesAnswers = 1;
    expect(await failureOf(videoOn(stub).submit(film, call))).toMatchObject({
      kind: 'unavailable',
      nothingGenerated: false,
    });
    expect(stub.jobs).toHaveLength(2);
  });

  test('a workflow that ComfyUI refuses has generated nothing, and the reason names the node', async () => {
    const stub = await startComfy();
    stub.models.get('loras')?.delete('wan2.2_i2v_lightx2v_4steps_lora_v1_low_noise.safetensors');
    const failure = await failureOf(videoOn(stub).submit(film, call));
    expect(failure).toMatchObject({ kind: 'invalid_request', nothingGenerated: true });
    expect(failure.message).toMatch(/LoraLoaderModelOnly \(node 4\): Value not in list: lora_name/);
    expect(stub.jobs).toEqual([]);
  });

  test('a workflow of which ComfyUI can only make another output is taken out of the queue and fails', async () => {
    const stub = await startComfy();
    const errors = [{ message: 'Value not in list', details: 'format' }];
    const node_errors = { '19': { class_type: 'SaveVideo', errors, dependent_outputs: ['19'] } };
    stub.fail('POST', /^\/prompt$/, {
      fault: 'status',
      status: 200,
      body: { prompt_id: 'p-1', number: 1, node_errors },
    });
    const failure = await failureOf(videoOn(stub).submit(film, call));
    expect(failure).toMatchObject({ kind: 'invalid_request', nothingGenerated: false });
    expect(failure.message).toContain('SaveVideo (node 19): Value not in list: format');
    expect(stub.posts(/^\/queue$/).map(({ body }) => body)).toEqual([{ delete: ['p-1'] }]);
  });

  test('a request beyond the workflow is refused before anything is sent', async () => {
    const stub = await startComfy();
    const clip = { from: 'clip', handle: null, seconds: 5, mime: 'video/mp4', read: async () => png } as const;
    for (const wrong of [
      { duration: 9 },
      { start: clip },
      { start: { from: 'text' } as const },
      { resolution: '4k' } as const,
    ]) {
      const failure = await failureOf(videoOn(stub).submit({ ...film, ...wrong }, call));
      expect(failure).toMatchObject({ kind: 'invalid_request', nothingGenerated: true });
    }
    expect(stub.requests).toEqual([]);
  });
});

describe('waiting', () => {
  test('is told from the queue to the result, with pauses that grow', async () => {
    const stub = await startComfy();
    stub.starts = 'pending';
    const clock = { ms: 1_000_000 };
    const provider = videoOn(stub, { now: () => clock.ms });
    const handle = await accepted(provider);
    const [job] = stub.jobs;
    if (!job) throw new Error('nothing was queued');
    expect(await provider.poll(handle, call)).toEqual({ outcome: 'working', fraction: 0, pollAfterMs: 1_000 });
    job.state = 'running';
    clock.ms += 50_000;
    expect(await provider.poll(handle, call)).toEqual({ outcome: 'working', pollAfterMs: 5_000 });
    clock.ms += 3_600_000;
    expect(await provider.poll(handle, call)).toMatchObject({ pollAfterMs: 10_000 });
    job.state = 'done';
    expect(await provider.poll(handle, call)).toEqual({ outcome: 'finished' });
    stub.fileOf = () => Buffer.from('a film of a fox');
    expect(String(await bytesOf(await provider.download(handle, call)))).toBe('a film of a fox');
    expect(stub.requests.at(-1)?.url.search).toBe('?filename=0.mp4&subfolder=vidgenie&type=output');
  });

  test('work that ends between two answers is not taken for lost', async () => {
    const stub = await startComfy();
    stub.starts = 'running';
    const provider = videoOn(stub);
    const handle = await accepted(provider);
    stub.beforeHistory = () => {
      for (const job of stub.jobs) job.state = 'done';
    };
    expect(await provider.poll(handle, call)).toEqual({ outcome: 'finished' });
  });

  test('work that a restart has lost is interrupted, and is not sent again', async () => {
    const stub = await startComfy();
    stub.starts = 'running';
    const provider = videoOn(stub);
    const handle = await accepted(provider);
    stub.restart();
    expect(await failureOf(provider.poll(handle, call))).toMatchObject({
      kind: 'interrupted',
      nothingGenerated: false,
    });
    expect(await failureOf(provider.download(handle, call))).toMatchObject({ kind: 'no_output' });
    expect(stub.jobs).toHaveLength(1);
  });

  test('a node that fails is named with its reason, without keys and without paths of the machine', async () => {
    const stub = await startComfy();
    stub.starts = 'failed';
    stub.key = plainCanary;
    const provider = videoOn(stub, { key });
    const failure = await failureOf(provider.poll(await accepted(provider), call));
    expect(failure.kind).toBe('no_output');
    expect(failure.message).toBe('KSampler (node 8) failed: Allocation failed while loading …/a.safetensors');
    const [job] = stub.jobs;
    if (!job) throw new Error('nothing was queued');
    // A lie: it says success, and has failed. The message contains the key.
    const told = {
      node_id: '8',
      node_type: 'KSampler',
      exception_message: `got ${plainCanary} at 'C:\\Users\\Jo Doe\\x.bin'`,
    };
    job.status = { status_str: 'success', completed: true, messages: [['execution_error', told]] };
    const lied = await failureOf(provider.poll({ ...Object(await accepted(provider)), id: job.id }, call));
    expect(lied.message).toBe("KSampler (node 8) failed: got [secret] at '…/x.bin'");
  });

  test.each<[string, { outputs?: unknown; status?: unknown }, string, RegExp]>([
    [
      'an interruption',
      { status: { status_str: 'error', completed: false, messages: [['execution_interrupted', {}]] } },
      'interrupted',
      /interrupted/,
    ],
    [
      'an error without words',
      { status: { status_str: 'error', completed: false, messages: [] } },
      'no_output',
      /could not finish/,
    ],
    ['nothing', { outputs: {} }, 'no_output', /Node 19 of the workflow has made no file\.$/],
    ['words instead of a file', { outputs: { '19': { text: ['done'] } } }, 'no_output', /has made no file/],
    ['a list that is none', { outputs: { '19': { images: 'many' } } }, 'no_output', /has made no file/],
    [
      'a file of another node',
      { outputs: { '7': { images: [{ filename: 'a.png', type: 'output' }] } } },
      'no_output',
      /but node 7 did\.$/,
    ],
  ])('%s is no result', async (_name, ending, kind, words) => {
    const stub = await startComfy();
    const provider = videoOn(stub);
    const handle = await accepted(provider);
    Object.assign(stub.jobs[0] ?? {}, ending);
    const failure = await failureOf(provider.poll(handle, call));
    expect(failure.kind).toBe(kind);
    expect(failure.message).toMatch(words);
  });

  test.each(['images', 'gifs', 'videos'])('a file is found among %s, a saved one before a preview', async (field) => {
    const stub = await startComfy();
    const provider = videoOn(stub);
    const handle = await accepted(provider);
    const files = [
      { filename: '9.mp4', subfolder: '', type: 'temp' },
      { filename: '0.mp4', subfolder: 'vidgenie', type: 'output', fullpath: '/home/operator/0.mp4' },
    ];
    Object.assign(stub.jobs[0] ?? {}, { outputs: { '19': { [field]: files } } });
    expect(await bytesOf(await provider.download(handle, call))).toEqual(png);
  });

  test('a file is fetched from ComfyUI alone, whatever its name and whatever redirect it answers with', async () => {
    const [stub, other] = [await startComfy(), await startComfy()];
    stub.key = plainCanary;
    const provider = videoOn(stub, { key });
    const handle = await accepted(provider);
    stub.fail('GET', /^\/view$/, { fault: 'redirect', to: `${other.url}/view` });
    expect(await failureOf(provider.download(handle, call))).toMatchObject({ kind: 'no_output' });
    const filename = `${other.url}/view?x=1&type=`;
    Object.assign(stub.jobs[0] ?? {}, {
      outputs: { '19': { images: [{ filename, subfolder: '..', type: 'output' }] } },
    });
    expect(await failureOf(provider.download(handle, call))).toMatchObject({ kind: 'no_output' });
    expect(stub.requests.at(-1)?.url.searchParams.get('filename')).toBe(filename);
    expect(other.requests).toEqual([]);
  });

  test('what the operator says an image costs is its price and its cost, as an estimate', async () => {
    const stub = await startComfy();
    const provider = createComfyImage({ baseUrl: stub.url, key: null }, sampleOf('image', await editingFolder()));
    expect(provider.prices).toMatchObject({ kind: 'image', perImage: { hd: { wide: 10_000 } }, perPicture: 0 });
    expect(imageOn(stub).prices).toBeNull();
    const submitted = await provider.submit(imageRequest, call);
    if (submitted.outcome !== 'accepted') throw new Error('an image is accepted, not finished');
    const polled = await provider.poll(submitted.handle, call);
    expect(polled).toMatchObject({ outcome: 'finished', cost: { microUsd: 10_000, isEstimate: true } });
  });
});

test.each(comfyuiSubjects)('$name is billed once for its request, and delivers', async ({ open }) => {
  const { asks, key: given, billed } = await open();
  if (asks.step === 'enhance') throw new Error('ComfyUI writes no words');
  const about = callWith({ key: given });
  const submitted = await (asks.step === 'image'
    ? asks.provider.submit(asks.request, about)
    : asks.provider.submit(asks.request, about));
  if (submitted.outcome !== 'accepted') throw new Error('it is accepted, not finished');
  expect(await bytesOf(await asks.provider.download(submitted.handle, about))).toEqual(png);
  expect(billed()).toBe(1);
});

describe('canceling', () => {
  test('takes a prompt out of the queue', async () => {
    const stub = await startComfy();
    stub.starts = 'pending';
    const provider = videoOn(stub);
    const handle = await accepted(provider);
    await provider.cancel(handle, call);
    expect(await failureOf(provider.poll(handle, call))).toMatchObject({ kind: 'interrupted' });
    expect(stub.posts(/interrupt/)).toEqual([]);
  });

  test.each([false, true])('interrupts only the prompt that it is to stop (an old ComfyUI: %s)', async (isOld) => {
    const stub = await startComfy();
    stub.isOld = isOld;
    stub.starts = 'running';
    const provider = videoOn(stub);
    const [first, second] = [await accepted(provider), await accepted(provider)];
    const [one, two] = stub.jobs;
    if (!one || !two) throw new Error('nothing was queued');
    two.state = 'pending';
    await provider.cancel(second, call);
    expect(one.state).toBe('running');
    await provider.cancel(first, call);
    expect(one.state).toBe('interrupted');
    // It has ended, and somebody else's work runs.
    two.state = 'running';
    await provider.cancel(first, call);
    expect(two.state).toBe('running');
    expect(stub.posts(/interrupt/).map(({ body }) => body)).toEqual([{ prompt_id: one.id }]);
  });

  test('resolves whether or not ComfyUI can be reached', async () => {
    const stub = await startComfy();
    const handle = await accepted(videoOn(stub));
    const away = createComfyVideo({ baseUrl: await deserted(), key: null }, sampleOf('video'));
    await expect(away.cancel(handle, call)).resolves.toBeUndefined();
  });
});

describe('the adapter', () => {
  const configOf = (over: Record<string, string>) => testConfig('postgres://x/y', '/tmp/x', over).providers;
  const free = { key: null, signal: AbortSignal.timeout(30_000) };

  test('offers each workflow as a model, and nothing without an address', async () => {
    expect(comfyui.source(configOf({}), () => [])).toBeNull();
    const source = comfyui.source(configOf({ COMFYUI_URL: 'http://gpu:8188' }), () => []);
    expect(source?.offered().map(({ step, model, title }) => [step, model, title])).toEqual([
      ['image', 'qwen-image', 'Qwen-Image'],
      ['video', 'wan2.2-i2v', 'Wan 2.2'],
    ]);
    expect(source?.find('video', 'comfyui', 'wan2.2-i2v')).not.toBeNull();
    const broken = configOf({ COMFYUI_URL: 'http://gpu:8188', COMFYUI_WORKFLOWS: '/no/such/folder' });
    expect(comfyui.source(broken, () => [])?.offered()).toEqual([]);
  });

  test('reaches ComfyUI with a free call, with its key', async () => {
    const stub = await startComfy();
    stub.key = plainCanary;
    const config = configOf({ COMFYUI_URL: stub.url, COMFYUI_API_KEY: plainCanary });
    expect(await comfyui.check(config, free)).toBe('valid');
    expect(await comfyui.list(config, free)).toMatchObject({
      ok: true,
      value: [{ id: 'qwen-image' }, { id: 'wan2.2-i2v' }],
    });
    expect(await comfyui.check(configOf({ COMFYUI_URL: stub.url }), free)).toBe('invalid');
    expect(await comfyui.check(configOf({ COMFYUI_URL: await deserted() }), free)).toBe('unreachable');
    expect(stub.jobs).toEqual([]);
  });

  test('is the one that a workflow named in the environment belongs to', async () => {
    const config = configOf({ COMFYUI_URL: 'http://gpu:8188', VIDEO_MODEL: 'wan2.2-i2v', GOOGLE_API_KEY: 'k' });
    const { google } = await import('../../src/pipeline/providers/google/adapter.ts');
    expect(
      google
        .source(config, () => [])
        ?.offered()
        .map(({ model }) => model),
    ).not.toContain('wan2.2-i2v');
  });
});
