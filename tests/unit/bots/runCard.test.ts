import { expect, test } from 'vitest';
import { acceptedCard, acceptedWords } from '../../../src/bots/acceptedCard.ts';
import type { Button, Card } from '../../../src/bots/card.ts';
import { runCard } from '../../../src/bots/runCard.ts';
import { type Locale, textOf } from '../../../src/bots/text.ts';
import type { QueuePosition } from '../../../src/db/queuePosition.ts';
import { runId, runOptions } from '../../../src/domain.ts';
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
  const started = { priceCredits: 24, balance: 76, options: runOptions.parse({}), models: [] };
  expect(acceptedWords({ ...started, queue: { ahead: 0, limit: null } }, text)).toBe('24 credits held, 76 left.');
  expect(acceptedWords({ ...started, queue: { ahead: 2, limit: null } }, text)).toMatch(/2 runs are ahead of it\.$/);
  const own = { ahead: 0, limit: { of: 'member', atWork: 3 } } as const;
  const run = { runId: id, workflow: 'complete', prompt: 'a fox' } as const;
  const withModels = { ...started, models: ['other-image', 'other-video'], queue: { ahead: 0, limit: null } };
  expect(acceptedWords(withModels, text)).toBe('24 credits held, 76 left. With other-image and other-video.');
  const fieldsOf = (models: string[]) =>
    JSON.stringify(acceptedCard({ ...run, started: { ...withModels, models } }, text));
  expect(fieldsOf(withModels.models)).toContain('{"label":"Models","value":"other-image · other-video"}');
  expect(fieldsOf([])).not.toContain('Models');
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
  const actionsAt = (at: Button['place']) =>
    card.buttons.flatMap(({ action, place }) => (place === at ? [action] : []));
  expect(actionsAt(undefined)).toEqual(['again', 'edit', 'extend', 'change', 'delete']);
  expect(actionsAt('menu')).toEqual(['reanimate', 'lastFrame', 'ending', 'vary', 'better', 'remix']);
  expect(card.media.map((medium) => medium.kind)).toEqual(['image', 'video']);
  expect(words(card)).toEqual(['Done in 24 s.', '24 credits paid. 76 left.']);
});

test('frames to choose from have a button each in their own row, at most five buttons beside, and the rest in the menu', () => {
  const options = runOptions.parse({ frames: 4 });
  const frames = [1, 2, 3, 4].map((variant) => step('image', { number: variant + 1, variant, state: 'done' }));
  const stills = frames.map(({ number }) => ({ ...image, id: `${number}`, step: number }));
  const card = cardOf(view({ state: 'succeeded', options, ...settled(21, 0) }, [doneSteps.enhance, ...frames], stills));
  expect(card.title).toBe('Choose one of 4 images for the video');
  const at = (where: Button['place']) => card.buttons.filter(({ place }) => place === where);
  expect(at('choice').map(({ action, label, step: number }) => [action, label, number])).toEqual([
    ['animate', '1', 2],
    ['animate', '2', 3],
    ['animate', '3', 4],
    ['animate', '4', 5],
  ]);
  expect(at(undefined).map(({ label }) => label)).toEqual(['New frames', 'Edit prompt', 'Remix', 'Delete']);
  expect(at('menu').length).toBeLessThanOrEqual(25);
  expect(at('menu').map(({ label }) => label)).toContain('Better 4');
});

test('frames of which one could not be made are told as those to choose from, and why one is missing', () => {
  const failure = { kind: 'refused', detail: '' } as const;
  const frames = [1, 2, 3, 4].map((variant) =>
    step('image', {
      number: variant + 1,
      variant,
      ...(variant === 3 ? { state: 'failed', failure } : { state: 'done' }),
    }),
  );
  const stills = frames.flatMap(({ number, state }) =>
    state === 'done' ? [{ ...image, id: `${number}`, step: number }] : [],
  );
  const run = { state: 'failed', failure, options: runOptions.parse({ frames: 4 }), ...settled(16, 5) } as const;
  const card = cardOf(view(run, [doneSteps.enhance, ...frames], stills));
  expect(card).toMatchObject({ tone: 'warning', title: 'Choose one of 3 images for the video' });
  expect(card.buttons.flatMap(({ label, place }) => (place === 'choice' ? [label] : []))).toEqual(['1', '2', '4']);
  expect(words(card)[0]).toMatch(/does not want to make this image/);
  const [only] = stills;
  const alone = cardOf(view(run, [doneSteps.enhance, ...frames], only ? [only] : []));
  expect(alone.title).toBe('A part of it is ready, the rest is not');
});

test('a deleted run offers to be made again only if it was given no image, because that one is gone', () => {
  const deleted = { state: 'succeeded', deletedAt: new Date(), ...settled(6, 0) } as const;
  const offered = (stored: (typeof image)[]) => cardOf(view(deleted, [], stored)).buttons;
  expect(offered([]).map(({ action }) => action)).toEqual(['again', 'edit']);
  expect(offered([{ ...image, step: null }])).toEqual([]);
});

test('a change is called a new version, because it may make an image, a video or another ending', () => {
  const change = (state: 'running' | 'failed', over = {}) =>
    cardOf(view({ state, workflow: 'edit', options: runOptions.parse({ change: 'ending' }), ...over }, [], []));
  expect(change('running').title).toBe('New version: at work');
  expect(change('failed', settled(0, 23)).title).toBe('The new version could not be made');
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
  const run = { ...succeeded.run, unreached: [3] };
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

test('a result that was made of another one leads back to it, by its number where that is known', () => {
  const parentId = runId.parse('1c9f6a52-3c1d-4e5f-8a9b-0c1d2e3f4a5b');
  const of = (over: Partial<ReturnType<typeof view>['run']>, known = {}) =>
    cardOf(view({ ...succeeded.run, ...over }, succeeded.steps, succeeded.assets), known).buttons.filter(
      ({ action }) => action === 'show',
    );
  const back = { action: 'show', runId: parentId, style: 'plain', place: 'menu' };
  expect(of({ parentId })).toEqual([{ ...back, label: 'Back to the version before' }]);
  expect(of({ parentId }, { parentVersion: 2 })).toEqual([{ ...back, label: 'Back to version 2' }]);
  expect(of({})).toEqual([]);
  expect(of({ parentId, deletedAt: new Date(0) })).toEqual([]);
});
