import fc from 'fast-check';
import { expect, test } from 'vitest';
import { listedModels, readModels } from '../../src/pipeline/catalogues.ts';
import { openrouter } from '../../src/pipeline/providers/openrouter/adapter.ts';
import type { AnyProvider } from '../../src/pipeline/providers/provider.ts';
import { testConfig } from '../support/config.ts';
import { callWith, imageRequest, picture, referenceOf, videoRequest } from '../support/providers/call.ts';
import { type OpenRouterStub, openRouterKey, startOpenRouter } from '../support/providers/openrouter.ts';

/** What may stand in a field: mostly something sensible, often something odd, and sometimes nothing. */
const odd = fc.oneof(
  fc.jsonValue({ maxDepth: 2 }),
  fc.constantFrom('NaN', '-1', '', -1, 0, 1e308, '1e400', null, [], {}),
);
const mostly = <T>(sensible: fc.Arbitrary<T>) =>
  fc.oneof({ weight: 15, arbitrary: sensible }, { weight: 1, arbitrary: odd });
const someOf = (...values: unknown[]) =>
  fc.array(fc.oneof({ weight: 8, arbitrary: fc.constantFrom(...values) }, { weight: 1, arbitrary: odd }), {
    minLength: 2,
    maxLength: 7,
  });
const id = fc.oneof(
  { weight: 8, arbitrary: fc.constantFrom('acme/a', 'acme/b', 'acme/c', 'google/veo', 'z/free:free') },
  {
    weight: 1,
    arbitrary: fc.constantFrom(
      '../key',
      'acme',
      'a/b/c',
      'a/..',
      '__proto__',
      'acme/\u0000',
      `acme/${'x'.repeat(500)}`,
    ),
  },
  { weight: 1, arbitrary: fc.string({ unit: 'binary' }) },
);
const title = mostly(fc.string({ unit: 'binary' }));
/** A dollar for each token, and more, is no price of a film or of a call. */
const price = mostly(
  fc.oneof(
    { weight: 7, arbitrary: fc.double({ min: 0, max: 2, noNaN: true }).map(String) },
    { weight: 1, arbitrary: fc.constantFrom('7', '900', '100000') },
  ),
);
const sku = fc
  .tuple(
    fc.constantFrom('', 'text_to_video_', 'image_to_video_'),
    fc.constantFrom('duration_seconds', 'per-video-second', 'cents_per_second_output', 'video_tokens', 'generate'),
    fc.constantFrom('', '_with_audio', '_without_audio'),
    fc.constantFrom('', '_720p', '-1080p', '_4k', '_8k'),
  )
  .map((parts) => parts.join(''));

const videos = fc.record(
  {
    id,
    name: title,
    supported_durations: mostly(someOf(1, 4, 5, 6, 8, 10, 30, 61, 7.5, '8')),
    supported_resolutions: mostly(someOf('480p', '720p', '1080p', '4K', '2K', '720P', '4k')),
    supported_aspect_ratios: mostly(someOf('16:9', '9:16', '1:1', '21:9', 'auto')),
    supported_frame_images: mostly(someOf('first_frame', 'last_frame')),
    generate_audio: mostly(fc.constantFrom(true, false, null)),
    upscale_factor: fc.constantFrom(null, undefined, null, null, { min: 1, max: 4 }),
    pricing_skus: mostly(fc.dictionary(sku, price, { maxKeys: 5 })),
  },
  { requiredKeys: ['id'] },
);

const choice = (...values: string[]) => fc.record({ type: fc.constant('enum'), values: someOf(...values) });
const range = fc.record({
  type: fc.constant('range'),
  min: fc.constantFrom(0, 0, 1),
  max: fc.integer({ min: 0, max: 20 }),
});
const images = fc.record(
  {
    id,
    name: title,
    architecture: mostly(fc.record({ input_modalities: someOf('text', 'image'), output_modalities: someOf('image') })),
    supported_parameters: mostly(
      fc.record(
        {
          aspect_ratio: choice('16:9', '9:16', '1:1', '3:2', '2:3', 'auto'),
          resolution: choice('512', '1K', '2K', '4K'),
          quality: choice('auto', 'low', 'medium', 'high'),
          output_format: choice('png', 'jpeg', 'svg'),
          n: range.map((one) => ({ ...one, min: 1, max: Math.max(1, one.max) })),
          input_references: range,
        },
        { requiredKeys: [] },
      ),
    ),
  },
  { requiredKeys: ['id'] },
);
const lines = fc.array(
  fc.record({
    billable: mostly(fc.constantFrom('output_image', 'input_image', 'input_text')),
    unit: mostly(fc.constantFrom('image', 'megapixel', 'token')),
    cost_usd: mostly(fc.oneof(fc.double({ min: 0, max: 1, noNaN: true }), fc.constant(100_000))),
    variant: mostly(fc.constantFrom('1k', '2k', 'medium_1k', 'high')),
  }),
  { maxLength: 4 },
);

