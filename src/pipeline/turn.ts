import { isDatabaseAway } from '../db/failures.ts';
import { loadRun, type Step } from '../db/runs.ts';
import {
  claim,
  comeBack,
  failStep,
  handBack,
  type Lease,
  LeaseLost,
  postpone,
  retrySubmit,
  settle,
} from '../db/turns.ts';
import type { Failure, StepKind } from '../domain.ts';
import { deliver, giveUpDelivery, isLastTry } from './deliver.ts';
import { EncoderBusy, encoderPauseMs } from './media/encoder.ts';
import { ConversationGone } from './messenger.ts';
import { createNarrator } from './narrate.ts';
import {
  askedToWaitMs,
  backoffMs,
  canRetrySubmit,
  failureOf,
  isPassing,
  maxFailedAttempts,
  maxOutage,
  tooLongToWait,
} from './retryPolicy.ts';
import { type Move, nextTransition } from './stateMachine.ts';
import { enhance } from './steps/enhance.ts';
import { image } from './steps/image.ts';
import { cancelStep, pollStep, sendStep, storeStep } from './steps/step.ts';
import { video } from './steps/video.ts';
import type { After, Turn, TurnDeps } from './turnContext.ts';

const workOf = { enhance, image, video };

/** A chat that asks for more is asked again all the same: a result is not kept from its member for a day. */
const maxDeliveryPauseMs = 15 * 60_000;

/**
 * Takes one turn of a run: claims it, and makes move after move until the run has to wait for something, or is delivered. Every move
 * writes its result before the next begins, so that a turn may end anywhere.
 * Resolves when there was nothing to claim. Throws only what leaves the run to its lease: a lost lease, a database that is away.
 * A turn of one move hands its run back when it could go on, and so does any turn as soon as `resting` is aborted; `signal` ends the
 * move that is being made.
 */
export async function takeTurn(
  deps: TurnDeps,
  lease: Lease,
  { moves, resting, signal }: { moves: 'all' | 'one'; resting: AbortSignal; signal: AbortSignal },
): Promise<void> {
  let view = await claim(deps.db, lease, deps.visibilityMs);
  if (view) deps.reachFailpoint('turn_claimed', { runId: lease.runId });
  // A job may still come after the end of the intake: its run is for others.
  if (view && resting.aborted) return await handBack(deps.db, lease);
  const narrator = createNarrator(deps, lease, signal);
  try {
    while (view) {
      const turn: Turn = { deps, lease, view, signal, narrator };
      const after = await moveOnce(turn, nextTransition(view));
      if (after === 'waits') return;
      if (moves === 'one' || resting.aborted) {
        await narrator.end();
        return await handBack(deps.db, lease);
      }
      view = await loadRun(deps.db, lease.runId);
    }
  } finally {
    narrator.abandon();
  }
}

async function moveOnce(turn: Turn, move: Move): Promise<After> {
  turn.signal.throwIfAborted();
  try {
    return await make(turn, move);
  } catch (error) {
    return await recover(turn, move, error);
  }
}

async function make(turn: Turn, move: Move): Promise<After> {
  switch (move.move) {
    case 'send':
    case 'poll':
    case 'store':
    case 'cancel':
      return await perform(turn, move.step, move.move);
    case 'fail':
      return await giveUp(turn, move.step.kind, move.failure);
    case 'settle':
      await settle(turn.deps.db, turn.lease, move);
      turn.deps.reachFailpoint('run_settled', { runId: turn.lease.runId });
      noteEnd(turn, move);
      return 'go_on';
    case 'deliver':
      await deliver(turn);
      return 'waits';
    case 'give_up_delivery':
      await giveUpDelivery(turn, move.failure);
      return 'waits';
  }
}

function noteEnd({ deps, view: { run } }: Turn, { state, capturedCredits }: Extract<Move, { move: 'settle' }>): void {
  const released = run.priceCredits - capturedCredits;
  deps.meter.runSettled({ workflow: run.workflow, state, captured: capturedCredits, released });
}

