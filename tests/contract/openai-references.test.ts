import { expect, onTestFinished, test, vi } from 'vitest';
import { z } from 'zod';
import { createOpenAiImage } from '../../src/pipeline/providers/openai/image.ts';
import type { ImageRequest } from '../../src/pipeline/providers/provider.ts';
import { everythingShownOf, openAiCanary, openAiKey } from '../support/canary.ts';
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
import { formOf, imageUsage, type OpenAiStub, startOpenAi } from '../support/providers/openai.ts';
import { deserted, type Fault, type Received } from '../support/providers/server.ts';

const edits = /^\/v1\/images\/edits$/;
const call = () => callWith({ key: openAiKey });
const imageOn = (stub: OpenAiStub, model?: string) =>
  createOpenAiImage({ baseUrl: `${stub.url}/v1`, ...(model !== undefined && { model }) });
const like = (count: number): ImageRequest => ({
  ...imageRequest,
  references: Array.from({ length: count }, (_, index) =>
    referenceOf({ from: 'scene' }, index % 2 === 0 ? picture : jpeg),
  ),
});
const formSentTo = async (stub: OpenAiStub) => {
  const [request, ...others] = stub.posts(/images/);
  expect(others).toEqual([]);
  return await formOf(request ?? unsent());
};
const unsent = (): Received => {
  throw new Error('nothing was sent');
};

test.each([1, 16])(
  '%i references travel as files in one POST, with the size and quality of any image',
  async (count) => {
    const stub = await startOpenAi();
    const submitted = await imageOn(stub).submit(like(count), call());
    if (submitted.outcome !== 'finished') throw new Error('an image is finished at once');
    expect(await bytesOf(submitted.output)).toEqual(png);
    expect(submitted.cost?.microUsd).toBe(60 * 5 + imageUsage.output_tokens * 30);
    const { 'image[]': files, ...fields } = await formSentTo(stub);
    expect(fields).toEqual({
      model: 'gpt-image-2.6-flare',
      prompt: expect.stringContaining('{"words":"a fox in the snow"'),
      n: '1',
      size: '2048x1152',
      quality: 'high',
      output_format: 'png',
      safety_identifier: 'a-hash-of-the-member',
    });
    if (!Array.isArray(files)) throw new Error('the references are a list');
    expect(files).toHaveLength(count);
    for (const [index, file] of files.entries()) {
      const type = index % 2 === 0 ? 'png' : 'jpeg';
      expect([file.name, file.type]).toEqual([`picture-${index + 1}.${type}`, `image/${type}`]);
      expect(Buffer.from(await file.arrayBuffer())).toEqual(type === 'png' ? png : jpeg.content);
    }
  },
);

test('the call fetches nothing else, so a service that nobody answers at has generated nothing', async () => {
  const stub = await startOpenAi();
  const fetched = vi.spyOn(globalThis, 'fetch');
  onTestFinished(() => fetched.mockRestore());
  await imageOn(stub).submit(like(1), call());
  expect(fetched).toHaveBeenCalledTimes(1);
  const failure = await failureOf(createOpenAiImage({ baseUrl: `${await deserted()}/v1` }).submit(like(1), call()));
  expect([failure.kind, failure.nothingGenerated]).toEqual(['unavailable', true]);
});

test('the picture to change comes first, then the references, and the size and the quality are those of the run', async () => {
  const stub = await startOpenAi();
  const edit = { how: 'change', picture: jpeg } as const;
  const references = [referenceOf({ from: 'cast', name: 'fox', kind: 'character', description: 'a red fox' })];
  await imageOn(stub).submit({ ...imageRequest, aspect: 'tall', quality: 'standard', edit, references }, call());
  const { 'image[]': files, ...fields } = await formSentTo(stub);
  expect(fields).toMatchObject({ size: '864x1536', quality: 'medium', n: '1' });
  expect(fields.prompt).toMatch(/^Change picture 1 as "words" says/);
  expect(fields.prompt).toContain('"references":[{"pictures":[2],"shows":"character","name":"fox"');
  const pictures = z.array(z.file()).parse(files);
  expect(pictures.map(({ name }) => name)).toEqual(['picture-1.jpeg', 'picture-2.png']);
});

