import { randomUUID } from 'node:crypto';
import { expect, test } from 'vitest';
import { newKeyring, parseKeyring } from '../../../src/db/keyring.ts';
import { runId } from '../../../src/domain.ts';
import { scrub } from '../../../src/observability/scrub.ts';
import { createHookTokens } from '../../../src/pipeline/hookTokens.ts';

const old = newKeyring();
const at = { runId: runId.parse(randomUUID()), step: 4 };
const tokens = createHookTokens(parseKeyring(old));

test('a token names its step to every process with the keyring, also after a rotation', () => {
  const token = tokens.make('google', at);
  expect(createHookTokens(parseKeyring(old)).read('google', token)).toEqual(at);
  const rotated = parseKeyring(`${newKeyring().replace('k1:', 'k2:')},${old}`);
  expect(createHookTokens(rotated).read('google', token)).toEqual(at);
});

test('nobody else can make one, nor use it for another vendor, run or step', () => {
  const token = tokens.make('google', at);
  expect(tokens.read('openrouter', token)).toBeNull();
  expect(tokens.read('google', token.replace('_4_', '_5_'))).toBeNull();
  expect(tokens.read('google', token.replace('_4_', '_04_'))).toBeNull();
  expect(tokens.read('google', token.replace(at.runId, randomUUID()))).toBeNull();
  expect(tokens.read('google', createHookTokens(parseKeyring(newKeyring())).make('google', at))).toBeNull();
  for (const garbage of ['', 'hook_', token.slice(1), `${token}A`, token.slice(0, -1), token.toUpperCase()]) {
    expect(tokens.read('google', garbage)).toBeNull();
  }
});

test('the scrubber hides a token wherever it is', () => {
  const token = tokens.make('openrouter', at);
  const shown = scrub(`cannot reach "https://vidgenie.example/hooks/openrouter/${token}", sorry`);
  expect(shown).toBe('cannot reach "https://vidgenie.example/hooks/openrouter/[secret]", sorry');
  expect(scrub(`again: ${token.slice(0, 90)}`)).toBe('again: [secret]');
});
