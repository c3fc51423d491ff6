import { createHmac } from 'node:crypto';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { z } from 'zod';
import { actions, askingActions, type Button, textCard } from '../../../../src/bots/card.ts';
import { commands } from '../../../../src/bots/commands/all.ts';
import { actionId, buttonId, menuId, pictureId, readCustomId } from '../../../../src/bots/discord/customId.ts';
import { verbatim } from '../../../../src/bots/discord/markdown.ts';
import { askModal, formModal } from '../../../../src/bots/discord/modal.ts';
import { botPermissionsIn } from '../../../../src/bots/discord/permissions.ts';
import { registrationOf } from '../../../../src/bots/discord/registration.ts';
import { messageOf } from '../../../../src/bots/discord/render.ts';
import { nonceOf } from '../../../../src/bots/discord/runMessages.ts';
import { threadName } from '../../../../src/bots/discord/thread.ts';
import { locales, textOf } from '../../../../src/bots/text.ts';
import { runId } from '../../../../src/domain.ts';
import { loadContract } from '../../../support/discord/contract.ts';
import { flat } from '../../../support/discord/world.ts';

const run = runId.parse('0b8f6a52-0000-4000-8000-000000000000');
const localised = { description: z.string(), description_localizations: z.object({ fr: z.string() }) };
const described = z.object({ ...localised, options: z.array(z.object(localised)).optional() });

type Sized = {
  name: string;
  description?: string | undefined;
  description_localizations?: Record<string, string> | undefined;
  value?: string | number | undefined;
  options?: Sized[] | undefined;
  choices?: Sized[] | undefined;
};
const sized: z.ZodType<Sized> = z.object({
  name: z.string(),
  description: z.string().optional(),
  description_localizations: z.record(z.string(), z.string()).optional(),
  value: z.union([z.string(), z.number()]).optional(),
  options: z.lazy(() => z.array(sized)).optional(),
  choices: z.lazy(() => z.array(sized)).optional(),
});

/** What Discord counts of a command: names, values and the longest description of each part. */
function sizeOf({
  name,
  description = '',
  description_localizations = {},
  value = '',
  options,
  choices,
}: Sized): number {
  const longest = Math.max(description.length, ...Object.values(description_localizations).map(({ length }) => length));
  const parts = [...(options ?? []), ...(choices ?? [])].map(sizeOf);
  return name.length + longest + String(value).length + parts.reduce((sum, size) => sum + size, 0);
}

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
  const declared = commands.flatMap((command) => command.options.filter(({ kind }) => kind.kind === 'image'));
  expect(images).toHaveLength(declared.length);
  expect(sizeOf(sized.parse(vidgenie))).toBeLessThanOrEqual(8_000);
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

const anyButton = fc
  .record({
    action: fc.constantFrom(...actions),
    label: fc.string({ unit: 'binary', minLength: 1, maxLength: 200 }),
    step: fc.integer({ min: 1, max: 8 }),
    credits: fc.integer({ min: 1, max: 999_999_999 }),
    place: fc.constantFrom('choice', 'menu', 'row'),
  })
  .map(({ place, ...button }): Button => {
    const common = { ...button, runId: run, style: 'plain' } as const;
    return place === 'row' ? common : { ...common, place };
  });

test('any buttons become a row of choices, rows of five and one menu, as Discord takes them', () => {
  const of = (place: Button['place'], all: readonly Button[]) => all.filter((button) => button.place === place);
  const many = fc
    .uniqueArray(anyButton, { maxLength: 60, selector: buttonId })
    .map((all) => [...of('choice', all).slice(0, 4), ...of(undefined, all).slice(0, 5), ...of('menu', all)]);
  fc.assert(
    fc.property(many, (buttons) => {
      const { components } = messageOf({ ...textCard('plain', 'a'), buttons }, textOf('en'));
      const rows = flat(components).filter(({ type }) => type === 1);
      const inMenu = of('menu', buttons);
      const ids = rows.map(({ components: inRow = [] }) => inRow.flatMap(({ custom_id = '' }) => custom_id));
      const places = (['choice', undefined] as const).map((place) => of(place, buttons).map(buttonId));
      expect(ids).toEqual([...places, inMenu.length > 0 ? [`v1:more:${run}`] : []].filter(({ length }) => length > 0));
      const options = flat(rows).flatMap((one) => one.options ?? []);
      expect(options.map(({ value }) => value)).toEqual(inMenu.slice(0, 25).map(buttonId));
      for (const { label } of options) expect(label.length).toBeLessThanOrEqual(100);
      for (const { label = '' } of flat(rows)) expect(label.length).toBeLessThanOrEqual(80);
      expect(flat(components).length).toBeLessThanOrEqual(40);
      expect(loadContract()('POST', '/channels/1/messages', { flags: 32_768, components })).toBeNull();
    }),
  );
});

