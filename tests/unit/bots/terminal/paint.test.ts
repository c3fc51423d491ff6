import fc from 'fast-check';
import stringWidth from 'string-width';
import { expect, test } from 'vitest';
import { type Card, textCard } from '../../../../src/bots/card.ts';
import { runCard } from '../../../../src/bots/runCard.ts';
import { canvasOf } from '../../../../src/bots/terminal/canvas.ts';
import { cut, wrap } from '../../../../src/bots/terminal/columns.ts';
import { paintCard } from '../../../../src/bots/terminal/paint.ts';
import { safe, safeLine } from '../../../../src/bots/terminal/safe.ts';
import { textOf } from '../../../../src/bots/text.ts';
import { halfWay, image, succeeded, video, view } from '../../../support/botSamples.ts';

const text = textOf('en');
const canvas = (columns: number, hasColour = false) => canvasOf({ columns, hasColour }, text);
const noEscapes = (line: string) => !/[^\P{Cc}]/u.test(line);

const evil = 'a \u001b[31mred\u001b[0m \u001b]0;pwned\u0007\u009b2Jfox\r\u0008 \u202egnp\u2028';

test('what a prompt says to the terminal is not heard', () => {
  const it = view({ prompt: evil });
  const lines = paintCard(runCard(it, halfWay(it), text), canvas(80));
  expect(lines.join('\n')).toContain('a [31mred[0m ]0;pwned2Jfox');
  expect(lines.every(noEscapes)).toBe(true);
  expect(lines.join('')).not.toMatch(/[\u202e\u2028]/);
});

test('no word of a member or a provider reaches the terminal raw, whatever it is', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), (words) => {
      expect(safe(words)).not.toMatch(/[^\P{Cc}\n]|[\u202a-\u202e\u2066-\u2069]/u);
      expect(safeLine(words)).not.toContain('\n');
    }),
  );
});

test.each([20, 38, 40, 72, 80, 120, 200])('nothing is wider than a terminal of %i columns', (columns) => {
  const wide = '狐狸在雪中奔跑 👩‍👩‍👧 '.repeat(12) + 'x'.repeat(300);
  const runs = [view({ prompt: wide }), view({ state: 'running', prompt: wide }), succeeded];
  const entry = { at: new Date(), label: '0b8f6a52', text: wide, aside: 'done, 24 credits', media: [] };
  const cards: Card[] = [
    ...runs.map((it) => runCard({ ...it, assets: [] }, halfWay(it), text)),
    { ...textCard('bad', wide, wide), blocks: [{ kind: 'entries', heading: wide, entries: [entry] }] },
    { ...textCard('plain', wide), blocks: [{ kind: 'fields', fields: [{ label: 'Look', value: wide }] }] },
    { ...textCard('plain', wide), blocks: [{ kind: 'fields', fields: [{ label: wide, value: wide }] }] },
  ];
  for (const line of cards.flatMap((card) => paintCard(card, canvas(columns)))) {
    expect(stringWidth(line), line).toBeLessThanOrEqual(columns);
  }
});

test('the better prompt stands beside the original where there is room, and below it where there is not', () => {
  const beside = paintCard(runCard(succeeded, halfWay(succeeded), text), canvas(100));
  expect(beside.some((line) => /a fox in the snow +│ a red fox, soft light/.test(line))).toBe(true);
  for (const columns of [40, 10_000]) {
    const below = paintCard(runCard(succeeded, halfWay(succeeded), text), canvas(columns));
    expect(below).toContain('  │ a fox in the snow');
    expect(below).toContain('  │ a red fox, soft light');
  }
});

test('media are shown with what was measured, and with their whole place on a line of its own, to be copied', () => {
  const path = `/very/long/${'folder/'.repeat(20)}video.mp4`;
  const links = new Map([[video.objectKey, path]]);
  const lines = paintCard(runCard(succeeded, halfWay(succeeded), text), {
    ...canvas(60),
    linkOf: (key) => links.get(key) ?? null,
  });
  expect(lines).toContain('  Image  1920 × 1080, 1.3 MB');
  expect(lines).toContain('  Video  1920 × 1080, 8 s, 6.0 MB');
  // A path that is wider than the canvas starts at the edge, so that a copy of it contains no spaces.
  expect(lines).toContain(path);
  expect(lines.join('\n')).not.toContain(image.objectKey);
});

test('without colour there is not one escape sequence; with colour there are only colours', () => {
  const card = runCard(succeeded, halfWay(succeeded), text);
  expect(paintCard(card, canvas(80)).every(noEscapes)).toBe(true);
  const coloured = paintCard(card, canvas(80, true)).join('\n');
  expect(coloured).toContain('\u001b[');
  // biome-ignore lint/suspicious/noControlCharactersInRegex: colours are made of them.
  expect(noEscapes(coloured.replace(/\u001b\[[\d;]*m|\n/g, ''))).toBe(true);
});

test('cutting and wrapping count columns, not characters', () => {
  expect(cut('狐狸在雪中', 6)).toBe('狐狸…');
  expect(cut('abc', 3)).toBe('abc');
  expect(wrap('狐狸在雪中', 4)).toEqual(['狐狸', '在雪', '中']);
  expect(cut('👩‍👩‍👧👩‍👩‍👧👩‍👩‍👧', 5)).toBe('👩‍👩‍👧👩‍👩‍👧…');
});
