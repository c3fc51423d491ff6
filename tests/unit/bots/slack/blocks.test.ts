import fc from 'fast-check';
import { expect, test } from 'vitest';
import { limits, quote } from '../../../../src/bots/slack/blocks.ts';
import { cardMessage } from '../../../../src/bots/slack/cardBlocks.ts';
import { cut, mrkdwn, unescaped } from '../../../../src/bots/slack/escape.ts';
import { textOf } from '../../../../src/bots/text.ts';
import { blockProblems } from '../../../support/slack/limits.ts';

const words = fc.oneof(
  fc.string({ unit: 'grapheme', maxLength: 60 }),
  fc.string({ unit: fc.constantFrom('&', '<', '>', '🦊', 'a', '\n', '<!channel>'), minLength: 500, maxLength: 4_000 }),
);

test('whatever a card says, Slack takes it: no limit is broken and nothing is addressed', () => {
  const text = textOf('en');
  const pair = fc.record({ label: words, value: words });
  const entry = fc.record({ at: fc.constant(null), label: words, text: words, aside: words, media: fc.constant([]) });
  const block = fc.oneof(
    fc.record({ kind: fc.constant('text' as const), text: words }),
    fc.record({ kind: fc.constant('fields' as const), fields: fc.array(pair, { maxLength: 30 }) }),
    fc.record({ kind: fc.constant('quotes' as const), quotes: fc.array(fc.record({ label: words, text: words })) }),
    fc.record({ kind: fc.constant('entries' as const), heading: words, entries: fc.array(entry, { maxLength: 60 }) }),
  );
  fc.assert(
    fc.property(words, fc.array(block, { maxLength: 12 }), (title, blocks) => {
      const message = cardMessage({ tone: 'bad', title, blocks, media: [], buttons: [] }, text);
      expect(blockProblems(message.blocks, limits.blocksPerMessage)).toEqual([]);
      expect(message.text).not.toMatch(/<!/);
    }),
    { numRuns: 60 },
  );
});

test('a cut never splits a character or an entity', () => {
  fc.assert(
    fc.property(words, fc.integer({ min: 2, max: 200 }), (text, max) => {
      expect(cut(text, max).length).toBeLessThanOrEqual(max);
      expect(cut(text.toWellFormed(), max).isWellFormed()).toBe(true);
      expect(mrkdwn(text, max)).not.toMatch(/&(?!amp;|lt;|gt;)/);
    }),
  );
});

test('what Slack escaped in an event reads as it was typed', () => {
  expect(unescaped('a &lt;b&gt; &amp;amp; <https://x.example|x.example>')).toBe('a <b> &amp; x.example');
});

test('a quote of many lines stays one block', () => {
  expect(blockProblems([quote('Your words', 'line\n'.repeat(2_000))], 50)).toEqual([]);
});
