import { createHash } from 'node:crypto';
import { isDatabaseAway } from '../../db/failures.ts';
import { loadRun, type Step } from '../../db/runs.ts';
import { beginStoring, beginSubmit, failStep, recordOrphan, saveHandle, saveProgress } from '../../db/turns.ts';
import { LeaseLost } from '../../db/turnWrite.ts';
import type { JsonValue, ProvidedKind, Vendor } from '../../domain.ts';
import { breakerKey } from '../breaker.ts';
import { settledCost, workOf } from '../cost.ts';
import {
  type Call,
  type OutputOf,
  type Provider,
  type ProviderCost,
  ProviderError,
  type RequestOf,
} from '../providers/provider.ts';
import type { After, Turn } from '../turnContext.ts';
import { handOver } from './handOver.ts';
import { noteUnhooked, pauseBeforePoll, sendWithHook } from './hook.ts';
import { partialsOf } from './partial.ts';
import { retryWhileDatabaseAway } from './retryWhileAway.ts';

/** The differences between the kinds of step that a provider performs. Deadlines are in milliseconds. */
export type StepWork<Kind extends ProvidedKind> = {
  kind: Kind;
  /** For one call of `submit`, unless the provider has a limit of its own. A provider that works while we wait needs minutes. */
  sendDeadlineMs: number;
  /** From the first submit until the provider must be done, unless the provider has a limit of its own. */
  workDeadlineMs: number;
  request: (turn: Turn, step: Step) => Promise<RequestOf<Kind>>;
  /**
   * Another request for the same step, if the provider no longer has the clip that the first one builds on. Null if there is none.
   */
  requestWithoutClip: ((turn: Turn, step: Step) => Promise<RequestOf<Kind>>) | null;
  /** Moderates and stores the result. A withheld one has failed the step. */
  keep: (turn: Turn, step: Step, output: OutputOf<Kind>, cost: ProviderCost | null) => Promise<Kept>;
};

type Kept = 'kept' | 'withheld';

const pollDeadlineMs = 30_000;
const downloadDeadlineMs = 10 * 60_000;
const cancelDeadlineMs = 15_000;

/** Sends a step to its provider. Money may be spent only here. The step is marked `submitting` before. */
export async function sendStep<Kind extends ProvidedKind>(
  turn: Turn,
  step: Step,
  work: StepWork<Kind>,
): Promise<After> {
  const { deps, lease } = turn;
  const at = { runId: lease.runId, step: step.kind, number: step.number };
  // Nothing is sent to a model that is known to be out, so nothing has to be tried first.
  const assigned = deps.failover && deps.providers.find(work.kind, step.provider, step.model);
  const isOut = assigned && deps.breakers.isOpen(breakerKey(assigned));
  if (isOut && (await handOver(turn, step, 'unavailable'))) return 'go_on';
  // Reading the step's input may take time. A worker that dies during that has sent nothing.
  const request = await work.request(turn, step);
  // Send nothing before the `submitting` mark is certainly written: a lost answer must not leave it open whether the step was
  // sent. If somebody stopped the run after this turn had read it, send nothing. The next look settles the run.
  if ((await retryWhileDatabaseAway(turn, () => beginSubmit(deps.db, lease, step))) === 'stopped') return 'go_on';
  deps.reachFailpoint('step_submitting', at);
  const partials = partialsOf(turn, step);
  try {
    return await sendOnce(turn, step, work, request, partials.show);
  } finally {
    await partials.end();
  }
}

async function sendOnce<Kind extends ProvidedKind>(
  turn: Turn,
  step: Step,
  work: StepWork<Kind>,
  request: RequestOf<Kind>,
  showPartial: Call['showPartial'],
): Promise<After> {
  const { deps, lease } = turn;
  const at = { runId: lease.runId, step: step.kind, number: step.number };
  const provider = providerOf(turn, step, work.kind);
  const asking = await callFor(turn, step, provider.vendor, provider.sendDeadlineMs ?? work.sendDeadlineMs);
  const call = showPartial ? { ...asking, showPartial } : asking;
  const since = step.startedAt ?? deps.now();
  turn.narrator.tell();
  const ask = (asked: RequestOf<Kind>) =>
    sendWithHook(turn, step, provider, call, (hooked) =>
      submit(turn, step, () => deps.breakers.guard(breakerKey(provider), () => provider.submit(asked, hooked))),
    );
  const submitted = await ask(request).catch(async (error: unknown) => {
    const isGone = error instanceof ProviderError && error.isGone;
    if (!isGone || !work.requestWithoutClip) throw error;
    // Nothing was generated, so this is still the one paid call of the step.
    deps.log.info({ ...at, error }, 'the clip to extend is gone at its provider; the step goes on from its last frame');
    return await ask(await work.requestWithoutClip(turn, step).catch(asUnsent));
  });
  deps.reachFailpoint('step_sent', at);
  try {
    if (submitted.outcome === 'accepted') {
      const { handle } = submitted;
      const pollAfterMs = pauseBeforePoll(turn, provider, handle, submitted.pollAfterMs);
      const end = turn.endWith();
      await retryWhileDatabaseAway(turn, () => saveHandle(deps.db, lease, step, { handle, pollAfterMs }, end));
      deps.reachFailpoint('step_submitted', at);
      return end ? 'ended' : 'go_on';
    }
    const cost = settledCost(submitted.cost, provider.prices, workOf(turn.view, step, work.kind));
    const kept = await work.keep(turn, step, submitted.output, cost);
    if (kept === 'kept') noteDone(turn, step, since);
    return 'go_on';
  } catch (error) {
    if (error instanceof LeaseLost || turn.signal.aborted) {
      await leaveBehind(turn, step, provider, submitted.outcome === 'accepted' ? submitted.handle : null);
    }
    throw error;
  }
}

