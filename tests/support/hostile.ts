import { ne } from 'drizzle-orm';
import fc from 'fast-check';
import { expect } from 'vitest';
import type { Db } from '../../src/db/client.ts';
import { checkInvariants } from '../../src/db/invariants.ts';
import { creditTransactions, runs } from '../../src/db/schema.ts';
import { listPrices } from '../../src/pipeline/listPrices.ts';
import { total } from '../../src/pipeline/pricing.ts';

// Inputs from malicious or broken people and machines. Each kind grows from an input that would be accepted.

/** The number of inputs in flight at the same time. */
const group = 25;

/** Checks inputs in groups. A failure prints the seed, the group, and the input that failed. */
export async function each<T>(count: number, input: fc.Arbitrary<T>, check: (input: T) => Promise<void>) {
  const inputs = fc.array(input, { minLength: group, maxLength: group });
  const named = async (one: T) => {
    try {
      await check(one);
    } catch (error) {
      throw new Error(`it failed with ${fc.stringify(one).slice(0, 2_000)}`, { cause: error });
    }
  };
  await fc.assert(
    fc.asyncProperty(inputs, async (all) => {
      await Promise.all(all.map(named));
    }),
    // The inputs have changed the database, so the same inputs again, or fewer of them, would meet another state.
    { numRuns: count / group, endOnFailure: true },
  );
}

/**
 * Longer than any answer takes on a busy machine, and shorter than the five seconds after which a hanging handler is given up.
 * Milliseconds.
 */
const patienceMs = 4_500;

/** The answer to a request. Rejects if none comes in time, because the request hangs. */
export async function inTime<T>(answer: Promise<T>): Promise<T> {
  const late = AbortSignal.timeout(patienceMs);
  const hangs = new Promise<never>((_, reject) => {
    late.addEventListener('abort', () => reject(new Error('the request hangs', { cause: late.reason })));
  });
  return await Promise.race([answer, hangs]);
}

/** More credits than all inputs together can spend. */
export const plenty = 1_000_000;

/**
 * The existing runs, and the other movements of credits. Checks that the hold of each run is its price, and that the ledger is
 * consistent.
 */
export async function heldRuns(db: Db) {
  const [all, moved] = await Promise.all([
    db.select().from(runs),
    db.select().from(creditTransactions).where(ne(creditTransactions.kind, 'grant')),
  ]);
  const holds = moved.filter(({ kind }) => kind === 'hold').map(({ runId, amount }) => `${runId} ${amount}`);
  const prices = all.map(({ id, workflow, options }) => `${id} ${total(listPrices(workflow, options))}`);
  expect(holds.sort()).toEqual(prices.sort());
  expect(await checkInvariants(db, { atRest: false })).toEqual([]);
  return { runs: all, others: moved.filter(({ kind }) => kind !== 'hold') };
}

/** Hexadecimal digits, as signatures and ids have them. */
export const hex = (length: number) =>
  fc.string({ unit: fc.constantFrom(...'0123456789abcdef'), minLength: length, maxLength: length });
/** Text that may stand in a header. The client itself refuses other text. */
export const headerText = fc.string({ unit: fc.constantFrom(...'abcxyz0189=,;/ -_'), maxLength: 60 });

const nasty = fc.constantFrom<unknown>(
  ...[
    null,
    true,
    0,
    -1,
    1e308,
    Number.MAX_SAFE_INTEGER,
    '',
    '\0',
    '\ud800',
    '__proto__',
    '<!channel>',
    '@everyone',
    '‮',
  ],
  ...["'; DROP TABLE runs; --", '../../../etc/passwd', '9'.repeat(400), 'x'.repeat(5_000), [], {}, [[]], [null]],
  ...[{ length: 1e9 }, { toString: 1 }, { toJSON: null }],
);
/** Values that are valid elsewhere, or were not meant for this place. */
const plausible = fc.constantFrom(5, 15, false, 'off', '5', '720p', '4k', 'square', 'standard', 'video');
const junk = fc.oneof(
  { weight: 3, arbitrary: nasty },
  { weight: 1, arbitrary: plausible },
  { weight: 1, arbitrary: fc.jsonValue({ maxDepth: 2 }) },
);

