import { setImmediate } from 'node:timers/promises';
import type { Claimed, claim } from '../db/claim.ts';
import { isDatabaseAway } from '../db/failures.ts';
import { loadRun, type Step } from '../db/runs.ts';
import {
  comeBack,
  endTurn,
  failStep,
  handBack,
  postpone,
  postponeStep,
  retrySubmit,
  settle,
  type TurnEnd,
  waitWithStep,
} from '../db/turns.ts';
import { type Lease, LeaseLost, type TurnLease } from '../db/turnWrite.ts';
import { readStanding } from '../db/workspaces.ts';
import type { Failure } from '../domain.ts';
import { deliver, giveUpDelivery } from './deliver.ts';
import { isReplaceable } from './failover.ts';
import { type Following, followRun } from './followRun.ts';
import { createNarrator } from './narrate.ts';
import { decideRetry, failureOf } from './retryPolicy.ts';
import { earlyMs, type Next, nextTransitions, type StepTransition, type Transition } from './stateMachine.ts';
import { enhance } from './steps/enhance.ts';
import { handOver } from './steps/handOver.ts';
import { image } from './steps/image.ts';
import { beginJoin, joinDeadlineMs, joinStep } from './steps/join.ts';
import { cancelStep, pollStep, sendStep, storeStep } from './steps/step.ts';
import { video } from './steps/video.ts';
import { createTimeLimits } from './timeLimits.ts';
import type { After, Narrator, Turn, TurnDeps } from './turnContext.ts';

const workOf = { enhance, image, video, join: { workDeadlineMs: joinDeadlineMs } };

/** In milliseconds. VidGenie asks again after this even if a platform asks for more: a member must not wait a day for a result. */
const maxDeliveryPauseMs = 15 * 60_000;

/** How many calls of one run may be in flight at once. */
const maxInFlight = 4;

/** In milliseconds. A hook may bring a waiting step forward, so a turn with calls in flight looks at the run at least this often. */
const maxBlindMs = 5_000;

/** How far a turn goes. `one`: it only polls, once. */
type Reach = { transitions: 'all' | 'one'; resting: AbortSignal; signal: AbortSignal };

/**
 * Takes one turn of a run that a job has claimed, perhaps with others: starts every transition that is possible, and looks again
 * whenever one of them ends. The turn ends when nothing is in flight and all that is left waits for a moment. Every transition writes
 * its result by itself, so a turn may end anywhere.
 *
 * Resolves at once if there is nothing to claim. It throws only errors that leave the run to its lease: a lost lease, or a
 * database that is away. A turn of one transition hands its run back if the run could go on. So does any turn as soon as
 * `resting` is aborted. `signal` ends the transitions in flight.
 */
export async function takeTurn(
  deps: TurnDeps,
  lease: Lease,
  claiming: ReturnType<typeof claim>,
  { transitions, resting, signal }: Reach,
): Promise<void> {
  const claimed = (await claiming).get(lease.runId);
  if (!claimed) return;
  deps.reachFailpoint('turn_claimed', { runId: lease.runId });
  // A job may still arrive after this worker has stopped taking turns. Its run goes to another worker.
  if (resting.aborted) return await handBack(deps.db, lease);
  // If one transition loses the lease, the others end too.
  const broken = new AbortController();
  const ends = AbortSignal.any([signal, broken.signal]);
  const { known, learn, hear } = followRun(claimed);
  const own: TurnLease = { ...lease, learn };
  const narrator = createNarrator(deps, own, known, ends);
  const by = { deps, lease: own, known, hear, standing: claimed.standing, narrator, signal: ends, broken };
  try {
    await conduct(by, { transitions, resting, signal });
  } finally {
    narrator.abandon();
  }
}

type Conducting = {
  deps: TurnDeps;
  lease: TurnLease;
  /** The run, with all that the turn has written until now. */
  known: Following['known'];
  hear: Following['hear'];
  standing: Claimed['standing'];
  narrator: Narrator;
  signal: AbortSignal;
  broken: AbortController;
};

/** A transition in flight. `isOver` is set in the moment in which it ends, before anybody looks. */
type Flight = { over: Promise<void>; isOver: boolean; after: After; hasProgress: boolean; error: unknown };

