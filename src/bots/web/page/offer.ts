import type { z } from 'zod';
import type { options, quote } from '../contract/composer.ts';
import type { runChoices } from '../contract/run.ts';

/** The options that the server offers. */
export type Offer = z.infer<typeof options>;
export type Quote = z.infer<typeof quote>;
export type Choices = z.infer<typeof runChoices>;
export type Offered = Offer['workflows'][number];
export type Workflow = Offered['name'];

const sizes: readonly string[] = ['720p', '1080p', '4k'];

/**
 * Returns the choices nearest to the given ones that a workflow supports with the available models. Choices that the workflow
 * does not use stay.
 */
export function fitted(choices: Choices, { allowed }: Pick<Offered, 'allowed'>): Choices {
  const one = <Value>(value: Value, among: readonly Value[]): Value =>
    among.length === 0 || among.includes(value) ? value : (among[0] ?? value);
  const nearest = <Value>(value: Value, among: readonly Value[], at: (one: Value) => number): Value =>
    [...among].sort((a, b) => Math.abs(at(a) - at(value)) - Math.abs(at(b) - at(value)))[0] ?? value;
  return {
    style: one(choices.style, allowed.style),
    quality: one(choices.quality, allowed.quality),
    aspect: one(choices.aspect, allowed.aspect),
    duration: nearest(choices.duration, allowed.duration, Number),
    resolution: nearest(choices.resolution, allowed.resolution, (size) => sizes.indexOf(size)),
    audio: choices.audio,
    variants: choices.variants,
    scenes: choices.scenes,
    cut: choices.cut,
    frames: choices.frames,
    change: choices.change,
    motion: choices.motion,
    models: choices.models,
  };
}

/** The workflows that are made of a given image. The others can follow one. */
export const needsImage = (workflow: Workflow): boolean => workflow === 'video' || workflow === 'edit';

/** The choices in an address. It leaves out those that the workflow does not use. `isReferred`: the run follows an image. */
export function queryOf(workflow: Offered, choices: Choices, isReferred: boolean): string {
  const query = new URLSearchParams({ workflow: workflow.name });
  for (const name of workflow.options) query.set(name, String(choices[name]));
  if (isReferred) query.set('reference', 'true');
  return String(query);
}

const workflowTypes = {
  complete: 'complete',
  image: 'image-only',
  video: 'video-from-image',
  story: 'story',
  edit: 'edit',
} as const;
const formats = { square: '1024x1024', wide: '1792x1024', tall: '1024x1792' } as const;

/** The choices as the body of `POST /api/workflow/execute`. */
export function executeBody(
  workflow: Workflow,
  choices: Choices,
  models: readonly string[],
  prompt: string,
  image: string | null,
) {
  const { style, quality, aspect, duration, resolution, audio, variants, scenes, cut, frames } = choices;
  return {
    config: {
      initialPrompt: prompt,
      workflowType: workflowTypes[workflow],
      models,
      imageConfig: { style, quality, size: formats[aspect], variants, frames },
      videoConfig: { duration, resolution, generateAudio: audio },
      storyConfig: { scenes, cut },
      ...(image !== null && (needsImage(workflow) ? { customImage: image } : { referenceImage: image })),
    },
  };
}
