import type { RunView } from '../../db/runs.ts';
import type { Answer, CommandRequest } from '../commands/request.ts';
import { startRun } from '../commands/startRun.ts';
import { textOf } from '../text.ts';
import { fromStore } from './again.ts';

/** Animates the image that a run made, with the shape, length and sound of that run. */
export async function animateRun(request: CommandRequest, view: RunView): Promise<Answer> {
  if (view.run.deletedAt) return { kind: 'refusal', refusal: { reason: 'run_deleted' } };
  const image = view.assets.find((asset) => asset.step === 'image');
  if (!image) return { kind: 'refusal', refusal: { reason: 'nothing_to_animate' } };
  if (image.removedAt) return { kind: 'refusal', refusal: { reason: 'media_expired' } };
  const motion = view.steps.find((step) => step.kind === 'enhance')?.enhanced?.motion;
  const prompt = motion ?? textOf(request.locale).runs.unspokenMotion;
  return await startRun(fromStore(request), {
    workflow: 'video',
    prompt,
    options: view.run.options,
    image: image.objectKey,
    button: { action: 'animate', runId: view.run.id, prompt: null },
  });
}

/** Animates any image that the request's `openImage` resolves, for example one of a message. Null: the message had no image. */
export async function animateImage(request: CommandRequest, reference: string | null): Promise<Answer> {
  if (reference === null) return { kind: 'refusal', refusal: { reason: 'nothing_to_animate' } };
  const prompt = textOf(request.locale).runs.unspokenMotion;
  return await startRun(request, { workflow: 'video', prompt, options: {}, image: reference });
}