/** A clip that could not be read for the request: nothing was sent, so the step may be sent again. */
function asUnsent(error: unknown): never {
  const detail = 'the clip to go on from could not be read';
  throw new ProviderError('unavailable', detail, { nothingGenerated: true, cause: error });
}

/** In milliseconds. We do not wait much longer for a provider that ignores the end of the turn. Then we only record the call. */
const deafMs = 300;

/**
 * Makes the paid call. If the turn's end cuts the call off, it may have been carried out. VidGenie then records it as an orphan,
 * unless it provably generated nothing.
 */
async function submit<T>(turn: Turn, step: Step, call: () => Promise<T>): Promise<T> {
  const { deps, lease, signal } = turn;
  const given = call();
  try {
    return await orLeft(given, signal);
  } catch (error) {
    const isProven = error instanceof ProviderError && error.nothingGenerated;
    if (signal.aborted && !isProven) {
      const lost = { step: step.kind, number: step.number, provider: step.provider, handle: null };
      await noting(turn, step, () => recordOrphan(deps.db, lease, lost));
    }
    throw error;
  }
}

async function orLeft<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  const late = Promise.withResolvers<never>();
  let timer: NodeJS.Timeout | undefined;
  const leave = () => {
    timer = setTimeout(() => late.reject(signal.reason), deafMs);
  };
  if (signal.aborted) leave();
  else signal.addEventListener('abort', leave, { once: true });
  try {
    return await Promise.race([work, late.promise]);
  } finally {
    clearTimeout(timer);
    signal.removeEventListener('abort', leave);
  }
}

/**
 * The provider has accepted a step whose result this worker will not deliver. Records an orphan for the operator, and asks the
 * provider to stop.
 */
async function leaveBehind(
  turn: Turn,
  step: Step,
  { id, vendor, cancel }: Pick<Provider<ProvidedKind>, 'id' | 'vendor' | 'cancel'>,
  handle: JsonValue | null,
): Promise<void> {
  await noting(turn, step, async () => {
    if (await isWritten(turn, step)) return;
    await recordOrphan(turn.deps.db, turn.lease, { step: step.kind, number: step.number, provider: id, handle });
    if (handle === null) return;
    // The turn's own signal is already aborted.
    const signal = AbortSignal.timeout(cancelDeadlineMs);
    await cancel(handle, await callFor({ ...turn, signal, within: () => signal }, step, vendor, cancelDeadlineMs));
  });
}

/** Recording an orphan is a help. Its failure must not replace the original failure. */
async function noting({ deps, lease: { runId } }: Turn, { kind }: Step, note: () => Promise<void>): Promise<void> {
  await note().catch((error: unknown) => {
    deps.log.error({ runId, step: kind, error }, 'a paid call was left behind, and could not be noted or stopped');
  });
}

/**
 * True if the database has the write although we lost its answer, and another worker took the run before we could write again. If
 * the step was sent again since then, it has one more submit.
 */
async function isWritten({ deps, lease }: Turn, { number, submits }: Step): Promise<boolean> {
  const now = (await loadRun(deps.db, lease.runId))?.steps.find((step) => step.number === number);
  return now?.submits === submits + 1 && (now.handle !== null || now.state === 'done');
}

/**
 * Asks the provider for progress once, even if the step is past its deadline: the result may be ready and paid for, if no worker ran
 * or a hook was lost. Such a step is given up if it is still at work.
 */
