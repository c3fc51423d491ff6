import type { ProvidedKind, RunOptions } from '../../domain.ts';
import { addFilm, addJoin, linksOf } from './film.ts';
import { imageRefusal } from './image.ts';
import { addLook } from './look.ts';
import { createDraft, type Model, type PlanOutcome, planned, refused } from './plan.ts';

type EditInput = { options: RunOptions; modelOf: (kind: ProvidedKind) => Model; references: number };

/**
 * A given image → the same image, changed by the model that also makes new ones, and for `film` a film that begins with it. For
 * `ending` the given image is the last frame of a film, and step 1 is the first frame of that film, taken over from its run.
 */
export function planEdit({ options, modelOf, references }: EditInput): PlanOutcome {
  const image = modelOf('image');
  const refusal = imageRefusal(image, options, references + 1);
  if (refusal) return refused(refusal);
  const price = image.prices.image(options, references + 1);
  const draft = createDraft();
  switch (options.change) {
    case 'picture':
    case 'better':
      draft.add('image', [], price);
      return planned(draft.steps);
    case 'vary':
      for (let variant = 1; variant <= options.variants; variant += 1) {
        draft.add('image', [], price, { variant: options.variants === 1 ? null : variant });
      }
      return planned(draft.steps);
    case 'film': {
      const video = modelOf('video');
      const film = linksOf(video, options, options.duration);
      if ('refusal' in film) return refused(film.refusal);
      const frame = draft.add('image', [], price);
      const words = addLook(draft, modelOf('enhance'), { words: null, frame, scene: null });
      const prices = video.prices.film(options, film.links);
      const clips = addFilm(draft, { frame, words, scene: null, links: film.links, prices });
      addJoin(draft, clips, options.duration);
      return planned(draft.steps);
    }
    case 'ending': {
      const video = modelOf('video');
      const { lastFrame } = video.capabilities;
      const [possible] = lastFrame;
      if (possible === undefined) return refused({ kind: 'video', option: 'ending', value: 'ending', allowed: [] });
      const film = linksOf(video, options, possible);
      if ('refusal' in film) return refused(film.refusal);
      // Both frames go to one call.
      if (!lastFrame.includes(options.duration)) {
        return refused({ kind: 'video', option: 'duration', value: options.duration, allowed: lastFrame });
      }
      const first = draft.add('image', [], 0);
      const last = draft.add('image', [], price);
      const [filmPrice = 0] = video.prices.film(options, [{ seconds: options.duration }]);
      draft.add('video', [first, last], filmPrice, { seconds: options.duration });
      return planned(draft.steps);
    }
  }
}
