import { expect, test } from 'vitest';
import { videoPricesOf } from '../../../../../src/pipeline/providers/openrouter/videoPrices.ts';

const video = {
  resolutions: ['720p', '1080p', '4k'],
  durations: [4, 8],
  fromText: true,
  lastFrame: false,
} as const;

const perSecond = (skus: Record<string, unknown>, over: Partial<typeof video> | { lastFrame: boolean } = {}) => {
  const prices = videoPricesOf(skus, { ...video, ...over });
  return prices?.kind === 'video' ? prices.perSecond : null;
};
const same = (price: number) => ({ silent: price, sound: price });

test.each<[string, Record<string, unknown>, unknown]>([
  [
    'one price for all',
    { duration_seconds: '0.1' },
    { '720p': same(100_000), '1080p': same(100_000), '4k': same(100_000) },
  ],
  [
    'names with hyphens',
    { 'per-video-second': '0.50', 'per-video-second-1080p': '0.75' },
    { '720p': same(500_000), '1080p': same(750_000), '4k': same(500_000) },
  ],
  [
    'a price for each size, and none for another one',
    { duration_seconds_480p: '0.05', duration_seconds_720p: '0.0988', duration_seconds_1080p: 0.1278 },
    { '720p': same(98_800), '1080p': same(127_800) },
  ],
  [
    'sound and size at once',
    {
      duration_seconds_with_audio: '0.08',
      duration_seconds_without_audio: '0.05',
      duration_seconds_with_audio_720p: '0.05',
      duration_seconds_without_audio_720p: '0.03',
      duration_seconds_with_audio_4k: '0.60',
    },
    {
      '720p': { silent: 30_000, sound: 50_000 },
      '1080p': { silent: 50_000, sound: 80_000 },
      '4k': { silent: 50_000, sound: 600_000 },
    },
  ],
  [
    'cents, with the sound after the size',
    { cents_per_video_output_second_720p_with_audio: '10', cents_per_video_output_second_720p_without_audio: '5' },
    { '720p': { silent: 50_000, sound: 100_000 } },
  ],
  [
    'tokens, which grow with the size',
    { video_tokens: '0.000007', video_tokens_1080p: '0.0000077', video_tokens_with_video_input: '0.000001' },
    { '720p': same(151_200), '1080p': same(374_220), '4k': same(1_360_800) },
  ],
])('reads %s', (_name, skus, expected) => {
  expect(perSecond(skus)).toEqual(expected);
});

test('where charges fit equally well, the dearer one counts, and no silent film costs more than one with sound', () => {
  const kling = {
    duration_seconds: '0.112',
    duration_seconds_with_audio: '0.168',
    text_to_video_duration_seconds_720p: '0.112',
    image_to_video_duration_seconds_720p: '0.112',
  };
  expect(perSecond(kling)?.['720p']).toEqual({ silent: 112_000, sound: 168_000 });
  const cheaper = { duration_seconds: '0.2', duration_seconds_with_audio: '0.1' };
  expect(perSecond(cheaper)?.['720p']).toEqual(same(100_000));
});

test('a film from words at a higher price makes the price for all, and a price for words alone is none for a frame', () => {
  const skus = { text_to_video_duration_seconds: '0.3', image_to_video_duration_seconds: '0.1' };
  expect(perSecond(skus)?.['720p']).toEqual(same(300_000));
  expect(perSecond({ text_to_video_duration_seconds_720p: '0.08' })).toBeNull();
});

test('what a call costs besides is spread over its shortest length, so that no length costs more', () => {
  const skus = { cents_per_image_input: '0.2', cents_per_video_output_second_720p: '7' };
  expect(perSecond(skus)).toEqual({ '720p': same(70_500) });
  expect(perSecond(skus, { lastFrame: true })).toEqual({ '720p': same(71_000) });
  const least = { cents_per_second_output: '10', minimum_cents_per_generation: '80' };
  expect(perSecond(least)?.['720p']).toEqual(same(200_000));
});

test.each<[string, Record<string, unknown>]>([
  ['nothing', {}],
  ['a charge that nobody knows', { duration_seconds: '0.1', service_fee: '1' }],
  ['a price for each call', { generate: '0.50' }],
  ['no number', { duration_seconds: 'NaN' }],
  ['a negative price', { duration_seconds: '-1' }],
  ['an endless price', { duration_seconds: 'Infinity' }],
  ['a price beyond reason', { duration_seconds: '1e9' }],
  ['an empty price', { duration_seconds: ' ' }],
  ['a list', { duration_seconds: ['0.1'] }],
  ['a broken exact price beside a whole one', { duration_seconds: '0.1', image_to_video_duration_seconds: null }],
  ['a broken minimum', { duration_seconds: '0.1', minimum_cents_per_generation: 'x' }],
  ['a price of silence alone', { duration_seconds_without_audio: '0.1' }],
])('%s is no known price', (_name, skus) => {
  expect(perSecond(skus)).toBeNull();
});
