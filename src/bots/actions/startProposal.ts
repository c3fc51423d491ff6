import { runOfRequest } from '../../db/insertRun.ts';
import { findProposal, givenImage, type Proposal, proposalKey } from '../../db/proposals.ts';
import { loadRun, type RunView } from '../../db/runs.ts';
import { maxPromptLength } from '../../domain.ts';
import { namedRun } from '../commands/find.ts';
import { rateLimited } from '../commands/rateLimit.ts';
import type { Answer, CommandRequest } from '../commands/request.ts';
import { textOf } from '../text.ts';
import { motionOf, reanimateRun } from './animate.ts';
import { changeEnding, changeRun } from './edit.ts';
import { stillOf } from './subject.ts';

/**
 * Carries out a proposal: one run, however often and by whomever its button is pressed. The run belongs to the member who pressed
 * first. Everybody who may see the run that it is about may press. It costs at most the request's `maxCredits`.
 */
export async function startProposal(request: CommandRequest, id: string): Promise<Answer> {
  const tooFast = await rateLimited(request);
  if (tooFast) return { kind: 'refusal', refusal: tooFast };
  const { services, workspace } = request;
  const proposal = await findProposal(services.db, workspace.id, id);
  if (!proposal) return { kind: 'refusal', refusal: { reason: 'no_such_proposal' } };
  const found = await namedRun(request, proposal.runId);
  if (found.outcome === 'refused') return { kind: 'refusal', refusal: found.refusal };
  const requestKey = proposalKey(proposal);
  return (
    (await startedBefore(request, requestKey)) ??
    withButton(await carryOut({ ...request, requestKey }, found.view, proposal), proposal)
  );
}

/** The run that an earlier press has started, even if what it was made of is gone by now. */
async function startedBefore({ services }: CommandRequest, requestKey: string): Promise<Answer | null> {
  const known = await runOfRequest(services.db, requestKey);
  const view = known && (await loadRun(services.db, known));
  if (!view) return null;
  const { id: runId, workflow, prompt } = view.run;
  return { kind: 'run', runId, workflow, prompt, started: null };
}

async function carryOut(request: CommandRequest, view: RunView, proposal: Proposal): Promise<Answer> {
  const { change, words, motion } = proposal;
  const number = proposal.step === givenImage ? null : proposal.step;
  switch (change) {
    case 'motion':
      return await reanimateRun(request, view, number, motionFrom(request, view, number, words));
    case 'film':
      return await changeRun(request, view, number, {
        words,
        motion: motionFrom(request, view, number, motion ?? ''),
      });
    case 'ending':
      return await changeEnding(request, view, words, motionFrom(request, view, null, motion ?? words));
    case 'picture':
      return await changeRun(request, view, number, { words });
    case 'vary':
    case 'better':
      throw new Error(`nobody proposes ${change}`);
  }
}

/** The motion from before and, after it, what somebody said about it. The words of the member are never cut. */
function motionFrom({ locale }: CommandRequest, view: RunView, number: number | null, said: string): string {
  const still = stillOf(view, number, 'nothing_to_animate');
  const before = still.outcome === 'found' ? motionOf(view, still.subject.step) : null;
  if (said === '') return before ?? textOf(locale).runs.unspokenMotion;
  if (before === null) return said;
  const room = maxPromptLength - said.length - separator.length;
  const kept = before
    .slice(0, Math.max(0, room))
    .toWellFormed()
    .replace(/[\s.;]+$/u, '');
  return kept === '' ? said : `${kept}${separator}${said}`;
}

const separator = '; ';

/** A price that has risen is told with a button for the same proposal. */
function withButton(answer: Answer, { id }: Proposal): Answer {
  if (answer.kind !== 'refusal' || answer.refusal.reason !== 'costs_more' || !answer.refusal.button) return answer;
  const { refusal } = answer;
  return { kind: 'refusal', refusal: { ...refusal, button: { ...answer.refusal.button, proposal: id } } };
}
