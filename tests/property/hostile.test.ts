import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import sharp from 'sharp';
import { expect, onTestFinished, test } from 'vitest';
import { commands } from '../../src/bots/commands/all.ts';
import { refusalCard } from '../../src/bots/refusalCard.ts';
import { textOf } from '../../src/bots/text.ts';
import { acceptImage } from '../../src/pipeline/media/input.ts';
import { createGoogleEnhance } from '../../src/pipeline/providers/google/enhance.ts';
import { createGoogleImage } from '../../src/pipeline/providers/google/image.ts';
import { createOmni } from '../../src/pipeline/providers/google/omni.ts';
import { createOpenAiEnhance } from '../../src/pipeline/providers/openai/enhance.ts';
import { createOpenAiImage } from '../../src/pipeline/providers/openai/image.ts';
import { createOpenAiModeration } from '../../src/pipeline/providers/openai/moderation.ts';
import {
  type EnhanceRequest,
  type ImageRequest,
  ProviderError,
  type Submitted,
} from '../../src/pipeline/providers/provider.ts';
import { googleKey, openAiKey } from '../support/canary.ts';
import { brokenText, damaged, each, mutated } from '../support/hostile.ts';
import { bytesOf, callWith, imageRequest, picture, png, referenceOf, videoRequest } from '../support/providers/call.ts';
import { geminiImageAnswer, geminiTextAnswer } from '../support/providers/gemini-image.ts';
import { completed, completedInline } from '../support/providers/omni.ts';
import { imageUsage, responsesAnswer, shotsOf } from '../support/providers/openai.ts';
import { startStub } from '../support/providers/server.ts';

// 4,000 + 1,000 + 3,500 inputs. Together with `hostile-discord.test.ts`, `hostile-slack.test.ts` and `hostile-web.test.ts` they
// are 12,250. `commands.test.ts` and `discord.test.ts` test the text that people type in lines and fields.

/** Longer than any answer takes on a busy machine. A request that takes this long hangs. Milliseconds. */
const patienceMs = 10_000;

