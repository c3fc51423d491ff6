import type { Step } from '../../db/runs.ts';
import type { Shot } from '../../domain.ts';
import { assetOf, givenOf, inputsOf, sourceOf } from '../graph.ts';
import type { Picture, VideoRequest, VideoStart } from '../providers/provider.ts';
import type { Turn } from '../turnContext.ts';
import { withoutMarks } from './cast.ts';
import { clipOnDisk } from './clips.ts';
import { keepMedia } from './media.ts';
import { pictureOf, readPicture } from './picture.ts';
import { retryWhileStoreAway } from './retryWhileAway.ts';
import type { StepWork } from './step.ts';
import { shotOf } from './words.ts';

/**
 * First frame → video, words → video, or a clip → the same clip, made longer. The frame is the run's own, or the member's image. Only a run
 * without an image model begins with words.
 */
export const video: StepWork<'video'> = {
  kind: 'video',
  sendDeadlineMs: 120_000,
  workDeadlineMs: 20 * 60_000,
  request: async (turn, step) =>
    requestFrom(turn, step, (await extended(turn, step)) ?? (await firstFrame(turn, step)), await endFrame(turn, step)),
  requestWithoutClip: async (turn, step) => requestFrom(turn, step, await firstFrame(turn, step), null),
  keep: keepMedia('video'),
};

function requestFrom(turn: Turn, step: Step, start: VideoStart, last: Picture | null): VideoRequest {
  const { aspect, duration, resolution, audio } = turn.view.run.options;
  return {
    prompt: withoutMarks(promptOf(shotOf(turn.view, step), start)),
    start,
    last,
    aspect,
    duration: secondsToMake(turn, step, start) ?? duration,
    resolution,
    audio,
  };
}

/** A first frame shows what the picture is. Without one, the words say that, too. */
function promptOf({ image, motion }: Shot, start: VideoStart): string {
  return start.from !== 'text' || image === motion ? motion : `${image} ${motion}`;
}

/**
 * The seconds that a call makes. A model may be unable to make at once what it can add to a clip. It then makes the next length, and
 * the receiver cuts it.
 */
function secondsToMake({ deps }: Turn, step: Step, start: VideoStart): number | null {
  const { seconds } = step;
  if (seconds === null || !step.isExtension || start.from === 'clip') return seconds;
  const durations = deps.providers.find('video', step.provider, step.model)?.capabilities.durations ?? [];
  const ascending = [...durations].sort((a, b) => a - b);
  return ascending.find((one) => one >= seconds) ?? ascending.at(-1) ?? seconds;
}

/**
 * The clip that the same model is to make longer. Null if this step begins with a frame, or if another model made the clip, or the
 * same one with another key.
 */
async function extended(turn: Turn, step: Step): Promise<VideoStart | null> {
  const source = sourceOf(turn.view, step);
  const clip = source && assetOf(turn.view, source);
  if (!step.isExtension || !clip || source.kind !== 'video') return null;
  if (source.provider !== step.provider || source.model !== step.model || source.handle === null) return null;
  if (source.keySource !== step.keySource) return null;
  const { handle } = source;
  const read = () => retryWhileStoreAway(turn, () => turn.deps.store.read(clip.objectKey));
  return { from: 'clip', handle, seconds: clip.seconds ?? 0, mime: clip.mime, read };
}

async function firstFrame(turn: Turn, step: Step): Promise<VideoStart> {
  const source = sourceOf(turn.view, step);
  if (source?.kind === 'video') return { from: 'image', image: await lastFrameOf(turn, source) };
  if (source) return { from: 'image', image: await pictureOf(turn, source) };
  const given = givenOf(turn.view);
  if (turn.view.run.workflow === 'complete' || turn.view.run.workflow === 'story') return { from: 'text' };
  if (!given) throw new Error(`run ${step.runId} has no image to animate`);
  return { from: 'image', image: await readPicture(turn, given) };
}

/** The frame at which the video ends: the second image among its inputs. */
async function endFrame(turn: Turn, step: Step): Promise<Picture | null> {
  const [, last] = inputsOf(turn.view, step).filter(({ kind }) => kind === 'image');
  return last ? await pictureOf(turn, last) : null;
}

async function lastFrameOf(turn: Turn, source: Step) {
  const { deps, signal } = turn;
  const clip = await clipOnDisk(turn, source);
  try {
    const { lastFrame } = await import('../media/lastFrame.ts');
    return await lastFrame(clip.path, { directory: deps.temporaryDirectory, signal });
  } finally {
    await clip.dispose();
  }
}
