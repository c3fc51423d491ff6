import { describe, expect, test } from 'vitest';
import { createGoogleEnhance } from '../../src/pipeline/providers/google/enhance.ts';
import { createGoogleImage } from '../../src/pipeline/providers/google/image.ts';
import { createOmni } from '../../src/pipeline/providers/google/omni.ts';
import { createVeo } from '../../src/pipeline/providers/google/veo.ts';
import { createOpenAiEnhance } from '../../src/pipeline/providers/openai/enhance.ts';
import { createOpenAiImage } from '../../src/pipeline/providers/openai/image.ts';
import { createProviders } from '../../src/pipeline/providers/registry.ts';
import { realSources } from '../../src/providers.ts';
import { testConfig } from '../support/config.ts';

const omni = (model: string) => createOmni({ model }).capabilities;
const veo = (model: string) => createVeo({ project: 'a-project', location: 'global', model }).capabilities;
const openAi = (model: string) => createOpenAiImage({ model }).capabilities;
const threeToTen = [3, 4, 5, 6, 7, 8, 9, 10];

test.each([
  ['gemini-omni-1.2-flash', 15],
  ['gemini-omni-1.1-flash', 10],
])('%s makes up to %i seconds at once, and up to 30 by extensions at each of its resolutions', (model, longest) => {
  const { durations, resolutions, ...can } = omni(model);
  expect([durations[0], durations.at(-1)]).toEqual([3, longest]);
  expect(resolutions).toEqual(['720p', '1080p', '4k']);
  expect(can).toMatchObject({
    extension: { seconds: threeToTen, maxSeconds: 30, resolutions },
    lastFrame: threeToTen,
    references: 6,
    seed: true,
  });
});

test('a model that we do not know is not asked to extend a clip', () => {
  expect(omni('gemini-omni-9')).toMatchObject({ extension: null, lastFrame: [], references: 0 });
  expect(veo('veo-9')).toMatchObject({ extension: null, lastFrame: [], resolutions: ['720p', '1080p'] });
});

test.each(['veo-3.1-generate-001', 'veo-3.1-fast-generate-001', 'veo-3.1-lite-generate-001'])(
  '%s makes 720p and 1080p, never 4k, and extends 720p by seven seconds',
  (model) => {
    expect(veo(model)).toMatchObject({
      durations: [4, 6, 8],
      resolutions: ['720p', '1080p'],
      extension: { seconds: [7], maxSeconds: 37, resolutions: ['720p'] },
      lastFrame: [8],
      variants: 4,
      seed: true,
    });
  },
);

test('references and variants are those of the model', () => {
  expect(openAi('gpt-image-2.6-flare')).toMatchObject({ references: 16, variants: 10 });
  expect(openAi('gpt-image-1.5')).toMatchObject({ references: 16, variants: 10 });
  expect(openAi('dall-e-3')).toMatchObject({ references: 0, variants: 1 });
  expect(openAi('flux-of-a-compatible-service')).toMatchObject({ references: 0, variants: 1 });
  expect(createGoogleImage({}).capabilities).toMatchObject({ references: 6, variants: 1 });
});

test('language models look at eight pictures', () => {
  for (const { capabilities } of [createOpenAiEnhance({}), createGoogleEnhance({})]) {
    expect(capabilities).toMatchObject({ references: 8, durations: [], extension: null });
  }
});

describe('the model to name to a member whose run has too many pictures', () => {
  const able = (environment: Record<string, string>, pictures: number) => {
    const { providers } = testConfig('postgres://nowhere', '/nowhere', environment);
    const keys = new Set(providers.keys.keys());
    return createProviders(realSources(providers), [], keys).ableToFollow(pictures);
  };

  test.each([
    ['without a key, the first that can', {}, 9, 'gpt-image-2.6-flare'],
    ['one that the operator has a key for', { GOOGLE_API_KEY: 'a-key-of-google' }, 5, 'gemini-nano-banana-2.1'],
    ['another vendor, if that one takes fewer', { GOOGLE_API_KEY: 'a-key-of-google' }, 9, 'gpt-image-2.6-flare'],
    ['a known one, if no configured one can', { IMAGE_MODEL: 'dall-e-3' }, 9, 'gpt-image-2.6-flare'],
    ['the model that the operator chose', { IMAGE_MODEL: 'gpt-image-2.6-sunburst' }, 9, 'gpt-image-2.6-sunburst'],
    ['nothing, if there are too many for all', {}, 17, null],
  ])('is %s', (_case, environment, pictures, model) => {
    expect(able(environment, pictures)).toBe(model);
  });
});
