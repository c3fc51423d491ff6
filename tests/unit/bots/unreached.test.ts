import { expect, test } from 'vitest';
import { unreachedSteps } from '../../../src/bots/unreached.ts';
import { image, succeeded, video } from '../../support/botSamples.ts';

const nowhere = { isReceived: () => false, hasPage: false };

test('a result reached somebody when its platform took it, or when members can open the page; a prompt always did', () => {
  expect(unreachedSteps(succeeded, nowhere)).toEqual(['image', 'video']);
  expect(unreachedSteps(succeeded, { ...nowhere, isReceived: (key) => key === image.objectKey })).toEqual(['video']);
  expect(unreachedSteps(succeeded, { ...nowhere, hasPage: true })).toEqual([]);
});

test('what a member deleted, or what was kept for as long as it is kept, does not count as not received', () => {
  const removed = { ...video, removedAt: new Date() };
  expect(unreachedSteps({ ...succeeded, assets: [image, removed] }, nowhere)).toEqual(['image']);
  const deleted = { ...succeeded.run, deletedAt: new Date() };
  expect(unreachedSteps({ ...succeeded, run: deleted }, nowhere)).toEqual([]);
});