test('4,000 values for options that no platform would send are read or refused in words', async () => {
  const values = fc.dictionary(
    fc.oneof(
      fc.constantFrom('prompt', 'image', 'duration', 'style', 'audio', 'run', '__proto__', 'constructor'),
      fc.string(),
    ),
    fc.oneof(
      fc.string({ unit: 'binary' }),
      fc.double(),
      fc.boolean(),
      fc.constantFrom('x'.repeat(100_000), '\0', '1e999', 'NaN'),
    ),
    { maxKeys: 5 },
  );
  fc.assert(
    fc.property(values, fc.constantFrom(...commands), (given, command) => {
      const read = command.check(given);
      if (read.outcome === 'read') return true;
      const card = refusalCard(read.refusal, textOf('en'));
      return (
        card.title !== '' &&
        JSON.stringify(card).length < 20_000 &&
        !/undefined|NaN,|\[object/.test(JSON.stringify(card))
      );
    }),
    { numRuns: 4_000 },
  );
});

test('1,000 files given as images are taken or refused in words, and none is left behind', async () => {
  const directory = await mkdtemp(join(tmpdir(), 'vidgenie-hostile-'));
  onTestFinished(() => rm(directory, { recursive: true, force: true }));
  const small = sharp({ create: { width: 24, height: 16, channels: 4, background: '#c65d21' } });
  const giant = sharp({
    create: { width: 16_000, height: 16_000, channels: 3, background: '#000' },
    limitInputPixels: false,
  });
  const images = await Promise.all([small.png().toBuffer(), small.jpeg().toBuffer(), small.webp().toBuffer()]);
  const others = [
    // A few bytes that unpack to 768 MB; and a page, a script and an archive that claim to be images.
    await giant.png({ compressionLevel: 9, palette: true }).toBuffer(),
    Buffer.concat([images[0] ?? Buffer.alloc(0), Buffer.from('<script>alert(1)</script>')]),
    Buffer.from(
      '<svg xmlns="http://www.w3.org/2000/svg" width="1e9" height="1e9"><image href="file:///etc/passwd"/></svg>',
    ),
    Buffer.from('GIF89a\u0001\u0000\u0001\u0000<?php system($_GET[0]); ?>'),
    Buffer.from('PK\u0003\u0004'),
  ];
  const files = fc.oneof(
    { weight: 20, arbitrary: damaged([...images, ...others.slice(1)]) },
    { weight: 1, arbitrary: fc.constantFrom(...others) },
  );
  await each(1_000, files, async (file) => {
    const signal = AbortSignal.timeout(patienceMs);
    const accepted = await acceptImage(file, { directory, signal });
    if (accepted.outcome === 'refused') expect(accepted.detail).not.toBe('');
    else await rm(accepted.image.path);
  });
  expect(await readdir(directory)).toEqual([]);
});

test('3,500 answers of providers are a result or a failure of the taxonomy, never anything else', async () => {
  const told = new Map<string, Told>();
  const stub = await startStub(({ path }, response) => {
    const { status, type, body } = told.get(path.split('/')[1] ?? '') ?? { status: 404, type: 'text/plain', body: '' };
    response.writeHead(status, { 'content-type': type }).end(body);
  });
  const b64 = png.toString('base64');
  const interaction = { id: 'it-1', created: '2026-11-23T12:00:00Z' };
  const handle = { id: 'it-1', submittedAt: Date.now(), seconds: 8, resolution: '1080p' };
  const words = {
    prompt: 'a fox',
    style: 'vivid',
    aspect: 'wide',
    duration: 8,
    scenes: [],
    frame: null,
    cast: [],
  } as const;
  const story = { ...words, scenes: [4, 5, 6] };
  const framed = { ...words, frame: { picture, motion: 'it runs' } };
  const fox = { name: 'fox', kind: 'character', description: 'a red fox' } as const;
  const cast = { ...words, cast: [{ ...fox, picture }] };
  const references = [referenceOf({ from: 'cast', ...fox })];
  const like: ImageRequest = { ...imageRequest, edit: { how: 'change', picture }, references };
  const read = async () => png;
  const clip = { from: 'clip', handle, seconds: 8, mime: 'video/mp4', read } as const;
  const call = (key: typeof openAiKey) => callWith({ key, signal: AbortSignal.timeout(patienceMs) });
  const openai = (baseUrl: string) => ({ baseUrl: `${baseUrl}/v1` });
  const google = (baseUrl: string) => ({ baseUrl, resumePauseMs: 1 });
  const kinds: { valid: unknown; ask: (baseUrl: string) => Promise<unknown> }[] = [
    {
      valid: responsesAnswer({ image: 'a still fox', motion: 'it runs' }),
      ask: (url) => createOpenAiEnhance(openai(url)).submit(cast, call(openAiKey)),
    },
    {
      valid: responsesAnswer({ shots: shotsOf(3) }),
      ask: async (url) => toldIn(story, await createOpenAiEnhance(openai(url)).submit(story, call(openAiKey))),
    },
    {
      valid: responsesAnswer({ motion: 'it runs' }),
      ask: async (url) => toldIn(framed, await createOpenAiEnhance(openai(url)).submit(framed, call(openAiKey))),
    },
    {
      valid: geminiTextAnswer({ shots: shotsOf(3) }),
      ask: async (url) => toldIn(story, await createGoogleEnhance(google(url)).submit(story, call(googleKey))),
    },
    {
      valid: geminiTextAnswer({ motion: 'it runs' }),
      ask: async (url) => toldIn(framed, await createGoogleEnhance(google(url)).submit(framed, call(googleKey))),
    },
    {
      valid: { created: 1, data: [{ b64_json: b64 }], usage: imageUsage },
      ask: (url) => createOpenAiImage(openai(url)).submit(like, call(openAiKey)),
    },
    {
      valid: { created: 1, data: [{ b64_json: b64 }], usage: imageUsage },
      ask: (url) => createOpenAiImage(openai(url)).submit(imageRequest, call(openAiKey)),
    },
    {
      valid: { id: 'modr-1', model: 'omni', results: [{ flagged: false, categories: {} }] },
      ask: (url) =>
        createOpenAiModeration(openai(url))(
          { text: 'a fox', images: [] },
          { key: openAiKey, signal: AbortSignal.timeout(patienceMs) },
        ),
    },
    { valid: geminiImageAnswer, ask: (url) => createGoogleEnhance(google(url)).submit(words, call(googleKey)) },
    { valid: geminiImageAnswer, ask: (url) => createGoogleImage(google(url)).submit(like, call(googleKey)) },
    {
      valid: { ...interaction, status: 'queued', steps: [] },
      ask: (url) => createOmni(google(url)).submit({ ...videoRequest, last: picture }, call(googleKey)),
    },
    {
      valid: { ...interaction, status: 'queued', steps: [] },
      ask: (url) => createOmni(google(url)).submit({ ...videoRequest, start: clip }, call(googleKey)),
    },
    {
      valid: { ...interaction, ...completed },
      ask: (url) => createOmni(google(url)).poll(handle, call(googleKey)),
    },
    {
      valid: { ...interaction, ...completedInline(png) },
      ask: async (url) => bytesOf(await createOmni(google(url)).download(handle, call(googleKey))),
    },
  ];
  const answer = fc.constantFrom(...kinds).chain((kind) => {
    const body = fc.oneof(
      { weight: 3, arbitrary: mutated(kind.valid).map((value) => JSON.stringify(value) ?? '') },
      { weight: 1, arbitrary: brokenText(JSON.stringify(kind.valid)) },
    );
    const status = fc.oneof(
      { weight: 4, arbitrary: fc.constant(200) },
      { weight: 1, arbitrary: fc.constantFrom(201, 204, 400, 401, 403, 404, 429, 500, 503) },
    );
    const type = fc.constantFrom('application/json', 'application/json', 'text/html', 'application/octet-stream');
    return fc.record({ kind: fc.constant(kind), said: fc.record({ status, type, body }) });
  });
  let calls = 0;
  const outcomes = { result: 0, failure: 0 };
  await each(3_500, answer, async ({ kind, said }) => {
    calls += 1;
    const conversation = String(calls);
    told.set(conversation, said);
    try {
      await kind.ask(`${stub.url}/${conversation}`);
      outcomes.result += 1;
    } catch (error) {
      if (!(error instanceof ProviderError)) throw error;
      expect(error.message).not.toBe('');
      outcomes.failure += 1;
    }
    told.delete(conversation);
  });
  // Some inputs are valid and some are not, so they reach both branches of every reader.
  expect(Math.min(outcomes.result, outcomes.failure)).toBeGreaterThan(100);
});

/** Checks that prompts are whole: a shot for each scene, and no prompt that is empty. */
function toldIn({ scenes }: EnhanceRequest, submitted: Submitted<'enhance'>): void {
  if (submitted.outcome !== 'finished') throw new Error('prompts are finished at once');
  const { shots = [], ...first } = submitted.output;
  expect(shots).toHaveLength(scenes.length);
  for (const { image, motion } of [first, ...shots]) expect([image.trim(), motion.trim()]).not.toContain('');
}

type Told = { status: number; type: string; body: string };
