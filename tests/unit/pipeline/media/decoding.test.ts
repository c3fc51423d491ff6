import { setImmediate as nextTurn } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { decoding } from '../../../../src/pipeline/media/decoding.ts';

test('however many pictures come at once, two are decoded, and one that fails keeps nobody out', async () => {
  const gates = Array.from({ length: 6 }, () => Promise.withResolvers<void>());
  let [atWork, max] = [0, 0];
  const all = gates.map((gate, index) =>
    decoding(async () => {
      atWork += 1;
      max = Math.max(max, atWork);
      await gate.promise;
      atWork -= 1;
      if (index % 2 === 0) throw new Error('damaged');
    }),
  );
  const ends = Promise.allSettled(all);
  for (const gate of gates) {
    await nextTurn();
    expect(atWork).toBe(Math.min(2, gates.length - gates.indexOf(gate)));
    gate.resolve();
  }
  expect((await ends).map(({ status }) => status)).toEqual(
    gates.map((_, index) => (index % 2 === 0 ? 'rejected' : 'fulfilled')),
  );
  expect(max).toBe(2);
});
