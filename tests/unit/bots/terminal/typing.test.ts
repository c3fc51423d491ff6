import { expect, test } from 'vitest';
import { commands } from '../../../../src/bots/commands/all.ts';
import { suggest } from '../../../../src/bots/commands/suggest.ts';
import { visibleLine } from '../../../../src/bots/terminal/lineEditor.ts';
import { createTyping, singleKeys } from '../../../../src/bots/terminal/typing.ts';

const models = [
  { word: 'fast', facts: 'studio/omni · 18 credits' },
  { word: 'studio/omni', facts: '3–15 s · 720p–4K · 18 credits' },
  { word: 'studio/painter:free', facts: 'image · 5 credits' },
];
const known = {
  commands,
  offer: () => null,
  models: (_command: unknown, _given: unknown, typed: string) => models.filter(({ word }) => word.includes(typed)),
  extras: ['exit'],
  runs: ['0b8f6a52', '1c8f6a52'],
  cast: ['fox', 'forest'],
  files: (begun: string) => ['./fox.png', './forest/'].filter((path) => path.startsWith(begun)),
};
const suggested = (line: string) => suggest(line, known).candidates;

test.each([
  [
    '',
    [
      'complete',
      'image',
      'video',
      'story',
      'edit',
      'cast',
      'status',
      'cancel',
      'history',
      'credits',
      'keys',
      'settings',
      'web',
      'api',
      'help',
      'exit',
    ],
  ],
  ['c', ['complete', 'cast', 'cancel', 'credits']],
  ['/vidgenie st', ['story', 'status']],
  [
    'complete a fox --',
    ['--style', '--quality', '--aspect', '--duration', '--resolution', '--no-audio', '--frames', '--ref', '--model'],
  ],
  [
    'complete --style anime --no-audio --',
    ['--quality', '--aspect', '--duration', '--resolution', '--frames', '--ref', '--model'],
  ],
  ['complete a fox --s', ['--style']],
  ['complete a fox --model ', ['fast', 'studio/omni', 'studio/painter:free']],
  ['image a fox --model=st', ['--model=studio/omni', '--model=studio/painter:free']],
  ['complete a fox --model pain', ['studio/painter:free']],
  ['complete --model fast+', ['fast+fast', 'fast+studio/omni', 'fast+studio/painter:free']],
  ['complete --model=fast,studio/o', ['--model=fast,studio/omni']],
  ['complete -- --model ', []],
  ['complete a fox --style ', ['vivid', 'natural', 'cinematic', 'anime', 'photo', 'watercolor']],
  ['complete a fox --style=an', ['--style=anime']],
  ['complete a fox --resolution 7', ['720p']],
  ['complete a fo', []],
  ['complete -- --s', []],
  ['status ', ['0b8f6a52', '1c8f6a52']],
  ['cancel 1', ['1c8f6a52']],
  ['cancel 1c8f6a52 ', []],
  ['help v', ['video']],
  ['video ./f', ['./fox.png', './forest/']],
  ['video --duration 5 ./fox', ['./fox.png']],
  ['video ./fox.png ./f', []],
  ['cast ', ['list', 'add', 'show', 'remove']],
  ['cast show f', ['fox', 'forest']],
  ['cast show fox f', []],
  ['complete a picture of @fo', ['@fox', '@forest']],
  ['video ./fox.png closer to @FOX', ['@fox']],
  ['complete a fox --ref ./fox', ['./fox.png']],
  ['edit ./fox', ['./fox.png']],
  ['unknown ', []],
])('after "%s" it suggests %j', (line, candidates) => {
  expect(suggested(line)).toEqual(candidates);
});

const noKey = {
  upArrow: false,
  downArrow: false,
  leftArrow: false,
  rightArrow: false,
  home: false,
  end: false,
  return: false,
  backspace: false,
  delete: false,
  tab: false,
  escape: false,
  ctrl: false,
  meta: false,
};
type KeyName = keyof typeof noKey;

function typist() {
  const typing = createTyping(() => known);
  const shown = () => `${typing.line().before}|${typing.line().after}`;
  return {
    typing,
    shown,
    type: (words: string) => typing.key(words, noKey),
    press: (...names: KeyName[]) => names.map((name) => typing.key('', { ...noKey, [name]: true })).at(-1),
    control: (letter: string) => typing.key(letter, { ...noKey, ctrl: true }),
  };
}

test('whole characters move and go, however they are made', () => {
  const { type, press, shown, control } = typist();
  type('狐👩‍👩‍👧e\u0301');
  press('backspace');
  expect(shown()).toBe('狐👩‍👩‍👧|');
  press('leftArrow', 'leftArrow', 'rightArrow');
  expect(shown()).toBe('狐|👩‍👩‍👧');
  press('delete');
  expect(shown()).toBe('狐|');
  type('a b  c');
  control('w');
  expect(shown()).toBe('狐a b  |');
  control('a');
  control('k');
  expect(shown()).toBe('|');
});

test('Tab completes what is certain and shows what is not', () => {
  const { type, press, shown, typing } = typist();
  type('comp');
  press('tab');
  expect(shown()).toBe('complete |');
  type('a fox --s');
  press('tab');
  expect(shown()).toBe('complete a fox --style |');
  press('tab');
  expect(typing.candidates()).toContain('anime');
  type('c');
  expect(typing.candidates()).toEqual([]);
});

test('the arrows bring earlier lines back, and the one being typed', () => {
  const { type, press, shown, typing } = typist();
  for (const line of ['credits', 'history', 'history']) {
    type(line);
    expect(press('return')).toBe('enter');
    expect(typing.take()).toBe(line);
  }
  type('draft');
  press('upArrow');
  expect(shown()).toBe('history|');
  press('upArrow', 'upArrow');
  expect(shown()).toBe('credits|');
  press('downArrow', 'downArrow', 'downArrow');
  expect(shown()).toBe('draft|');
});

test('Ctrl-C leaves at any time, Ctrl-D only from an empty line', () => {
  const { type, control } = typist();
  expect(control('d')).toBe('leave');
  type('a');
  expect(control('d')).toBe(null);
  expect(control('c')).toBe('leave');
});

test('several keys that arrive at once are taken one by one', () => {
  const parts = singleKeys('image a fox\rst\t\u0003', noKey);
  expect(parts.map(({ typed, key }) => key.return || key.tab || (key.ctrl ? typed : typed))).toEqual([
    ...['image a fox', true, 'st', true, 'c'],
  ]);
  expect(parts.at(-1)?.key.ctrl).toBe(true);
});

test('what is pasted keeps its lines and loses what a terminal would act on', () => {
  const { typing } = typist();
  typing.paste('a fox\r\nin \u001b[2Jthe snow');
  expect(typing.take()).toBe('a fox\nin [2Jthe snow');
});

test('a line longer than the terminal shows the part with the cursor', () => {
  const line = { before: '狐'.repeat(50), after: 'x'.repeat(50) };
  const { text, cursorAt } = visibleLine(line, 20);
  expect(text.startsWith('…')).toBe(true);
  expect(cursorAt).toBeLessThan(20);
  expect(visibleLine({ before: 'a\nb', after: '' }, 20)).toEqual({ text: 'a↵b', cursorAt: 3 });
});
