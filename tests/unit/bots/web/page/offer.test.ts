import { expect, test } from 'vitest';
import { type Choices, fitted, type Offered } from '../../../../../src/bots/web/page/offer.ts';
import { runOptions } from '../../../../../src/domain.ts';

const choices: Choices = { ...runOptions.parse({}), models: [] };

test('a choice that the models cannot do becomes the nearest one, and of two as near the lower one', () => {
  const allowed: Offered['allowed'] = {
    style: ['vivid'],
    quality: ['standard'],
    aspect: ['tall'],
    duration: [4, 6, 12],
    resolution: ['720p', '4k'],
  };
  const wished: Choices = { ...choices, quality: 'hd', aspect: 'wide', duration: 5, resolution: '1080p' };
  expect(fitted(wished, { allowed })).toMatchObject({
    quality: 'standard',
    aspect: 'tall',
    duration: 4,
    resolution: '720p',
  });
  expect(
    fitted({ ...wished, resolution: '720p' }, { allowed: { ...allowed, resolution: ['1080p', '4k'] } }),
  ).toMatchObject({
    resolution: '1080p',
  });
  expect(fitted({ ...wished, duration: 60 }, { allowed }).duration).toBe(12);
  // A workflow without videos keeps what was wished for one.
  expect(fitted(wished, { allowed: { ...allowed, duration: [], resolution: [] } })).toMatchObject({
    duration: 5,
    resolution: '1080p',
  });
});
