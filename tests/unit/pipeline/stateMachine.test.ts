import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { RunView, Step } from '../../../src/db/runs.ts';
import { type Failure, type StepKind, stepKinds, stepStates } from '../../../src/domain.ts';
import { isReplaceable } from '../../../src/pipeline/failover.ts';
import { clipsToJoin } from '../../../src/pipeline/graph.ts';
import { maxFailedAttempts, maxOutage } from '../../../src/pipeline/retryPolicy.ts';
import {
  maxSubmits,
  nextTransitions,
  type StepTransition,
  stopCost,
  type Transition,
} from '../../../src/pipeline/stateMachine.ts';
import { stepOf as step, viewOf as view } from '../../support/views.ts';

/** The first transition of a run of which nothing is in flight. */
function nextTransition(of: RunView): Transition {
  const { steps, whole } = nextTransitions(of, new Set(), new Date());
  const next = steps[0] ?? whole;
  if (!next) throw new Error('nothing is next');
  return next;
}

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
  // A provider's work in progress is paid for, so the limit is longer.
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

test('a step that has only waited is not given up because the turns of the run ended without a result of another step', () => {
  const failing = step('image', {
    state: 'storing',
    failedAttempts: maxFailedAttempts + 3,
    dueAt: new Date(Date.now() + 60_000),
  });
  const other = step('image', { number: 3, inputs: [1] });
  const steps = [done('enhance'), failing, other];
  const waited = view(steps, { failedAttempts: maxFailedAttempts + 4 });
  expect(nextTransition(waited)).toMatchObject({ kind: 'send', step: { number: 3 } });
  // Turns that kill their worker count, whichever step they were about.
  const killing = view(steps, { failedAttempts: 2 * maxFailedAttempts + 5 });
  expect(nextTransition(killing)).toMatchObject({ kind: 'fail', step: { number: 3 } });
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

/** A small graph in which every input comes before the steps that it is for, as in every plan, with steps as they may be stored. */
const anyGraph: fc.Arbitrary<Step[]> = fc
  .array(
    fc.record({
      kind: fc.constantFrom<StepKind>('enhance', 'image', 'video', 'video', 'video', 'join'),
      from: fc.array(fc.nat({ max: 9 }), { maxLength: 4 }),
      isExtension: fc.boolean(),
      state: fc.constantFrom<Step['state']>('pending', 'pending', 'pending', 'pending', ...stepStates),
      priceCredits: fc.nat({ max: 9 }),
    }),
    { minLength: 1, maxLength: 9 },
  )
  .map((drafts) => {
    const graph: Step[] = [];
    for (const [at, { kind, from, isExtension, state, priceCredits }] of drafts.entries()) {
      const before = [...new Set(from.filter((one) => one < at))];
      const clip = before.find((one) => drafts[one]?.kind === 'video');
      const makesLonger = kind === 'video' && isExtension && clip !== undefined;
      // An extension is made of one clip and of words.
      const used = makesLonger ? before.filter((one) => one === clip || drafts[one]?.kind === 'enhance') : before;
      const inputs = used.map((one) => one + 1);
      // A step in progress or finished had its inputs.
      const isPossible = used.every((one) => graph[one]?.state === 'done');
      const isOfJoin = kind !== 'join' || (state !== 'submitting' && state !== 'submitted');
      const now = isPossible && isOfJoin && state !== 'skipped' ? state : 'pending';
      graph.push(
        step(kind, {
          number: at + 1,
          inputs,
          isExtension: makesLonger,
          priceCredits: kind === 'join' ? 0 : priceCredits,
          state: now,
          submits: now === 'pending' || kind === 'join' ? 0 : 1,
          failure: now === 'failed' ? refused : null,
        }),
      );
    }
    return graph;
  });

/** Random numbers from 0 to 1, the same ones for the same seed (mulberry32). */
function chanceOf(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

const inputsAre = (steps: readonly Step[], of: Step, kinds: readonly StepKind[]) =>
  steps.filter(({ number, kind }) => of.inputs.includes(number) && kinds.includes(kind));

/** The kinds of input without which a step must not be sent. */
const neededBy: Record<StepKind, readonly StepKind[]> = {
  enhance: ['image'],
  image: [],
  video: ['image', 'video'],
  join: [],
};

/**
 * Takes a run to its end as turns do: up to four flights at once, each of which ends in a random way, with kills in between and a
 * stop at a random moment. Returns the settlement.
 */
function driven(graph: Step[], chance: () => number, stopsAfter: number | null) {
  let steps = graph.map((one) => ({ ...one }));
  let time = Date.now();
  let cancelRequestedAt: Date | null = null;
  let told: number | null = null;
  const flights = new Map<number, StepTransition['kind']>();
  /** Steps that were in flight at a kill. Nobody knows whether they were paid for. */
  const lost: number[] = [];
  const priceCredits = steps.reduce((sum, one) => sum + one.priceCredits, 0);
  const look = () => view(steps, { cancelRequestedAt, priceCredits });
  const at = (number: number) => steps.find((one) => one.number === number) ?? step('image');
  const set = (number: number, over: Partial<Step>) => {
    steps = steps.map((one) => (one.number === number ? { ...one, ...over } : one));
  };
  const pick = <T>(...all: readonly [T, ...T[]]): T => all[Math.floor(chance() * all.length)] ?? all[0];
  const later = () => new Date(time + 500 + chance() * 30_000);
  const failed = (failure: Failure): Partial<Step> => ({ state: 'failed', failure, dueAt: null });

  function begin({ kind, step: { number } }: StepTransition): void {
    const one = at(number);
    if (kind === 'send' && one.kind !== 'join') {
      // `beginSubmit` refuses where somebody stopped the run after the look.
      if (cancelRequestedAt) return;
      expect(one.submits).toBeLessThan(maxSubmits[one.kind]);
      set(number, { state: 'submitting', submits: one.submits + 1, dueAt: null });
    }
    flights.set(number, kind);
  }

  /** What a transition writes when it ends. */
  function endOf(number: number, kind: StepTransition['kind']): Partial<Step> {
    const one = at(number);
    const { failedAttempts } = one;
    const again = { failedAttempts: failedAttempts + 1, dueAt: later() };
    const done: Partial<Step> = { state: 'done', dueAt: null };
    switch (kind) {
      case 'send': {
        if (one.kind === 'join') return { state: 'storing' };
        const retried: Partial<Step> = { state: 'pending', submits: one.submits - 1, ...again };
        const accepted: Partial<Step> = { state: 'submitted', handle: 1, dueAt: later(), failedAttempts: 0 };
        return pick(
          accepted,
          done,
          failed(refused),
          failedAttempts < 3 ? retried : failed(refused),
          replaced({ ...one, submits: one.submits - 1 }) ?? failed(refused),
        );
      }
      case 'poll':
        return pick<Partial<Step>>({ dueAt: later() }, { state: 'storing', dueAt: null }, failed(refused));
      case 'store':
        return failedAttempts > 4 ? failed(refused) : pick<Partial<Step>>(done, again, failed(refused));
      case 'cancel':
        return failed({ kind: 'canceled', detail: '' });
      case 'fail':
        return failed({ kind: 'interrupted', detail: '' });
    }
  }

  /** Another model takes the place of one that generated nothing, at its price or less. Null if none may. */
  function replaced(sent: Step): Partial<Step> | null {
    if (!isReplaceable(sent)) return null;
    expect(lost).not.toContain(sent.number);
    const { provider, model, priceCredits: held } = sent;
    const tried = [...(sent.insteadOf?.tried ?? []), model];
    const first = sent.insteadOf ?? { provider, model, failure: 'quota', heldCredits: held, tried };
    return {
      state: 'pending',
      submits: 0,
      failedAttempts: 0,
      dueAt: null,
      model: `${model}+`,
      priceCredits: Math.floor(chance() * (held + 1)),
      insteadOf: { ...first, tried },
    };
  }

  for (let round = 0; round < 500; round += 1) {
    if (round === stopsAfter) {
      told = stopCost(look()).credits;
      cancelRequestedAt = new Date(time);
    }
    const next = nextTransitions(look(), new Set(flights.keys()), new Date(time));
    for (const { kind, step: one } of next.steps) {
      expect(flights.has(one.number)).toBe(false);
      if (kind === 'poll') expect(cancelRequestedAt).toBeNull();
      if (kind !== 'send') continue;
      expect(cancelRequestedAt).toBeNull();
      const needed = inputsAre(steps, one, neededBy[one.kind]);
      for (const input of needed) expect(input.state).toBe('done');
      for (const input of inputsAre(steps, one, stepKinds))
        expect(['submitting', 'submitted', 'storing']).not.toContain(input.state);
      if (one.kind === 'join') expect(clipsToJoin(look(), one).length).toBeGreaterThan(1);
    }
    if (next.whole) {
      expect(flights.size).toBe(0);
      if (next.whole.kind !== 'settle') throw new Error(`an unsettled run must not ${next.whole.kind}`);
      return { steps, told, isStopped: cancelRequestedAt !== null, ...next.whole };
    }
    const room = 4 - flights.size;
    for (const one of next.steps.slice(0, room)) begin(one);
    const [first, ...others] = [...flights];
    if (!first) {
      // Nothing is in flight: the run waits for a moment, or a stop came between the look and the send.
      if (next.steps.length === 0) {
        if (!next.waitsUntil) throw new Error('the run has nothing to do, waits for nothing, and is not settled');
        time = Math.max(time, next.waitsUntil.getTime());
      }
      continue;
    }
    // A killed worker leaves everything in flight as it is.
    if (chance() < 0.05) {
      for (const [number, kind] of flights) if (kind === 'send') lost.push(number);
      flights.clear();
    } else {
      const [number, kind] = pick(first, ...others);
      set(number, endOf(number, kind));
      flights.delete(number);
    }
    time += chance() * 2_000;
  }
  throw new Error('the run never ends');
}

test('every graph, however its steps end and whoever stops it or is killed, is settled once, to the credit, and sends nothing that lacks its inputs', () => {
  fc.assert(
    fc.property(anyGraph, fc.integer(), fc.option(fc.nat({ max: 25 }), { nil: null }), (graph, seed, stopsAfter) => {
      const { steps, told, isStopped, state, capturedCredits } = driven(graph, chanceOf(seed), stopsAfter);
      const paid = steps.filter((one) => one.state === 'done' || one.failure?.kind === 'canceled');
      expect(capturedCredits).toBe(paid.reduce((sum, one) => sum + one.priceCredits, 0));
      if (told !== null) expect(capturedCredits).toBeLessThanOrEqual(told);
      for (const one of steps) {
        expect(one.insteadOf?.tried.length ?? 0).toBeLessThanOrEqual(2);
        expect(one.priceCredits).toBeLessThanOrEqual(one.insteadOf?.heldCredits ?? one.priceCredits);
      }
      // The rest is pending: the settlement skips it.
      for (const one of steps) expect(['pending', 'done', 'failed', 'skipped']).toContain(one.state);
      if (state === 'canceled') expect(isStopped).toBe(true);
      if (state === 'succeeded') {
        for (const one of steps) if (one.kind !== 'enhance') expect(one.state).not.toBe('failed');
      }
    }),
    { numRuns: 2_000 },
  );
});
