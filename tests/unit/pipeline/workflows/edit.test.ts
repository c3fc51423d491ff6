import { expect, test } from 'vitest';
import { runOptions } from '../../../../src/domain.ts';
import { priceImage, priceVideo, tablePrices } from '../../../../src/pipeline/pricing.ts';
import { type Capabilities, noCapabilities } from '../../../../src/pipeline/providers/provider.ts';
import { planEdit } from '../../../../src/pipeline/workflows/edit.ts';

const can: Capabilities = {
  ...noCapabilities,
  qualities: ['standard', 'hd'],
  durations: [3, 8, 15],
  resolutions: ['1080p'],
  extension: { seconds: [8], maxSeconds: 30, resolutions: ['1080p'] },
  lastFrame: [3, 8],
  references: 2,
};
const ending = (duration: number, changed: Partial<Capabilities> = {}) => {
  const options = runOptions.parse({ change: 'ending', duration });
  const planned = planEdit({
    options,
    modelOf: () => ({ capabilities: { ...can, ...changed }, prices: tablePrices(100) }),
    references: 0,
  });
  return { options, planned };
};

test('another ending is made in one call from the first frame and the changed last one', () => {
  const { options, planned } = ending(8);
  if (planned.outcome === 'refused') throw new Error('the ending is possible');
  expect(planned.steps.map(({ kind, inputs, priceCredits }) => [kind, inputs, priceCredits])).toEqual([
    ['image', [], 0],
    ['image', [], priceImage(options)],
    ['video', [1, 2], priceVideo(options)],
  ]);
});

test('another ending is planned only for lengths that the model can make with both frames', () => {
  // The model makes 15 seconds from a first frame, and 16 with an extension.
  for (const duration of [15, 16]) {
    expect(ending(duration).planned).toEqual({
      outcome: 'refused',
      refusal: { kind: 'video', option: 'duration', value: duration, allowed: [3, 8] },
    });
  }
  expect(ending(8, { lastFrame: [] }).planned).toMatchObject({ refusal: { option: 'ending', allowed: [] } });
  expect(ending(8, { resolutions: ['720p'] }).planned).toMatchObject({ refusal: { option: 'resolution' } });
});
