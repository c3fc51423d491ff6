import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { RunView, Step } from '../../../src/db/runs.ts';
import { type Failure, type StepKind, stepStates } from '../../../src/domain.ts';
import { maxFailedAttempts, maxOutage } from '../../../src/pipeline/retryPolicy.ts';
import { maxSubmits, nextTransition, stopCost } from '../../../src/pipeline/stateMachine.ts';
import { stepOf as step, viewOf as view } from '../../support/views.ts';

const refused: Failure = { kind: 'refused', detail: 'no' };
const done = (kind: StepKind) => step(kind, { state: 'done', submits: 1 });

test('a failed enhance is not fatal, a failed image is', () => {
  const failed = step('enhance', { state: 'failed', failure: refused });
  expect(nextTransition(view([failed, step('image')]))).toMatchObject({ kind: 'send', step: { kind: 'image' } });
  const image = step('image', { state: 'failed', failure: refused });
  expect(nextTransition(view([done('enhance'), image, step('video')]))).toEqual({
    kind: 'settle',
    state: 'failed',
    capturedCredits: 1,
    failure: refused,
  });
});

test('a step that may have been sent is sent once more, a video never', () => {
  const uncertain = (kind: StepKind, submits: number) => step(kind, { state: 'submitting', submits });
  expect(nextTransition(view([uncertain('enhance', 1)]))).toMatchObject({ kind: 'send' });
  expect(nextTransition(view([uncertain('image', 2)]))).toMatchObject({
    kind: 'fail',
    failure: { kind: 'interrupted' },
  });
  expect(nextTransition(view([uncertain('video', 1)]))).toMatchObject({
    kind: 'fail',
    failure: { kind: 'interrupted' },
  });
});

test('everything done is a success, also when somebody asked to cancel too late', () => {
  const all = [done('enhance'), done('image'), done('video')];
  const transition = { kind: 'settle', state: 'succeeded', capturedCredits: 24, failure: null };
  expect(nextTransition(view(all))).toEqual(transition);
  expect(nextTransition(view(all, { cancelRequestedAt: new Date() }))).toEqual(transition);
});

test('a run whose turns come to nothing again and again is given up, later where something is paid for already', () => {
  const stuck = { failedAttempts: maxFailedAttempts + 2 };
  const rendering = step('video', { state: 'submitted', handle: 1 });
  expect(nextTransition(view([step('image')], stuck))).toMatchObject({ kind: 'fail', failure: { kind: 'internal' } });
  // What a provider is making is paid for: that is waited for longer.
  expect(nextTransition(view([rendering], stuck))).toMatchObject({ kind: 'poll' });
  expect(nextTransition(view([rendering], { failedAttempts: maxOutage + 2 }))).toMatchObject({
    kind: 'fail',
    failure: { kind: 'internal' },
  });
  const settledAt = new Date();
  expect(nextTransition(view([done('image')], { ...stuck, settledAt }))).toEqual({ kind: 'deliver' });
  expect(nextTransition(view([done('image')], { failedAttempts: maxOutage + 2, settledAt }))).toMatchObject({
    kind: 'give_up_delivery',
    failure: { kind: 'internal' },
  });
});

test('whatever is written about a run, there is a next transition, and it never sends a step too often or captures too much', () => {
  const anyStep = (kind: StepKind) =>
    fc.record({
      state: fc.constantFrom(...stepStates),
      submits: fc.nat({ max: maxSubmits[kind] }),
      canceled: fc.boolean(),
    });
  fc.assert(
    fc.property(
      fc.tuple(anyStep('enhance'), anyStep('image'), anyStep('video')),
      fc.boolean(),
      fc.nat({ max: 12 }),
      ([enhance, image, video], cancel, failedAttempts) => {
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
        const transition = nextTransition(
          view(steps, { cancelRequestedAt: cancel ? new Date() : null, failedAttempts }),
        );
        if (transition.kind === 'send')
          expect(
            transition.step.state === 'pending' || transition.step.submits < maxSubmits[transition.step.kind],
          ).toBe(true);
        if (transition.kind === 'send' || transition.kind === 'poll') expect(cancel).toBe(false);
        if (transition.kind === 'settle') expect(transition.capturedCredits).toBeLessThanOrEqual(24);
      },
    ),
  );
});

/** The possible outcomes of a submitted step. Nobody knows the outcome before. */
const endings = ['done', 'refused', 'lost'] as const;

/** Takes a stopped run to its end, and returns the captured credits. */
function stoppedFor(before: RunView, ending: (typeof endings)[number]): number {
  let { steps } = before;
  const end = (kind: StepKind, over: Partial<Step>) => {
    steps = steps.map((one) => (one.kind === kind ? { ...one, ...over } : one));
  };
  for (;;) {
    const transition = nextTransition(view(steps, { cancelRequestedAt: new Date(), priceCredits: 24 }));
    switch (transition.kind) {
      case 'settle':
        return transition.capturedCredits;
      case 'fail':
        // Its turn may still be under way, and bring what was sent after all.
        if (ending === 'done') end(transition.step.kind, { state: 'done' });
        else end(transition.step.kind, { state: 'failed', failure: transition.failure });
        break;
      case 'cancel':
        end(transition.step.kind, { state: 'failed', failure: { kind: 'canceled', detail: '' } });
        break;
      case 'store':
        end(transition.step.kind, ending === 'done' ? { state: 'done' } : { state: 'failed', failure: refused });
        break;
      default:
        throw new Error(`a stopped run must not ${transition.kind}`);
    }
  }
}

test('stopping never costs more than was told, whatever becomes of what was sent', () => {
  const anyStep = (kind: StepKind) =>
    fc.constantFrom(...stepStates).map((state) => step(kind, { state, failure: state === 'failed' ? refused : null }));
  fc.assert(
    fc.property(
      fc.tuple(anyStep('enhance'), anyStep('image'), anyStep('video')),
      fc.constantFrom(...endings),
      (steps, ending) => {
        const before = view(steps);
        const told = stopCost(before);
        expect(told.credits + told.back).toBe(24);
        expect(stoppedFor(before, ending)).toBeLessThanOrEqual(told.credits);
      },
    ),
  );
});

test('stopping costs what was sent: nothing while a run waits, everything while its last step is made', () => {
  const at = (...states: [Step['state'], Step['state'], Step['state']]) =>
    stopCost(
      view(
        (['enhance', 'image', 'video'] as const).map((kind, nth) => step(kind, { state: states[nth] ?? 'pending' })),
      ),
    );
  expect(at('pending', 'pending', 'pending')).toEqual({ credits: 0, back: 24, atWork: null });
  expect(at('done', 'submitting', 'pending')).toEqual({ credits: 6, back: 18, atWork: 'image' });
  expect(at('done', 'done', 'pending')).toEqual({ credits: 6, back: 18, atWork: null });
  expect(at('done', 'done', 'submitted')).toEqual({ credits: 24, back: 0, atWork: 'video' });
  expect(at('failed', 'done', 'storing')).toEqual({ credits: 23, back: 1, atWork: 'video' });
});
