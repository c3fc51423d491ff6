import type { RunView } from '../db/runs.ts';
import { maxVariants } from '../domain.ts';
import { givenOf, isRefunded, resultsOf } from '../pipeline/graph.ts';
import { firstFrameOf, isUnfinished } from '../pipeline/plan.ts';
import { type NextKind, type NextPrices, nextOptions } from '../pipeline/quote.ts';
import { type Action, type Button, type DirectAction, isDirect } from './card.ts';
import type { Text } from './text.ts';

/** Leads back to the result of which this one was made. */
export function backOf({ run }: RunView, { runs }: Text, version: number | null): Button[] {
  if (!run.parentId || !run.settledAt || run.deletedAt) return [];
  const label = version === null ? runs.versions.before : runs.versions.back(version);
  return [{ action: 'show', runId: run.parentId, label, style: 'plain', place: 'menu' }];
}

/** The most buttons of a row. The others are in a menu. */
const buttonsInRow = 5;

/** The buttons of a run: a row to choose an image, a row of actions, and the rest for the menu. */
export function buttonsOf(view: RunView, text: Text, prices: NextPrices | null): Button[] {
  const { settledAt, cancelRequestedAt, deletedAt, workflow, options, id } = view.run;
  const { buttons, extendBy, priced, newFrames, ofImage } = text.runs;
  const button = (action: Action, label = buttons[action]): Button => {
    const style = action === 'cancel' || action === 'delete' ? 'danger' : 'plain';
    return { action, runId: id, label, style };
  };
  /** A button with its price, which is then the most that a press may cost. */
  const starting = (action: DirectAction, label = buttons[action]): Button => {
    const credits = prices?.[action] ?? null;
    return credits === null ? button(action, label) : { ...button(action), label: priced(label, credits), credits };
  };
  /** A button whose run is not always possible. A form tells its price itself. */
  const possible = (action: NextKind & Action, one: () => Button): Button[] =>
    prices && prices[action] === null ? [] : [one()];

  const again = starting('again', workflow === 'complete' && options.frames > 1 ? newFrames : buttons.again);
  const repeating = nextOptions(view).again === null ? [] : [again, button('edit')];
  // An image that a member gave was deleted, too.
  if (deletedAt) return givenOf(view) || workflow === 'video' || workflow === 'edit' ? [] : repeating;
  if (!settledAt) return cancelRequestedAt ? [] : [button('cancel')];

  const results = resultsOf(view).filter(({ asset }) => asset.step !== null);
  const usable = results.filter(({ step }) => !isRefunded(view, step));
  const stills = usable.filter(({ asset }) => asset.kind === 'image').map(({ step }) => step);
  const hasFilm = usable.some(({ asset }) => asset.kind === 'video');
  const isChoice = stills.length > 1 && !hasFilm;
  const hasStill = stills.length > 0 || firstFrameOf(view) !== null;
  const seconds = prices?.extendSeconds ?? null;

  const choices = isChoice
    ? stills.slice(0, maxVariants).map((step, index): Button => {
        const number = step.variant ?? index + 1;
        const label = workflow === 'complete' ? String(number) : ofImage(buttons.animate, number);
        return { ...starting('animate', label), step: step.number, place: 'choice' };
      })
    : [];
  /** An action for each image, if there are several. */
  const forEach = (action: 'vary' | 'better' | 'change'): Button[] => {
    const one = (label: string) => (isDirect(action) ? starting(action, label) : button(action, label));
    if (!hasStill) return [];
    return possible(action, () => one(buttons[action])).flatMap((single) =>
      isChoice
        ? stills.map((step, index): Button => {
            const label = ofImage(buttons[action], step.variant ?? index + 1);
            return { ...one(label), step: step.number, place: 'menu' };
          })
        : [single],
    );
  };

  const all = [
    ...(isUnfinished(view) && results.length > 0 ? possible('continue', () => starting('continue')) : []),
    ...repeating,
    // A video already shows its image in motion.
    ...(stills.length === 1 && !hasFilm ? possible('animate', () => starting('animate')) : []),
    ...(hasFilm
      ? possible('extend', () => starting('extend', seconds === null ? buttons.extend : extendBy(seconds)))
      : []),
    ...forEach('change'),
    ...(hasFilm && hasStill ? possible('animate', () => button('reanimate')) : []),
    ...(hasFilm ? possible('lastFrame', () => button('lastFrame')) : []),
    ...(hasFilm ? possible('ending', () => button('ending')) : []),
    ...forEach('vary'),
    ...forEach('better'),
    ...(hasStill ? possible('remix', () => button('remix')) : []),
  ];
  const last = results.length > 0 ? [button('delete')] : [];
  const inRow = all.filter(({ place }) => place === undefined).slice(0, buttonsInRow - last.length);
  const inMenu = all.filter((one) => !inRow.includes(one)).map((one): Button => ({ ...one, place: 'menu' }));
  return [...choices, ...inRow, ...last, ...inMenu];
}