async function conduct(by: Conducting, { transitions, resting }: Reach): Promise<void> {
  const { deps, lease, known, hear, narrator, signal, broken } = by;
  const inFlight = new Map<number, Flight>();
  // Most turns only poll, and need none of it.
  const standing = () => readStanding(by.standing);
  let view = known();
  let isFirst = true;
  let hasProgress = false;
  let next = look();
  /** How many of the possible transitions were not started. */
  let left = 0;
  /** True while the only transition in flight writes the end of the turn. Nothing may begin beside it. */
  let isEnding = false;
  let lookedAt = performance.now();

  for (;;) {
    const mayStart = !isEnding && !resting.aborted && !signal.aborted && (transitions === 'all' || isFirst);
    left = mayStart ? start(next) : next.steps.length;
    isFirst = false;
    if (inFlight.size === 0) return await end();
    await changed();
    // Others may end in the same moment. One look at the run serves for all of them.
    await setImmediate();
    const ended = [...inFlight].filter(([, flight]) => flight.isOver);
    hasProgress ||= ended.some(([, flight]) => flight.hasProgress);
    const failed = ended.find(([, flight]) => flight.error !== null);
    if (failed) return await fail(failed[1].error);
    if (ended.some(([, { after }]) => after === 'ended')) return;
    if (ended.length > 0) isEnding = false;
    // Every transition that has ended has written, and the turn has learned of it. So no step is sent twice.
    for (const [number] of ended) inFlight.delete(number);
    if (next.waitsUntil && performance.now() - lookedAt >= maxBlindMs) await listen();
    view = known();
    next = look();
  }

  function look(): Next {
    const now = new Date(Date.now() + view.clockAheadMs + 1);
    return nextTransitions(view, new Set(inFlight.keys()), now, isFirst ? earlyMs : 0);
  }

  /** Looks whether a hook has arrived. It is only a hint, so an outage does not matter: the write that ends the turn looks again. */
  async function listen(): Promise<void> {
    const read = await loadRun(deps.db, lease.runId).catch(() => null);
    if (read) hear(read, new Set(inFlight.keys()));
    lookedAt = performance.now();
  }

  /** Resolves when a transition ends, or when a step falls due that can begin beside those in flight: a call may take minutes. */
  async function changed(): Promise<void> {
    const overs = [...inFlight.values()].map(({ over }) => over);
    const canStart =
      !isEnding && transitions === 'all' && !resting.aborted && !signal.aborted && inFlight.size < maxInFlight;
    if (!canStart || left > 0 || !next.waitsUntil) return await Promise.race(overs);
    const due = Promise.withResolvers<void>();
    const blindMs = lookedAt + maxBlindMs - performance.now();
    const dueInMs = Math.min(blindMs, next.waitsUntil.getTime() - Date.now() - view.clockAheadMs);
    const timer = setTimeout(due.resolve, Math.max(1, dueInMs));
    await Promise.race([...overs, due.promise]).finally(() => clearTimeout(timer));
  }

  /** Returns how many transitions have to wait. */
  function start({ steps, whole }: Next): number {
    if (whole && transitions === 'all') launch(0, whole);
    const able = steps.filter(({ kind }) => transitions === 'all' || kind === 'poll');
    const started = able.slice(0, maxInFlight - inFlight.size);
    for (const transition of started) launch(transition.step.number, transition);
    return steps.length - started.length;
  }

  function launch(number: number, transition: Transition): void {
    const knowsStop = view.run.cancelRequestedAt !== null;
    const { within, clear } = createTimeLimits(signal);
    const turn: Turn = { deps, lease, view, signal, within, narrator, standing, endWith: () => endWith(knowsStop) };
    const flight: Flight = {
      isOver: false,
      after: 'go_on',
      hasProgress: false,
      error: null,
      over: transitionOnce(turn, transition)
        .then(({ after, isProgress }) => {
          flight.after = after;
          flight.hasProgress = isProgress;
        })
        .catch((error: unknown) => {
          flight.error = error ?? new Error('a transition failed without an error');
        })
        .finally(() => {
          clear();
          flight.isOver = true;
        }),
    };
    inFlight.set(number, flight);
  }

  /**
   * Null while anything else is in flight or could begin, and while a progress message is being posted. `knowsStop` is what the turn
   * knew when the transition began: if it has learned since that somebody asked to stop the run, the run must not wait.
   */
  function endWith(knowsStop: boolean): TurnEnd | null {
    if (inFlight.size > 1 || left > 0 || resting.aborted || !narrator.hush()) return null;
    isEnding = true;
    return { othersDueAt: next.waitsUntil, knowsStop, hookedAt: view.run.hookedAt };
  }

  /** Nothing is in flight. What could go on goes to another turn; the rest waits until it is due. */
  async function end(): Promise<void> {
    await narrator.end();
    signal.throwIfAborted();
    const { waitsUntil, steps, whole } = next;
    if (steps.length > 0 || whole || !waitsUntil) return await handBack(deps.db, lease);
    const { cancelRequestedAt, hookedAt } = view.run;
    await endTurn(deps.db, lease, { dueAt: waitsUntil, hasProgress, knowsStop: cancelRequestedAt !== null, hookedAt });
  }

  /** The calls in flight may be paid for, so they may still write their results. The lease is renewed until they have. */
  async function fail(error: unknown): Promise<never> {
    if (error instanceof LeaseLost) broken.abort(error);
    await Promise.all([...inFlight.values()].map(({ over }) => over));
    throw error;
  }
}

type Made = { after: After; isProgress: boolean };

async function transitionOnce(turn: Turn, transition: Transition): Promise<Made> {
  turn.signal.throwIfAborted();
  try {
    return { after: await make(turn, transition), isProgress: true };
  } catch (error) {
    return await recover(turn, transition, error);
  }
}

