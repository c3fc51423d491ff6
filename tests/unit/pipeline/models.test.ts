import { expect, test } from 'vitest';
import { listModels } from '../../../src/bots/commands/modelChoices.ts';
import { textOf } from '../../../src/bots/text.ts';
import { workspaceSettings } from '../../../src/db/workspaces.ts';
import type { ProvidedKind } from '../../../src/domain.ts';
import { resolveModels, wishedModels } from '../../../src/pipeline/models.ts';
import { type AnyProvider, noCapabilities } from '../../../src/pipeline/providers/provider.ts';
import { createProviders, fixedSource } from '../../../src/pipeline/providers/registry.ts';
import { wishOf } from '../../../src/pipeline/wish.ts';

const never = async () => {
  throw new Error('nobody calls a model here');
};
const capabilities = {
  ...noCapabilities,
  qualities: ['standard', 'hd'] as const,
  durations: [4, 8],
  resolutions: ['720p', '1080p'] as const,
  references: 1,
};
const common = { id: 'studio', vendor: null, capabilities, prices: null, expectedMs: () => 1 };
const calls = { submit: never, poll: never, download: never, cancel: async () => {} };
const words = (model: string): AnyProvider => ({ ...common, ...calls, step: 'enhance', model });
const image = (model: string): AnyProvider => ({ ...common, ...calls, step: 'image', model });
const video = (model: string, more: Partial<typeof capabilities> = {}): AnyProvider => ({
  ...common,
  ...calls,
  step: 'video',
  model,
  capabilities: { ...capabilities, ...more },
});

const list = [
  words('scribe'),
  image('painter'),
  image('lab/Painter-2'),
  video('camera'),
  video('lab/omni:free', { durations: [10] }),
];
const aliases = new Map([
  ['best', ['lab/Painter-2', 'lab/omni:free']],
  ['old', ['gone', 'camera']],
  ['lost', ['gone']],
]);
const providers = createProviders([fixedSource(list)], [], new Set(), { named: {}, aliases });
const none = new Set<never>();
const all: ProvidedKind[] = ['enhance', 'image', 'video'];
const wish = (named: string[], more: Partial<Parameters<typeof wishedModels>[2]> = {}) =>
  wishedModels(providers, none, { words: named, defaults: [], allowed: [], workflow: 'complete', kinds: all, ...more });

test.each([
  [['lab/omni:free'], ['lab/omni:free']],
  [['LAB/OMNI:FREE'], ['lab/omni:free']],
  [['Best'], ['lab/Painter-2', 'lab/omni:free']],
  [['old'], ['camera']],
  [['camera', 'lab/omni:free'], ['camera']],
  [
    ['camera', 'best'],
    ['lab/Painter-2', 'camera'],
  ],
  [[], []],
])('%j asks for %j', (named, models) => {
  expect(wish(named)).toEqual({ outcome: 'wished', models });
});

test('a name that nothing has is refused with the one that is meant, and so is an alias without a model', () => {
  expect(wish(['camra'])).toEqual({ outcome: 'unknown_model', word: 'camra', nearest: 'camera' });
  expect(wish(['omni'])).toMatchObject({ nearest: 'lab/omni:free' });
  expect(wish(['bset'])).toMatchObject({ nearest: 'best' });
  expect(wish(['quite another thing'])).toMatchObject({ outcome: 'unknown_model', nearest: null });
  expect(wish(['lost'])).toMatchObject({ outcome: 'unknown_model', word: 'lost' });
});

test('a model that no step uses is refused if a member names it, and not if an alias or a default does', () => {
  const ofImage = { workflow: 'image', kinds: ['enhance', 'image'] } as const;
  expect(wish(['camera'], ofImage)).toEqual({
    outcome: 'unused_model',
    word: 'camera',
    makes: ['video'],
    workflow: 'image',
  });
  expect(wish(['best'], ofImage)).toMatchObject({ outcome: 'wished' });
  expect(wish(['painter'], { ...ofImage, defaults: ['camera'] })).toEqual({
    outcome: 'wished',
    models: ['painter', 'camera'],
  });
  const settings = workspaceSettings.parse({});
  // The video is what images to choose from are made for.
  const frames = { frames: 3, models: ['camera'] };
  expect(wishOf(providers, none, 'complete', settings, frames)).toMatchObject({ refusal: null });
});

test('what the workspace does not allow is refused for the steps of the run, and only for those', () => {
  const allowed = ['camera', 'painter'];
  expect(wish(['lab/omni:free'], { allowed })).toEqual({
    outcome: 'model_not_allowed',
    model: 'lab/omni:free',
    kind: 'video',
    allowed: ['camera'],
  });
  // An alias that also stands for something else is of use where that is allowed.
  expect(wish(['best'], { allowed: ['camera', 'lab/Painter-2'], kinds: ['image'] })).toMatchObject({
    outcome: 'wished',
  });
  // A list without a model for words does not keep anybody from words.
  expect(wish(['scribe'], { allowed })).toMatchObject({ outcome: 'wished', models: ['scribe'] });
  // A default that is not allowed any more is left out: nobody has asked for it.
  expect(wish([], { allowed, defaults: ['lab/omni:free'] })).toEqual({ outcome: 'wished', models: [] });
  expect(wish(['lab/omni:free'], { allowed, defaults: ['camera'] })).toMatchObject({ outcome: 'model_not_allowed' });
});

