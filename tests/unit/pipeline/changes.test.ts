import fc from 'fast-check';
import { expect, test } from 'vitest';
import { resolutions } from '../../../src/domain.ts';
import { changesBetween, kept, type ModelChange } from '../../../src/pipeline/changes.ts';
import type { CatalogueEntry, ListedModel } from '../../../src/pipeline/providers/keys.ts';
import { type ModelPrices, noCapabilities } from '../../../src/pipeline/providers/provider.ts';

const now = new Date('2026-11-29T12:00:00.000Z');
const readAt = new Date('2026-11-28T12:00:00.000Z');
const between = (before: ListedModel[], after: ListedModel[]) => changesBetween(before, after, { now, readAt });

const prices = (silent: number, sound: number): ModelPrices => ({
  kind: 'video',
  perSecond: { '720p': { silent, sound } },
});
const able = { ...noCapabilities, durations: [5, 10], resolutions, references: 4, lastFrame: [5], fromText: true };
const film = (over: Partial<CatalogueEntry> = {}, shutdownAt: string | null = null): ListedModel => ({
  id: 'film',
  shutdownAt,
  entry: { kind: 'video', title: 'Film', capabilities: able, prices: prices(100_000, 200_000), extra: null, ...over },
});
const plain = (id: string): ListedModel => ({ id, shutdownAt: null });
const said = (changes: ModelChange[]) => changes.map(({ what, model, detail }) => [what, model, detail]);

test('a model that left the list is gone, one that came is new, and one that stayed is no news', () => {
  expect(said(between([plain('a'), plain('b')], [plain('b'), plain('c')]))).toEqual([
    ['gone', 'a', ''],
    ['new', 'c', ''],
  ]);
  expect(between([film()], [film()])).toEqual([]);
});

test('one dearer price makes a model dearer, whatever became of the others', () => {
  const dearer = film({ prices: prices(50_000, 250_000) });
  expect(said(between([film()], [dearer]))).toEqual([['dearer', 'film', 'a second in 720p with sound: $0.2 → $0.25']]);
  expect(said(between([dearer], [film({ prices: prices(50_000, 240_000) })]))).toEqual([
    ['cheaper', 'film', 'a second in 720p with sound: $0.25 → $0.24'],
  ]);
  expect(between([film({ prices: null })], [film()])).toEqual([]);
});

test('an ability that a model has lost is told by its name, and one that it has won is no news', () => {
  const less = film({ capabilities: { ...able, durations: [5, 8], references: 2, fromText: false } });
  expect(said(between([film()], [less]))).toEqual([['less', 'film', 'seconds 10, pictures 4 → 2, from words alone']]);
  expect(between([film({ capabilities: noCapabilities })], [film()])).toEqual([]);
});

test('a retirement is told when it is announced or moved, and once more a month before', () => {
  const far = '2027-06-01';
  const near = '2026-12-29T06:00:00.000Z';
  expect(said(between([film()], [film({}, far)]))).toEqual([['retires', 'film', far]]);
  expect(said(between([film({}, far)], [film({}, near)]))).toEqual([['retires', 'film', near]]);
  expect(between([film({}, far)], [film({}, far)])).toEqual([]);
  expect(said(between([film({}, near)], [film({}, near)]))).toEqual([['retires', 'film', near]]);
  const tomorrow = { now: new Date('2026-11-30T12:00:00.000Z'), readAt: now };
  expect(changesBetween([film({}, near)], [film({}, near)], tomorrow)).toEqual([]);
  // A date that nobody can read is told when it appears.
  expect(said(between([film()], [film({}, 'soon')]))).toEqual([['retires', 'film', 'soon']]);
});

test('whatever two lists hold, every model that came or went is told exactly once', () => {
  const ids = fc.uniqueArray(fc.string({ minLength: 1 }), { maxLength: 12 });
  fc.assert(
    fc.property(ids, ids, (before, after) => {
      const changes = between(before.map(plain), after.map(plain));
      const of = (what: string) => changes.filter((one) => one.what === what).map(({ model }) => model);
      expect(of('gone')).toEqual(before.filter((id) => !after.includes(id)));
      expect(of('new')).toEqual(after.filter((id) => !before.includes(id)));
    }),
  );
});

test('at most two hundred changes of the last thirty days are kept, the newest first', () => {
  const at = (day: number): ModelChange => ({
    at: new Date(Date.UTC(2026, 9, day)).toISOString(),
    what: 'new',
    model: `${day}`,
    detail: '',
  });
  expect(kept([at(59), at(31), at(29)], now).map(({ model }) => model)).toEqual(['59', '31']);
  const many = Array.from({ length: 300 }, () => at(59));
  expect(kept(many, now)).toHaveLength(200);
});
