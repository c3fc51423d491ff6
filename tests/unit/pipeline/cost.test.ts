import { expect, test } from 'vitest';
import { runOptions } from '../../../src/domain.ts';
import { costOf, settledCost, workOf } from '../../../src/pipeline/cost.ts';
import { vendorPrices } from '../../support/prices.ts';
import { stepOf, viewOf } from '../../support/views.ts';

const film = { kind: 'video', resolution: '1080p', audio: true, seconds: 8 } as const;

test('a cost is what the vendor reports, and no estimate', () => {
  const reported = { microUsd: 700_000.4, usage: { tokens: 3 } };
  expect(settledCost(reported, vendorPrices.video, film)).toEqual({ microUsd: 700_000, usage: { tokens: 3 } });
  expect(settledCost({ microUsd: 0, usage: null }, vendorPrices.video, film)).toEqual({ microUsd: 0, usage: null });
});

test('where a vendor reports nothing, or only what was used, its published price is the estimate', () => {
  expect(settledCost(undefined, vendorPrices.video, film)).toEqual({
    microUsd: 3_200_000,
    usage: null,
    isEstimate: true,
  });
  expect(settledCost({ microUsd: null, usage: { seconds: 8 } }, vendorPrices.video, film)).toEqual({
    microUsd: 3_200_000,
    usage: { seconds: 8 },
    isEstimate: true,
  });
});

test('without a published price, what was used is kept, and no amount is made up', () => {
  expect(settledCost({ microUsd: null, usage: { seconds: 8 } }, null, film)).toEqual({
    microUsd: null,
    usage: { seconds: 8 },
  });
  expect(settledCost(undefined, null, film)).toBeNull();
  expect(costOf(vendorPrices.video, { ...film, resolution: '4k' })).toBeNull();
  expect(costOf(vendorPrices.video, { kind: 'enhance' })).toBeNull();
});

test('sums of floating point numbers are not rounded up by their noise', () => {
  const third = { kind: 'video', perSecond: { '1080p': { silent: 0.1, sound: 0.1 } } } as const;
  expect(costOf(third, { ...film, seconds: 30 })).toBe(3);
  expect(costOf(third, { ...film, seconds: 31 })).toBe(4);
});

test('the pictures of an image are those that its call looks at', () => {
  const first = stepOf('image', { number: 2, inputs: [1], state: 'done' });
  const second = stepOf('image', { number: 3, inputs: [1, 2] });
  const view = viewOf([stepOf('enhance', { number: 1, state: 'done' }), first, second]);
  expect(workOf(view, first, 'image')).toMatchObject({ kind: 'image', pictures: 0 });
  expect(workOf(view, second, 'image')).toMatchObject({ kind: 'image', pictures: 1 });
  const cast = { id: crypto.randomUUID(), name: 'fox', kind: 'character', description: '', images: [] } as const;
  const image = { objectKey: 'a', mime: 'image/png', width: 1, height: 1, bytes: 1, sha256: '' };
  const named = { ...view, run: { ...view.run, cast: [{ ...cast, images: [image, image] }] } };
  expect(workOf(named, second, 'image')).toMatchObject({ pictures: 3 });
});

test('the seconds of a video are those of its call', () => {
  const options = runOptions.parse({ duration: 30, resolution: '720p', audio: false });
  const clip = stepOf('video', { number: 1, seconds: 15 });
  const view = viewOf([clip], { options });
  expect(workOf(view, clip, 'video')).toEqual({ kind: 'video', seconds: 15, resolution: '720p', audio: false });
});
