import { listRuns, type RunView } from '../../db/runs.ts';
import type { RunId } from '../../domain.ts';
import { maxPromptLength } from '../../domain.ts';
import { type ActionAnswer, type AskWords, performAction, submitWords } from '../actions/perform.ts';
import { propose, startProposal } from '../actions/propose.ts';
import type { Button, Card, Form } from '../card.ts';
import { namedRun } from '../commands/find.ts';
import type { Answer, CommandRequest } from '../commands/request.ts';
import { shortId } from '../runCard.ts';
import type { Services } from '../services.ts';
import type { TypedAction } from './actionNames.ts';
import { type Choice, choicesIn, nextLines } from './nextSteps.ts';
import { createRequest, member, text, workspace } from './person.ts';
import type { Stage } from './stage.ts';
import { actOn, subjectOf, withoutForm } from './typedActions.ts';

/** The lines that a person types about results, besides commands. */
export type FollowUp = {
  /** From now on, words without a run are about this result. Says what the person can type. */
  about: (card: Card, view: RunView) => void;
  /** Carries out an action, such as `vary 2`. `isSure`: the person wants no question before files are deleted. */
  act: (action: TypedAction, words: string, isSure: boolean) => Promise<void>;
  /** The button that a short line stands for: the number of an image, or `start` for the last proposal. */
  buttonFor: (line: string) => Button | null;
  press: (button: Button) => Promise<void>;
  /** Says what free words about the last result would do and cost. False: there is no result yet. */
  say: (words: string) => Promise<boolean>;
};

type FollowUpOptions = {
  services: Services;
  stage: Stage;
  show: (answer: Answer) => Promise<void>;
  signal: AbortSignal;
};

/**
 * The actions on results for a terminal. A person who can answer is asked before anything costs credits, unless they type the number
 * of an image whose price they were told. A script is not asked, as with every command.
 */
export function createFollowUp({ services, stage, show, signal }: FollowUpOptions): FollowUp {
  let current: RunId | null = null;
  let choices: readonly Choice[] = [];
  let proposed: Button | null = null;
  const requestUpTo = (maxCredits: number | null): CommandRequest => {
    const request = createRequest(services, signal);
    return maxCredits === null ? request : { ...request, maxCredits };
  };

  async function currentView(): Promise<RunView | null> {
    if (current !== null) {
      const found = await namedRun(requestUpTo(null), current);
      if (found.outcome === 'found') return found.view;
    }
    const latest = await listRuns(services.db, workspace.id, { limit: 20, memberId: member.id });
    return latest.find(({ run }) => run.settledAt && !run.deletedAt) ?? null;
  }

  /** Tries something at no price, and again at its price if the person agrees. */
  async function agreeing(
    attempt: (request: CommandRequest) => Promise<ActionAnswer>,
    action: TypedAction,
  ): Promise<void> {
    const answer = await attempt(requestUpTo(stage.confirm ? 0 : null));
    if (answer.kind === 'ask') return await askForWords(answer);
    await show(withoutForm(answer, action));
    if (answer.kind !== 'refusal' || answer.refusal.reason !== 'costs_more' || !stage.confirm) return;
    const { priceCredits } = answer.refusal;
    if (!(await stage.confirm(text.terminal.startFor(priceCredits)))) return stage.line(text.terminal.notStarted);
    await show(withoutForm(await attempt(requestUpTo(priceCredits)), action));
  }

  async function askForWords(ask: AskWords): Promise<void> {
    const { action, runId: id, step, priceCredits } = ask;
    if (!stage.form) return await show(withoutForm(ask, action));
    const values = await stage.form(formOf(ask));
    if (!values) return stage.line(text.terminal.notStarted);
    const { words = '' } = values;
    await agreed(priceCredits, (request) => submitWords(request, action, { id, step }, words), action);
  }

  /** Carries out something whose price the person knows. If it costs more by now, they are asked again. */
  async function agreed(
    credits: number | null,
    attempt: (request: CommandRequest) => Promise<ActionAnswer>,
    action: TypedAction,
  ): Promise<void> {
    if (credits === null) return await agreeing(attempt, action);
    const answer = await attempt(requestUpTo(credits));
    const isDearer = answer.kind === 'refusal' && answer.refusal.reason === 'costs_more';
    if (isDearer) return await agreeing(attempt, action);
    if (answer.kind === 'ask') return await askForWords(answer);
    await show(withoutForm(answer, action));
  }

  async function askToDelete(words: string, current: RunView | null): Promise<void> {
    const request = requestUpTo(null);
    const about = await subjectOf(request, 'delete', words, current);
    if (about.outcome === 'refused') return await show({ kind: 'refusal', refusal: about.refusal });
    const { id, prompt } = about.view.run;
    if (!stage.confirm) return stage.line(text.terminal.addYesToDelete(shortId(id)));
    const isAgreed = await stage.confirm(text.terminal.deleteFor(shortId(id), text.measures.few(prompt)));
    if (!isAgreed) return stage.line(text.terminal.notDeleted);
    await show(withoutForm(await performAction(request, 'delete', { id, step: null }), 'delete'));
  }

  async function press(button: Button): Promise<void> {
    const { action, runId: id, proposal } = button;
    const [step, credits] = [button.step ?? null, button.credits ?? null];
    if (action === 'start') {
      return await agreed(credits, (request) => startProposal(request, proposal ?? ''), 'change');
    }
    if (action === 'keep' || action === 'cancel') return;
    await agreed(credits, (request) => performAction(request, action, { id, step }), action);
  }

  return {
    about: (card, view) => {
      current = view.run.id;
      const found = choicesIn(card, view);
      if (found.length > 0) choices = found;
      stage.next(nextLines(card, view, text, 'session'));
    },
    act: async (action, words, isSure) => {
      const view = await currentView();
      if (action === 'delete' && !isSure) return await askToDelete(words, view);
      await agreeing((request) => actOn(request, action, words, view), action);
    },
    buttonFor: (line) => {
      if (/^start$/i.test(line)) return proposed;
      const number = /^#?(\d)$/.exec(line)?.[1];
      return choices.find((choice) => String(choice.number) === number)?.button ?? null;
    },
    press,
    say: async (words) => {
      const view = await currentView();
      if (!view) return false;
      const answer = await propose(requestUpTo(null), view, words);
      await show(answer);
      const button = answer.kind === 'card' ? answer.card.buttons[0] : undefined;
      if (!button) return true;
      proposed = button;
      if (!stage.confirm) stage.line(text.terminal.typeStart);
      else if (await stage.confirm(text.terminal.startFor(button.credits ?? 0))) await press(button);
      else stage.line(text.terminal.notStarted);
      return true;
    },
  };
}

/** The form with one field that an action needs. */
function formOf({ action, words, priceCredits }: AskWords): Form {
  const { title, label } = text.runs.asking[action];
  const field = {
    kind: 'text',
    name: 'words',
    label,
    hint: text.terminal.sendWords,
    maxLength: maxPromptLength,
    isLong: true,
    value: words,
  } as const;
  return {
    command: action,
    title,
    intro: priceCredits === null ? '' : text.runs.startPrice(priceCredits),
    pages: [{ name: 'words', label: title, fields: [field] }],
    overview: null,
  };
}
