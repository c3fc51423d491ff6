import type { RunView } from '../../db/runs.ts';
import { settingsOf } from '../../db/workspaces.ts';
import type { Change } from '../../domain.ts';
import { endingOptions, nextOptions, remixWorkflow } from '../../pipeline/quote.ts';
import type { StartingAction } from '../card.ts';
import type { Answer, CommandRequest } from '../commands/request.ts';
import { startRun } from '../commands/startRun.ts';
import { filmOptionsFor, motionOf } from './animate.ts';
import { filmFor, fromLastFrame, fromStore, stillOf } from './subject.ts';

type Wish = { change: Exclude<Change, 'ending'>; prompt: string; motion?: string | null; action: StartingAction };

/** Makes a new version of an image of a run, as a run of its own. */
async function editRun(request: CommandRequest, view: RunView, number: number | null, wish: Wish): Promise<Answer> {
  const found = stillOf(view, number, 'nothing_to_change');
  if (found.outcome === 'refused') return { kind: 'refusal', refusal: found.refusal };
  const { change, prompt, action, motion = null } = wish;
  const isDirect = action === 'vary' || action === 'better';
  const { asset, step } = found.subject;
  const { vary, better, change: changed } = nextOptions(view);
  const { changeFilm } = await filmOptionsFor(request, view);
  // Whoever animates the new image expects the motion of the old one.
  const kept = { motion: motionOf(view, step) };
  const options = {
    vary: { ...vary, ...kept },
    better: { ...better, ...kept },
    picture: { ...changed, ...kept },
    film: { ...changeFilm, motion },
  } as const;
  return await startRun(fromStore(request), {
    workflow: 'edit',
    prompt,
    options: options[change],
    image: asset.objectKey,
    parent: { runId: view.run.id, step: asset.step, isOnce: isDirect },
    button: { action, runId: view.run.id, step: number, prompt: isDirect ? null : prompt },
  });
}

/** Makes other versions of an image: as many as its run made. */
export const varyRun = (request: CommandRequest, view: RunView, number: number | null): Promise<Answer> =>
  editRun(request, view, number, { change: 'vary', prompt: view.run.prompt, action: 'vary' });

/** Makes the same image in high quality. */
export const betterRun = (request: CommandRequest, view: RunView, number: number | null): Promise<Answer> =>
  editRun(request, view, number, { change: 'better', prompt: view.run.prompt, action: 'better' });

/** Changes an image as the words say. `motion`: it is then animated with this motion. */
export const changeRun = (
  request: CommandRequest,
  view: RunView,
  number: number | null,
  { words, motion = null }: { words: string; motion?: string | null },
): Promise<Answer> =>
  editRun(request, view, number, {
    change: motion === null ? 'picture' : 'film',
    prompt: words,
    motion,
    action: 'change',
  });

/**
 * Makes the film of a run once more, with another ending: its last frame changes as the words say. `motion`: how it gets there, if
 * the words do not say that.
 */
export async function changeEnding(
  request: CommandRequest,
  view: RunView,
  words: string,
  motion: string | null = null,
): Promise<Answer> {
  const found = filmFor(view);
  if (found.outcome === 'refused') return { kind: 'refusal', refusal: found.refusal };
  const { asset, step } = found.subject;
  const { services, workspace } = request;
  const { allowedModels } = await settingsOf(services.db, workspace.id);
  const options = endingOptions(services, view, await services.keys.of(workspace.id), allowedModels);
  if (!options) return { kind: 'refusal', refusal: { reason: 'nothing_to_extend' } };
  return await startRun(fromLastFrame(request), {
    workflow: 'edit',
    prompt: words,
    options: { ...options, motion },
    image: asset.objectKey,
    origin: { how: 'ending', view },
    parent: { runId: view.run.id, step: step.number, isOnce: false },
    button: { action: 'ending', runId: view.run.id, step: null, prompt: words },
  });
}

/** Makes something new that follows an image of a run. */
export async function remixRun(
  request: CommandRequest,
  view: RunView,
  number: number | null,
  prompt: string,
): Promise<Answer> {
  const found = stillOf(view, number, 'nothing_to_change');
  if (found.outcome === 'refused') return { kind: 'refusal', refusal: found.refusal };
  const { asset } = found.subject;
  return await startRun(fromStore(request), {
    workflow: remixWorkflow(view),
    prompt,
    options: nextOptions(view).remix,
    image: asset.objectKey,
    parent: { runId: view.run.id, step: asset.step, isOnce: false },
    button: { action: 'remix', runId: view.run.id, step: number, prompt },
  });
}