test('more buttons than a row holds, such as the pages of a form, become rows of five', () => {
  const forms = Array.from({ length: 12 }, (_, index) => ({ id: `v1:form:settings:${index}`, label: `page ${index}` }));
  const { components } = messageOf(textCard('plain', 'a'), textOf('en'), { forms });
  const rows = flat(components).filter(({ type }) => type === 1);
  expect(rows.map((row) => row.components?.length)).toEqual([5, 5, 2]);
});

test('only the pictures that are to be hidden are', () => {
  const pictures = [
    { name: 'a.png', label: 'a', isSpoiler: true },
    { name: 'b.png', label: 'b', isSpoiler: false },
  ];
  const { components } = messageOf(textCard('plain', 'a'), textOf('en'), { pictures });
  expect(flat(components).flatMap(({ items = [] }) => items.map(({ spoiler = false }) => spoiler))).toEqual([
    true,
    false,
  ]);
});

test('every form that asks for words is a modal that Discord takes, in both languages', () => {
  for (const locale of locales) {
    const { asking } = textOf(locale).runs;
    for (const action of askingActions) {
      for (const words of ['', 'a fox '.repeat(700)]) {
        const data = askModal({ kind: 'ask', action, runId: run, step: 2, words, priceCredits: 1_000 }, textOf(locale));
        expect(loadContract()('POST', '/interactions/1/t/callback', { type: 9, data })).toBeNull();
        expect(data.custom_id).toBe(`v1:${action}:${run}:1000:2`);
        // Discord shows 45 characters, and a question that it cut would be none.
        expect(data).toMatchObject({ title: asking[action].title, components: [{ label: asking[action].label }] });
        expect(JSON.stringify(data)).not.toContain('"value":""');
      }
    }
  }
});

test('a field for images takes as many as it says, and at most ten', () => {
  for (const [max, taken] of [
    [4, 4],
    [20, 10],
  ] as const) {
    const field = { kind: 'images', name: 'images', label: 'Images', hint: 'up to four', max } as const;
    const page = { name: 'cast', label: 'Cast', fields: [field] };
    const data = formModal({ command: 'cast', title: 'Cast', intro: '', pages: [page], overview: null }, page);
    expect(data.components).toMatchObject([{ component: { type: 19, min_values: 1, max_values: taken } }]);
    expect(loadContract()('POST', '/interactions/1/t/callback', { type: 9, data })).toBeNull();
  }
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
  const read = { kind: 'action', action: 'animate', runId: id, credits: 0, step: null };
  // Messages of the first version have these.
  expect(readCustomId(`v1:animate:${id}`)).toEqual(read);
  expect(readCustomId(`v1:edit:${id}:6`)).toEqual({ ...read, action: 'edit', credits: 6 });
  expect(readCustomId('v1:picture:18')).toEqual({ kind: 'picture', wish: 'animate', credits: 18 });
  expect(readCustomId(actionId('again', id, 1_000_000))).toEqual({ ...read, action: 'again', credits: 1_000_000 });
  const step = { ...read, credits: 18, step: 3 };
  expect(readCustomId(actionId('animate', id, 18, 3))).toEqual(step);
  const button = { action: 'animate', runId: id, label: '3', style: 'plain', credits: 18, step: 3 } as const;
  expect(readCustomId(buttonId(button))).toEqual(step);
  expect(readCustomId(buttonId({ ...button, action: 'start', proposal: id }))).toEqual({
    kind: 'start',
    proposal: id,
    credits: 18,
  });
  expect(readCustomId(pictureId('edit', 5))).toEqual({ kind: 'picture', wish: 'edit', credits: 5 });
  expect(readCustomId(menuId(id))).toEqual({ kind: 'menu', runId: id });
  const others = ['v2:cancel:x', 'v1:cancel:x', 'v1:toString:1', '', 'v1:cancel', `v1:cancel:${id}:x`, 'v1:start:x:1'];
  const longer = [
    `v1:vary:${id}:6:x`,
    `v1:vary:${id}:6:2:1`,
    `v1:start:${id}:6:2`,
    `v1:more:${id}:1`,
    'v1:picture:5:1',
  ];
  for (const other of [...others, ...longer]) expect(readCustomId(other)).toBeNull();
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
