import { keepMedia } from './media.ts';
import type { StepWork } from './step.ts';

/** Enhanced prompt → image. */
export const image: StepWork<'image'> = {
  kind: 'image',
  sendDeadlineMs: 180_000,
  workDeadlineMs: 10 * 60_000,
  request: async ({ view }) => ({
    prompt: view.steps.find((step) => step.kind === 'enhance')?.enhanced?.image ?? view.run.prompt,
    style: view.run.options.style,
    quality: view.run.options.quality,
    aspect: view.run.options.aspect,
  }),
  keep: keepMedia('image'),
};
