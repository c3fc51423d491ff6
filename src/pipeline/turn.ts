import type { Db } from '../db/client.ts';
import { isDatabaseAway } from '../db/failures.ts';
import type { RunView, Step } from '../db/runs.ts';
import {
  beginSubmit,
  claim,
  failStep,
  finishDelivery,
  type Lease,
  LeaseLost,
  postpone,
  retrySubmit,
  saveSpeech,
  settle,
} from '../db/turns.ts';
import { type Face, type Failure, faceOf, type Opaque, type StepKind } from '../db/vocabulary.ts';
import type { Breakers } from './breaker.ts';
import { backoffMs, canRetrySubmit, failureOf, isPassing, longestOutage, longestSetbacks } from './errors.ts';
import type { Keys } from './keys.ts';
import type { MediaStore } from './media/store.ts';
import type { Messenger } from './messenger.ts';
import type { Reach } from './milestones.ts';
import { type Move, nextMove } from './moves.ts';
import { narrate } from './narrate.ts';
import type { Providers } from './providers/registry.ts';
import { enhance } from './steps/enhance.ts';
import { image } from './steps/image.ts';
import { cancelStep, pollStep, sendStep, storeStep } from './steps/step.ts';
import { video } from './steps/video.ts';

export type TurnLog = {
  info: (facts: object, message: string) => void;
  warn: (facts: object, message: string) => void;
  error: (facts: object, message: string) => void;
};

export type TurnDeps = {
  db: Db;
  providers: Providers;
  keys: Keys;
  breakers: Breakers;
  store: MediaStore;
  /** Where results are received before they are stored. */
  temporaryDirectory: string;
  messengerOf: (face: Face) => Messenger;
  log: TurnLog;
  now: () => Date;
  random: () => number;
  reach: Reach;
  visibilityMs: number;
};

/** Everything that one turn knows. */
export type Turn = { deps: TurnDeps; lease: Lease; view: RunView; signal: AbortSignal };

const workOf = { enhance, image, video };

/**
 * Takes one turn of a run: claims it, does the one thing that is next, writes the result together with the next due moment.
 * Resolves when there was nothing to claim. Throws only what leaves the run to its lease: a lost lease, a database that is away.
 */
export async function takeTurn(deps: TurnDeps, lease: Lease, signal: AbortSignal): Promise<void> {
  const view = await claim(deps.db, lease, deps.visibilityMs);
  if (!view) return;
  deps.reach('turn_claimed', { runId: lease.runId });
  const turn: Turn = { deps, lease, view, signal };
  const move = nextMove(view);
  try {
    await make(turn, move);
  } catch (error) {
    await recover(turn, move, error);
  }
}

async function make(turn: Turn, move: Move): Promise<void> {
  switch (move.move) {
    case 'send':
      await beginSubmit(turn.deps.db, turn.lease, move.step.kind);
      turn.deps.reach('step_submitting', { runId: turn.lease.runId, step: move.step.kind });
      return await perform(turn, move.step, 'send');
    case 'poll':
    case 'store':
    case 'cancel':
      return await perform(turn, move.step, move.move);
    case 'fail':
      await failStep(turn.deps.db, turn.lease, move.step.kind, move.failure);
      turn.deps.reach('step_failed', { runId: turn.lease.runId, step: move.step.kind });
      return;
    case 'settle':
      await settle(turn.deps.db, turn.lease, move);
      turn.deps.reach('run_settled', { runId: turn.lease.runId });
      return;
    case 'deliver':
      return await deliver(turn);
  }
}

const acts = { send: sendStep, poll: pollStep, store: storeStep, cancel: cancelStep };

/** Spelled out for each kind, so that a step's request, provider and output keep one type all the way down. */
async function perform(turn: Turn, step: Step, act: keyof typeof acts): Promise<void> {
  switch (step.kind) {
    case 'enhance':
      return await acts[act](turn, step, workOf.enhance);
    case 'image':
      return await acts[act](turn, step, workOf.image);
    case 'video':
      return await acts[act](turn, step, workOf.video);
  }
}

async function deliver(turn: Turn): Promise<void> {
  const { deps, lease, view } = turn;
  const messenger = deps.messengerOf(faceOf(view.run.workspaceId));
  const save = (speech: Opaque) => saveSpeech(deps.db, lease, speech);
  const speech = await messenger.deliver(view, { progress: narrate.progress(turn), save, signal: turn.signal });
  deps.reach('run_told', { runId: lease.runId });
  await finishDelivery(deps.db, lease, speech, null);
  deps.reach('run_delivered', { runId: lease.runId });
}

/** What a fault means for the run: try again later, or give the step up. */
async function recover(turn: Turn, move: Move, error: unknown): Promise<void> {
  const { deps, lease, view, signal } = turn;
  if (error instanceof LeaseLost || signal.aborted || isDatabaseAway(error)) throw error;
  const failure = failureOf(error);
  // A failure that is nobody's word but ours is a fault of the program or its surroundings: worth the whole error in the log.
  const facts = { runId: lease.runId, workspaceId: view.run.workspaceId, move: move.move, failure };
  deps.log.warn(failure.kind === 'internal' ? { ...facts, error } : facts, 'a turn came to nothing');

  if ('step' in move) {
    const provider = deps.providers.find(move.step.kind, move.step.provider, move.step.model);
    await deps.keys.noteFailure(view.run, move.step, provider?.vendor ?? null, error);
  }
  const setbacks = view.run.setbacks;
  const pauseMs = backoffMs(setbacks, deps.random);
  switch (move.move) {
    case 'send':
      if (canRetrySubmit(error, setbacks)) {
        return await retrySubmit(deps.db, lease, move.step.kind, Math.max(pauseMs, retryAfter(error)));
      }
      return await giveUp(turn, move.step.kind, failure);
    case 'poll':
    case 'store':
      if (setbacks < (isPassing(failure) ? longestOutage : longestSetbacks) && !isFinal(failure)) {
        return await postpone(deps.db, lease, Math.max(pauseMs, retryAfter(error)));
      }
      return await giveUp(turn, move.step.kind, failure);
    case 'deliver':
      if (setbacks < longestSetbacks) return await postpone(deps.db, lease, Math.max(pauseMs, retryAfter(error)));
      return await finishDelivery(deps.db, lease, view.run.speech, failure);
    case 'cancel':
    case 'fail':
    case 'settle':
      return await postpone(deps.db, lease, pauseMs);
  }
}

async function giveUp(turn: Turn, kind: StepKind, failure: Failure): Promise<void> {
  await failStep(turn.deps.db, turn.lease, kind, failure);
  turn.deps.reach('step_failed', { runId: turn.lease.runId, step: kind });
}

const isFinal = (failure: Failure) =>
  ['refused', 'invalid_request', 'bad_key', 'quota', 'interrupted', 'no_output'].includes(failure.kind);

const retryAfter = (error: unknown): number =>
  error instanceof Error && 'retryAfterMs' in error && typeof error.retryAfterMs === 'number' ? error.retryAfterMs : 0;
