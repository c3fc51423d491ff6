import { keepMedia } from './media.ts';
import { retryWhileStoreAway } from './retryWhileAway.ts';
import type { StepWork } from './step.ts';

/** Image → video. The image is the run's own, or the member's input image. */
export const video: StepWork<'video'> = {
  kind: 'video',
  sendDeadlineMs: 120_000,
  workDeadlineMs: 20 * 60_000,
  request: async (turn) => {
    const { deps, view } = turn;
    const first = view.assets.find((asset) => asset.step === 'image' || asset.step === null);
    if (!first) throw new Error(`run ${view.run.id} has no image to animate`);
    return {
      prompt: view.steps.find((step) => step.kind === 'enhance')?.enhanced?.motion ?? view.run.prompt,
      image: { ...first, content: await retryWhileStoreAway(turn, () => deps.store.read(first.objectKey)) },
      aspect: view.run.options.aspect,
      duration: view.run.options.duration,
      resolution: view.run.options.resolution,
      audio: view.run.options.audio,
    };
  },
  keep: keepMedia('video'),
};
