import type { z } from 'zod';
import type { runChoices } from '../contract/run.ts';

/** A schema of the contract, and a value as it takes or gives it. */
export type Example = readonly [schema: z.core.$ZodType, value: unknown];

/** The compiler checks that the value fits the schema. */
export const example = <Schema extends z.ZodType>(schema: Schema, value: z.input<Schema>): Example => [schema, value];

/** Example values for path and query parameters. */
export const exampleOfParameter: Readonly<Record<string, string | number | boolean | readonly string[]>> = {
  id: '0b8f6a52-7c1e-4d0a-9a55-2f4c1d0e8b17',
  name: 'fox',
  provider: 'openai',
  cursor: '7c9e6679-7425-40de-944b-e07fc1f90ae7',
  search: 'fox',
  member: 'me',
  kind: 'video',
  state: 'succeeded',
  limit: 24,
  days: 30,
  workflow: 'complete',
  style: 'cinematic',
  quality: 'hd',
  aspect: 'wide',
  duration: 8,
  resolution: '1080p',
  audio: true,
  variants: 1,
  scenes: 4,
  cut: 'hard',
  frames: 4,
  reference: false,
  models: ['gpt-image-2.6-flare', 'gemini-omni-1.2-flash'],
  maxCredits: 6,
};

export const id = String(exampleOfParameter.id);
export const [asked, begun, ended] = [
  '2026-11-23T12:00:00.000Z',
  '2026-11-23T12:00:01.250Z',
  '2026-11-23T12:01:04.500Z',
];
export const media = (file: string) => `/media/runs/${id}/${file}?expires=1795953600&signature=Zm94`;
export const choices: z.input<typeof runChoices> = {
  style: 'vivid',
  quality: 'hd',
  aspect: 'wide',
  duration: 8,
  resolution: '1080p',
  audio: true,
  variants: 1,
  scenes: 4,
  cut: 'hard',
  frames: 1,
  change: 'picture',
  motion: null,
  models: ['gemini-omni-1.2-flash'],
};
export const queue = { ahead: 2, sentence: '2 runs are ahead of it.' };
