import { expect, test } from 'vitest';
import { progressOf } from '../../../src/pipeline/progress.ts';
import { stepOf, viewOf } from '../../support/views.ts';

const start = new Date('2026-11-23T12:00:00Z');
const later = (ms: number) => new Date(start.getTime() + ms);
const running = (fraction: number | null) =>
  viewOf([
    stepOf('enhance', { state: 'done', startedAt: start, finishedAt: later(1_000) }),
    stepOf('image', { state: 'submitted', handle: 1, startedAt: start, fraction }),
    stepOf('video'),
  ]);

test('percent grows with time where the provider says nothing, and never reaches the end by itself', () => {
  const percents = [0, 2_000, 10_000, 60_000, 3_600_000].map((ms) => progressOf(running(null), later(ms)).percent);
  expect(percents).toEqual([...percents].sort((a, b) => a - b));
  expect(new Set(percents).size).toBeGreaterThan(3);
  expect(percents.at(-1)).toBeLessThan(67);
});

test('what the provider reports counts more than the clock', () => {
  const [, image] = progressOf(running(0.25), later(60_000)).steps;
  expect(image?.percent).toBe(25);
});

test('past half-way the estimate follows the pace that was seen', () => {
  const [, image] = progressOf(running(0.5), later(40_000)).steps;
  expect(image).toMatchObject({ elapsedMs: 40_000, remainingMs: 40_000 });
});

test('a settled run is at 100 percent with nothing to wait for', () => {
  const view = viewOf([stepOf('enhance', { state: 'failed' }), stepOf('image', { state: 'done' })], {
    settledAt: start,
  });
  expect(progressOf(view, later(5))).toMatchObject({ percent: 100, remainingMs: 0 });
});

test('a clock that runs behind the database shows no negative times', () => {
  const [, image] = progressOf(running(null), later(-5_000)).steps;
  expect(image?.elapsedMs).toBe(0);
});
