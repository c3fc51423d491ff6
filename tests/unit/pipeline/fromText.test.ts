import { describe, expect, test } from 'vitest';
import { rulesEnhancer } from '../../../src/demo/rules.ts';
import { createDemoStudio } from '../../../src/demo/studio.ts';
import { type ProvidedKind, runOptions } from '../../../src/domain.ts';
import { withAbleDefaults } from '../../../src/pipeline/ableDefaults.ts';
import { kindsWith } from '../../../src/pipeline/fromText.ts';
import { type GivenOptions, planRun } from '../../../src/pipeline/plan.ts';
import { createOpenAiImage } from '../../../src/pipeline/providers/openai/image.ts';
import { createProviders, fixedSource, type Providers } from '../../../src/pipeline/providers/registry.ts';
import { createServerEnhance } from '../../../src/pipeline/providers/server/enhance.ts';
import { createServerImage, imageAbilities } from '../../../src/pipeline/providers/server/image.ts';
import { createServerVideo } from '../../../src/pipeline/providers/server/video.ts';

const own = { baseUrl: 'http://localhost:8000/v1', key: null, model: 'default' };
const video = createServerVideo({ ...own, seconds: null, sizes: null });
const image = createServerImage({ ...own, capabilities: imageAbilities(false) });
const enhance = createServerEnhance(own);
const withFrame = { ...video, capabilities: { ...video.capabilities, fromText: false } };
const studio = createDemoStudio({ directory: '/nowhere', minStepMs: 0, faults: {} });
const demo = [studio.enhance, studio.image, studio.video];
const rules = { named: {}, aliases: new Map(), rules: rulesEnhancer };
const keyless = new Set<never>();

const plan = (providers: Providers, options: GivenOptions = {}, references = 0) =>
  planRun(
    { providers, byokPricePercent: 100, priceBook: null },
    'complete',
    runOptions.parse({ resolution: '720p', ...options }),
    keyless,
    { references },
  );

describe('the built-in enhancer', () => {
  test('writes prompts where only videos or images are made, for nothing', () => {
    const providers = createProviders([fixedSource([video])], demo, keyless, rules);
    expect(providers.choose('enhance', keyless)).toEqual({ provider: rulesEnhancer, keySource: 'none' });
    const planned = plan(providers);
    if (planned.outcome !== 'planned') throw new Error(planned.outcome);
    expect(planned.steps.map(({ provider, priceCredits }) => [provider, priceCredits])).toEqual([
      ['vidgenie', 0],
      ['server', 12],
    ]);
    expect(providers.find('enhance', 'vidgenie', 'rules')).toBe(rulesEnhancer);
  });

  test('never takes the place of a language model, nor of the demo studio', () => {
    const real = createProviders([fixedSource([enhance, video])], demo, keyless, rules);
    expect(real.models('enhance', keyless).map(({ provider }) => provider.id)).toEqual(['server']);
    // A vendor whose key nobody has makes nothing.
    const unkeyed = createProviders([fixedSource([createOpenAiImage({})])], demo, keyless, rules);
    expect(unkeyed.models('enhance', keyless).map(({ provider }) => provider.id)).toEqual(['demo']);
    const none = createProviders([fixedSource([createOpenAiImage({})])], [], keyless, rules);
    expect(none.choose('enhance', keyless)).toBeNull();
    expect(none.choose('enhance', new Set(['openai']))?.provider.id).toBe('vidgenie');
  });
});

describe('a film without an image model', () => {
  const chooseOf = (providers: Providers) => (kind: ProvidedKind) => providers.choose(kind, keyless);
  const kinds = (providers: Providers, frames = 1) =>
    kindsWith('complete', { frames, change: 'picture' }, chooseOf(providers));

  test('begins with its words only if the model can do that', () => {
    expect(kinds(createProviders([fixedSource([video])], [], keyless, rules))).toEqual(['enhance', 'video']);
    expect(kinds(createProviders([fixedSource([video, image])], [], keyless, rules))).toEqual([
      'enhance',
      'image',
      'video',
    ]);
    const needing = createProviders([fixedSource([withFrame])], [], keyless, rules);
    expect(kinds(needing)).toEqual(['enhance', 'image', 'video']);
    expect(plan(needing)).toEqual({ outcome: 'no_key', step: 'image' });
  });

  test('refuses images to choose from, and pictures to follow', () => {
    const providers = createProviders([fixedSource([video])], [], keyless, rules);
    expect(plan(providers, { frames: 2 })).toMatchObject({ outcome: 'unsupported', option: 'frames', value: 2 });
    expect(plan(providers, {}, 1)).toMatchObject({ outcome: 'unsupported', kind: 'video', option: 'references' });
    const needing = createProviders([fixedSource([withFrame])], [], keyless, rules);
    expect(plan(needing, { frames: 2 })).toEqual({ outcome: 'no_key', step: 'image' });
  });
});

describe('the defaults of a run', () => {
  const offer = { resolution: ['720p'], duration: [5, 10, 15] } as const;
  const usual = runOptions.parse({});

  test('are what the model can make, nearest to the usual ones', () => {
    expect(withAbleDefaults(usual, [{}], offer)).toEqual({ ...usual, resolution: '720p', duration: 10 });
    expect(withAbleDefaults(usual, [], { resolution: ['4k'], duration: [] })).toEqual({ ...usual, resolution: '4k' });
    const all = { resolution: ['720p', '1080p', '4k'], duration: [4, 8] } as const;
    expect(withAbleDefaults(usual, [], all)).toEqual(usual);
  });

  test('never change what somebody chose', () => {
    const chosen = { resolution: '1080p', duration: 8 } as const;
    expect(withAbleDefaults(usual, [{}, chosen], offer)).toEqual(usual);
  });
});
