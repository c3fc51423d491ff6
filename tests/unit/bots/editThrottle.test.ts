import { expect, test } from 'vitest';
import { type Clock, createEditThrottle, type Edit } from '../../../src/bots/editThrottle.ts';

/** A clock that stands still until the test advances it. */
function handClock(): Clock & { turn: (ms: number) => Promise<void> } {
  let now = 1_000_000;
  const timers = new Set<{ at: number; act: () => void }>();
  const settled = async () => {
    for (let round = 0; round < 10; round += 1) await Promise.resolve();
  };
  return {
    now: () => now,
    after: (ms, act) => {
      const timer = { at: now + ms, act };
      timers.add(timer);
      return () => timers.delete(timer);
    },
    turn: async (ms) => {
      const until = now + ms;
      await settled();
      for (;;) {
        const [next] = [...timers].filter(({ at }) => at <= until).sort((a, b) => a.at - b.at);
        if (!next) break;
        timers.delete(next);
        now = Math.max(now, next.at);
        next.act();
        await settled();
      }
      now = until;
    },
  };
}

function setUp(budget = { windowMs: 10_000, max: 100, kept: 10 }) {
  const clock = handClock();
  const sent: string[] = [];
  const faults: unknown[] = [];
  const throttle = createEditThrottle({
    clock,
    budget,
    paceMs: (ageMs) => (ageMs < 60_000 ? 3_000 : 20_000),
    onFault: (error) => faults.push(error),
    onOutcome: () => {},
  });
  const started = clock.now();
  const edit = (key: string, word: string, over: Partial<Edit> = {}): Edit => ({
    key,
    scope: 'channel',
    since: started,
    send: async () => {
      sent.push(`${key}:${word}`);
    },
    ...over,
  });
  return { clock, sent, faults, throttle, edit };
}

test('of the edits that wait for one message only the newest is sent', async () => {
  const { clock, sent, throttle, edit } = setUp();
  for (const word of ['1', '2', '3', '4']) throttle.offer(edit('a', word));
  await clock.turn(2_999);
  expect(sent).toEqual(['a:1']);
  await clock.turn(1);
  expect(sent).toEqual(['a:1', 'a:4']);
});

test('an old story is told more slowly', async () => {
  const { clock, sent, throttle, edit } = setUp();
  await clock.turn(120_000);
  throttle.offer(edit('a', '1'));
  throttle.offer(edit('a', '2'));
  await clock.turn(19_999);
  expect(sent).toEqual(['a:1']);
  await clock.turn(1);
  expect(sent).toEqual(['a:1', 'a:2']);
});

test('the last word is sent at once, after what is under way, and nothing is said after it', async () => {
  const { clock, sent, throttle, edit } = setUp();
  let arrive = () => {};
  const slowly = new Promise<void>((resolve) => {
    arrive = resolve;
  });
  throttle.offer(edit('a', '1', { send: () => slowly.then(() => void sent.push('a:1')) }));
  throttle.offer(edit('a', '2'));
  const last = throttle.last(edit('a', 'end'));
  throttle.offer(edit('a', '3'));
  await clock.turn(0);
  expect(sent).toEqual([]);
  arrive();
  await last;
  await clock.turn(60_000);
  expect(sent).toEqual(['a:1', 'a:end']);
});

test('ten messages in one channel share its budget without starving each other, and last words have room kept', async () => {
  const { clock, sent, throttle, edit } = setUp({ windowMs: 10_000, max: 5, kept: 1 });
  const names = [...'abcdefghij'];
  for (let second = 0; second < 60; second += 1) {
    for (const name of names) throttle.offer(edit(name, String(second)));
    await clock.turn(1_000);
  }
  const shares = names.map((name) => sent.filter((word) => word.startsWith(name)).length);
  expect(Math.max(...shares) - Math.min(...shares)).toBeLessThanOrEqual(1);
  expect(Math.min(...shares)).toBeGreaterThanOrEqual(3);
  expect(sent.length).toBeLessThanOrEqual(7 * 5);
  await throttle.last(edit('a', 'end'));
  expect(sent.at(-1)).toBe('a:end');
});

test('a failed edit is reported and the next one goes on; a failed last word is told to who sent it', async () => {
  const { clock, sent, faults, throttle, edit } = setUp();
  const fail = () => Promise.reject(new Error('no'));
  throttle.offer(edit('a', '1', { send: fail }));
  throttle.offer(edit('a', '2'));
  await clock.turn(3_000);
  expect(faults).toHaveLength(1);
  expect(sent).toEqual(['a:2']);
  await expect(throttle.last(edit('a', 'end', { send: fail }))).rejects.toThrow('no');
});

test('closing drops what waits, and waits for what is under way', async () => {
  const { clock, sent, throttle, edit } = setUp();
  throttle.offer(edit('a', '1'));
  throttle.offer(edit('a', '2'));
  await throttle.close();
  throttle.offer(edit('b', '1'));
  await clock.turn(60_000);
  expect(sent).toEqual(['a:1']);
});

test('a message whose last edit another worker sends is forgotten, and so is its channel', async () => {
  const { clock, throttle, edit } = setUp();
  for (let run = 0; run < 50; run += 1) throttle.offer(edit(`run-${run}`, 'one', { scope: `thread-${run}` }));
  await clock.turn(0);
  expect(throttle.remembered()).toBe(100);
  await clock.turn(10 * 60_000);
  throttle.offer(edit('new', 'one', { scope: 'thread-new' }));
  await clock.turn(0);
  expect(throttle.remembered()).toBe(2);
});
