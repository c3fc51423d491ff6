import { addFilm, addJoin, linksOf } from './film.ts';
import { stillRefusal } from './image.ts';
import { addLook } from './look.ts';
import { createDraft, type FilmModels, type PlanInput, type PlanOutcome, planned, refused } from './plan.ts';

/**
 * Prompt → better prompt → image → a film that begins with the image. Without an image model the film begins with the words. (A run with
 * several frames has no film: a member chooses one of its images, and a `video` run animates it.)
 */
export function planComplete({ options, models, references }: PlanInput<never, FilmModels>): PlanOutcome {
  const refusal = stillRefusal(models.image, options, references);
  if (refusal) return refused(refusal);
  const film = linksOf(models.video, options, options.duration);
  if ('refusal' in film) return refused(film.refusal);
  const draft = createDraft();
  const words = draft.add('enhance', [], models.enhance.prices.enhance());
  const frame = models.image && draft.add('image', [words], models.image.prices.image(options, references));
  const motion = frame === null ? words : addLook(draft, models.enhance, { words, frame, scene: null });
  const prices = models.video.prices.film(options, film.links);
  const clips = addFilm(draft, { frame, words: motion, scene: null, links: film.links, prices });
  addJoin(draft, clips, options.duration);
  return planned(draft.steps);
}
