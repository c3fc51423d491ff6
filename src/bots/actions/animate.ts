import type { RunView, Step } from '../../db/runs.ts';
import { settingsOf } from '../../db/workspaces.ts';
import type { RunOptions } from '../../domain.ts';
import { filmOptions } from '../../pipeline/quote.ts';
import { withoutMarks } from '../../pipeline/steps/cast.ts';
import { shotOf } from '../../pipeline/steps/words.ts';
import type { Answer, CommandRequest } from '../commands/request.ts';
import { startRun } from '../commands/startRun.ts';
import { textOf } from '../text.ts';
import { filmFor, fromLastFrame, fromStore, stillOf } from './subject.ts';

/**
 * Animates an image that a run made, with the shape, length and sound of that run. The press is the approval: a second press of the
 * same member within a minute changes nothing, unless the first one has failed.
 */
export const animateRun = (request: CommandRequest, view: RunView, number: number | null): Promise<Answer> =>
  animateStill(request, view, number, null);

/** Animates the same image once more, with another motion. */
export const reanimateRun = (
  request: CommandRequest,
  view: RunView,
  number: number | null,
  motion: string,
): Promise<Answer> => animateStill(request, view, number, motion);

/** `motion`: the words that the requester typed for it. Null: a press alone asks for it, with the motion that is there already. */
async function animateStill(
  request: CommandRequest,
  view: RunView,
  number: number | null,
  motion: string | null,
): Promise<Answer> {
  const found = stillOf(view, number, 'nothing_to_animate');
  if (found.outcome === 'refused') return { kind: 'refusal', refusal: found.refusal };
  const { asset, step } = found.subject;
  const action = motion === null ? 'animate' : 'reanimate';
  return await startRun(fromStore(request), {
    workflow: 'video',
    prompt: motion ?? motionOf(view, step) ?? textOf(request.locale).runs.unspokenMotion,
    options: (await filmOptionsFor(request, view)).film,
    image: asset.objectKey,
    parent: { runId: view.run.id, step: asset.step, isOnce: motion === null },
    button: { action, runId: view.run.id, step: number, prompt: motion },
  });
}

/** Makes a video that begins with the last frame of a run's film. */
export async function goOnFromLastFrame(request: CommandRequest, view: RunView, motion: string): Promise<Answer> {
  const found = filmFor(view);
  if (found.outcome === 'refused') return { kind: 'refusal', refusal: found.refusal };
  const { asset, step } = found.subject;
  return await startRun(fromLastFrame(request), {
    workflow: 'video',
    prompt: motion,
    options: (await filmOptionsFor(request, view)).film,
    image: asset.objectKey,
    parent: { runId: view.run.id, step: step.number, isOnce: false },
    button: { action: 'lastFrame', runId: view.run.id, step: null, prompt: motion },
  });
}

/** The options with which a press makes a film: the same as those of the price on its button. */
export async function filmOptionsFor(
  { services, workspace }: CommandRequest,
  view: RunView,
): Promise<{ film: RunOptions; changeFilm: RunOptions }> {
  const { allowedModels } = await settingsOf(services.db, workspace.id);
  return filmOptions(services, view, await services.keys.of(workspace.id), allowedModels);
}

/** The motion that was written for an image, or for the video that was made of it. Null if nobody has written any. */
export function motionOf(view: RunView, still: Step | null): string | null {
  const clip = view.steps.find(
    ({ kind, inputs }) => kind === 'video' && (still === null || inputs.includes(still.number)),
  );
  const step = clip ?? still;
  if (!step) return null;
  if (view.run.workflow === 'edit' && !clip) return view.run.options.motion && withoutMarks(view.run.options.motion);
  // The image shows the cast already, and no model takes other pictures beside it.
  return clip || step.inputs.length > 0 ? withoutMarks(shotOf(view, step).motion) : null;
}

/** Animates any image that the request's `openImage` resolves, for example one of a message. Null: the message had no image. */
export async function animateImage(request: CommandRequest, reference: string | null): Promise<Answer> {
  if (reference === null) return { kind: 'refusal', refusal: { reason: 'nothing_to_animate' } };
  const prompt = textOf(request.locale).runs.unspokenMotion;
  return await startRun(request, { workflow: 'video', prompt, options: {}, image: reference });
}
