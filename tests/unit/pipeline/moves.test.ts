import fc from 'fast-check';
import { expect, test } from 'vitest';
import { type Failure, type StepKind, stepStates } from '../../../src/db/vocabulary.ts';
import { longestOutage, longestSetbacks } from '../../../src/pipeline/errors.ts';
import { mostSubmits, nextMove } from '../../../src/pipeline/moves.ts';
import { stepOf as step, viewOf as view } from '../../support/views.ts';

const refused: Failure = { kind: 'refused', detail: 'no' };
const done = (kind: StepKind) => step(kind, { state: 'done', submits: 1 });

test('a failed enhance is not fatal, a failed image is', () => {
  const failed = step('enhance', { state: 'failed', failure: refused });
  expect(nextMove(view([failed, step('image')]))).toMatchObject({ move: 'send', step: { kind: 'image' } });
  const image = step('image', { state: 'failed', failure: refused });
  expect(nextMove(view([done('enhance'), image, step('video')]))).toEqual({
    move: 'settle',
    state: 'failed',
    capturedCredits: 1,
    failure: refused,
  });
});

test('a step that may have been sent is sent once more, a video never', () => {
  const uncertain = (kind: StepKind, submits: number) => step(kind, { state: 'submitting', submits });
  expect(nextMove(view([uncertain('enhance', 1)]))).toMatchObject({ move: 'send' });
  expect(nextMove(view([uncertain('image', 2)]))).toMatchObject({ move: 'fail', failure: { kind: 'interrupted' } });
  expect(nextMove(view([uncertain('video', 1)]))).toMatchObject({ move: 'fail', failure: { kind: 'interrupted' } });
});

test('everything done is a success, also when somebody asked to cancel too late', () => {
  const all = [done('enhance'), done('image'), done('video')];
  const move = { move: 'settle', state: 'succeeded', capturedCredits: 24, failure: null };
  expect(nextMove(view(all))).toEqual(move);
  expect(nextMove(view(all, { cancelRequestedAt: new Date() }))).toEqual(move);
});

test('a run whose turns come to nothing again and again is given up, later where something is paid for already', () => {
  const stuck = { setbacks: longestSetbacks + 2 };
  const rendering = step('video', { state: 'submitted', handle: 1 });
  expect(nextMove(view([step('image')], stuck))).toMatchObject({ move: 'fail', failure: { kind: 'internal' } });
  // What a provider is making is paid for: that is waited for longer.
  expect(nextMove(view([rendering], stuck))).toMatchObject({ move: 'poll' });
  expect(nextMove(view([rendering], { setbacks: longestOutage + 2 }))).toMatchObject({
    move: 'fail',
    failure: { kind: 'internal' },
  });
  const settledAt = new Date();
  expect(nextMove(view([done('image')], { ...stuck, settledAt }))).toEqual({ move: 'deliver' });
  expect(nextMove(view([done('image')], { setbacks: longestOutage + 2, settledAt }))).toMatchObject({
    move: 'give_up_delivery',
    failure: { kind: 'internal' },
  });
});

test('whatever is written about a run, there is a next move, and it never sends a step too often or captures too much', () => {
  const anyStep = (kind: StepKind) =>
    fc.record({
      state: fc.constantFrom(...stepStates),
      submits: fc.nat({ max: mostSubmits[kind] }),
      canceled: fc.boolean(),
    });
  fc.assert(
    fc.property(
      fc.tuple(anyStep('enhance'), anyStep('image'), anyStep('video')),
      fc.boolean(),
      fc.nat({ max: 12 }),
      ([enhance, image, video], cancel, setbacks) => {
        const steps = [
          { kind: 'enhance' as const, ...enhance },
          { kind: 'image' as const, ...image },
          { kind: 'video' as const, ...video },
        ].map(({ kind, state, submits, canceled }) =>
          step(kind, {
            state,
            submits,
            failure: state === 'failed' ? { kind: canceled ? 'canceled' : 'refused', detail: '' } : null,
          }),
        );
        const move = nextMove(view(steps, { cancelRequestedAt: cancel ? new Date() : null, setbacks }));
        if (move.move === 'send')
          expect(move.step.state === 'pending' || move.step.submits < mostSubmits[move.step.kind]).toBe(true);
        if (move.move === 'send' || move.move === 'poll') expect(cancel).toBe(false);
        if (move.move === 'settle') expect(move.capturedCredits).toBeLessThanOrEqual(24);
      },
    ),
  );
});
