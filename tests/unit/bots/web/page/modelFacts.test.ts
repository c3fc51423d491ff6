import { expect, test } from 'vitest';
import {
  changesOf,
  factsOf,
  isFound,
  type Model,
  obstaclesOf,
  said,
} from '../../../../../src/bots/web/page/modelFacts.ts';
import type { Choices, Offered } from '../../../../../src/bots/web/page/offer.ts';
import { loadLateWords, wordsIn } from '../../../../../src/bots/web/page/words.ts';
import { runOptions } from '../../../../../src/domain.ts';

const choices: Choices = { ...runOptions.parse({}), models: [] };

const model: Model = {
  id: 'studio/cine-4k',
  title: 'Cine 4K',
  provider: 'studio',
  maker: 'Studio',
  seconds: [4, 6, 8],
  durations: [4, 6, 8, 12, 30],
  resolutions: ['1080p', '4k'],
  aspects: ['wide', 'tall'],
  qualities: ['standard', 'hd'],
  references: 2,
  lastFrame: true,
  extension: null,
  keySource: 'operator',
  isDefault: false,
  isAllowed: true,
  priceCredits: 18,
};

const every: Offered['options'] = ['style', 'quality', 'aspect', 'duration', 'resolution', 'audio', 'frames'];

test('what is in the way of a model is named by kind of step, and only among the options that the workflow has', () => {
  const wished: Choices = { ...choices, aspect: 'square', duration: 5, resolution: '720p', quality: 'hd' };
  expect(obstaclesOf(model, 'video', wished, every)).toEqual([
    { option: 'aspect', value: 'square' },
    { option: 'duration', value: 5 },
    { option: 'resolution', value: '720p' },
  ]);
  expect(obstaclesOf(model, 'video', wished, ['aspect'])).toEqual([{ option: 'aspect', value: 'square' }]);
  expect(obstaclesOf({ ...model, qualities: ['standard'] }, 'image', wished, every)).toEqual([
    { option: 'quality', value: 'hd' },
    { option: 'aspect', value: 'square' },
  ]);
  expect(obstaclesOf(model, 'enhance', wished, every)).toEqual([]);
});

test('a change is told with both values, in words, and an option that nobody sees is not told', async () => {
  const words = await wordsIn('en');
  const now: Choices = { ...choices, duration: 6, resolution: '720p', frames: 1, change: 'film' };
  const changes = changesOf({ ...choices, duration: 8, resolution: '4k' }, now, every);
  expect(changes.map((pair) => pair.map((value) => said(value, words)))).toEqual([
    ['6 s', '8 s'],
    ['720p', '4K'],
  ]);
  expect(changesOf({ ...choices, resolution: '4k' }, now, ['quality'])).toEqual([]);
});

test('the facts of a model are those of its kind, and a model without any crashes nothing', async () => {
  await loadLateWords('en');
  const words = await wordsIn('en');
  expect(factsOf(model, 'video', words)).toEqual([
    '4–8 s',
    'up to 30 s in parts',
    '1080p, 4K',
    'Wide, Tall',
    'first and last frame',
  ]);
  expect(factsOf(model, 'image', words)).toEqual(['Standard, HD', 'Wide, Tall', 'follows 2 pictures']);
  expect(factsOf(model, 'enhance', words)).toEqual(['looks at pictures']);
  const empty = { ...model, seconds: [], durations: [], resolutions: [], aspects: [], qualities: [], references: 0 };
  for (const kind of ['enhance', 'image', 'video'] as const)
    expect(factsOf({ ...empty, lastFrame: false }, kind, words).join(''), kind).toBe('');
});

test('a search finds by any part of title, id and maker, in any order and case', () => {
  for (const typed of ['', 'cine', '4K studio', 'STUDIO/CINE', ' cine  '])
    expect(isFound(model, typed), typed).toBe(true);
  for (const typed of ['cina', 'cine 5k']) expect(isFound(model, typed), typed).toBe(false);
});
