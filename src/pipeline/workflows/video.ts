import { addFilm, addJoin, linksOf } from './film.ts';
import { createDraft, type PlanInput, type PlanOutcome, planned, refused } from './plan.ts';

/** A member's image → a film that begins with it. No model takes other pictures beside the first frame. */
export function planVideo({ options, models, references }: PlanInput<'video'>): PlanOutcome {
  if (references > 0) return refused({ kind: 'video', option: 'references', value: references, allowed: [0] });
  const film = linksOf(models.video, options, options.duration);
  if ('refusal' in film) return refused(film.refusal);
  const draft = createDraft();
  const prices = models.video.prices.film(options, film.links);
  const clips = addFilm(draft, { frame: null, words: null, scene: null, links: film.links, prices });
  addJoin(draft, clips, options.duration);
  return planned(draft.steps);
}
