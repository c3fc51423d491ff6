import { expect, test } from 'vitest';
import { acceptedEvent, changeEvents, finalEvent, refusedEvent } from '../../../../src/bots/terminal/events.ts';
import { textOf } from '../../../../src/bots/text.ts';
import { runOptions } from '../../../../src/domain.ts';
import { doneSteps, halfWay, id, image, settled, step, succeeded, video, view } from '../../../support/botSamples.ts';

const links = new Map([
  [image.objectKey, '/home/ada/image.png'],
  [video.objectKey, '/home/ada/video.mp4'],
]);

test('the last event of a run that succeeded is exactly what machines are promised', () => {
  expect(JSON.stringify(finalEvent(succeeded, 76, links))).toBe(
    `{"event":"succeeded","runId":"${id}","workflow":"complete","assets":[` +
      '{"kind":"image","step":2,"path":"/home/ada/image.png","mime":"image/png","width":1920,"height":1080,"bytes":1265187},' +
      '{"kind":"video","step":3,"path":"/home/ada/video.mp4","mime":"video/mp4","width":1920,"height":1080,"bytes":5973459,"seconds":8}],' +
      '"credits":{"held":24,"captured":24,"released":0,"balance":76}}',
  );
});

test('the last event of a run that failed carries why, and what there is of it', () => {
  const failure = { kind: 'refused', detail: 'no foxes' } as const;
  const it = view(
    { state: 'failed', failure, ...settled(6, 18) },
    [doneSteps.enhance, doneSteps.image, step('video')],
    [{ ...image, step: null }, image],
  );
  expect(finalEvent(it, 94, links)).toMatchObject({
    event: 'failed',
    assets: [{ path: '/home/ada/image.png' }],
    credits: { held: 24, captured: 6, released: 18, balance: 94 },
    failure,
  });
});

test('each change of a step is an event of its own, and a step that moves is progress', () => {
  const before = view({ state: 'running' }, [doneSteps.enhance, step('image'), step('video')]);
  const after = view({ state: 'running' }, [doneSteps.enhance, doneSteps.image, step('video', { state: 'submitted' })]);
  expect(changeEvents(before, after, halfWay(after)).map(({ event, step, state }) => [event, step, state])).toEqual([
    ['step', 'image', 'done'],
    ['step', 'video', 'submitted'],
  ]);
  const later = view({ state: 'running' }, [
    ...[doneSteps.enhance, doneSteps.image],
    step('video', { state: 'submitted', fraction: 0.5 }),
  ]);
  expect(changeEvents(after, later, halfWay(later))).toEqual([
    { event: 'progress', runId: id, percent: 50, remainingMs: 12_000 },
  ]);
  expect(changeEvents(later, later, halfWay(later))).toEqual([]);
});

test('the first look at a run that is under way already tells what has happened to it', () => {
  const it = view({ state: 'running' }, [doneSteps.enhance, step('image'), step('video')]);
  expect(changeEvents(null, it, halfWay(it))).toEqual([
    { event: 'step', runId: id, step: 'enhance', number: 1, state: 'done', enhanced: doneSteps.enhance.enhanced },
  ]);
});

test('an accepted run tells its price and how many are ahead, a refused one why in code and in words', () => {
  const started = {
    priceCredits: 24,
    balance: 76,
    options: runOptions.parse({}),
    models: [],
    queue: { ahead: 2, limit: null },
  };
  const run = { kind: 'run', runId: id, workflow: 'complete', prompt: 'a fox', started } as const;
  expect(acceptedEvent(run)).toMatchObject({
    event: 'accepted',
    runId: id,
    credits: { held: 24, balance: 76 },
    ahead: 2,
  });
  const refusal = { reason: 'insufficient', priceCredits: 24, balance: 3, heldCredits: 0 } as const;
  expect(refusedEvent(refusal, textOf('en'))).toMatchObject({
    event: 'refused',
    reason: 'insufficient',
    priceCredits: 24,
    balance: 3,
    message: expect.stringContaining('This costs 24 credits and 3 are left.'),
  });
});
