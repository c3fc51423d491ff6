import { z } from 'zod';
import { extensionSeconds } from '../../../domain.ts';
import { credits } from './fields.ts';
import { run } from './run.ts';

export const againBody = z
  .object({ prompt: z.string().optional().meta({ description: 'Other words' }) })
  .meta({ id: 'Again' });
export const extendBody = z
  .object({
    seconds: z
      .int()
      .min(extensionSeconds.min)
      .max(extensionSeconds.max)
      .optional()
      .meta({ description: 'By how many seconds; left out: as many as usual' }),
  })
  .meta({ id: 'Extend' });
const stepOfImage = z
  .int()
  .min(1)
  .optional()
  .meta({ description: 'The number of the step that made the image; left out: the only one, or the first' });
/** The body may be left out, too. */
export const choiceBody = z.object({ step: stepOfImage }).meta({ id: 'Choice' }).optional();
export const wordsBody = z
  .object({
    step: stepOfImage,
    prompt: z.string().meta({ description: 'Up to 4,000 characters: what changes, what happens, or what to make' }),
  })
  .meta({ id: 'Words' });
export const started = z.object({ success: z.literal(true), run, balance: credits.nullable() }).meta({ id: 'Started' });
export const deleted = z.object({ success: z.literal(true), detail: z.string() }).meta({ id: 'Deleted' });
