import fc from 'fast-check';
import { expect, test } from 'vitest';
import { askingActions, type Button, buttonActions, textCard } from '../../../../src/bots/card.ts';
import { formView } from '../../../../src/bots/slack/adminForm.ts';
import { askForm, readAskForm } from '../../../../src/bots/slack/askForm.ts';
import { limits } from '../../../../src/bots/slack/blocks.ts';
import { buttonBlocks, buttonId, picturesOf, readButtonId } from '../../../../src/bots/slack/buttons.ts';
import { postedMessagesOf } from '../../../../src/bots/slack/conversation.ts';
import { locales, textOf } from '../../../../src/bots/text.ts';
import { id } from '../../../support/botSamples.ts';
import { blockProblems, viewProblems } from '../../../support/slack/limits.ts';

const proposal = '4b8f6a52-3c1d-8e5f-8a9b-0c1d2e3f4a5b';
const optional = <Value>(values: fc.Arbitrary<Value>) => fc.option(values, { nil: undefined });
const anyButton = fc.record({
  action: fc.constantFrom(...buttonActions),
  label: fc.string({ unit: 'grapheme', maxLength: 200 }),
  credits: optional(fc.nat(999_999_999)),
  step: optional(fc.integer({ min: 0, max: 99 })),
  proposal: optional(fc.constant(proposal)),
  place: optional(fc.constantFrom('choice' as const, 'menu' as const)),
});
const buttonWith = ({
  action,
  label,
  credits,
  step,
  proposal: own,
  place,
}: typeof anyButton extends fc.Arbitrary<infer Value> ? Value : never): Button => ({
  action,
  runId: id,
  label,
  style: 'plain',
  ...(credits === undefined ? {} : { credits }),
  ...(step === undefined ? {} : { step }),
  ...(own === undefined ? {} : { proposal: own }),
  ...(place === undefined ? {} : { place }),
});

test('the name of a button says all that it needs, within what Slack takes, and is read back', () => {
  fc.assert(
    fc.property(anyButton, (made) => {
      const name = buttonId(buttonWith(made));
      expect(name.length).toBeLessThanOrEqual(100);
      expect(readButtonId(name)).toEqual({
        action: made.action,
        runId: id,
        credits: made.credits ?? 0,
        step: made.step ?? null,
        proposal: made.proposal ?? null,
      });
    }),
  );
});

test('names that earlier versions wrote are read, and no other words are', () => {
  const plain = { runId: id, credits: 0, step: null, proposal: null };
  expect(readButtonId(`v1:again:${id}`)).toEqual({ ...plain, action: 'again' });
  expect(readButtonId(`v1:again:${id}:6`)).toEqual({ ...plain, action: 'again', credits: 6 });
  for (const name of [
    '',
    'menu',
    'open:create',
    `v3:again:${id}`,
    `v1:sell:${id}`,
    'v1:again:1',
    `v2:vary:${id}:-1:2:`,
    `v2:vary:${id}:6:two:`,
    `v2:start:${id}:6::a b`,
  ]) {
    expect(readButtonId(name)).toBeNull();
  }
});

test('any buttons are blocks that Slack takes, and each of them is in one of these', () => {
  const text = textOf('en');
  fc.assert(
    fc.property(fc.uniqueArray(anyButton, { maxLength: 40, selector: (one) => buttonId(buttonWith(one)) }), (made) => {
      const buttons = made.map(buttonWith);
      const steps = buttons.flatMap(({ step }) => step ?? []);
      const pictures = new Map(
        steps.slice(0, 9).map((step) => [step, { fileId: 'F00000001', title: `Image ${step}` }]),
      );
      for (const blocks of [buttonBlocks(buttons, text), buttonBlocks(buttons, text, pictures)]) {
        expect(blockProblems(blocks, limits.blocksPerMessage)).toEqual([]);
        const shown = JSON.stringify(blocks);
        for (const one of buttons) expect(shown).toContain(`"${buttonId(one)}"`);
      }
    }),
    { numRuns: 50 },
  );
});

test('frames are a carousel only if the thread has each of them as an image that Slack may show', () => {
  const media = [2, 3].map((step) => ({
    step,
    kind: 'image' as const,
    label: `Image ${step - 1}`,
    objectKey: `image-${step}.png`,
    mime: 'image/png',
    width: 16,
    height: 9,
    seconds: null,
    bytes: 1,
  }));
  const choice = (step: number): Button => ({
    action: 'animate',
    runId: id,
    label: String(step),
    style: 'plain',
    step,
    place: 'choice',
  });
  const card = { ...textCard('good', 'Ready'), media, buttons: [choice(2), choice(3)] };
  const posted = (state: 'shared' | 'uploaded', refused: string | null = null) =>
    postedMessagesOf({
      files: { 'image-2.png': { fileId: 'F2', state: 'shared' }, 'image-3.png': { fileId: 'F3', state } },
      refused,
    });
  expect([...(picturesOf(card, posted('shared')) ?? [])]).toEqual([
    [2, { fileId: 'F2', title: 'Image 1' }],
    [3, { fileId: 'F3', title: 'Image 2' }],
  ]);
  expect(picturesOf(card, posted('uploaded'))).toBeNull();
  expect(picturesOf(card, posted('shared', 'file_uploads_disabled'))).toBeNull();
  const [first, second] = media;
  if (!first || !second) throw new Error('there are two images');
  expect(picturesOf({ ...card, media: [first, { ...second, isSpoiler: true }] }, posted('shared'))).toBeNull();
  expect(picturesOf({ ...card, media: [first, { ...second, mime: 'image/webp' }] }, posted('shared'))).toBeNull();
  expect(picturesOf({ ...card, buttons: [] }, posted('shared'))).toBeNull();
});

test.each(locales)(
  'every form that asks for words fits into a modal, with its whole title and its price (%s)',
  (locale) => {
    for (const action of askingActions) {
      for (const step of [null, 3]) {
        const asked = { kind: 'ask', action, runId: id, step, words: 'a fox', priceCredits: 18 } as const;
        const view = askForm(asked, { channel: 'C1', threadTs: '1.1' }, textOf(locale));
        expect(viewProblems(view)).toEqual([]);
        expect(view.title.text).not.toContain('…');
        expect(JSON.stringify(view.blocks)).toContain('18');
        expect(readAskForm(view.callback_id ?? '')).toEqual({ action, id, step });
      }
    }
  },
);

test.each(locales)('the forms of commands fit into a modal with their whole title (%s)', (locale) => {
  const text = textOf(locale);
  const form = { command: 'cast', title: text.cast.form.title, intro: text.cast.form.intro, pages: [], overview: null };
  expect(formView(form, text).title.text).toBe(text.cast.form.title);
});

test('a form that an earlier version opened is read, and no other view is', () => {
  expect(readAskForm(`edit:${id}`)).toEqual({ action: 'edit', id, step: null });
  for (const other of ['create', 'told', 'edit:', 'ask:', `ask:sell:${id}:`, `ask:change:${id}:x`, 'form:keys']) {
    expect(readAskForm(other)).toBeNull();
  }
});
