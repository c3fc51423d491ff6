import { runAgain } from '../../bots/actions/again.ts';
import { refusalCard } from '../../bots/refusalCard.ts';
import { columnsOf } from '../../bots/terminal/columns.ts';
import { createRequest, member as operator, text } from '../../bots/terminal/person.ts';
import { safeLine } from '../../bots/terminal/safe.ts';
import { recordChange } from '../../db/audit.ts';
import { findRunAnywhere } from '../../db/findRun.ts';
import { endRun, findRuns, maxLookedAt } from '../../db/operator.ts';
import type { RunView } from '../../db/runs.ts';
import { findWorkspace } from '../../db/workspaces.ts';
import { type RunState, runStates } from '../../domain.ts';
import { nextPrices } from '../../pipeline/quote.ts';
import { exitStatus, OperatorError } from '../exit.ts';
import { type Opened, withProgram } from '../open.ts';
import { print, printError, printJson } from '../output.ts';
import { showCard } from '../show.ts';
import { confirmed, readNumber, readWorkspace } from './confirm.ts';

const words = text.operations;

/**
 * A run is stuck if no worker took it for `overdueSeconds` after it fell due, or if `vainTurns` turns in a row had no result.
 * By then the pauses between the turns add up to half a minute, or to two minutes if each turn ended its worker.
 */
const stuckAfter = { overdueSeconds: 60, vainTurns: 6 };

type ListAsked = { workspace?: string; state?: string; limit?: string; stuck?: true; json?: true };

/** `vidgenie runs list` */
export async function list({ workspace, state, limit = '50', stuck, json }: ListAsked): Promise<number> {
  const filter = {
    ...(workspace === undefined ? {} : { workspaceId: readWorkspace(workspace) }),
    ...(state === undefined ? {} : { state: readState(state) }),
    ...(stuck ? { stuckAfter } : {}),
    limit: readNumber(limit, '--limit', 1, 10_000),
  };
  return await withProgram({ worker: false, logLevel: 'warn' }, async ({ program }) => {
    const { runs: found, isCut } = await findRuns(program.services.db, filter);
    if (json) printJson({ runs: found });
    else if (found.length === 0) print(words.noRuns);
    else print(...columnsOf([words.runColumns, ...found.map((run) => words.runRow(run).map(safeLine))]));
    if (isCut) printError(words.olderRuns(maxLookedAt));
    return exitStatus.done;
  });
}

function readState(given: string): RunState {
  const state = runStates.find((one) => one === given);
  if (!state) throw new OperatorError(words.badState(given, runStates), exitStatus.misused);
  return state;
}

/** `vidgenie runs show` */
export const show = (reference: string, { json }: { json?: true }): Promise<number> =>
  withRun(reference, async ({ program: { services } }, view) => {
    if (json) {
      printJson(view);
      return exitStatus.done;
    }
    const [{ progressOf }, { runCard }] = await Promise.all([
      import('../../pipeline/progress.ts'),
      import('../../bots/runCard.ts'),
    ]);
    const { run, steps } = view;
    await showCard(services, runCard(view, progressOf(view, services.now()), text));
    print(words.runFacts(run), ...steps.map((step) => words.stepLine(step)));
    return exitStatus.done;
  });

/**
 * `vidgenie runs retry`: starts a new run like the failed one, for the same member, in the same conversation, at the usual
 * price. The settled credits of the failed run stay settled. The request key comes from the old run, so that it is retried once
 * however often you repeat the command.
 */
export const retry = (reference: string, { yes, json }: { yes?: true; json?: true }): Promise<number> =>
  withRun(reference, async ({ program: { services }, signal }, view) => {
    const { run } = view;
    if (run.state !== 'failed' && run.state !== 'canceled') {
      throw new OperatorError(words.notFailed(run.id, run.state), exitStatus.failed);
    }
    if (run.deletedAt) throw new OperatorError(words.wasDeleted(run.id), exitStatus.failed);
    const workspace = await findWorkspace(services.db, run.workspaceId);
    if (!workspace) throw new Error(`run ${run.id} has no workspace`);
    // Prices may have changed since. Null: it cannot be made any more, and the refusal below says why.
    const { again: price } = await nextPrices(services, view);
    const question = words.confirmRetry(run.id, price ?? run.priceCredits, run.workspaceId);
    if (!(await confirmed(question, yes === true))) return exitStatus.interrupted;
    const member = { id: run.memberId, name: run.memberName, isAdmin: false };
    // A run that was requested on the web is reported there again: a conversation of one platform means nothing to another.
    const where = { conversation: run.conversation, ...(run.platform === null ? {} : { platform: run.platform }) };
    const request = { ...createRequest(services, signal), workspace, member, ...where };
    const agreed = price === null ? {} : { maxCredits: price };
    const answer = await runAgain({ ...request, ...agreed, requestKey: `retry:${run.id}` }, view);
    if (answer.kind === 'refusal') {
      const { title, blocks } = refusalCard(answer.refusal, text);
      printError(title, ...blocks.flatMap((block) => (block.kind === 'text' ? [block.text] : [])));
      return exitStatus.failed;
    }
    if (answer.kind !== 'run') throw new Error(`a retry answered with a ${answer.kind}`);
    // A retry that is killed before this is recorded when the operator repeats it.
    await recordChange(services.db, {
      workspaceId: run.workspaceId,
      action: 'run_retried',
      actor: operator.id,
      subject: run.id,
      details: { run: answer.runId },
    });
    if (json) printJson({ run: answer.runId, retried: run.id, outcome: answer.started ? 'accepted' : 'repeated' });
    else print(answer.started ? words.retried(run.id, answer.runId) : words.retriedBefore(run.id, answer.runId));
    return exitStatus.done;
  });

/** `vidgenie runs fail`: ends a run that does not end by itself. */
export const fail = (reference: string, { yes, json }: { yes?: true; json?: true }): Promise<number> =>
  withRun(reference, async ({ program: { services } }, { run }) => {
    if (run.settledAt) throw new OperatorError(words.isOver(run.id, run.state), exitStatus.failed);
    const isAtWork = run.busy && run.dueAt !== null && run.dueAt > services.now();
    if (!(await confirmed(words.confirmFail(run.id, isAtWork), yes === true))) return exitStatus.interrupted;
    const outcome = await endRun(
      services.db,
      run.id,
      { kind: 'interrupted', detail: 'ended by the operator' },
      operator.id,
    );
    services.wake();
    if (outcome === 'over') throw new OperatorError(words.isOver(run.id, 'over'), exitStatus.failed);
    if (json) printJson({ run: run.id, outcome });
    else print(words.failed(run.id));
    return exitStatus.done;
  });

async function withRun(reference: string, work: (opened: Opened, view: RunView) => Promise<number>): Promise<number> {
  return await withProgram({ worker: false, logLevel: 'warn' }, async (opened) => {
    const found = await findRunAnywhere(opened.program.services.db, reference);
    if (found === 'none') throw new OperatorError(words.noRun(reference), exitStatus.failed);
    if (found === 'ambiguous') throw new OperatorError(words.ambiguousRun(reference), exitStatus.failed);
    return await work(opened, found);
  });
}
