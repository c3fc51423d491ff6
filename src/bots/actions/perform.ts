import { maxPromptLength, promptText, type RunId } from '../../domain.ts';
import { nextPrices } from '../../pipeline/submit.ts';
import { tidied } from '../../plainText.ts';
import type { Action } from '../card.ts';
import { cancel } from '../commands/cancel.ts';
import { namedRun } from '../commands/find.ts';
import { rateLimited } from '../commands/rateLimit.ts';
import type { Answer, CommandRequest } from '../commands/request.ts';
import { runAgain } from './again.ts';
import { animateRun } from './animate.ts';
import { type Deleted, deleteRun } from './remove.ts';

/**
 * The prompt of a run, for a form of the platform in which the requester edits it, and the price of starting it. {@link
 * submitEdit} takes the edited prompt.
 */
type EditPrompt = { kind: 'edit'; runId: RunId; prompt: string; priceCredits: number | null };

export type ActionAnswer = Answer | Deleted | EditPrompt;

/**
 * Carries out what a button on a run asks for. It costs at most the credits that the request's `maxCredits` allows. If the
 * requester may not see the run, the answer is that it was not found.
 */
export async function performAction(request: CommandRequest, action: Action, id: RunId): Promise<ActionAnswer> {
  const refusal = await rateLimited(request);
  if (refusal) return { kind: 'refusal', refusal };
  const found = await namedRun(request, id);
  if (found.outcome === 'refused') return { kind: 'refusal', refusal: found.refusal };
  const { view } = found;
  switch (action) {
    case 'cancel':
      return await cancel.perform(request, { run: id });
    case 'again':
      return await runAgain(request, view);
    case 'edit':
      return {
        kind: 'edit',
        runId: id,
        prompt: view.run.prompt,
        priceCredits: (await nextPrices(request.services, view)).again,
      };
    case 'animate':
      return await animateRun(request, view);
    case 'delete':
      return await deleteRun(request, view);
  }
}

/** Starts a run like the one whose prompt was edited. It costs at most the credits that the request's `maxCredits` allows. */
export async function submitEdit(request: CommandRequest, id: RunId, prompt: string): Promise<Answer> {
  const refusal = await rateLimited(request);
  if (refusal) return { kind: 'refusal', refusal };
  const found = await namedRun(request, id);
  if (found.outcome === 'refused') return { kind: 'refusal', refusal: found.refusal };
  const read = promptText.safeParse(prompt);
  if (read.success) return await runAgain(request, found.view, read.data);
  const { length } = tidied(prompt);
  return {
    kind: 'refusal',
    refusal:
      length > maxPromptLength
        ? { reason: 'too_long', option: 'prompt', length, max: maxPromptLength }
        : { reason: 'missing', command: found.view.run.workflow, option: 'prompt' },
  };
}
