import { createHmac } from 'node:crypto';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { z } from 'zod';
import { textCard } from '../../../../src/bots/card.ts';
import { commands } from '../../../../src/bots/commands/all.ts';
import { actionId, readCustomId } from '../../../../src/bots/discord/customId.ts';
import { verbatim } from '../../../../src/bots/discord/markdown.ts';
import { botPermissionsIn } from '../../../../src/bots/discord/permissions.ts';
import { registrationOf } from '../../../../src/bots/discord/registration.ts';
import { messageOf } from '../../../../src/bots/discord/render.ts';
import { nonceOf } from '../../../../src/bots/discord/runMessages.ts';
import { threadName } from '../../../../src/bots/discord/thread.ts';
import { textOf } from '../../../../src/bots/text.ts';
import { runId } from '../../../../src/domain.ts';
import { loadContract } from '../../../support/discord/contract.ts';
import { flat } from '../../../support/discord/world.ts';

const run = runId.parse('0b8f6a52-0000-4000-8000-000000000000');
const localised = { description: z.string(), description_localizations: z.object({ fr: z.string() }) };
const described = z.object({ ...localised, options: z.array(z.object(localised)).optional() });

test('the registration keeps to Discord’s limits, and says everything in both languages', () => {
  const [vidgenie] = registrationOf(commands);
  const options = vidgenie && 'options' in vidgenie ? (vidgenie.options ?? []) : [];
  expect(options).toHaveLength(commands.length);
  const all = z.array(described).parse(options);
  for (const one of [...all, ...all.flatMap((option) => option.options ?? [])]) {
    expect(one.description.length).toBeLessThanOrEqual(100);
    expect(one.description_localizations.fr).not.toBe(one.description);
  }
  // For an image option, Discord offers only image files.
  const images = JSON.stringify(registrationOf(commands)).match(/"type":11,"file_types":\["image"\]/g);
  expect(images).toHaveLength(1);
  expect(loadContract()('PUT', '/applications/1/commands', registrationOf(commands))).toBeNull();
});

test('the vendor’s specification notices what it should', ({ skip }) => {
  const contract = loadContract();
  skip(contract('GET', '/nonsense', null) === null, 'the specification of the vendor is not at hand');
  expect(contract('POST', '/channels/1/messages', { components: [{ type: 99 }] })).not.toBeNull();
  expect(
    contract('POST', '/channels/1/messages', { flags: 32_768, components: [{ type: 10, content: 'a' }] }),
  ).toBeNull();
});

test('a card of any words becomes a message that Discord takes', () => {
  fc.assert(
    fc.property(
      fc.array(fc.string({ unit: 'binary', maxLength: 6_000 }), { maxLength: 8 }),
      ([title = 'a', ...texts]) => {
        const { components } = messageOf(textCard('plain', title, ...texts), textOf('en'));
        const said = flat(components).flatMap((one) => (one.content === undefined ? [] : [one.content]));
        expect(said.length).toBeGreaterThan(0);
        for (const content of said) expect(content.trim()).not.toBe('');
        expect(said.join('').length).toBeLessThanOrEqual(4_000);
      },
    ),
  );
});

test('any buttons become rows of five whose labels Discord takes', () => {
  const labels = fc.array(fc.string({ unit: 'binary', minLength: 1, maxLength: 200 }), { maxLength: 12 });
  fc.assert(
    fc.property(labels, (all) => {
      const buttons = all.map((label) => ({ action: 'again', runId: run, label, style: 'plain' }) as const);
      const { components } = messageOf({ ...textCard('plain', 'a'), buttons }, textOf('en'));
      const rows = flat(components).filter(({ type }) => type === 1);
      expect(rows.flatMap((row) => row.components ?? [])).toHaveLength(all.length);
      for (const row of rows) expect(row.components?.length).toBeLessThanOrEqual(5);
      for (const { label = '' } of flat(rows)) expect(label.length).toBeLessThanOrEqual(80);
    }),
  );
});

test('a prompt becomes the name of a thread, whatever it is', () => {
  expect(threadName('  a fox\nin the snow ')).toBe('a fox in the snow');
  expect(threadName('\u200B\u200B')).toBe('VidGenie');
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), (prompt) => {
      const name = threadName(prompt);
      expect(name.length).toBeGreaterThan(0);
      expect(name.length).toBeLessThanOrEqual(100);
      expect(name).toBe(name.trim());
      expect(name.isWellFormed()).toBe(true);
    }),
  );
});

test('what members type stands as they typed it', () => {
  expect(verbatim('# **a** <@1> [b](c) `d`')).toBe('\\# \\*\\*a\\*\\* \\<@1\\> \\[b\\]\\(c\\) \\`d\\`');
  expect(verbatim('1. a\n- b\n6.4 s')).toBe('1\\. a\n\\- b\n6.4 s');
});

test('a button says what it does for ever, and nothing else is one', () => {
  const id = runId.parse('6f1b6b5e-2f0f-4b8e-9a53-0d1c6f2a7b11');
  expect(actionId('animate', id).length).toBeLessThanOrEqual(100);
  expect(readCustomId(actionId('again', id, 1_000_000))).toMatchObject({ action: 'again', credits: 1_000_000 });
  expect(readCustomId(actionId('animate', id))).toEqual({ kind: 'action', action: 'animate', runId: id, credits: 0 });
  for (const other of ['v2:cancel:x', 'v1:cancel:x', 'v1:toString:1', '', 'v1:cancel', `v1:cancel:${id}:x`]) {
    expect(readCustomId(other)).toBeNull();
  }
});

test('nonces fit, and differ by run and by message', () => {
  const ids = Array.from({ length: 50 }, (_, index) => createHmac('md5', 'k').update(String(index)).digest('hex'));
  const nonces = ids.flatMap((id) => [nonceOf('p', id), nonceOf('r', id)]);
  expect(new Set(nonces).size).toBe(100);
  expect(Math.max(...nonces.map((nonce) => nonce.length))).toBeLessThanOrEqual(25);
});

test('a thread where one is possible, else in place, else the missing permissions by name', () => {
  const all = (1n << 10n) | (1n << 11n) | (1n << 15n) | (1n << 16n) | (1n << 35n) | (1n << 38n);
  expect(botPermissionsIn(0, true, all)).toEqual({ outcome: 'able', opensThread: true });
  expect(botPermissionsIn(0, true, 8n)).toEqual({ outcome: 'able', opensThread: true });
  expect(botPermissionsIn(11, true, all)).toEqual({ outcome: 'able', opensThread: false });
  expect(botPermissionsIn(1, false, 0n)).toEqual({ outcome: 'able', opensThread: false });
  expect(botPermissionsIn(0, true, all & ~(1n << 35n))).toEqual({ outcome: 'able', opensThread: false });
  expect(botPermissionsIn(0, true, all & ~(1n << 15n))).toEqual({ outcome: 'unable', missing: ['AttachFiles'] });
  expect(botPermissionsIn(11, true, all & ~(1n << 38n))).toEqual({
    outcome: 'unable',
    missing: ['SendMessagesInThreads'],
  });
});
