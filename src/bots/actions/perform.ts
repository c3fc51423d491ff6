import type { RunView } from '../../db/runs.ts';
import { maxPromptLength, promptText, type RunId } from '../../domain.ts';
import { type NextKind, nextPrices } from '../../pipeline/quote.ts';
import { tidied } from '../../plainText.ts';
import type { Action, AskingAction } from '../card.ts';
import { cancel } from '../commands/cancel.ts';
import { namedRun } from '../commands/find.ts';
import { rateLimited } from '../commands/rateLimit.ts';
import type { Answer, CommandRequest } from '../commands/request.ts';
import { runAgain } from './again.ts';
import { animateRun, goOnFromLastFrame, reanimateRun } from './animate.ts';
import { betterRun, changeEnding, changeRun, remixRun, varyRun } from './edit.ts';
import { continueRun, extendRun } from './extend.ts';
import { type Deleted, deleteRun } from './remove.ts';
import { showRun } from './show.ts';

/**
 * A form with one field for words. `words` fills it in, and may be empty. `priceCredits` is the price of starting the run. {@link
 * submitWords} takes the words that the requester sends.
 */
export type AskWords = {
  kind: 'ask';
  action: AskingAction;
  runId: RunId;
  step: number | null;
  words: string;
  priceCredits: number | null;
};

export type ActionAnswer = Answer | Deleted | AskWords;

/** `step` is the number of the step whose result the action is about. Null: the run decides. */
type Subject = { id: RunId; step: number | null };

/**
 * Carries out what a button on a run asks for. It costs at most the credits that the request's `maxCredits` allows. If the
 * requester may not see the run, the answer is that it was not found.
 */
export async function performAction(
  request: CommandRequest,
  action: Action,
  { id, step }: Subject,
): Promise<ActionAnswer> {
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
    case 'change':
    case 'reanimate':
    case 'lastFrame':
    case 'ending':
    case 'remix': {
      const prices = await nextPrices(request.services, view);
      const words = action === 'edit' || action === 'remix' ? view.run.prompt : '';
      return { kind: 'ask', action, runId: id, step, words, priceCredits: prices[pricedAs[action]] };
    }
    case 'animate':
      return await animateRun(request, view, step);
    case 'vary':
      return await varyRun(request, view, step);
    case 'better':
      return await betterRun(request, view, step);
    case 'show':
      return await showRun(request, view);
    case 'extend':
      return await extendRun(request, view);
    case 'continue':
      return await continueRun(request, view);
    case 'delete':
      return await deleteRun(request, view);
  }
}

/** Makes the film of a run longer by a number of seconds that the requester chose, or by as many as usual. */
export async function extendBy(request: CommandRequest, view: RunView, seconds: number | null): Promise<Answer> {
  const refusal = await rateLimited(request);
  return refusal ? { kind: 'refusal', refusal } : await extendRun(request, view, seconds);
}

/** The price that a form tells. */
const pricedAs = {
  edit: 'again',
  change: 'change',
  reanimate: 'animate',
  lastFrame: 'lastFrame',
  ending: 'ending',
  remix: 'remix',
} as const satisfies Record<AskingAction, NextKind>;

/** Starts the run that a form has asked words for. It costs at most the credits that the request's `maxCredits` allows. */
export async function submitWords(
  request: CommandRequest,
  action: AskingAction,
  { id, step }: Subject,
  words: string,
): Promise<Answer> {
  const refusal = await rateLimited(request);
  if (refusal) return { kind: 'refusal', refusal };
  const found = await namedRun(request, id);
  if (found.outcome === 'refused') return { kind: 'refusal', refusal: found.refusal };
  const read = promptText.safeParse(words);
  if (read.success) return await startWith(request, action, found.view, step, read.data);
  const { length } = tidied(words);
  return {
    kind: 'refusal',
    refusal:
      length > maxPromptLength
        ? { reason: 'too_long', option: 'prompt', length, max: maxPromptLength }
        : { reason: 'missing', command: found.view.run.workflow, option: 'prompt' },
  };
}

async function startWith(
  request: CommandRequest,
  action: AskingAction,
  view: RunView,
  step: number | null,
  words: string,
): Promise<Answer> {
  switch (action) {
    case 'edit':
      return await runAgain(request, view, words);
    case 'change':
      return await changeRun(request, view, step, { words });
    case 'reanimate':
      return await reanimateRun(request, view, step, words);
    case 'lastFrame':
      return await goOnFromLastFrame(request, view, words);
    case 'ending':
      return await changeEnding(request, view, words);
    case 'remix':
      return await remixRun(request, view, step, words);
  }
}
