import { expect, test } from 'vitest';
import { acceptedWords } from '../../../src/bots/acceptedCard.ts';
import type { Card } from '../../../src/bots/card.ts';
import { runCard } from '../../../src/bots/runCard.ts';
import { type Locale, textOf } from '../../../src/bots/text.ts';
import type { QueuePosition } from '../../../src/db/queuePosition.ts';
import { runOptions } from '../../../src/domain.ts';
import { doneSteps, halfWay, id, image, settled, step, succeeded, view } from '../../support/botSamples.ts';

const text = textOf('en');
const words = (card: Card) => card.blocks.flatMap((block) => (block.kind === 'text' ? [block.text] : []));
const steps = (card: Card) => card.blocks.flatMap((block) => (block.kind === 'progress' ? block.steps : []));
const quotes = (card: Card) => card.blocks.flatMap((block) => (block.kind === 'quotes' ? block.quotes : []));
const cardOf = (it: ReturnType<typeof view>, known = {}) => runCard(it, halfWay(it), text, known);

test('a waiting run says how many are ahead, and can be canceled', () => {
  const card = cardOf(view(), { queue: { ahead: 2, limit: null } });
  expect(card).toMatchObject({ tone: 'plain', title: 'Image and video: waiting for a free worker', media: [] });
  expect(words(card)).toEqual(['2 runs are ahead of it.']);
  expect(card.buttons).toEqual([{ action: 'cancel', runId: id, label: 'Cancel', style: 'danger' }]);
  expect(steps(card).map(({ state, note }) => [state, note])).toEqual([
    ['waiting', 'usually 4 s'],
    ['waiting', 'usually 4 s'],
    ['waiting', 'usually 4 s'],
  ]);
});

test('a run over a limit says which one it waits for, in both languages', () => {
  const says = (queue: QueuePosition, locale: Locale) =>
    words(runCard(view(), halfWay(view()), textOf(locale), { queue }));
  const ofMember = { of: 'member', atWork: 3 } as const;
  expect(says({ ahead: 0, limit: ofMember }, 'en')).toEqual([
    "It starts when another ends: at most 3 of this member's runs are at work at a time.",
  ]);
  expect(says({ ahead: 100, limit: { of: 'workspace', atWork: 30 } }, 'en')).toEqual([
    "100 or more runs are ahead of it, and at most 30 of this workspace's runs are at work at a time.",
  ]);
  expect(says({ ahead: 1, limit: ofMember }, 'fr')).toEqual([
    '1 création avant elle, et 3 au plus de ce membre sont en cours à la fois.',
  ]);
});

test('the first answer tells a place where there is something to wait for, and nothing where there is not', () => {
  const started = { priceCredits: 24, balance: 76, options: runOptions.parse({}) };
  expect(acceptedWords({ ...started, queue: { ahead: 0, limit: null } }, text)).toBe('24 credits held, 76 left.');
  expect(acceptedWords({ ...started, queue: { ahead: 2, limit: null } }, text)).toMatch(/2 runs are ahead of it\.$/);
  const own = { ahead: 0, limit: { of: 'member', atWork: 3 } } as const;
  expect(acceptedWords({ ...started, queue: own }, text)).toMatch(/left\. It starts when another ends/);
});

test('a run at work shows each step, how long it may take, and the better prompt beside the original', () => {
  const card = cardOf(
    view({ state: 'running' }, [doneSteps.enhance, step('image', { state: 'submitting' }), step('video')]),
  );
  expect(card).toMatchObject({ tone: 'working', title: 'Image and video: at work' });
  expect(steps(card)).toEqual([
    { kind: 'enhance', label: 'Prompt', state: 'done', percent: 50, note: '4.0 s' },
    { kind: 'image', label: 'Image', state: 'working', percent: 50, note: '50 %, about 4 s left' },
    { kind: 'video', label: 'Video', state: 'waiting', percent: 50, note: 'usually 4 s' },
  ]);
  expect(quotes(card).map((quote) => quote.text)).toEqual(['a fox in the snow', 'a red fox, soft light']);
  expect(words(card)).toEqual(['about 12 s left']);
});

test('a run that was asked to stop says so and has no button any more', () => {
  const card = cardOf(view({ state: 'running', cancelRequestedAt: new Date() }));
  expect(card.title).toBe('Image and video: stopping');
  expect(card.buttons).toEqual([]);
});

test('a run that succeeded shows what it made, how long it took and what it cost', () => {
  const card = cardOf(succeeded, { balance: 76 });
  expect(card).toMatchObject({ tone: 'good', title: 'Your image and your video are ready' });
  expect(card.buttons.map((button) => button.action)).toEqual(['again', 'edit', 'delete']);
  expect(card.media.map((medium) => medium.kind)).toEqual(['image', 'video']);
  expect(words(card)).toEqual(['Done in 24 s.', '24 credits paid. 76 left.']);
});