test("the workspace's own models serve for the kinds that the member names none for, as far as they are there", () => {
  const defaults = ['best'];
  expect(wish([], { defaults })).toEqual({ outcome: 'wished', models: ['lab/Painter-2', 'lab/omni:free'] });
  expect(wish(['painter'], { defaults })).toEqual({ outcome: 'wished', models: ['painter', 'lab/omni:free'] });
  expect(wish([], { defaults: ['gone', 'camera'] })).toEqual({ outcome: 'wished', models: ['camera'] });
});

test('the models of an earlier run are used again; one that is gone stops only what may have needed it', () => {
  const resolve = (named: string[], kinds: ProvidedKind[]) =>
    resolveModels(providers, none, { words: named, allowed: [] }, kinds);
  expect(resolve(['painter', 'gone'], ['image'])).toMatchObject({ outcome: 'resolved' });
  expect(resolve(['painter', 'gone'], ['video'])).toEqual({ outcome: 'model_gone', model: 'gone' });
  expect(resolve([], all)).toMatchObject({ outcome: 'resolved', services: new Map() });
});

test('a model that is gone does not open the list of allowed models', () => {
  const resolve = (allowed: string[], kinds: ProvidedKind[]) =>
    resolveModels(providers, none, { words: [], allowed }, kinds);
  expect(resolve(['old-film'], all)).toEqual({ outcome: 'model_gone', model: 'old-film' });
  expect(resolve(['painter', 'old-film'], ['video'])).toEqual({ outcome: 'model_gone', model: 'old-film' });
  // The remaining models are used, and prompts go on.
  const rest = resolve(['painter', 'old-film'], ['enhance', 'image']);
  expect(rest.outcome === 'resolved' && [...rest.services.keys()]).toEqual(['image']);
  expect(wish(['camera'], { allowed: ['old-film'] })).toMatchObject({ model: 'camera', allowed: ['old-film'] });
});

test('an operator whose models have not been read yet has no demo among real results', () => {
  const unread = { offered: () => [], find: () => null };
  const studio = [words('demo-words'), image('demo-image'), video('demo-video')];
  expect(createProviders([unread], studio, new Set(['openrouter'])).choose('video', none)).toBeNull();
  expect(createProviders([unread], studio, new Set()).choose('video', none)?.provider.model).toBe('demo-video');
});

const listed = (
  typed: string,
  given: Record<string, string | number | boolean> = {},
  settings: object = {},
  max = 25,
) => {
  const deps = { providers, byokPricePercent: 100, priceBook: null };
  const chooser = { brought: none, settings: workspaceSettings.parse(settings) };
  return listModels(deps, { command: { name: 'complete' }, chooser, given, typed, max }, textOf('en'));
};

test('the list shows aliases first, then each model with its abilities and its price for the options at hand', () => {
  expect(listed('').models).toEqual([
    { word: 'best', facts: 'lab/Painter-2 + lab/omni:free · 35 credits' },
    { word: 'old', facts: 'camera · 18 credits' },
    { word: 'camera', facts: '4–8 s · 720p–1080p · 18 credits' },
    { word: 'lab/omni:free', facts: '10 s · 720p–1080p · 30 credits' },
    { word: 'painter', facts: 'image · 5 credits' },
    { word: 'lab/Painter-2', facts: 'image · 5 credits' },
    { word: 'scribe', facts: 'prompt · 1 credit' },
  ]);
  expect(listed('OMNI', { duration: 10, audio: false, resolution: '720p' }).models).toEqual([
    { word: 'best', facts: 'lab/Painter-2 + lab/omni:free · 23 credits' },
    { word: 'lab/omni:free', facts: '10 s · 720p–1080p · 18 credits' },
  ]);
  expect(listed('painter', { quality: 'standard', frames: 2 }).models).toContainEqual({
    word: 'painter',
    facts: 'image · 6 credits',
  });
  // The video of images to choose from is made later, for this price.
  expect(listed('camera', { frames: 2 }).models).toContainEqual({
    word: 'camera',
    facts: '4–8 s · 720p–1080p · 18 credits',
  });
  expect(listed('omni:', { duration: 8 }).models).toContainEqual({
    word: 'lab/omni:free',
    facts: '10 s · 720p–1080p · not with these options',
  });
  // Options that somebody has not typed to their end do no harm.
  expect(listed('camera', { duration: 'lo', audio: 'of' }).models).toHaveLength(2);
});

test('the list leaves out what the workspace may not use, and says how many do not fit', () => {
  const { models } = listed('', {}, { allowedModels: ['camera'] });
  expect(models.map(({ word }) => word)).toEqual(['best', 'old', 'camera', 'painter', 'lab/Painter-2', 'scribe']);
  expect(listed('', {}, {}, 3)).toMatchObject({ models: { length: 3 }, more: 4 });
  const deps = { providers, byokPricePercent: 100, priceBook: null };
  const chooser = { brought: none, settings: workspaceSettings.parse({}) };
  // Some platforms take only short values.
  const listing = { command: { name: 'video' }, chooser, given: {}, typed: '', max: 25, maxWord: 6 };
  expect(listModels(deps, listing, textOf('en')).models.map(({ word }) => word)).toEqual(['best', 'old', 'camera']);
});
