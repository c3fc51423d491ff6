import { givenImage } from '../../db/proposals.ts';
import { loadRun, type RunView } from '../../db/runs.ts';
import type { Refusal } from '../commands/refusal.ts';
import type { CommandRequest } from '../commands/request.ts';
import { maySee } from './permission.ts';
import { choicesOf, filmFor, stillOf } from './subject.ts';
import type { Facts, Understood } from './understand.ts';

/** The result of a run that a change is about, by the number of its step. */
export type Subject = { view: RunView; step: number };

/** The results of a run that free words can change. */
export type Changeable = {
  facts: Facts;
  /** The numbers of the images to choose from. A number is missing if its image could not be made. */
  numbers: readonly number[];
  /** `still`: the number of one of several images. Null: there is nothing of the kind. */
  subjectOf: (change: Exclude<Understood['change'], 'longer'>, still: number | null) => Subject | null;
};

type Found = { outcome: 'found'; changeable: Changeable } | { outcome: 'refused'; refusal: Refusal };

/** A film that was made longer has its image in a run before it. No member goes on longer than this. */
const maxAncestors = 12;

/** Looks for the images and the film that words about a run can be about. */
export async function changeableOf(
  request: CommandRequest,
  view: RunView,
  { canEnd }: Pick<Facts, 'canEnd'>,
): Promise<Found> {
  if (view.run.deletedAt) return { outcome: 'refused', refusal: { reason: 'run_deleted' } };
  const shown = filmFor(view);
  const film = shown.outcome === 'found' ? shown.subject : null;
  const choices = choicesOf(view);
  const found = await stillBehind(request, view);
  if (found.still === null && !film) return { outcome: 'refused', refusal: found.refusal };
  const own = found.still;
  const facts = {
    hasStill: own !== null,
    stills: choices.length,
    hasFilm: film !== null,
    canEnd: film !== null && canEnd,
  };
  const subjectOf: Changeable['subjectOf'] = (change, still) => {
    if (change === 'ending') return film && { view, step: film.step.number };
    const chosen = choices.find(({ number }) => number === still);
    return chosen ? { view, step: chosen.step } : own;
  };
  const numbers = choices.map(({ number }) => number);
  return { outcome: 'found', changeable: { facts, numbers, subjectOf } };
}

type Behind = { still: Subject } | { still: null; refusal: Refusal };

/** The image of a run, or else of the run that it was made of. */
async function stillBehind(request: CommandRequest, view: RunView): Promise<Behind> {
  const own = stillOf(view, null, 'nothing_to_change');
  if (own.outcome === 'found') return { still: { view, step: own.subject.step?.number ?? givenImage } };
  let { parentId } = view.run;
  for (let count = 0; count < maxAncestors && parentId !== null; count += 1) {
    const parent: RunView | null = await loadRun(request.services.db, parentId);
    if (!parent || !maySee(parent.run, request)) break;
    const found = stillOf(parent, null, 'nothing_to_change');
    if (found.outcome === 'found') {
      return { still: { view: parent, step: found.subject.step?.number ?? givenImage } };
    }
    ({ parentId } = parent.run);
  }
  return { still: null, refusal: own.refusal };
}