test('a picture alone is an edit too, whatever is made of it', async () => {
  for (const how of ['change', 'vary', 'better'] as const) {
    const stub = await startOpenAi();
    await imageOn(stub).submit({ ...imageRequest, edit: { how, picture } }, call());
    expect(stub.posts(edits)).toHaveLength(1);
  }
});

test('the predecessors with fixed sizes take pictures too, and only 1.5 is told to keep their faces', async () => {
  for (const [model, fidelity] of [
    ['gpt-image-1.5', 'high'],
    ['chatgpt-image-latest', undefined],
  ] as const) {
    const stub = await startOpenAi();
    await imageOn(stub, model).submit(like(2), call());
    const form = await formSentTo(stub);
    expect([form.model, form.size, form.input_fidelity]).toEqual([model, '1536x1024', fidelity]);
  }
});

test('more pictures than a model takes are not sent', async () => {
  const stub = await startOpenAi();
  const failure = await failureOf(imageOn(stub).submit({ ...like(16), edit: { how: 'vary', picture } }, call()));
  expect([failure.kind, failure.nothingGenerated]).toEqual(['invalid_request', true]);
  expect(stub.requests).toEqual([]);
});

test('a model that takes no references is not asked to', async () => {
  const stub = await startOpenAi();
  const failure = await failureOf(imageOn(stub, 'dall-e-3').submit(like(1), call()));
  expect([failure.kind, failure.nothingGenerated]).toEqual(['invalid_request', true]);
  expect(stub.requests).toEqual([]);
});

test('variants are different requests of one image each', async () => {
  const stub = await startOpenAi();
  for (const variant of [1, 2]) await imageOn(stub).submit({ ...imageRequest, variant }, call());
  expect(stub.posts(/images\/generations$/).map(({ body }) => Object(body).n)).toEqual([1, 1]);
});

const answered = (status: number, error: Record<string, unknown>): Fault => ({
  fault: 'status',
  status,
  body: { error },
});

test.each<[string, Fault, string, boolean]>([
  ['a policy block', answered(400, { code: 'moderation_blocked', message: 'blocked' }), 'refused', false],
  ['a picture it cannot read', answered(400, { message: `bad image ${openAiCanary}` }), 'invalid_request', true],
  ['a bad key', answered(401, { message: `Incorrect API key: ${openAiCanary}` }), 'bad_key', true],
  ['a service without edits', answered(404, { message: 'no such path' }), 'invalid_request', true],
  ['too many requests', answered(429, { code: 'rate_limit_exceeded' }), 'rate_limited', true],
  ['its own error', answered(500, { message: 'oops' }), 'unavailable', false],
  ['an answer without an image', { fault: 'status', status: 200, body: { data: [] } }, 'no_output', false],
  ['a dropped connection', { fault: 'drop' }, 'unavailable', false],
  ['an answer that breaks off', { fault: 'cut' }, 'unavailable', false],
  ['malformed JSON', { fault: 'malformed' }, 'no_output', false],
])('%s is one POST and one failure of the taxonomy', async (_name, fault, kind, nothingGenerated) => {
  const stub = await startOpenAi();
  stub.fail('POST', edits, fault);
  const failure = await failureOf(imageOn(stub).submit(like(2), call()));
  expect([failure.kind, failure.nothingGenerated]).toEqual([kind, nothingGenerated]);
  expect(stub.posts(/images/)).toHaveLength(1);
  expect(everythingShownOf(failure)).not.toContain('CANARY');
});

test('a lost answer is a time-out after one POST', async () => {
  const stub = await startOpenAi();
  stub.fail('POST', edits, { fault: 'hang' });
  const stop = new AbortController();
  const failing = failureOf(imageOn(stub).submit(like(1), callWith({ key: openAiKey, signal: stop.signal })));
  await stub.arrival(edits);
  stop.abort(new DOMException('too late', 'TimeoutError'));
  const failure = await failing;
  expect([failure.kind, failure.nothingGenerated]).toEqual(['timeout', false]);
  expect(stub.posts(/images/)).toHaveLength(1);
});
