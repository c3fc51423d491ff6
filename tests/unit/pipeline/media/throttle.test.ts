import { setImmediate } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { createThrottle } from '../../../../src/pipeline/media/throttle.ts';

/** Calls that end when the test says so. */
function setUp(max: number) {
  const throttle = createThrottle(max, (error) => error instanceof Error && error.message === 'overloaded');
  const underWay: { name: string; end: (error?: Error) => Promise<void> }[] = [];
  const call = (name: string, signal?: AbortSignal) =>
    throttle(async () => {
      const ended = Promise.withResolvers<void>();
      const one = {
        name,
        end: async (error?: Error) => {
          underWay.splice(underWay.indexOf(one), 1);
          if (error) ended.reject(error);
          else ended.resolve();
          await setImmediate();
        },
      };
      underWay.push(one);
      await ended.promise;
    }, signal).catch((error: unknown) => String(error));
  const names = () => underWay.map(({ name }) => name);
  return { call, underWay, names };
}

test('at most so many calls go on at once, and the rest follows in order', async () => {
  const { call, underWay, names } = setUp(2);
  for (const name of ['a', 'b', 'c', 'd']) void call(name);
  await setImmediate();
  expect(names()).toEqual(['a', 'b']);
  await underWay[0]?.end();
  expect(names()).toEqual(['b', 'c']);
});

test('while the other side is overloaded there are fewer at once, down to one, and more again when calls succeed', async () => {
  const { call, underWay, names } = setUp(4);
  for (const name of ['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h']) void call(name);
  await setImmediate();
  expect(names()).toEqual(['a', 'b', 'c', 'd']);
  for (let time = 0; time < 4; time += 1) await underWay[0]?.end(new Error('overloaded'));
  expect(names()).toEqual(['e']);
  await underWay[0]?.end();
  expect(names()).toEqual(['f', 'g']);
  // A fault of another kind says nothing about the load.
  await underWay[0]?.end(new Error('denied'));
  expect(names()).toEqual(['g', 'h']);
});

test('a call that waits ends with its signal, and keeps no slot', async () => {
  const { call, underWay, names } = setUp(1);
  const leaving = new AbortController();
  void call('a');
  const left = call('b', leaving.signal);
  void call('c');
  await setImmediate();
  leaving.abort(new Error('gone'));
  expect(await left).toMatch(/gone/);
  await underWay[0]?.end();
  expect(names()).toEqual(['c']);
});
