import { expect, test } from 'vitest';
import type { Listed, Model } from '../../../../../src/bots/web/page/modelFacts.ts';
import { wordFor, wordsWith } from '../../../../../src/bots/web/page/modelWords.ts';

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

const listed: Listed = {
  workflow: 'complete',
  kinds: [
    { kind: 'enhance', models: [{ ...model, id: 'words' }] },
    {
      kind: 'image',
      models: [
        { ...model, id: 'paint' },
        { ...model, id: 'paint-2' },
      ],
    },
    {
      kind: 'video',
      models: [
        { ...model, id: 'film' },
        { ...model, id: 'film-2' },
      ],
    },
  ],
  aliases: [{ name: 'fast', models: ['paint-2', 'film-2'] }],
};

test('default models are words of which the first that fits counts, so models stand before aliases', () => {
  expect(wordFor(listed, ['FAST'], 'video')).toBe('fast');
  expect(wordFor(listed, ['film', 'fast'], 'video')).toBe('film');
  expect(wordFor(listed, ['gone'], 'image')).toBe('');
  expect(wordsWith(listed, ['fast'], 'video', 'film')).toEqual(['film', 'fast']);
  expect(wordsWith(listed, ['film', 'fast'], 'image', '')).toEqual(['film']);
  expect(wordsWith(listed, ['gone', 'words'], 'image', 'paint')).toEqual(['words', 'paint']);
  for (const kind of ['image', 'video'] as const) expect(wordFor(listed, ['fast'], kind)).toBe('fast');
});
