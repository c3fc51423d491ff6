import type { z } from 'zod';
import type { options, quote, runChoices } from '../contract.ts';

/** What can be asked for, as the server says. */
export type Offer = z.infer<typeof options>;
export type Quote = z.infer<typeof quote>;
export type Choices = z.infer<typeof runChoices>;
export type Offered = Offer['workflows'][number];
export type Workflow = Offered['name'];

/** The nearest to somebody's choices that a workflow can do with the models at hand; what does not concern it stays. */
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

/** As the address of a quote says them: what does not concern a workflow is left out. */
export function quoteAddress(workflow: Offered, choices: Choices): string {
  const chosen = workflow.options.map((name) => [name, String(choices[name])]);
  return `/api/quote?${new URLSearchParams([['workflow', workflow.name], ...chosen])}`;
}

const workflowTypes = { complete: 'complete', image: 'image-only', video: 'video-from-image' } as const;
const sizes = { square: '1024x1024', wide: '1792x1024', tall: '1024x1792' } as const;

/** As `POST /api/workflow/execute` takes them. */
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
