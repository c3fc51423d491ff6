import { z } from 'zod';
import type { RunView } from '../../db/runs.ts';
import { type ActionAnswer, performAction, submitWords } from '../actions/perform.ts';
import { choicesOf } from '../actions/subject.ts';
import { isAsking } from '../card.ts';
import { type Command, command } from '../commands/command.ts';
import { type Found, namedRun, newestRun } from '../commands/find.ts';
import { flagOption, optionalPromptOption, runOption } from '../commands/option.ts';
import type { Given } from '../commands/read.ts';
import type { Refusal } from '../commands/refusal.ts';
import type { Answer, CommandRequest } from '../commands/request.ts';
import { type TypedAction, typedActions, typedName } from './actionNames.ts';

/** An action on the result of a run, as a person types it: `change 1a2b3c4d 2 make it night`. */
export type TypedCommand = { action: TypedAction; command: Command };

const words = {
  run: runOption((text) => text.terminal.actions.run),
  words: optionalPromptOption((text) => text.terminal.actions.words),
};
const deletion = z.object({ ...words, yes: flagOption(false, (text) => text.terminal.actions.yes) });

const declared = (action: TypedAction): TypedCommand => ({
  action,
  command: command({
    name: typedName(action),
    describe: (text) => text.terminal.actions.describe[action],
    access: 'member',
    // Each may be left out, and only `actOn` can say whether the first word is a run.
    options: action === 'delete' ? deletion : z.object(words),
    run: async (request, { run = '', words = '' }) =>
      withoutForm(await actOn(request, action, `${run} ${words}`, null), action),
  }),
});

export const typedCommands: readonly TypedCommand[] = typedActions.map(declared);

/** The same, of one action. */
export const typedCommand = (action: TypedAction): Command => declared(action).command;

/** The words that somebody typed after the name of an action. */
export const wordsOf = ({ run = '', words = '' }: Given): string => `${run} ${words}`.trim();

/** Whether somebody typed that they need not be asked. */
export const saysYes = ({ yes = false }: Given): boolean => yes === true || /^(on|true)$/i.test(String(yes));

/** The answer where nobody can fill in a form: words that are missing are a refusal. */
export function withoutForm(answer: ActionAnswer, action: TypedAction): Answer {
  switch (answer.kind) {
    case 'ask':
      return { kind: 'refusal', refusal: { reason: 'missing', command: typedName(action), option: 'prompt' } };
    case 'deleted':
      return { kind: 'card', card: answer.card };
    default:
      return answer;
  }
}

type Subject =
  | { outcome: 'found'; view: RunView; step: number | null; said: string }
  | { outcome: 'refused'; refusal: Refusal };

/**
 * Says what a typed action is about, and which words remain. If the first of the words names no run, it is about `current`, or else
 * about the member's newest run.
 */
export async function subjectOf(
  request: CommandRequest,
  action: TypedAction,
  words: string,
  current: RunView | null,
): Promise<Subject> {
  const { found, rest } = await runIn(request, words.trim(), current);
  if (found.outcome === 'refused') return found;
  const { view } = found;
  const choices = isOfImage(action) ? choicesOf(view) : [];
  const { number, said } = choices.length > 0 ? numberIn(rest) : { number: null, said: rest };
  const chosen = choices.find((choice) => choice.number === number);
  if (choices.length > 0 && !chosen) {
    const allowed = choices.map((choice) => choice.number);
    return { outcome: 'refused', refusal: { reason: 'no_such_image', given: number, allowed } };
  }
  if (said !== '' && !isAsking(action)) {
    return { outcome: 'refused', refusal: { reason: 'unexpected_words', command: typedName(action), words: said } };
  }
  return { outcome: 'found', view, step: chosen?.step ?? null, said };
}

/** Carries out a typed action. */
export async function actOn(
  request: CommandRequest,
  action: TypedAction,
  words: string,
  current: RunView | null,
): Promise<ActionAnswer> {
  const about = await subjectOf(request, action, words, current);
  if (about.outcome === 'refused') return { kind: 'refusal', refusal: about.refusal };
  const { view, step, said } = about;
  const subject = { id: view.run.id, step };
  return said !== '' && isAsking(action)
    ? await submitWords(request, action, subject, said)
    : await performAction(request, action, subject);
}

/** Actions on one image of a run. */
const isOfImage = (action: TypedAction): boolean =>
  ['animate', 'reanimate', 'change', 'vary', 'better'].some((one) => one === action);

function numberIn(words: string): { number: number | null; said: string } {
  const found = /^#?(\d)(?:\s+(.*))?$/su.exec(words);
  return found ? { number: Number(found[1]), said: found[2] ?? '' } : { number: null, said: words };
}

/** Finds the run that the first word names. Other words are about the current run. */
async function runIn(
  request: CommandRequest,
  words: string,
  current: RunView | null,
): Promise<{ found: Found; rest: string }> {
  const [, first = '', rest = ''] = /^(\S*)\s*(.*)$/su.exec(words) ?? [];
  if (/^[0-9a-f-]{4,36}…?$/i.test(first)) {
    const found = await namedRun(request, first);
    // "Change face …" names no run, although all its letters could be those of an id.
    const isWord = found.outcome === 'refused' && found.refusal.reason === 'no_such_run' && !/\d/.test(first);
    if (!isWord) return { found, rest };
  }
  return { found: current ? await namedRun(request, current.run.id) : await newestRun(request), rest: words };
}
