import { createHash } from 'node:crypto';
import { loadRun, type Step } from '../../db/runs.ts';
import {
  beginStoring,
  beginSubmit,
  failStep,
  LeaseLost,
  recordOrphan,
  saveHandle,
  saveProgress,
} from '../../db/turns.ts';
import type { StepKind } from '../../db/vocabulary.ts';
import { narrate } from '../narrate.ts';
import {
  type Call,
  type OutputOf,
  type Provider,
  type ProviderCost,
  ProviderError,
  type RequestOf,
} from '../providers/provider.ts';
import type { Vendor } from '../providers/vendors.ts';
import type { After, Turn } from '../turn.ts';
import { insist } from './insist.ts';

/** What differs between the three kinds of step. Deadlines are in milliseconds. */
export type StepWork<Kind extends StepKind> = {
  kind: Kind;
  /** For one call of `submit`; a provider that works while we wait needs minutes. */
  sendDeadlineMs: number;
  /** From the first submit until the provider has to be done. */
  workDeadlineMs: number;
  request: (turn: Turn) => Promise<RequestOf<Kind>>;
  /** Makes the result last. */
  keep: (turn: Turn, step: Step, output: OutputOf<Kind>, cost: ProviderCost | null) => Promise<void>;
};

const pollDeadlineMs = 30_000;
const downloadDeadlineMs = 10 * 60_000;
const cancelDeadlineMs = 15_000;

/** Sends a step to its provider: the only place where money may be spent. It is marked `submitting` before. */
export async function sendStep<Kind extends StepKind>(turn: Turn, step: Step, work: StepWork<Kind>): Promise<After> {
  const { deps, lease } = turn;
  // What the step is made from may have to be waited for. Who dies meanwhile has sent nothing.
  const request = await work.request(turn);
  // A lost answer must not leave it open whether the step was sent: nothing is before it is known to be written.
  // Somebody stopped the run after this turn had looked at it: nothing is sent, and the next look settles it.
  if ((await insist(turn, () => beginSubmit(deps.db, lease, step))) === 'stopped') return 'go_on';
  deps.reach('step_submitting', { runId: lease.runId, step: step.kind });
  const provider = providerOf(turn, step, work.kind);
  const call = await callFor(turn, step, provider.vendor, work.sendDeadlineMs);
  const since = step.startedAt ?? deps.now();
  const submitted = await narrate.during(turn, () =>
    deps.breakers.guard(`${provider.id} ${provider.step}`, () => provider.submit(request, call)),
  );
  deps.reach('step_sent', { runId: lease.runId, step: step.kind });
  try {
    if (submitted.outcome === 'accepted') {
      await insist(turn, () => saveHandle(deps.db, lease, step.kind, submitted.handle, submitted.pollAfterMs));
      deps.reach('step_submitted', { runId: lease.runId, step: step.kind });
      return 'waits';
    }
    await work.keep(turn, step, submitted.output, submitted.cost ?? null);
    noteDone(turn, step, since);
    return 'go_on';
  } catch (error) {
    if (error instanceof LeaseLost && !(await isWritten(turn, step))) {
      const handle = submitted.outcome === 'accepted' ? submitted.handle : null;
      await recordOrphan(deps.db, lease, { step: step.kind, provider: provider.id, handle });
      if (handle !== null) await provider.cancel(handle, await callFor(turn, step, provider.vendor, cancelDeadlineMs));
    }
    throw error;
  }
}

/**
 * What was to be written may be there: the answer to it was lost, and somebody else took the run up before it could be written again.
 * A step that was sent again since counts one more submit.
 */
async function isWritten({ deps, lease }: Turn, { kind, submits }: Step): Promise<boolean> {
  const now = (await loadRun(deps.db, lease.runId))?.steps.find((step) => step.kind === kind);
  return now?.submits === submits + 1 && (now.handle !== null || now.state === 'done');
}

