import { expect, test } from 'vitest';
import { sparingly } from '../../../src/observability/sparingly.ts';

test('the same error is told once a minute, and another one at once', () => {
  const told: string[] = [];
  let now = 0;
  const tell = sparingly(
    ({ message }) => told.push(message),
    () => now,
  );
  for (let second = 0; second < 61; second += 1) {
    now = second * 1_000;
    tell(new Error('away'));
    if (second === 30) tell(new Error('full'));
  }
  expect(told).toEqual(['away', 'full', 'away']);
});