/** Parts of a JSON value that are removed, wrapped in a list, or replaced by a wrong value. */
type Damage = readonly (readonly [at: number, how: 'replace' | 'remove' | 'wrap', instead: unknown])[];
export const damage: fc.Arbitrary<Damage> = fc.array(
  fc.tuple(fc.nat(), fc.constantFrom('replace', 'remove', 'wrap'), junk),
  { minLength: 1, maxLength: 4 },
);

export const damagedBy = (valid: unknown, changes: Damage): unknown =>
  changes.reduce<unknown>(
    (value, [at, how, instead]) => changeAt(value, at, how, structuredClone(instead)),
    structuredClone(valid),
  );

export const mutated = (valid: unknown): fc.Arbitrary<unknown> => damage.map((changes) => damagedBy(valid, changes));

/** Changes the `at`-th place of a value, counted depth first and modulo the number of places. */
function changeAt(value: unknown, at: number, how: 'replace' | 'remove' | 'wrap', instead: unknown): unknown {
  const places = placesOf(value);
  const position = places[at % (places.length + 1)];
  if (!position) return how === 'wrap' ? [value] : instead;
  if (how === 'remove') Reflect.deleteProperty(position.parent, position.key);
  else
    Reflect.set(position.parent, position.key, how === 'wrap' ? [Reflect.get(position.parent, position.key)] : instead);
  return value;
}

function placesOf(value: unknown): { parent: object; key: string }[] {
  if (typeof value !== 'object' || value === null) return [];
  const parent = value;
  return Object.keys(parent).flatMap((key) => [{ parent, key }, ...placesOf(Reflect.get(parent, key))]);
}

/** A value in a place that holds only text, such as a form or a query. */
export const wordsOf = (value: unknown): string => (typeof value === 'string' ? value : JSON.stringify(value));

/** Text that is no longer valid JSON, because something is missing or added. */
export const brokenText = (valid: string): fc.Arbitrary<string> =>
  fc.oneof(
    fc.nat({ max: valid.length }).map((length) => valid.slice(0, length)),
    fc.string({ unit: 'binary', maxLength: 80 }).map((tail) => valid + tail),
    fc.string({ unit: 'binary', maxLength: 200 }),
    fc.constantFrom(
      '',
      'null',
      '[]',
      '""',
      '{',
      '['.repeat(20_000),
      '{"a":'.repeat(5_000),
      '<html>502 Bad Gateway</html>',
    ),
  );

/** A file with flipped bytes, with its end cut off, or with part of another file in its middle. */
export const damaged = (files: readonly Uint8Array[]): fc.Arbitrary<Uint8Array> => {
  const whole = fc.constantFrom(...files);
  const position = fc.double({ min: 0, max: 1, noNaN: true });
  return fc.oneof(
    fc.tuple(whole, position).map(([file, share]) => file.subarray(0, Math.floor(file.length * share))),
    fc
      .tuple(whole, fc.array(fc.tuple(position, fc.nat({ max: 255 })), { minLength: 1, maxLength: 12 }))
      .map(([file, changes]) => {
        const copy = Uint8Array.from(file);
        for (const [share, byte] of changes) copy[Math.floor(share * (copy.length - 1))] = byte;
        return copy;
      }),
    fc
      .tuple(whole, whole, position)
      .map(([head, tail, share]) => Buffer.concat([head.subarray(0, Math.floor(head.length * share)), tail])),
    // Changes bytes in the file's header, which holds sizes, counts and depths.
    fc
      .tuple(
        whole,
        fc.array(fc.tuple(fc.integer({ min: 8, max: 60 }), fc.constantFrom(0, 0x7f, 0xff)), {
          minLength: 1,
          maxLength: 8,
        }),
      )
      .map(([file, changes]) => {
        const copy = Uint8Array.from(file);
        for (const [at, byte] of changes) if (at < copy.length) copy[at] = byte;
        return copy;
      }),
    fc.uint8Array({ maxLength: 200 }),
  );
};