test('when the prompt could not be improved, the run says that it used the own words and gave the credit back', () => {
  const failed = step('enhance', { state: 'failed', failure: { kind: 'timeout', detail: '' } });
  const it = { ...succeeded, run: { ...succeeded.run, ...settled(23, 1) } };
  const card = cardOf({ ...it, steps: [failed, doneSteps.image, doneSteps.video] });
  expect(card.tone).toBe('good');
  expect(words(card)[0]).toContain('your own words were used');
  expect(words(card).at(-1)).toBe('23 of 24 credits paid, 1 went back.');
  expect(quotes(card)).toHaveLength(1);
});

test('a partial result is told as one: the image is there, the credits of the video went back', () => {
  const failure = { kind: 'refused', detail: 'no foxes' } as const;
  const card = cardOf(
    view(
      { state: 'failed', failure, ...settled(6, 18) },
      [doneSteps.enhance, doneSteps.image, step('video', { state: 'failed', failure })],
      [image],
    ),
    { balance: 94 },
  );
  expect(card).toMatchObject({ tone: 'warning', title: 'Your image is ready, the video is not' });
  expect(card.media).toHaveLength(1);
  expect(words(card)).toEqual([
    'The provider does not want to make this video: its rules do not allow it. It said: no foxes. Other words may do.',
    '6 of 24 credits paid, 18 went back. 94 left.',
  ]);
});

test('a run that failed altogether cost nothing for what did not come', () => {
  const failure = { kind: 'unavailable', detail: '' } as const;
  const card = cardOf(
    view({ state: 'failed', failure, ...settled(0, 24) }, [
      step('enhance', { state: 'failed', failure }),
      step('image', { state: 'failed', failure }),
      step('video', { state: 'skipped' }),
    ]),
  );
  expect(card).toMatchObject({ tone: 'bad', title: 'The image could not be made', media: [] });
  expect(words(card).at(-1)).toBe('Nothing was charged: all 24 credits went back.');
  expect(steps(card).map(({ state }) => state)).toEqual(['failed', 'failed', 'skipped']);
});

test('a canceled run says what was paid for and why', () => {
  const failure = { kind: 'canceled', detail: '' } as const;
  const card = cardOf(
    view(
      { state: 'canceled', failure, ...settled(24, 0) },
      [doneSteps.enhance, doneSteps.image, step('video', { state: 'failed', failure })],
      [image],
    ),
  );
  expect(card).toMatchObject({ tone: 'warning', title: 'Canceled; your image was ready by then' });
  expect(words(card)[0]).toContain('so it is paid for');
  // A step that was stopped has not failed, and is not drawn so.
  const lines = card.blocks.flatMap((block) => (block.kind === 'progress' ? block.steps : []));
  expect(lines.map(({ state }) => state)).toEqual(['done', 'done', 'skipped']);
});

test('the image that a member gave is not among what the run made', () => {
  const given = { ...image, step: null };
  const it = view(
    {
      workflow: 'video',
      state: 'failed',
      failure: { kind: 'refused', detail: '' },
      ...settled(0, 18),
      priceCredits: 18,
    },
    [step('video', { state: 'failed', failure: { kind: 'refused', detail: '' } })],
    [given],
  );
  const card = cardOf(it);
  expect(card.media).toEqual([]);
  expect(card).toMatchObject({ tone: 'bad', title: 'The video could not be made' });
});

test('a run whose result could not be told where it was asked for says so', () => {
  const run = { ...succeeded.run, deliveryFailure: { kind: 'unavailable', detail: '' } as const };
  expect(words(cardOf({ ...succeeded, run })).at(-1)).toContain('could not be told');
});

test('what nobody could receive is not paid for, and every place that shows the run says so, in both languages', () => {
  const run = { ...succeeded.run, unreached: ['video' as const] };
  const it = { ...succeeded, run };
  expect(words(cardOf(it, { balance: 94 }))).toEqual([
    'Done in 24 s.',
    '6 of 24 credits paid, 18 went back. 94 left.',
    'Nobody could receive the video: 18 credits went back.',
  ]);
  expect(words(runCard(it, halfWay(it), textOf('fr'))).at(-1)).toBe(
    'Personne n’a pu recevoir la vidéo : 18 crédits rendus.',
  );
});

test('a demo run says so where its words hold nothing that the demo can draw, in both languages, and only there', () => {
  const asked = (prompt: string) => ({ ...succeeded, run: { ...succeeded.run, prompt } });
  expect(words(cardOf(asked('a teapot')))).toContain(text.runs.undrawn);
  expect(words(runCard(asked('une théière'), halfWay(succeeded), textOf('fr')))).toContain(textOf('fr').runs.undrawn);
  expect(words(cardOf(asked('a fox in the snow')))).not.toContain(text.runs.undrawn);
  const byModel = view(
    succeeded.run,
    [doneSteps.enhance, step('image', { state: 'done', provider: 'openai' })],
    [image],
  );
  expect(words(cardOf({ ...byModel, run: { ...byModel.run, prompt: 'a teapot' } }))).not.toContain(text.runs.undrawn);
});
