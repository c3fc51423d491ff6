import { expect, test } from 'vitest';
import { lostWith, unreachedSteps } from '../../../src/bots/unreached.ts';
import { image, succeeded, video } from '../../support/botSamples.ts';
import { stepOf, viewOf } from '../../support/views.ts';

const nowhere = { isReceived: () => false, hasPage: false };

test('a result reached somebody when its platform took it, or when members can open the page; a prompt always did', () => {
  expect(unreachedSteps(succeeded, nowhere)).toEqual([2, 3]);
  expect(unreachedSteps(succeeded, { ...nowhere, isReceived: (key) => key === image.objectKey })).toEqual([3]);
  expect(unreachedSteps(succeeded, { ...nowhere, hasPage: true })).toEqual([]);
});

test('what a member deleted, or what was kept for as long as it is kept, does not count as not received', () => {
  const removed = { ...video, removedAt: new Date() };
  expect(unreachedSteps({ ...succeeded, assets: [image, removed] }, nowhere)).toEqual([2]);
  const deleted = { ...succeeded.run, deletedAt: new Date() };
  expect(unreachedSteps({ ...succeeded, run: deleted }, nowhere)).toEqual([]);
});

test('a film that cannot be shared is lost with all that it is made of, except for what was shared before', () => {
  const steps = [
    stepOf('enhance', { state: 'done' }),
    stepOf('image', { state: 'done', scene: 1 }),
    stepOf('video', { state: 'done', scene: 1 }),
    stepOf('video', { number: 4, state: 'done', inputs: [1] }),
    stepOf('join', { number: 5, state: 'done', inputs: [3, 4] }),
    stepOf('image', { number: 6, state: 'done' }),
  ];
  const assets = [2, 3, 4, 5, 6].map((step) => ({
    ...(step === 2 || step === 6 ? image : video),
    step,
    objectKey: `${step}`,
  }));
  const view = { ...viewOf(steps), assets };
  expect(lostWith(view, [5], () => false)).toEqual([2, 3, 4, 5]);
  expect(lostWith(view, [5], (key) => key === '2')).toEqual([3, 4, 5]);
  expect(lostWith(view, [6], () => false)).toEqual([6]);
});
