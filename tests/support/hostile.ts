import fc from 'fast-check';

// What people and machines send who mean harm, or are broken. Each kind grows from something that would be accepted.

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
const junk = fc.oneof({ weight: 3, arbitrary: nasty }, { weight: 1, arbitrary: fc.jsonValue({ maxDepth: 2 }) });

/** A value of JSON with parts of it taken away, doubled or replaced by what does not belong there. */
export const mutated = (valid: unknown): fc.Arbitrary<unknown> =>
  fc
    .array(fc.tuple(fc.nat(), fc.constantFrom('replace', 'remove', 'wrap'), junk), { minLength: 1, maxLength: 4 })
    .map((changes) =>
      changes.reduce<unknown>(
        (value, [at, how, instead]) => changeAt(value, at, how, structuredClone(instead)),
        structuredClone(valid),
      ),
    );

/** Changes the `at`-th place of a value, counted round and round in depth. */
function changeAt(value: unknown, at: number, how: 'replace' | 'remove' | 'wrap', instead: unknown): unknown {
  const places = placesOf(value);
  const place = places[at % (places.length + 1)];
  if (!place) return how === 'wrap' ? [value] : instead;
  if (how === 'remove') Reflect.deleteProperty(place.parent, place.key);
  else Reflect.set(place.parent, place.key, how === 'wrap' ? [Reflect.get(place.parent, place.key)] : instead);
  return value;
}

function placesOf(value: unknown): { parent: object; key: string }[] {
  if (typeof value !== 'object' || value === null) return [];
  const parent = value;
  return Object.keys(parent).flatMap((key) => [{ parent, key }, ...placesOf(Reflect.get(parent, key))]);
}

/** Text that is no JSON any more, or is more than that. */
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

/** A file with bytes turned over, its end cut off, or another file's in its middle. */
export const damaged = (files: readonly Uint8Array[]): fc.Arbitrary<Uint8Array> => {
  const whole = fc.constantFrom(...files);
  const place = fc.double({ min: 0, max: 1, noNaN: true });
  return fc.oneof(
    fc.tuple(whole, place).map(([file, share]) => file.subarray(0, Math.floor(file.length * share))),
    fc
      .tuple(whole, fc.array(fc.tuple(place, fc.nat({ max: 255 })), { minLength: 1, maxLength: 12 }))
      .map(([file, changes]) => {
        const copy = Uint8Array.from(file);
        for (const [share, byte] of changes) copy[Math.floor(share * (copy.length - 1))] = byte;
        return copy;
      }),
    fc
      .tuple(whole, whole, place)
      .map(([head, tail, share]) => Buffer.concat([head.subarray(0, Math.floor(head.length * share)), tail])),
    // In the headers, where sizes, counts and depths are told.
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
