import { loadRun } from '../../db/runs.ts';
import type { Answer, CommandRequest } from '../commands/request.ts';
import { mediaOf } from '../runCard.ts';
import type { Services } from '../services.ts';
import { textOf } from '../text.ts';
import { balanceAfter, follow, isComplete, linksOf, pricesAfter, unfinishedRuns } from './follow.ts';
import type { Reporter } from './reporter.ts';

/** Grants the credits that a run lacks, once for its request. */
export type PayFor = (services: Services, run: { missing: number; requestKey: string }) => Promise<void>;

/** `perform` starts the run. `typed` is the same as a person would type it. */
type Asked = { perform: (request: CommandRequest) => Promise<Answer>; typed: string };

/** `complete`: the run made everything that was asked for. `stopped`: the signal stopped it before the end. */
export type ThreadEnd = 'complete' | 'incomplete' | 'refused' | 'stopped';

/**
 * Starts a run and reports on it until it is delivered, and then until every older run of this workspace is. This process's
 * worker resumes the runs that a killed process left, and should not leave them again.
 */
export async function openThread(
  request: CommandRequest,
  asked: Asked,
  reporter: Reporter,
  payFor?: PayFor,
): Promise<ThreadEnd> {
  const { services, signal, locale, requestKey } = request;
  let answer = await asked.perform(request);
  if (payFor && answer.kind === 'refusal' && answer.refusal.reason === 'insufficient') {
    const { priceCredits, balance } = answer.refusal;
    await payFor(services, { missing: priceCredits - balance, requestKey });
    answer = await asked.perform(request);
  }
  if (answer.kind === 'refusal') {
    reporter.refused(answer.refusal);
    return 'refused';
  }
  if (answer.kind !== 'run') throw new Error(`${asked.typed} starts no run`);
  reporter.accepted(answer, asked.typed);

  const telling = { onChange: reporter.changed, onAway: reporter.away, signal };
  const view = await follow(services, answer.runId, telling);
  if (!view) {
    const unfinished = await loadRun(services.db, answer.runId).catch(() => null);
    if (unfinished && !unfinished.run.settledAt) reporter.left(unfinished);
    return 'stopped';
  }
  const objects = mediaOf(view, textOf(locale)).map((medium) => medium.objectKey);
  const links = await linksOf(services, objects);
  const [balance, prices] = [await balanceAfter(services, view), await pricesAfter(services, view)];
  reporter.delivered(view, { balance, prices, links });
  await finishOthers(request, reporter);
  return isComplete(view) ? 'complete' : 'incomplete';
}

async function finishOthers({ services, workspace, signal }: CommandRequest, reporter: Reporter): Promise<void> {
  const others = await unfinishedRuns(services, workspace.id);
  if (others.length === 0 || signal.aborted) return;
  reporter.waiting(others.map(({ run }) => run.id));
  const quietly = { onChange: () => {}, onAway: () => {}, signal };
  await Promise.all(others.map(({ run }) => follow(services, run.id, quietly)));
}