export async function pollStep<Kind extends ProvidedKind>(
  turn: Turn,
  step: Step,
  work: StepWork<Kind>,
): Promise<After> {
  const { deps, lease } = turn;
  const provider = providerOf(turn, step, work.kind);
  const { workDeadlineMs = work.workDeadlineMs } = provider;
  const isLate = workedMs(turn, step) > workDeadlineMs;
  const call = await callFor(turn, step, provider.vendor, pollDeadlineMs);
  turn.narrator.tell();
  const polled = await provider.poll(step.handle, call);
  deps.reachFailpoint('step_polled', { runId: lease.runId, step: step.kind, number: step.number });
  if (polled.outcome === 'working') {
    if (isLate) return await giveUpLate(turn, step, provider, workDeadlineMs);
    const { fraction = null } = polled;
    const news = fraction === step.fraction ? null : fraction;
    const pollAfterMs = pauseBeforePoll(turn, provider, step.handle, polled.pollAfterMs);
    const end = turn.endWith();
    await saveProgress(deps.db, lease, step, { fraction: news, pollAfterMs }, end);
    return end ? 'ended' : 'go_on';
  }
  await noteUnhooked(turn, step, provider);
  const cost = settledCost(polled.cost, provider.prices, workOf(turn.view, step, work.kind));
  await beginStoring(deps.db, lease, step.number, cost);
  deps.reachFailpoint('step_storing', { runId: lease.runId, step: step.kind, number: step.number });
  return 'go_on';
}

/** Asks the provider to stop, and throws the failure of a step that is over its deadline. */
async function giveUpLate(
  turn: Turn,
  step: Step,
  { vendor, cancel }: Pick<Provider<ProvidedKind>, 'vendor' | 'cancel'>,
  workDeadlineMs: number,
): Promise<never> {
  const last = await callFor(turn, step, vendor, cancelDeadlineMs);
  await cancel(step.handle, last).catch(() => {});
  const minutes = Math.round(workDeadlineMs / 60_000);
  throw new ProviderError('interrupted', `the provider was not done after ${minutes} minutes`);
}

/** How long a step has been in progress, by the database's clock alone. This machine's clock may be wrong or change meanwhile. */
function workedMs({ deps, view }: Turn, { startedAt }: Step): number {
  const { dueAt } = view.run;
  // This turn's claim set `due_at` to its own time plus `visibilityMs`.
  return startedAt && dueAt ? dueAt.getTime() - deps.visibilityMs - startedAt.getTime() : 0;
}

/** Fetches a finished result. May be repeated for as long as the provider keeps it. */
export async function storeStep<Kind extends ProvidedKind>(
  turn: Turn,
  step: Step,
  work: StepWork<Kind>,
): Promise<After> {
  const provider = providerOf(turn, step, work.kind);
  turn.narrator.tell();
  const output = await provider.download(step.handle, await callFor(turn, step, provider.vendor, downloadDeadlineMs));
  const kept = await work.keep(turn, step, output, null);
  if (kept === 'kept') noteDone(turn, step, step.startedAt ?? turn.deps.now());
  return 'go_on';
}

const noteDone = ({ deps }: Turn, step: Step, since: Date): void =>
  deps.meter.stepDone(step, (deps.now().getTime() - since.getTime()) / 1000);

/** Stops a step that was sent. The step is paid for, whether or not the provider could still stop it. */
export async function cancelStep<Kind extends ProvidedKind>(
  turn: Turn,
  step: Step,
  work: StepWork<Kind>,
): Promise<After> {
  const { deps, lease } = turn;
  try {
    const provider = providerOf(turn, step, work.kind);
    await provider.cancel(step.handle, await callFor(turn, step, provider.vendor, cancelDeadlineMs));
  } catch (error) {
    // The key may be gone, or this worker may not know the model any more. The run ends all the same.
    turn.signal.throwIfAborted();
    if (isDatabaseAway(error)) throw error;
    deps.log.warn({ runId: lease.runId, step: step.kind, error }, 'the provider could not be asked to stop');
  }
  await failStep(deps.db, lease, step.number, { kind: 'canceled', detail: 'canceled after it had been sent' });
  deps.reachFailpoint('step_failed', { runId: lease.runId, step: step.kind, number: step.number });
  return 'go_on';
}

function providerOf<Kind extends ProvidedKind>(turn: Turn, step: Step, kind: Kind): Provider<Kind> {
  const provider = turn.deps.providers.find(kind, step.provider, step.model);
  if (provider) return provider;
  const detail = `this worker is not configured for ${step.provider} ${step.model}, which the run was given to`;
  throw new ProviderError('unavailable', detail, { nothingGenerated: true });
}

async function callFor(turn: Turn, step: Step, vendor: Vendor | null, deadlineMs: number): Promise<Call> {
  return {
    runId: turn.lease.runId,
    stepNumber: step.number,
    key: await turn.deps.keys.forStep(turn.view.run, step, vendor),
    signal: turn.within(deadlineMs),
    memberHash: createHash('sha256').update(`${turn.view.run.workspaceId}/${turn.view.run.memberId}`).digest('hex'),
  };
}
