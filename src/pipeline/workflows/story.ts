import { type RunOptions, sceneCounts } from '../../domain.ts';
import { lengthsOf } from './chain.ts';
import { addFilm, addJoin, linksOf } from './film.ts';
import { stillRefusal } from './image.ts';
import { addLook } from './look.ts';
import {
  createDraft,
  type Draft,
  type FilmModels,
  type Model,
  type PlanInput,
  type PlanOutcome,
  type PlanRefusal,
  planned,
  refused,
} from './plan.ts';

/** The length of a story in seconds. */
export const storySeconds = { min: 15, usual: 30 } as const;

/**
 * Prompt → shot list → an image for each scene → a clip for each scene → one film. Without an image model each clip begins with the words of
 * its scene.
 */
export function planStory({ options, models, references }: PlanInput<never, FilmModels>): PlanOutcome {
  const refusal = stillRefusal(models.image, options, references);
  if (refusal) return refused(refusal);
  const scenes = scenesOf(models.video, options);
  if ('refusal' in scenes) return refused(scenes.refusal);

  const draft = createDraft();
  const list = draft.add('enhance', [], models.enhance.prices.enhance());
  const frames = models.image
    ? addFrames(draft, models.image, { options, list, references, count: scenes.films.length })
    : [];
  const calls = scenes.films.flat();
  const prices = models.video.prices.film(options, calls);
  const clips: number[] = [];
  for (const [index, links] of scenes.films.entries()) {
    const scene = index + 1;
    const frame = frames[index] ?? null;
    const words = frame === null ? list : addLook(draft, models.enhance, { words: list, frame, scene });
    clips.push(...addFilm(draft, { frame, words, scene, links, prices: prices.splice(0, links.length) }));
  }
  addJoin(draft, clips, options.duration);
  return planned(draft.steps);
}

/**
 * Adds the images of all scenes. The image of the first scene is the reference of the others if the model takes one more, so that faces and
 * things stay the same.
 */
function addFrames(
  { add }: Draft,
  { capabilities, prices }: Model,
  { options, list, references, count }: { options: RunOptions; list: number; references: number; count: number },
): number[] {
  const isReferred = capabilities.references > references;
  const frames: number[] = [];
  for (let scene = 1; scene <= count; scene += 1) {
    const [first] = frames;
    const reference = isReferred && first !== undefined ? first : null;
    const pictures = references + (reference === null ? 0 : 1);
    frames.push(add('image', [list, reference], prices.image(options, pictures), { scene }));
  }
  return frames;
}

/** The lengths of the scenes in seconds, in order. Null if they cannot be that many in that time. */
function sceneLengths(able: readonly number[], seconds: number, scenes: number): number[] | null {
  const even = seconds / scenes;
  type Best = { lengths: number[]; unevenness: number };
  let best = new Map<number, Best>([[0, { lengths: [], unevenness: 0 }]]);
  for (let scene = 1; scene <= scenes; scene += 1) {
    const longer = new Map<number, Best>();
    for (const [length, before] of best) {
      for (const one of able) {
        const total = length + one;
        const unevenness = before.unevenness + (one - even) ** 2;
        const known = longer.get(total);
        if (total <= seconds && (!known || unevenness < known.unevenness)) {
          longer.set(total, { lengths: [...before.lengths, one], unevenness });
        }
      }
    }
    best = longer;
  }
  const lengths = best.get(seconds)?.lengths;
  return lengths ? [...lengths].sort((a, b) => b - a) : null;
}

function scenesOf(model: Model, options: RunOptions) {
  const { duration, resolution, scenes } = options;
  const able = lengthsOf(model.capabilities, resolution);
  const possible = linksOf(model, options, able[0] ?? 1);
  if ('refusal' in possible) return possible;
  if (duration < storySeconds.min) {
    const allowed = able.filter((one) => one >= storySeconds.min);
    return { refusal: { kind: 'video', option: 'duration', value: duration, allowed } satisfies PlanRefusal };
  }
  const lengths = sceneLengths(able, duration, scenes);
  if (!lengths) {
    const counts = Array.from({ length: sceneCounts.max - sceneCounts.min + 1 }, (_, index) => sceneCounts.min + index);
    const allowed = counts.filter((count) => sceneLengths(able, duration, count) !== null);
    return { refusal: { kind: 'video', option: 'scenes', value: scenes, allowed } satisfies PlanRefusal };
  }
  const films = lengths.flatMap((length) => {
    const film = linksOf(model, options, length);
    return 'links' in film ? [film.links] : [];
  });
  return { films };
}
