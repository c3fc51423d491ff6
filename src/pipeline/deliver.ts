import { accountOf } from '../db/credits.ts';
import { loadRun, type RunView, refundedCredits } from '../db/runs.ts';
import { finishDelivery, saveUnreached } from '../db/turns.ts';
import { type Failure, type JsonValue, platformOf } from '../domain.ts';
import type { Messenger } from './messenger.ts';
import { progressOf } from './progress.ts';
import { nextPrices } from './quote.ts';
import { isLastDelivery } from './retryPolicy.ts';
import { savePosted } from './savePosted.ts';
import type { Turn, TurnDeps } from './turnContext.ts';

/** In milliseconds. How long to go on saving the id of a posted message while the database is away. */
const maxSaveMs = 60_000;

/**
 * Posts a run's result in its conversation and ends the run. The same statement refunds the steps that reached nobody. If the run was
 * deleted by then, its messages are taken back before it ends, so that a turn after a kill repeats that.
 */
export async function deliver(turn: Turn): Promise<void> {
  const { deps, lease, signal } = turn;
  const view = await turn.narrator.silence();
  signal.throwIfAborted();
  const messenger = deps.messengerOf(platformOf(view.run));
  // A delivered run is due again only to have its messages taken back. A run that was deleted before its delivery is delivered all the
  // same, without its media: the result may be posted already although nobody knows its id, and delivery finds it.
  const posted = view.run.deliveredAt ? null : await post(turn, messenger, view);
  deps.reachFailpoint('run_told', { runId: lease.runId });
  const end = { posted, failure: null, unreached: [] };
  if ((await finishDelivery(deps.db, lease, { ...end, unlessDeleted: true })) === 'deleted') {
    const deleted = (await loadRun(deps.db, lease.runId)) ?? view;
    await messenger.takeBack(deleted, { progress: progressOf(deleted, deps.now()), signal });
    await finishDelivery(deps.db, lease, end);
  }
  deps.reachFailpoint('run_delivered', { runId: lease.runId });
}

async function post(turn: Turn, messenger: Messenger, settled: RunView): Promise<JsonValue> {
  const { deps, lease, signal } = turn;
  let view = settled;
  return await messenger.deliver(view, {
    progress: progressOf(view, deps.now()),
    isLastTry: isLastDelivery(view.run.failedAttempts),
    balance: async () => (await accountOf(deps.db, view.run.workspaceId)).balance + refundedCredits(view),
    prices: () => nextPrices(deps, view),
    save: (posted: JsonValue) => savePosted(deps.db, lease, posted, turn.within(maxSaveMs)),
    giveUpOn: async (steps) => {
      view = { ...view, run: { ...view.run, unreached: await saveUnreached(deps.db, lease, steps) } };
      return view;
    },
    signal,
  });
}

/** Ends a run whose result could not be posted. The messages posted until then decide the refund. */
export async function giveUpDelivery({ deps, lease, view }: Turn, failure: Failure): Promise<void> {
  const now = (await loadRun(deps.db, lease.runId)) ?? view;
  // The result of a run that was delivered before has been received. Only its messages could not be taken back.
  const unreached = now.run.deliveredAt ? [] : unreachedOf(deps, now);
  await finishDelivery(deps.db, lease, { posted: null, failure, unreached });
}

function unreachedOf(deps: TurnDeps, view: RunView): readonly number[] {
  try {
    return deps.messengerOf(platformOf(view.run)).unreached(view);
  } catch (error) {
    // This process has no messenger for that platform. Nothing of the run counts as received.
    deps.log.warn({ runId: view.run.id, error }, 'delivery is given up without knowing what was posted');
    return view.steps.flatMap(({ number, kind, state }) => (state === 'done' && kind !== 'enhance' ? [number] : []));
  }
}
