import { z } from 'zod';
import { isStorable, maxFrames, maxModelWord, maxModelWords, maxVariants, sceneCounts } from '../../../domain.ts';

export const moment = z.iso.datetime().meta({ description: 'UTC, ISO 8601' });
export const credits = z.int().meta({ description: 'Credits' });
export const idParams = z.object({ id: z.uuid() });

/** A single run carries this. Lists and streams of runs leave it out, because it takes a lookup. */
export const queue = z
  .object({ ahead: z.int().min(0), sentence: z.string() })
  .meta({ description: 'While it waits: how many runs are started before this one (100: or more), and in words' });

/**
 * The highest price that the caller accepts. If the price is higher, nothing happens, and the refusal names it, so that the
 * caller can accept it.
 */
export const agreed = z.object({
  maxCredits: z.coerce
    .number()
    .int()
    .min(0)
    .max(1_000_000)
    .optional()
    .meta({ description: 'The most that this may cost (409 says what it would). Left out: whatever it costs' }),
});

export const variants = z.int().min(1).max(maxVariants).meta({ description: 'How many images of the same prompt' });
export const scenes = z.int().min(sceneCounts.min).max(sceneCounts.max);
export const frames = z.int().min(1).max(maxFrames).meta({
  description: 'How many images `complete` makes to choose from. With 1 it makes the video at once',
});
const modelWord = z.string().min(1).max(maxModelWord).refine(isStorable);
export const chosenModels = z.array(modelWord).max(maxModelWords).meta({
  description: 'Models, or aliases of the operator, that the run uses. Each counts for the steps that it can make',
});
export const dataUrlImage = 'data:image/png;base64,… (PNG, JPEG or WebP, up to 10 MB and 4096 pixels a side)';

export const maker = z.string().meta({ description: 'Who performs it, by the name that people know' });

export const flag = z.stringbool({ truthy: ['true'], falsy: ['false'] });
