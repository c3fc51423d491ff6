/** A random source that gives the same numbers for the same seed. */
export type Random = {
  /** From 0 (included) to 1 (excluded). */
  next: () => number;
  /** A whole number from `min` to `max`. */
  between: (min: number, max: number) => number;
  pick: <T>(list: readonly [T, ...T[]]) => T;
  chance: (likelihood: number) => boolean;
  /** A random source for one part, so that the parts do not depend on each other's order. */
  fork: (name: string) => Random;
};

/** Mulberry32. 32 bits of state are enough for a test. */
export function createRandom(seed: number): Random {
  let state = seed >>> 0;
  const next = () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
  return {
    next,
    between: (min, max) => min + Math.floor(next() * (max - min + 1)),
    pick: (list) => list[Math.floor(next() * list.length)] ?? list[0],
    chance: (likelihood) => next() < likelihood,
    fork: (name) => createRandom([...name].reduce((sum, one) => Math.imul(sum, 31) + one.charCodeAt(0), seed)),
  };
}
