import fc from 'fast-check';
import { expect, test } from 'vitest';
import { commands } from '../../src/bots/commands/all.ts';
import { parseArguments, parseLine } from '../../src/bots/commands/parse.ts';
import { givenOf } from '../../src/bots/discord/commandGiven.ts';
import { incoming } from '../../src/bots/discord/incoming.ts';
import { memberOf } from '../../src/bots/discord/requester.ts';
import { rootMessage as discordMessage } from '../../src/bots/discord/runMessages.ts';
import { threadName } from '../../src/bots/discord/thread.ts';
import { runCard } from '../../src/bots/runCard.ts';
import { progressMessage, rootMessage as slackMessage } from '../../src/bots/slack/runMessages.ts';
import { safe } from '../../src/bots/terminal/safe.ts';
import { textOf } from '../../src/bots/text.ts';
import { promptText } from '../../src/domain.ts';
import { clip } from '../../src/pipeline/providers/enhancePrompt.ts';
import { tidied, tidiedLine, withoutHostile } from '../../src/plainText.ts';
import { halfWay, view } from '../support/botSamples.ts';
import { flat } from '../support/discord/world.ts';
import { blockProblems } from '../support/slack/limits.ts';

const invisible = [
  '\u200B',
  '\u200C',
  '\u200D',
  '\u2060',
  '\u00AD',
  '\uFEFF',
  '\u3164',
  '\uFFA0',
  '\u2800',
  '\u{E0041}',
];
const turning = ['\u202A', '\u202B', '\u202C', '\u202D', '\u202E', '\u2066', '\u2067', '\u2068', '\u2069'];
const controls = ['\0', '\u0007', '\u001B[2J', '\r', '\u0085', '\u2028', '\u2029', '\uFFF9', '\uD800', '\uDC00'];
const marks = ['\u0301', '\u0336', '\u20E3', '\uFE0F', '\u0E31'];
const plain = ['a', ' ', '\n', 'fox', 'é', '狐', 'م', '👩‍👩‍👧', '1', '!', '<', '@everyone', '`'];
const hostileText = fc
  .array(
    fc.oneof(fc.constantFrom(...invisible, ...turning, ...controls, ...marks, ...plain), fc.string({ unit: 'binary' })),
  )
  .map((parts) => parts.join(''));
// A lone surrogate is not in this list, because it is shown as a replacement character.
const unseen = [...invisible, ...turning, ...marks, '\0', '\u0007', '\r', '\u0085', '\u2028', '\uFFF9', ' ', '\n'];
const nothing = fc.array(fc.constantFrom(...unseen)).map((parts) => parts.join(''));

/** The characters that no shown text may contain. */
const harmful = /[^\P{Cc}\n\t]|[\u202A-\u202E\u2066-\u2069\u2028\u2029\uFFF9-\uFFFB]/u;

function expectHarmless(shown: string): void {
  expect(shown).not.toMatch(harmful);
  expect(shown.isWellFormed()).toBe(true);
}

test('words are kept without what harms, stand on their own, and are the same when they come again', () => {
  fc.assert(
    fc.property(hostileText, (words) => {
      const kept = tidied(words);
      expectHarmless(kept);
      expect(kept).not.toMatch(/(^|\s)\p{M}/u);
      expect(tidied(kept)).toBe(kept);
      expect(kept === '' || promptText.safeParse(words).success || kept.length > 4_000).toBe(true);
      expectHarmless(tidiedLine(words, 'otherwise'));
      expect(tidiedLine(words, 'otherwise')).not.toContain('\n');
    }),
  );
});

test('words that show nothing are empty, however many they are', () => {
  fc.assert(
    fc.property(nothing, (words) => {
      expect(tidied(words)).toBe('');
      expect(threadName(words)).toBe('VidGenie');
      expect(clip(words)).toBe('');
    }),
  );
});

test('what languages and pictures need stays as it was typed', () => {
  const written = [
    '👩‍❤️‍👨 and 🏴󠁧󠁢󠁥󠁮󠁧󠁿, 1️⃣ 🏳️‍🌈',
    'نمی‌خواهم روباه',
    'র‌্যাব',
    'क्‍ष में लोमड़ी',
    'e\u0301te\u0301, Việt Nam',
    '\u200Eשלום (fox)\u200E',
    '葛󠄀城',
    'two\nlines\tand a tab',
  ];
  for (const words of written) expect(tidied(words)).toBe(words);
});

test('whichever way a hostile prompt comes, it is refused as missing or carried out without what harms', () => {
  const complete = commands.find(({ name }) => name === 'complete');
  if (!complete) throw new Error('there is no such command');
  const check = (given: Parameters<typeof complete.check>[0]) => {
    const read = complete.check(given);
    if (read.outcome === 'read') expectHarmless(JSON.parse(JSON.stringify(read.values)).prompt);
    else expect(['missing', 'too_long']).toContain(read.refusal.reason);
    return read.outcome;
  };
  fc.assert(
    fc.property(fc.oneof(hostileText, nothing), (words) => {
      const isSeen = tidied(words) !== '' && tidied(words).length <= 4_000;
      // Options from Discord, and from the page and the API.
      expect(check(givenOf([{ name: 'prompt', type: 3, value: words }]))).toBe(isSeen ? 'read' : 'refused');
      // Lines typed in Slack and in a terminal, and arguments from a shell.
      for (const parsed of [parseLine(`complete ${words}`, commands), parseArguments(complete, [words])]) {
        if (parsed.outcome === 'parsed' && parsed.command.name === 'complete') check(parsed.given);
      }
      expectHarmless(safe(words));
    }),
  );
});

test('a hostile name harms nobody, and somebody without one goes by their id', () => {
  const discordName = (name: string) => {
    const user = { id: '7', username: name, global_name: null };
    const member = { user, nick: null, permissions: '0' };
    const asked = { id: '1', application_id: '2', token: 't', guild_id: '3', type: 3, member };
    const read = incoming.parse({ ...asked, data: { custom_id: 'x' }, message: {} });
    if (read.type !== 3) throw new Error('another kind came back');
    return memberOf(read).name;
  };
  fc.assert(
    fc.property(fc.oneof(hostileText, nothing), (name) => {
      const shown = discordName(name);
      expectHarmless(shown);
      expect(shown).toBe(tidiedLine(name, '7'));
    }),
  );
});

test('a run of any words and names is shown harmlessly, and within the limits of its platform', () => {
  const text = textOf('en');
  fc.assert(
    fc.property(hostileText, hostileText, (words, name) => {
      const prompt = tidied(words).slice(0, 4_000).toWellFormed();
      const run = view({ prompt, memberName: tidiedLine(name, 'U1') });
      const discord = flat(discordMessage(run, halfWay(run), text).components).map(({ content = '' }) => content);
      for (const content of discord) expectHarmless(content);
      const card = runCard(run, halfWay(run), text);
      for (const { text: fallback, blocks } of [
        slackMessage(run, card, text),
        progressMessage(run, halfWay(run), text),
      ]) {
        expectHarmless(fallback);
        expect(blockProblems(blocks, 50)).toEqual([]);
        expectHarmless(JSON.stringify(blocks));
      }
      expectHarmless(threadName(words));
      expect([...threadName(words)].length).toBeLessThanOrEqual(90);
      expect(threadName(words).length).toBeLessThanOrEqual(100);
      expectHarmless(withoutHostile(words));
    }),
  );
});
