import type { RunOptions } from '../../domain.ts';
import {
  createDraft,
  type Model,
  type PlanInput,
  type PlanOutcome,
  type PlanRefusal,
  planned,
  refused,
} from './plan.ts';

/** Prompt → better prompt → one image, or several of the same prompt. */
export function planImage({ options, models, references }: PlanInput<'enhance' | 'image'>): PlanOutcome {
  return planStills(options.variants, { options, models, references });
}

/** Prompt → better prompt → a number of images. */
export function planStills(
  count: number,
  { options, models, references }: PlanInput<'enhance' | 'image'>,
): PlanOutcome {
  const refusal = imageRefusal(models.image, options, references);
  if (refusal) return refused(refusal);
  const draft = createDraft();
  const words = draft.add('enhance', [], models.enhance.prices.enhance());
  const price = models.image.prices.image(options, references);
  for (let variant = 1; variant <= count; variant += 1) {
    draft.add('image', [words], price, { variant: count === 1 ? null : variant });
  }
  return planned(draft.steps);
}

/** The first option of an image that its model cannot do. `references` is the number of pictures that one call has to look at. */
export function imageRefusal(
  { capabilities }: Model,
  { aspect, quality }: RunOptions,
  references: number,
): PlanRefusal | null {
  const { aspects, qualities } = capabilities;
  if (references > capabilities.references) {
    return { kind: 'image', option: 'references', value: references, allowed: [capabilities.references] };
  }
  if (!aspects.includes(aspect)) return { kind: 'image', option: 'aspect', value: aspect, allowed: aspects };
  if (!qualities.includes(quality)) return { kind: 'image', option: 'quality', value: quality, allowed: qualities };
  return null;
}

/** {@link imageRefusal} for a film that may begin without an image. Words alone cannot follow pictures. */
export function stillRefusal(model: Model | null, options: RunOptions, references: number): PlanRefusal | null {
  if (model) return imageRefusal(model, options, references);
  return references > 0 ? { kind: 'video', option: 'references', value: references, allowed: [0] } : null;
}