async function make(turn: Turn, transition: Transition): Promise<After> {
  switch (transition.kind) {
    case 'send':
    case 'poll':
    case 'store':
    case 'cancel':
      return await perform(turn, transition.step, transition.kind);
    case 'fail':
      return await giveUp(turn, transition.step, transition.failure);
    case 'settle':
      await settle(turn.deps.db, turn.lease, transition);
      turn.deps.reachFailpoint('run_settled', { runId: turn.lease.runId });
      noteEnd(turn, transition);
      return 'go_on';
    case 'deliver':
      await deliver(turn);
      return 'ended';
    case 'give_up_delivery':
      await giveUpDelivery(turn, transition.failure);
      return 'ended';
  }
}

function noteEnd(
  { deps, view: { run } }: Turn,
  { state, capturedCredits }: Extract<Transition, { kind: 'settle' }>,
): void {
  const released = run.priceCredits - capturedCredits;
  deps.meter.runSettled({ workflow: run.workflow, state, captured: capturedCredits, released });
}

const acts = { send: sendStep, poll: pollStep, store: storeStep, cancel: cancelStep };

/** Written out for each kind, so that a step's request, provider and output keep one type throughout. */
async function perform(turn: Turn, step: Step, act: keyof typeof acts): Promise<After> {
  switch (step.kind) {
    case 'enhance':
      return await acts[act](turn, step, workOf.enhance);
    case 'image':
      return await acts[act](turn, step, workOf.image);
    case 'video':
      return await acts[act](turn, step, workOf.video);
    case 'join':
      return act === 'send' ? await beginJoin(turn, step) : await joinStep(turn, step);
  }
}

/** Logs a fault and does what the retry policy decides. */
async function recover(turn: Turn, transition: Transition, error: unknown): Promise<Made> {
  const { deps, view, signal } = turn;
  if (error instanceof LeaseLost || signal.aborted || isDatabaseAway(error)) throw error;
  const isOfStep = 'step' in transition;
  const decision = decideRetry({
    doing: transition.kind,
    error,
    failedAttempts: isOfStep ? transition.step.failedAttempts + 1 : view.run.failedAttempts,
    mayReplace: deps.failover && isOfStep && isReplaceable(transition.step),
    maxPauseMs: isOfStep ? workOf[transition.step.kind].workDeadlineMs : maxDeliveryPauseMs,
    random: deps.random,
  });
  if (decision.outcome !== 'come_back') await noteFailure(turn, transition, error);
  return isOfStep ? await recoverStep(turn, transition, decision) : await recoverRun(turn, decision);
}

type Decision = ReturnType<typeof decideRetry>;

async function recoverStep(turn: Turn, { kind, step }: StepTransition, decision: Decision): Promise<Made> {
  const { deps, lease } = turn;
  switch (decision.outcome) {
    case 'come_back':
      await waitWithStep(deps.db, lease, step.number, decision.pauseMs);
      return { after: 'go_on', isProgress: true };
    case 'retry':
      if (kind === 'send' && step.kind !== 'join') await retrySubmit(deps.db, lease, step.number, decision.pauseMs);
      else await postponeStep(deps.db, lease, step.number, decision.pauseMs);
      return { after: 'go_on', isProgress: false };
    case 'replace':
      if (!(await handOver(turn, step, decision.failure.kind))) await giveUp(turn, step, decision.failure);
      return { after: 'go_on', isProgress: true };
    case 'give_up':
      return { after: await giveUp(turn, step, decision.failure), isProgress: true };
  }
}

async function recoverRun(turn: Turn, decision: Decision): Promise<Made> {
  const { deps, lease, narrator } = turn;
  switch (decision.outcome) {
    case 'come_back':
      await comeBack(deps.db, lease, decision.pauseMs);
      break;
    case 'retry':
      await narrator.end();
      await postpone(deps.db, lease, decision.pauseMs);
      break;
    case 'replace':
    case 'give_up':
      await giveUpDelivery(turn, decision.failure);
      break;
  }
  return { after: 'ended', isProgress: false };
}

/** Records a failed transition in the log, the metrics and the key's status. */
async function noteFailure({ deps, lease, view }: Turn, transition: Transition, error: unknown): Promise<void> {
  const failure = failureOf(error);
  // `internal` is a fault of the program or its environment, so the log needs the whole error.
  const facts = { runId: lease.runId, workspaceId: view.run.workspaceId, transition: transition.kind, failure };
  deps.log.warn(failure.kind === 'internal' ? { ...facts, error } : facts, 'a turn came to nothing');
  if (!('step' in transition)) return;
  const { step } = transition;
  if (!isOurs(failure)) deps.meter.providerFailed(step.provider, failure.kind);
  if (step.kind === 'join') return;
  const provider = deps.providers.find(step.kind, step.provider, step.model);
  await deps.keys.noteFailure(view.run, step, provider?.vendor ?? null, error);
}

async function giveUp(turn: Turn, step: Step, failure: Failure): Promise<After> {
  await failStep(turn.deps.db, turn.lease, step.number, failure);
  turn.deps.reachFailpoint('step_failed', { runId: turn.lease.runId, step: step.kind, number: step.number });
  return 'go_on';
}

/** A full disk or a fault of the program says nothing about the provider. */
const isOurs = ({ kind }: Failure) => kind === 'storage' || kind === 'internal';