/** Asks the provider once how far it is. */
export async function pollStep<Kind extends StepKind>(turn: Turn, step: Step, work: StepWork<Kind>): Promise<After> {
  const { deps, lease } = turn;
  const provider = providerOf(turn, step, work.kind);
  if (workedMs(turn, step) > work.workDeadlineMs) {
    const last = await callFor(turn, step, provider.vendor, cancelDeadlineMs);
    await provider.cancel(step.handle, last).catch(() => {});
    const minutes = Math.round(work.workDeadlineMs / 60_000);
    throw new ProviderError('interrupted', `the provider was not done after ${minutes} minutes`);
  }
  const call = await callFor(turn, step, provider.vendor, pollDeadlineMs);
  const polled = await narrate.during(turn, () => provider.poll(step.handle, call), turn.view);
  deps.reach('step_polled', { runId: lease.runId, step: step.kind });
  if (polled.outcome === 'working') {
    const { fraction = null, pollAfterMs } = polled;
    await saveProgress(deps.db, lease, step.kind, fraction === step.fraction ? null : fraction, pollAfterMs);
    return 'waits';
  }
  await beginStoring(deps.db, lease, step.kind, polled.cost ?? null);
  deps.reach('step_storing', { runId: lease.runId, step: step.kind });
  return 'go_on';
}

/** How long a step has been at work, by the database's clock alone: this machine's own may be wrong, or be set while we look. */
function workedMs({ deps, view }: Turn, { startedAt }: Step): number {
  const { dueAt } = view.run;
  // The claim of this turn set the due moment that far ahead.
  return startedAt && dueAt ? dueAt.getTime() - deps.visibilityMs - startedAt.getTime() : 0;
}

/** Fetches a finished result; may be repeated for as long as the provider keeps it. */
export async function storeStep<Kind extends StepKind>(turn: Turn, step: Step, work: StepWork<Kind>): Promise<After> {
  const provider = providerOf(turn, step, work.kind);
  await narrate.during(turn, async () => {
    const output = await provider.download(step.handle, await callFor(turn, step, provider.vendor, downloadDeadlineMs));
    await work.keep(turn, step, output, null);
    noteDone(turn, step, step.startedAt ?? turn.deps.now());
  });
  return 'go_on';
}

const noteDone = ({ deps }: Turn, step: Step, since: Date): void =>
  deps.meter.stepDone(step, (deps.now().getTime() - since.getTime()) / 1000);

/** Stops a step that was sent. What was sent is paid for; whether the provider could still stop does not change that. */
export async function cancelStep<Kind extends StepKind>(turn: Turn, step: Step, work: StepWork<Kind>): Promise<After> {
  const { deps, lease } = turn;
  const provider = providerOf(turn, step, work.kind);
  const call = await callFor(turn, step, provider.vendor, cancelDeadlineMs);
  await provider.cancel(step.handle, call).catch((error: unknown) => {
    deps.log.warn({ runId: lease.runId, step: step.kind, error }, 'the provider could not be asked to stop');
  });
  await failStep(deps.db, lease, step.kind, { kind: 'canceled', detail: 'canceled after it had been sent' });
  deps.reach('step_failed', { runId: lease.runId, step: step.kind });
  return 'go_on';
}

function providerOf<Kind extends StepKind>(turn: Turn, step: Step, kind: Kind): Provider<Kind> {
  const provider = turn.deps.providers.find(kind, step.provider, step.model);
  if (provider) return provider;
  const detail = `this worker is not configured for ${step.provider} ${step.model}, which the run was given to`;
  throw new ProviderError('unavailable', detail, { nothingGenerated: true });
}

async function callFor(turn: Turn, step: Step, vendor: Vendor | null, deadlineMs: number): Promise<Call> {
  return {
    runId: turn.lease.runId,
    key: await turn.deps.keys.forStep(turn.view.run, step, vendor),
    signal: AbortSignal.any([turn.signal, AbortSignal.timeout(deadlineMs)]),
    memberHash: createHash('sha256').update(`${turn.view.run.workspaceId}/${turn.view.run.memberId}`).digest('hex'),
  };
}
