import { expect, test } from 'vitest';
import { commands, workflowCommands } from '../../../../src/bots/commands/all.ts';
import { parseArguments, parseLine } from '../../../../src/bots/commands/parse.ts';
import { textOf } from '../../../../src/bots/text.ts';

const parsed = (line: string) => {
  const result = parseLine(line, commands);
  if (result.outcome === 'refused') throw new Error(`refused: ${JSON.stringify(result.refusal)}`);
  return { command: result.command.name, ...result.given };
};
const refused = (line: string) => {
  const result = parseLine(line, commands);
  if (result.outcome === 'parsed') throw new Error(`parsed: ${JSON.stringify(result.given)}`);
  return result.refusal;
};

test.for([
  ['complete a fox', { prompt: 'a fox' }],
  ['/vidgenie complete a fox', { prompt: 'a fox' }],
  ['  /VidGenie   /complete a fox  ', { prompt: 'a fox' }],
  ["complete a fox's den", { prompt: "a fox's den" }],
  ["complete rock 'n' roll", { prompt: "rock 'n' roll" }],
  ['complete a   "big"   fox', { prompt: 'a   "big"   fox' }],
  ['complete "a fox in the snow"', { prompt: 'a fox in the snow' }],
  ['complete “a fox in the snow”', { prompt: 'a fox in the snow' }],
  ['complete ‘a fox’s den’', { prompt: 'a fox’s den' }],
  ['complete a fox “in” the snow', { prompt: 'a fox “in” the snow' }],
  ['complete "a fox', { prompt: '"a fox' }],
  ['complete a fox --duration 8', { prompt: 'a fox', duration: '8' }],
  ['complete --duration=8 a fox', { prompt: 'a fox', duration: '8' }],
  ['complete a fox --style "anime" in the snow', { prompt: 'a fox in the snow', style: 'anime' }],
  ['complete a fox --style="anime"', { prompt: 'a fox', style: 'anime' }],
  ['complete a fox —style anime', { prompt: 'a fox', style: 'anime' }],
  ['complete a fox –style=anime', { prompt: 'a fox', style: 'anime' }],
  ['complete a fox --no-audio', { prompt: 'a fox', audio: false }],
  ['complete a fox —no-audio', { prompt: 'a fox', audio: false }],
  ['complete --audio a fox', { prompt: 'a fox', audio: true }],
  ['complete --audio off a fox', { prompt: 'a fox', audio: 'off' }],
  ['complete --audio=off a fox', { prompt: 'a fox', audio: 'off' }],
  ['complete --STYLE Anime a fox', { prompt: 'a fox', style: 'Anime' }],
  ['complete a fox — running', { prompt: 'a fox — running' }],
  ['complete a fox —running fast', { prompt: 'a fox —running fast' }],
  ['complete minus -5 degrees', { prompt: 'minus -5 degrees' }],
  ['complete -5', { prompt: '-5' }],
  ['complete -- --style anime', { prompt: '--style anime' }],
  ['complete -- "a fox"', { prompt: '"a fox"' }],
  ['complete a sign that says "--style"', { prompt: 'a sign that says "--style"' }],
  ['complete a fox\n  in  two lines', { prompt: 'a fox\n  in  two lines' }],
  ['complete 狐狸 在 雪中 --duration 5s', { prompt: '狐狸 在 雪中', duration: '5s' }],
  ['complete constructor --style vivid', { prompt: 'constructor', style: 'vivid' }],
])('%s', ([line, given]) => {
  expect(parsed(String(line))).toEqual({ command: 'complete', ...Object(given) });
});

test('the first word of a video is its image, with blanks when it is quoted', () => {
  expect(parsed('video "my fox.png" slow  zoom')).toEqual({
    command: 'video',
    image: 'my fox.png',
    prompt: 'slow  zoom',
  });
  expect(parsed('video fox.png')).toEqual({ command: 'video', image: 'fox.png' });
});

test('nothing at all asks for help', () => {
  expect(parsed('')).toEqual({ command: 'help' });
  expect(parsed('/vidgenie')).toEqual({ command: 'help' });
});

