import type { RunView } from '../../db/runs.ts';
import { filmOf, givenOf, isRefunded, resultsOf } from '../../pipeline/graph.ts';
import { firstFrameOf, type Still } from '../../pipeline/plan.ts';
import type { Refusal } from '../commands/refusal.ts';
import type { CommandRequest } from '../commands/request.ts';

type Found<Subject> = { outcome: 'found'; subject: Subject } | { outcome: 'refused'; refusal: Refusal };

/**
 * The image that an action is about: that of a step, or else the first one among the results, or else the image with which the film
 * of the run begins.
 */
export function stillOf(
  view: RunView,
  number: number | null,
  missing: 'nothing_to_animate' | 'nothing_to_change',
): Found<Still> {
  if (view.run.deletedAt) return { outcome: 'refused', refusal: { reason: 'run_deleted' } };
  const isUsable = (number: number) => !isRefunded(view, { number });
  const stills = view.assets.filter(({ step, kind }) => step !== null && kind === 'image' && isUsable(step));
  const images = resultsOf(view).filter(({ step, asset }) => asset.kind === 'image' && isUsable(step.number));
  const first = () => images[0]?.asset ?? firstFrameOf(view)?.asset;
  const asset =
    number === null ? (first() ?? stills[0] ?? givenFrameOf(view)) : stills.find(({ step }) => step === number);
  if (!asset) return { outcome: 'refused', refusal: { reason: missing } };
  if (asset.removedAt) return { outcome: 'refused', refusal: { reason: 'media_expired' } };
  return { outcome: 'found', subject: { asset, step: view.steps.find((one) => one.number === asset.step) ?? null } };
}

/** The image that a member gave for a video, even if it is not kept any more. */
const givenFrameOf = (view: RunView) => (view.run.workflow === 'video' ? givenOf(view) : null);

/** The images of a run from which a member can choose: several, and no film yet. The numbers are those that members see. */
export function choicesOf(view: RunView): { number: number; step: number }[] {
  if (view.run.deletedAt || filmFor(view).outcome === 'found') return [];
  const images = resultsOf(view).filter(({ step, asset }) => asset.kind === 'image' && !isRefunded(view, step));
  if (images.length < 2) return [];
  return images.map(({ step }, index) => ({ number: step.variant ?? index + 1, step: step.number }));
}

/** The film of a run. */
export function filmFor(view: RunView): Found<NonNullable<ReturnType<typeof filmOf>>> {
  if (view.run.deletedAt) return { outcome: 'refused', refusal: { reason: 'run_deleted' } };
  const film = filmOf(view);
  return film && !isRefunded(view, film.step)
    ? { outcome: 'found', subject: film }
    : { outcome: 'refused', refusal: { reason: 'nothing_to_extend' } };
}

/** The same request, but its `openImage` resolves objects of the store. */
export const fromStore = (request: CommandRequest): CommandRequest => ({
  ...request,
  openImage: async (key) => await request.services.store.open(key),
});

/** The same request, but its `openImage` resolves the last frame of a film in the store, by the film's key. */
export const fromLastFrame = (request: CommandRequest): CommandRequest => ({
  ...request,
  openImage: async (key) => {
    const { storedLastFrame } = await import('../../pipeline/media/storedFrame.ts');
    const { store, temporaryDirectory: directory } = request.services;
    return await storedLastFrame(store, key, { directory, signal: request.signal });
  },
});
