import type { RunView } from '../../db/runs.ts';
import { choicesOf } from '../actions/subject.ts';
import { type Button, type Card, isAsking } from '../card.ts';
import { shortId } from '../runCard.ts';
import type { Text } from '../text.ts';
import { typedName } from './actionNames.ts';

/** A button for one of several images, and the number of the image. */
export type Choice = { number: number; button: Button };

/** The buttons with which a member chooses one of several images. */
export function choicesIn({ buttons }: Card, view: RunView): Choice[] {
  const choices = choicesOf(view);
  return buttons.flatMap((button) => {
    const chosen = button.place === 'choice' && choices.find(({ step }) => step === button.step);
    return chosen ? [{ number: chosen.number, button }] : [];
  });
}

/** The buttons of a card as lines for somebody who types: what to type, and what it costs. */
export function nextLines(card: Card, view: RunView, text: Text, where: 'session' | 'shell'): string[] {
  const { terminal, measures } = text;
  const { placeholders } = terminal;
  const choices = choicesIn(card, view);
  const seen = new Set<string>();
  const others = card.buttons.flatMap(({ action, credits, step, place, runId }) => {
    if (place === 'choice' || action === 'cancel' || action === 'keep' || action === 'start') return [];
    const own = action === 'show' || where === 'shell' ? ` ${shortId(runId)}` : '';
    const image = step === undefined ? '' : ` <${placeholders.image}>`;
    const words = isAsking(action) ? ` <${placeholders.words}>` : '';
    const typed = `${where === 'shell' ? 'vidgenie ' : ''}${typedName(action)}${own}${image}${words}`;
    if (seen.has(typed)) return [];
    seen.add(typed);
    return [credits === undefined ? typed : `${typed} (${measures.credits(credits)})`];
  });
  const isChangeable = card.buttons.some(({ action }) => action === 'change');
  return [
    ...choosing(choices, text, where),
    ...(others.length === 0
      ? []
      : where === 'shell'
        ? [terminal.nextInShell, ...others.map((one) => `  ${one}`)]
        : [terminal.next(others)]),
    ...(where === 'session' && isChangeable ? [terminal.inOwnWords] : []),
  ];
}

function choosing(choices: readonly Choice[], { terminal }: Text, where: 'session' | 'shell'): string[] {
  const [first] = choices;
  if (first?.button.credits === undefined) return [];
  const numbers = choices.map(({ number }) => number);
  if (where === 'session') return [terminal.choose(numbers, first.button.credits)];
  const example = `vidgenie animate ${shortId(first.button.runId)} ${first.number}`;
  return [terminal.chooseInShell(example, numbers, first.button.credits)];
}
