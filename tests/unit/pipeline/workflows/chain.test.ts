import fc from 'fast-check';
import { expect, test } from 'vitest';
import { type Resolution, resolutions } from '../../../../src/domain.ts';
import type { Capabilities } from '../../../../src/pipeline/providers/provider.ts';
import { chainOf, lengthsOf } from '../../../../src/pipeline/workflows/chain.ts';

type Able = Pick<Capabilities, 'durations' | 'extension'>;

const range = (from: number, to: number) => Array.from({ length: to - from + 1 }, (_, index) => from + index);
const omni: Able = {
  durations: range(3, 15),
  extension: { seconds: range(3, 10), maxSeconds: 30, resolutions: ['720p', '1080p', '4k'] },
};
const veo: Able = { durations: [4, 6, 8], extension: { seconds: [7], maxSeconds: 37, resolutions: ['720p'] } };

const shortly = (able: Able, resolution: Resolution, seconds: number) =>
  chainOf(able, resolution, seconds)
    ?.map(({ start, seconds: one }) => `${{ first: '', extension: '+', last_frame: '|' }[start]}${one}`)
    .join(' ');

test.for([
  [omni, '1080p', 8, '8'],
  [omni, '1080p', 15, '15'],
  [omni, '1080p', 30, '15 +10 +5'],
  [omni, '4k', 60, '15 +10 +5 |15 +10 +5'],
  [veo, '720p', 8, '8'],
  [veo, '720p', 15, '8 +7'],
  [veo, '720p', 22, '8 +7 +7'],
  [veo, '1080p', 30, '8 |8 |8 |6'],
  [veo, '1080p', 15, undefined],
  [veo, '720p', 5, undefined],
] as const)(
  '%# a model makes %i seconds by the fewest clips, then the fewest calls',
  ([able, resolution, seconds, calls]) => {
    expect(shortly(able, resolution, seconds)).toBe(calls);
  },
);

test('a chain has exactly the seconds asked for, and asks its model only for what it can do', () => {
  const some = (max: number) => fc.uniqueArray(fc.integer({ min: 1, max }), { minLength: 1, maxLength: 6 });
  const extension = fc.record({
    seconds: some(20),
    maxSeconds: fc.integer({ min: 1, max: 60 }),
    resolutions: fc.subarray([...resolutions]),
  });
  const model = fc.record({ durations: some(20), extension: fc.option(extension, { nil: null }) });
  fc.assert(
    fc.property(model, fc.constantFrom(...resolutions), (able, resolution) => {
      const lengths = lengthsOf(able, resolution);
      for (const seconds of range(1, 60)) {
        const chain = chainOf(able, resolution, seconds);
        expect(chain !== null).toBe(lengths.includes(seconds));
        if (!chain) continue;
        expect(chain.reduce((sum, link) => sum + link.seconds, 0)).toBe(seconds);
        expect(chain.map(({ start }) => start).indexOf('first')).toBe(0);
        expect(chain.filter(({ start }) => start === 'first')).toHaveLength(1);
        let clip = 0;
        for (const link of chain) {
          clip = link.start === 'extension' ? clip + link.seconds : link.seconds;
          if (link.start !== 'extension') expect(able.durations).toContain(link.seconds);
          else {
            expect(able.extension?.seconds).toContain(link.seconds);
            expect(able.extension?.resolutions).toContain(resolution);
            expect(clip).toBeLessThanOrEqual(able.extension?.maxSeconds ?? 0);
          }
        }
      }
    }),
    { numRuns: 60 },
  );
});
