import { expect, test } from 'vitest';
import { createOpenAiImage } from '../../src/pipeline/providers/openai/image.ts';
import type { ImageRequest } from '../../src/pipeline/providers/provider.ts';
import { openAiKey } from '../support/canary.ts';
import { bytesOf, callWith, failureOf, imageRequest, picture, png } from '../support/providers/call.ts';
import { formOf, startOpenAi } from '../support/providers/openai.ts';

const images = /^\/v1\/images\//;
const change: ImageRequest = { ...imageRequest, edit: { how: 'change', picture } };

async function open(partialImages: number) {
  const stub = await startOpenAi();
  const provider = createOpenAiImage({ baseUrl: `${stub.url}/v1`, partialImages });
  const shown: Buffer[] = [];
  const call = callWith({ key: openAiKey, showPartial: (content) => void shown.push(content) });
  return { stub, provider, shown, call };
}

test.each<[string, ImageRequest]>([
  ['a new image', imageRequest],
  ['a changed image', change],
])('%s arrives after its unfinished pictures, in one POST, and with their cost', async (_name, request) => {
  const { stub, provider, shown, call } = await open(2);
  stub.streams.partials = [Buffer.from('first'), Buffer.from('second')];
  stub.image.bytes = png;
  const submitted = await provider.submit(request, call);
  if (submitted.outcome !== 'finished') throw new Error('expected an image');
  expect(await bytesOf(submitted.output)).toEqual(png);
  expect(shown.map(String)).toEqual(['first', 'second']);
  expect(submitted.cost?.usage).toMatchObject({ outputTokens: 1_200 });
  const posts = stub.posts(images);
  expect(posts).toHaveLength(1);
  const [post] = posts;
  const body = post && (typeof post.body === 'string' ? await formOf(post) : post.body);
  expect(body).toMatchObject({ partial_images: typeof post?.body === 'string' ? '2' : 2 });
});

test('nothing is asked for that costs more, unless the operator wants it and somebody may see it', async () => {
  for (const [partialImages, mayShow] of [
    [0, true],
    [3, false],
  ] as const) {
    const { stub, provider, call } = await open(partialImages);
    const { showPartial: _, ...plain } = call;
    await provider.submit(imageRequest, mayShow ? call : plain);
    expect(Object.keys(Object(stub.posts(images)[0]?.body))).not.toContain('stream');
  }
});

test.each([
  ['blocked', 'refused'],
  ['short', 'no_output'],
  ['cut', 'unavailable'],
  ['garbled', 'no_output'],
] as const)('a stream that ends %s is one POST, and may have been paid for', async (ends, kind) => {
  const { stub, provider, call } = await open(1);
  stub.streams.ends = ends;
  const failure = await failureOf(provider.submit(imageRequest, call));
  expect([failure.kind, failure.nothingGenerated]).toEqual([kind, false]);
  expect(stub.posts(images)).toHaveLength(1);
});

test('a refusal before the stream is as free as without one', async () => {
  const { stub, provider, shown, call } = await open(1);
  stub.fail('POST', images, { fault: 'status', status: 429 });
  expect(await failureOf(provider.submit(imageRequest, call))).toMatchObject({
    kind: 'rate_limited',
    nothingGenerated: true,
  });
  expect(shown).toEqual([]);
});
