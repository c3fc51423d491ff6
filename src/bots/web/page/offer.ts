import type { z } from 'zod';
import type { options, quote, runChoices } from '../contract.ts';

/** The options that the server offers. */
export type Offer = z.infer<typeof options>;
export type Quote = z.infer<typeof quote>;
export type Choices = z.infer<typeof runChoices>;
export type Offered = Offer['workflows'][number];
export type Workflow = Offered['name'];

/**
 * Returns the choices nearest to the given ones that a workflow supports with the available models. Choices that the workflow
 * does not use stay.
 */
export function fitted(choices: Choices, { allowed }: Offered): Choices {
  const one = <Value>(value: Value, among: readonly Value[]): Value =>
    among.length === 0 || among.includes(value) ? value : (among[0] ?? value);
  const nearest = [...allowed.duration].sort(
    (a, b) => Math.abs(a - choices.duration) - Math.abs(b - choices.duration),
  )[0];
  return {
    style: one(choices.style, allowed.style),
    quality: one(choices.quality, allowed.quality),
    aspect: one(choices.aspect, allowed.aspect),
    duration: nearest ?? choices.duration,
    resolution: one(choices.resolution, [...allowed.resolution].reverse()),
    audio: choices.audio,
  };
}

/** The choices as a quote's address. It leaves out those that the workflow does not use. */
export function quoteAddress(workflow: Offered, choices: Choices): string {
  const chosen = workflow.options.map((name) => [name, String(choices[name])]);
  return `/api/quote?${new URLSearchParams([['workflow', workflow.name], ...chosen])}`;
}

const workflowTypes = { complete: 'complete', image: 'image-only', video: 'video-from-image' } as const;
const sizes = { square: '1024x1024', wide: '1792x1024', tall: '1024x1792' } as const;

/** The choices as the body of `POST /api/workflow/execute`. */
export function executeBody(workflow: Workflow, choices: Choices, prompt: string, image: string | null) {
  const { style, quality, aspect, duration, resolution, audio } = choices;
  return {
    config: {
      initialPrompt: prompt,
      workflowType: workflowTypes[workflow],
      imageConfig: { style, quality, size: sizes[aspect] },
      videoConfig: { duration, resolution, generateAudio: audio },
      ...(image === null ? {} : { customImage: image }),
    },
  };
}