const acts = { send: sendStep, poll: pollStep, store: storeStep, cancel: cancelStep };

/** Spelled out for each kind, so that a step's request, provider and output keep one type all the way down. */
async function perform(turn: Turn, step: Step, act: keyof typeof acts): Promise<After> {
  switch (step.kind) {
    case 'enhance':
      return await acts[act](turn, step, workOf.enhance);
    case 'image':
      return await acts[act](turn, step, workOf.image);
    case 'video':
      return await acts[act](turn, step, workOf.video);
  }
}

/** What a fault means for the run: try again later, or give the step up. */
async function recover(turn: Turn, move: Move, error: unknown): Promise<After> {
  const { deps, lease, view, signal } = turn;
  if (error instanceof LeaseLost || signal.aborted || isDatabaseAway(error)) throw error;
  if (error instanceof EncoderBusy) {
    await comeBack(deps.db, lease, encoderPauseMs(deps.random));
    return 'waits';
  }
  const failure = failureOf(error);
  // A failure that is nobody's word but ours is a fault of the program or its surroundings: worth the whole error in the log.
  const facts = { runId: lease.runId, workspaceId: view.run.workspaceId, move: move.move, failure };
  deps.log.warn(failure.kind === 'internal' ? { ...facts, error } : facts, 'a turn came to nothing');

  if ('step' in move) {
    if (!isOurs(failure)) deps.meter.providerFailed(move.step.provider, failure.kind);
    const provider = deps.providers.find(move.step.kind, move.step.provider, move.step.model);
    await deps.keys.noteFailure(view.run, move.step, provider?.vendor ?? null, error);
  }
  const failedAttempts = view.run.failedAttempts;
  const askedMs = askedToWaitMs(error);
  const maxMs = 'step' in move ? workOf[move.step.kind].workDeadlineMs : maxDeliveryPauseMs;
  const pauseMs = Math.max(backoffMs(failedAttempts, deps.random), Math.min(askedMs, maxMs));
  switch (move.move) {
    case 'send':
      if (!canRetrySubmit(error, failedAttempts)) return await giveUp(turn, move.step.kind, failure);
      if (askedMs > maxMs) return await giveUp(turn, move.step.kind, tooLongToWait(failure, askedMs, maxMs));
      await retrySubmit(deps.db, lease, move.step.kind);
      return await tryLater(turn, pauseMs);
    case 'poll':
    case 'store':
      if (failedAttempts >= (isPassing(failure) ? maxOutage : maxFailedAttempts) || isFinal(failure)) {
        return await giveUp(turn, move.step.kind, failure);
      }
      return await tryLater(turn, pauseMs);
    case 'deliver':
      if (error instanceof ConversationGone) await giveUpDelivery(turn, { kind: 'unavailable', detail: error.message });
      else if (isLastTry(view)) await giveUpDelivery(turn, failure);
      else return await tryLater(turn, pauseMs);
      return 'waits';
    case 'cancel':
    case 'fail':
    case 'settle':
    case 'give_up_delivery':
      return await tryLater(turn, pauseMs);
  }
}

async function tryLater({ deps, lease, narrator }: Turn, pauseMs: number): Promise<After> {
  await narrator.end();
  await postpone(deps.db, lease, pauseMs);
  return 'waits';
}

async function giveUp(turn: Turn, kind: StepKind, failure: Failure): Promise<After> {
  await failStep(turn.deps.db, turn.lease, kind, failure);
  turn.deps.reachFailpoint('step_failed', { runId: turn.lease.runId, step: kind });
  return 'go_on';
}

/** A full disk, or a fault of the program, says nothing about the provider. */
const isOurs = ({ kind }: Failure) => kind === 'storage' || kind === 'internal';

const isFinal = (failure: Failure) =>
  ['refused', 'invalid_request', 'bad_key', 'quota', 'interrupted', 'no_output'].includes(failure.kind);