test.for([
  ['complte a fox', { reason: 'unknown_command', nearest: 'complete' }],
  ['comp a fox', { reason: 'unknown_command', nearest: 'complete' }],
  ['xyzzy', { reason: 'unknown_command', nearest: null }],
  ['complete a fox --durtion 8', { reason: 'unknown_option', given: 'durtion', nearest: 'duration' }],
  ['complete a fox —durtion 8', { reason: 'unknown_option', given: 'durtion', nearest: 'duration' }],
  ['complete a fox --no-style', { reason: 'unknown_option', given: 'no-style' }],
  ['complete a fox --__proto__ 8', { reason: 'unknown_option', given: '__proto__' }],
  ['complete a fox --prompt x', { reason: 'unknown_option', given: 'prompt' }],
  ['complete a fox --style', { reason: 'missing_value', option: 'style' }],
  ['complete a fox --style --duration 8', { reason: 'missing_value', option: 'style' }],
  ['complete a fox --style=', { reason: 'missing_value', option: 'style' }],
  ['complete a fox --style animee', { reason: 'bad_value', option: 'style', given: 'animee', nearest: 'anime' }],
  ['complete a fox --duration soon', { reason: 'bad_value', option: 'duration', given: 'soon' }],
  ['complete a fox --duration 0', { reason: 'bad_value', option: 'duration', given: '0' }],
  ['complete a fox --duration 61', { reason: 'bad_value', option: 'duration', given: '61' }],
  ['complete a fox --duration 7.5', { reason: 'bad_value', option: 'duration', given: '7.5' }],
  ['complete a fox --duration -5', { reason: 'bad_value', option: 'duration', given: '-5' }],
  ['complete a fox --audio=perhaps', { reason: 'bad_value', option: 'audio', given: 'perhaps' }],
  ['complete a fox --no-audio=true', { reason: 'bad_value' }],
  ['complete a fox --duration 8 --duration 5', { reason: 'given_twice', option: 'duration' }],
  ['complete a fox --audio --no-audio', { reason: 'given_twice', option: 'audio' }],
  ['complete', { reason: 'missing', command: 'complete', option: 'prompt' }],
  ['complete ""', { reason: 'missing', command: 'complete', option: 'prompt' }],
  ['complete --duration 8', { reason: 'missing', command: 'complete', option: 'prompt' }],
  ['video', { reason: 'missing', command: 'video', option: 'image' }],
  ['credits please', { reason: 'unexpected_words', command: 'credits', words: 'please' }],
  ['status a b', { reason: 'unexpected_words', command: 'status', words: 'b' }],
  [`complete ${'x'.repeat(4001)}`, { reason: 'too_long', option: 'prompt', length: 4001, max: 4000 }],
  [`complete ${'x '.repeat(40_000)}`, { reason: 'too_long', option: 'prompt', max: 4000 }],
])('%s is refused', ([line, refusal]) => {
  expect(refused(String(line))).toMatchObject(Object(refusal));
});

test('4,000 characters are not too many', () => {
  expect(parsed(`complete ${'x'.repeat(4000)}`)).toEqual({ command: 'complete', prompt: 'x'.repeat(4000) });
});

test('an unknown option is answered with the nearest and with all there are', () => {
  const { title, text } = textOf('en').refusals.refusal(refused('complete a fox --durtion 8'));
  expect(title).toContain('--durtion');
  expect(text).toContain('Did you mean --duration?');
  for (const option of ['style', 'quality', 'aspect', 'duration', 'resolution', 'audio', 'no-audio']) {
    expect(text).toContain(`--${option}`);
  }
});

test('words that a shell has split are read like a typed line', () => {
  const args = ['--duration', '8', 'a fox  with "quotes"', '--no-audio', '-5'];
  const result = parseArguments(workflowCommands.complete, args);
  expect(result).toMatchObject({ given: { prompt: 'a fox  with "quotes" -5', duration: '8', audio: false } });
});
