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
import { deliver, giveUpDelivery } from './deliver.ts';
import { createNarrator } from './narrate.ts';
import { decideRetry, failureOf } from './retryPolicy.ts';
import { nextTransition, type Transition } from './stateMachine.ts';
import { enhance } from './steps/enhance.ts';
import { image } from './steps/image.ts';
import { cancelStep, pollStep, sendStep, storeStep } from './steps/step.ts';
import { video } from './steps/video.ts';
import type { After, Turn, TurnDeps } from './turnContext.ts';

const workOf = { enhance, image, video };

/** In milliseconds. VidGenie asks again after this even if a platform asks for more: a member must not wait a day for a result. */
const maxDeliveryPauseMs = 15 * 60_000;

/**
 * Takes one turn of a run: claims it, and makes one transition after the other until the run has to wait or is delivered. Every
 * transition writes its result before the next begins, so a turn may end anywhere.
 *
 * Resolves at once if there is nothing to claim. It throws only errors that leave the run to its lease: a lost lease, or a
 * database that is away. A turn of one transition hands its run back if the run could go on. So does any turn as soon as
 * `resting` is aborted. `signal` ends the transition in progress.
 */
export async function takeTurn(
  deps: TurnDeps,
  lease: Lease,
  { transitions, resting, signal }: { transitions: 'all' | 'one'; resting: AbortSignal; signal: AbortSignal },
): Promise<void> {
  let view = await claim(deps.db, lease, deps.visibilityMs);
  if (view) deps.reachFailpoint('turn_claimed', { runId: lease.runId });
  // A job may still arrive after this worker has stopped taking turns. Its run goes to another worker.
  if (view && resting.aborted) return await handBack(deps.db, lease);
  const narrator = createNarrator(deps, lease, signal);
  try {
    while (view) {
      const turn: Turn = { deps, lease, view, signal, narrator };
      const after = await transitionOnce(turn, nextTransition(view));
      if (after === 'waits') return;
      if (transitions === 'one' || resting.aborted) {
        await narrator.end();
        return await handBack(deps.db, lease);
      }
      view = await loadRun(deps.db, lease.runId);
    }
  } finally {
    narrator.abandon();
  }
}

async function transitionOnce(turn: Turn, transition: Transition): Promise<After> {
  turn.signal.throwIfAborted();
  try {
    return await make(turn, transition);
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
      return await giveUp(turn, transition.step.kind, transition.failure);
    case 'settle':
      await settle(turn.deps.db, turn.lease, transition);
      turn.deps.reachFailpoint('run_settled', { runId: turn.lease.runId });
      noteEnd(turn, transition);
      return 'go_on';
    case 'deliver':
      await deliver(turn);
      return 'waits';
    case 'give_up_delivery':
      await giveUpDelivery(turn, transition.failure);
      return 'waits';
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
  }
}

/** Logs a fault and does what the retry policy decides. */
async function recover(turn: Turn, transition: Transition, error: unknown): Promise<After> {
  const { deps, lease, view, signal } = turn;
  if (error instanceof LeaseLost || signal.aborted || isDatabaseAway(error)) throw error;
  const decision = decideRetry({
    doing: transition.kind,
    error,
    failedAttempts: view.run.failedAttempts,
    maxPauseMs: 'step' in transition ? workOf[transition.step.kind].workDeadlineMs : maxDeliveryPauseMs,
    random: deps.random,
  });
  if (decision.outcome === 'come_back') {
    await comeBack(deps.db, lease, decision.pauseMs);
    return 'waits';
  }
  await noteFailure(turn, transition, error);
  if (decision.outcome === 'retry') {
    if (transition.kind === 'send') await retrySubmit(deps.db, lease, transition.step.kind);
    return await tryLater(turn, decision.pauseMs);
  }
  if ('step' in transition) return await giveUp(turn, transition.step.kind, decision.failure);
  await giveUpDelivery(turn, decision.failure);
  return 'waits';
}

/** Records a failed turn in the log, the metrics and the key's status. */
async function noteFailure({ deps, lease, view }: Turn, transition: Transition, error: unknown): Promise<void> {
  const failure = failureOf(error);
  // `internal` is a fault of the program or its environment, so the log needs the whole error.
  const facts = { runId: lease.runId, workspaceId: view.run.workspaceId, transition: transition.kind, failure };
  deps.log.warn(failure.kind === 'internal' ? { ...facts, error } : facts, 'a turn came to nothing');
  if (!('step' in transition)) return;
  if (!isOurs(failure)) deps.meter.providerFailed(transition.step.provider, failure.kind);
  const provider = deps.providers.find(transition.step.kind, transition.step.provider, transition.step.model);
  await deps.keys.noteFailure(view.run, transition.step, provider?.vendor ?? null, error);
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

/** A full disk or a fault of the program says nothing about the provider. */
const isOurs = ({ kind }: Failure) => kind === 'storage' || kind === 'internal';