const texts = fc.record(
  {
    id,
    name: title,
    architecture: mostly(
      fc.record({ input_modalities: someOf('text', 'image'), output_modalities: fc.constant(['text']) }),
    ),
    supported_parameters: mostly(
      // A model is offered only with the first two.
      fc
        .subarray(['max_tokens', 'max_completion_tokens', 'reasoning', 'temperature'])
        .chain((others) => fc.subarray(['structured_outputs', 'response_format', ...others], { minLength: 2 })),
    ),
    pricing: mostly(fc.record({ prompt: price, completion: price, request: price }, { requiredKeys: [] })),
    context_length: mostly(fc.integer({ min: 0, max: 2_000_000 })),
    expiration_date: mostly(fc.constantFrom(null, '2027-01-31', 'soon', '+275760-09-14')),
  },
  { requiredKeys: ['id'] },
);

const many = <T>(one: fc.Arbitrary<T>) =>
  fc.array(fc.oneof({ weight: 9, arbitrary: one }, { weight: 1, arbitrary: odd }), { maxLength: 5 });

/** Requests at the edges of everything that a model offers. */
async function askForAll(provider: AnyProvider): Promise<void> {
  const call = callWith({ key: openRouterKey });
  const { capabilities } = provider;
  switch (provider.step) {
    case 'enhance': {
      const frame = capabilities.references > 0 ? { picture, motion: 'it runs' } : null;
      const words = { prompt: 'a fox', style: 'vivid', aspect: 'wide', duration: 8, cast: [] } as const;
      await provider.submit({ ...words, frame, scenes: [] }, call);
      await provider.submit({ ...words, frame: null, scenes: [4, 4] }, call);
      return;
    }
    case 'image': {
      const references = Array.from({ length: capabilities.references }, () => referenceOf({ from: 'scene' }));
      for (const quality of capabilities.qualities) {
        for (const aspect of capabilities.aspects) {
          await provider.submit({ ...imageRequest, quality, aspect, references }, call);
          await provider.submit({ ...imageRequest, quality, aspect }, call);
        }
      }
      return;
    }
    case 'video': {
      const { durations, lastFrame, resolutions, aspects, fromText } = capabilities;
      for (const resolution of resolutions) {
        for (const aspect of aspects) {
          for (const duration of [durations.at(0), durations.at(-1)]) {
            if (duration === undefined) continue;
            const request = { ...videoRequest, resolution, aspect, duration };
            await provider.submit(request, call);
            if (lastFrame.includes(duration)) await provider.submit({ ...request, last: picture, audio: false }, call);
            if (fromText) await provider.submit({ ...request, start: { from: 'text' } }, call);
          }
        }
      }
    }
  }
}

async function catalogueOf(stub: OpenRouterStub) {
  const config = testConfig('postgres://nowhere', '.', { OPENROUTER_BASE_URL: `${stub.url}/api/v1` }).providers;
  const listed = await openrouter.list(config, { key: openRouterKey, signal: new AbortController().signal });
  if (!listed.ok) throw new Error(listed.fault.detail);
  const offered = openrouter.source(config, () => listed.value)?.offered() ?? [];
  return { listed: listed.value, offered };
}

test('no catalogue, however odd, crashes, cannot be stored, or offers what a request cannot have', {
  timeout: 120_000,
}, async () => {
  const stub = await startOpenRouter();
  const seen = { enhance: 0, image: 0, video: 0 };
  await fc.assert(
    fc.asyncProperty(many(videos), many(images), many(texts), lines, async (video, image, text, pricing) => {
      const answers = Object.fromEntries(
        ['acme/a', 'acme/b', 'google/veo'].map((one) => [one, { endpoints: [{ pricing }] }]),
      );
      stub.catalogue = { videos: video, images: image, models: text, endpoints: answers };
      const { listed, offered } = await catalogueOf(stub);
      const stored = JSON.parse(JSON.stringify(listed));
      expect(listedModels.parse(stored)).toEqual(listed);
      expect(readModels(stored)).toEqual(listed);
      expect(JSON.stringify(listed)).not.toContain('\\u0000');
      expect(offered).toHaveLength(listed.length);
      for (const provider of offered) {
        expect(provider.capabilities.extension).toBeNull();
        // The stand-in refuses whatever the listing of the model does not have. `askForAll` then throws.
        await askForAll(provider);
        seen[provider.step] += 1;
      }
    }),
    { numRuns: 80 },
  );
  for (const number of Object.values(seen)) expect(number).toBeGreaterThan(0);
});
