import { expect, test } from 'vitest';
import { commands } from '../../../../src/bots/commands/all.ts';
import { commandCard } from '../../../../src/bots/commands/help.ts';
import { imageLimits } from '../../../../src/bots/commands/option.ts';
import { locales, textOf } from '../../../../src/bots/text.ts';
import { inputImageLimits } from '../../../../src/pipeline/media/input.ts';

/** Limits of Discord's application commands, the narrowest of all platforms. */
const limits = { options: 25, choices: 25, description: 100, total: 8000 };

test('every declaration fits what the chat platforms take, in every language', () => {
  for (const text of locales.map(textOf)) {
    let total = 0;
    for (const { name, describe, options } of commands) {
      expect(name).toMatch(/^[a-z]{1,32}$/);
      expect(options.length).toBeLessThanOrEqual(limits.options);
      const described = [describe(text), ...options.map((option) => option.describe(text))];
      for (const words of described) {
        expect(words.length, words).toBeGreaterThan(0);
        expect(words.length, words).toBeLessThanOrEqual(limits.description);
      }
      for (const { kind } of options) {
        if (kind.kind === 'choice') expect(kind.choices.length).toBeLessThanOrEqual(limits.choices);
        total += kind.kind === 'choice' ? kind.choices.join('').length * 2 : 0;
      }
      total += [name, ...described, ...options.map((option) => option.name)].join('').length;
    }
    expect(total).toBeLessThanOrEqual(limits.total);
  }
});

test('required options come before the others, as Discord wants them', () => {
  for (const { options } of commands) {
    const required = options.map((option) => option.required);
    expect(required).toEqual([...required].sort((a, b) => Number(b) - Number(a)));
  }
});

test('the limits that the commands tell are those that the pipeline keeps', () => {
  expect(imageLimits).toEqual(inputImageLimits);
});

test('only what concerns a whole workspace is for admins', () => {
  expect(commands.filter((command) => command.access === 'admin').map((command) => command.name)).toEqual([
    'keys',
    'settings',
    'api',
  ]);
});

test('the help of every command names each of its options with what it takes', () => {
  const text = textOf('en');
  for (const command of commands) {
    const shown = JSON.stringify(commandCard(command, text));
    for (const { name, kind } of command.options) {
      expect(shown).toContain(name);
      if (kind.kind === 'choice') for (const choice of kind.choices) expect(shown).toContain(choice);
    }
  }
});
