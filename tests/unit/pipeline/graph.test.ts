import { expect, test } from 'vitest';
import type { Asset, RunView, Step } from '../../../src/db/runs.ts';
import type { StepKind } from '../../../src/domain.ts';
import { clipsToJoin, filmOf, isBlocked, isReady, isReceived, resultsOf } from '../../../src/pipeline/graph.ts';
import { image as imageAsset } from '../../support/botSamples.ts';
import { stepOf, viewOf } from '../../support/views.ts';

/** A step with its number, what it is made from, and its state. */
const at = (number: number, kind: StepKind, inputs: number[], state: Step['state'], over: Partial<Step> = {}): Step =>
  stepOf(kind, { number, inputs, state, ...over });

const assetsOf = (steps: readonly Step[]): Asset[] =>
  steps
    .filter(({ kind, state }) => state === 'done' && kind !== 'enhance')
    .map(({ number, kind }) => ({
      ...imageAsset,
      id: `${number}b8f6a52-3c1d-4e5f-8a9b-0c1d2e3f4a5b`,
      step: number,
      kind: kind === 'image' ? 'image' : 'video',
      objectKey: `runs/x/${number}`,
    }));

const view = (steps: Step[]): RunView => ({ ...viewOf(steps), assets: assetsOf(steps) });

/** A story of two scenes with the states of its steps: the shot list, the images, the clips, the film. */
const story = (states: [Step['state'], Step['state'], Step['state'], Step['state'], Step['state'], Step['state']]) =>
  view([
    at(1, 'enhance', [], states[0]),
    at(2, 'image', [1], states[1], { scene: 1 }),
    at(3, 'image', [1, 2], states[2], { scene: 2 }),
    at(4, 'video', [1, 2], states[3], { scene: 1 }),
    at(5, 'video', [1, 3], states[4], { scene: 2 }),
    at(6, 'join', [4, 5], states[5]),
  ]);

const step = (it: RunView, number: number): Step => {
  const found = it.steps.find((one) => one.number === number);
  if (!found) throw new Error(`no step ${number}`);
  return found;
};
const results = (it: RunView) => resultsOf(it).map((one) => one.step.number);

test('words and references are a help: without them an image goes on, and a video needs its frame', () => {
  const it = story(['failed', 'failed', 'pending', 'pending', 'pending', 'pending']);
  expect(isReady(it, step(it, 3))).toBe(true);
  expect(isBlocked(it, step(it, 3))).toBe(false);
  expect(isBlocked(it, step(it, 4))).toBe(true);
  expect(isBlocked(it, step(it, 5))).toBe(false);
  const look = at(7, 'enhance', [1, 3], 'pending', { scene: 2 });
  expect(isBlocked({ steps: [...it.steps, look] }, look)).toBe(false);
  expect(isBlocked({ steps: [...it.steps, { ...look, inputs: [1, 2] }] }, { ...look, inputs: [1, 2] })).toBe(true);
  // One clip alone is the film already.
  expect(isBlocked(it, step(it, 6))).toBe(true);
});

test('a story shows its film; without it, the clips; and the image of a scene whose clip was not made', () => {
  expect(results(story(['done', 'done', 'done', 'done', 'done', 'done']))).toEqual([6]);
  expect(results(story(['done', 'done', 'done', 'done', 'done', 'failed']))).toEqual([4, 5]);
  expect(results(story(['done', 'done', 'done', 'done', 'failed', 'skipped']))).toEqual([3, 4]);
});

test('an extension takes the place of its clip, and where it failed the clip from before is part of the film', () => {
  const chain = (extended: Step['state'], joined: Step['state']) =>
    view([
      at(1, 'image', [], 'done'),
      at(2, 'video', [1], 'done'),
      at(3, 'video', [2], extended, { isExtension: true }),
      at(4, 'video', [3], extended === 'done' ? 'done' : 'skipped'),
      at(5, 'join', [3, 4], joined),
    ]);
  const whole = chain('done', 'done');
  expect(clipsToJoin(whole, step(whole, 5)).map(({ number }) => number)).toEqual([3, 4]);
  expect(results(whole)).toEqual([1, 5]);
  const cut = chain('failed', 'pending');
  expect(clipsToJoin(cut, step(cut, 5)).map(({ number }) => number)).toEqual([2]);
  expect(isBlocked(cut, step(cut, 5))).toBe(true);
  expect(filmOf(cut)?.step.number).toBe(2);
});

test('what became a part of a received film is received too', () => {
  const it = story(['done', 'done', 'done', 'done', 'done', 'done']);
  const shared = (number: number) => (asset: Asset) => asset.step === number;
  expect([2, 3, 4, 5, 6].map((number) => isReceived(it, step(it, number), shared(6)))).toEqual(Array(5).fill(true));
  expect([2, 3, 4, 5, 6].map((number) => isReceived(it, step(it, number), shared(4)))).toEqual([
    true,
    false,
    true,
    false,
    false,
  ]);
});
