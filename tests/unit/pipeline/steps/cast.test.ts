import fc from 'fast-check';
import { expect, test } from 'vitest';
import { castName, isCastName, namesIn, withoutMarks } from '../../../../src/pipeline/steps/cast.ts';

/** Letters with and without case, with marks of their own, of scripts with and without spaces, and of more than one code unit. */
const letters = [...'azAZéÉßσςΣİıяЖक狐きカ한مع', 'का', 'รู้', 'e\u0301', '𐐷', '9', '٣'];
const name = fc
  .array(fc.constantFrom(...letters, ...letters, '_', '-'), { minLength: 1, maxLength: 12 })
  .map((parts) => castName(parts.join('')))
  .filter(isCastName);
const before = fc.constantFrom('', ' ', 'See ', '(', '“', '"', '*', '_', 'the end.', '\n', '—', 'red-', '<');
const after = fc.constantFrom('', ' ', '.', ', and', "'s", '’s', ')', '”', '!', '*', '_', '-', '\n', ': hello', '>');

test('a name is found again behind any punctuation and in any case, and a model reads it without the @', () => {
  fc.assert(
    fc.property(before, name, after, fc.boolean(), (head, known, tail, isLoud) => {
      const typed = isLoud && castName(known.toUpperCase()) === known ? known.toUpperCase() : known;
      expect(namesIn(`${head}@${typed}${tail}`)).toEqual([known]);
      expect(withoutMarks(`${head}@${typed}${tail}`)).toBe(`${head}${typed}${tail}`);
    }),
  );
});

test('several names are found once each, in their order', () => {
  fc.assert(
    fc.property(fc.array(name, { maxLength: 5 }), fc.constantFrom(' ', ', ', ' and ', '/', '+ '), (names, between) => {
      const prompt = [...names, ...names].map((one) => `@${one}`).join(between);
      expect(namesIn(prompt)).toEqual([...new Set(names)]);
      expect(namesIn(withoutMarks(prompt))).toEqual([]);
    }),
  );
});

test('an address is no name, and stays as it is', () => {
  fc.assert(
    fc.property(fc.emailAddress(), before, (address, head) => {
      const prompt = `${head === '<' ? '' : head}${address} is open`;
      expect(namesIn(prompt)).toEqual([]);
      expect(withoutMarks(prompt)).toBe(prompt);
    }),
  );
  for (const address of ['用户@例子.com', 'a!@b.example', 'fox@localhost', '@fox@owl.example']) {
    expect(namesIn(`write to ${address}`)).toEqual([]);
  }
});

test('a mention of somebody in a chat is no name', () => {
  const snowflake = fc.bigInt({ min: 1n, max: 2n ** 63n }).map((id) => `<@${id}>`);
  const slack = fc.stringMatching(/^[UW][A-Z0-9]{1,12}$/).chain((id) => fc.constantFrom(`<@${id}>`, `<@${id}|ada>`));
  fc.assert(
    fc.property(fc.oneof(snowflake, slack, fc.constantFrom('<@!12>', '<@&12>', '<#12>')), (mention) => {
      expect(namesIn(`for ${mention}: @fox`)).toEqual(['fox']);
      expect(withoutMarks(`for ${mention}: @fox`)).toBe(`for ${mention}: fox`);
    }),
  );
});

test('who addresses everybody in a chat names nobody of the cast', () => {
  for (const word of ['@everyone', '@here', '@Channel'])
    expect(namesIn(`a fox for ${word}, with @hen`)).toEqual(['hen']);
});

test('a prompt of any text gives only names that an entry could have, or that are too long for one', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary', maxLength: 40 }), (prompt) => {
      for (const found of namesIn(`${prompt}@${prompt}`))
        expect(isCastName(found) || [...found].length > 30).toBe(true);
    }),
  );
});

test('names have at most 30 letters and digits, show something, and begin and end with one', () => {
  for (const good of ['a', 'fox-2', 'जंगल', 'a'.repeat(30), '𐐷'.repeat(30)])
    expect(isCastName(castName(good))).toBe(true);
  for (const bad of ['', '-a', 'a_', 'a b', 'a@b', '\u3164', 'a\u200Bb', '😀', 'a'.repeat(31), '\u0301a', 'everyone']) {
    expect(isCastName(bad), bad).toBe(false);
  }
});

test('names are looked for in steps that grow with the prompt, and not with its square', () => {
  // A pattern that goes back over such prompts would take minutes.
  const size = 400_000;
  const long = [`@${'a'.repeat(size)}@`, `@a${'_'.repeat(size)}`, `@${'a-'.repeat(size)}@`, '@a_'.repeat(size)];
  expect(long.map((prompt) => namesIn(prompt).length)).toEqual([0, 1, 0, 1]);
});
