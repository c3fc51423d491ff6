import { format, inspect } from 'node:util';
import pino from 'pino';
import { expect, test } from 'vitest';
import { Secret } from '../../../src/db/secret.ts';
import { everythingShownOf, openAiCanary, openAiKey } from '../../support/canary.ts';

test('a secret prints as [secret] however it is printed', () => {
  expect([
    `${openAiKey}`,
    String(openAiKey),
    openAiKey.toString(),
    ['', openAiKey].join(''),
    JSON.parse(JSON.stringify({ key: openAiKey })).key,
    inspect(openAiKey),
    inspect(openAiKey, { showHidden: true, customInspect: true, getters: true }),
    format('%s', openAiKey),
    format('%o', openAiKey).slice(0, 8),
  ]).toEqual(Array.from({ length: 9 }, () => '[secret]'));
});

test('a secret stays hidden inside errors, copies, logs and inspections that ignore its wishes', () => {
  const lines: string[] = [];
  const log = pino({ base: null }, { write: (line: string) => lines.push(line) });
  log.info({ key: openAiKey, deep: { key: [openAiKey] } }, 'a call');
  const error = new Error(`the key ${openAiKey} failed`, { cause: openAiKey });
  const shown = [
    everythingShownOf(error),
    inspect(openAiKey, { customInspect: false, showHidden: true }),
    JSON.stringify(structuredClone({ ...openAiKey })),
    Object.entries(openAiKey).join(),
    ...lines,
  ].join('\n');
  expect(shown).not.toContain('CANARY');
});

test('only reveal gives the value', () => {
  expect(new Secret(openAiCanary).reveal()).toBe(openAiCanary);
});
