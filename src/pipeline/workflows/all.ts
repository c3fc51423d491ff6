import type { ProvidedKind, RunOptions, Workflow } from '../../domain.ts';
import { planComplete } from './complete.ts';
import { planEdit } from './edit.ts';
import { planExtend } from './extend.ts';
import { planImage, planStills } from './image.ts';
import type { GivenFilm, Model, PlanOutcome } from './plan.ts';
import { planStory } from './story.ts';
import { planVideo } from './video.ts';

/**
 * The steps of a run. `modelOf` returns the model for a kind of step that the run needs (see `kindsFor`), `isFromText` tells that its films
 * begin with their words because nothing makes images, and `film` is the one that an `extend` run makes longer. To add a workflow, write a
 * file beside this one.
 */
export function planOf(
  workflow: Workflow,
  input: {
    options: RunOptions;
    modelOf: (kind: ProvidedKind) => Model;
    film: GivenFilm | null;
    references: number;
    isFromText?: boolean;
  },
): PlanOutcome {
  const { options, modelOf, film, references, isFromText = false } = input;
  const all = () => ({
    enhance: modelOf('enhance'),
    image: isFromText ? null : modelOf('image'),
    video: modelOf('video'),
  });
  const stills = () => ({ enhance: modelOf('enhance'), image: modelOf('image') });
  switch (workflow) {
    case 'complete':
      return options.frames > 1
        ? planStills(options.frames, { options, models: stills(), references })
        : planComplete({ options, models: all(), references });
    case 'image':
      return planImage({ options, models: stills(), references });
    case 'video':
      return planVideo({ options, models: { video: modelOf('video') }, references });
    case 'story':
      return planStory({ options, models: all(), references });
    case 'extend':
      if (!film) throw new Error('an extension needs the film that it makes longer');
      return planExtend({ options, models: { video: modelOf('video') }, references, film });
    case 'edit':
      return planEdit({ options, modelOf, references });
  }
}
