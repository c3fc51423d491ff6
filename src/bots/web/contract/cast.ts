import { z } from 'zod';
import { castKinds, isStorable, maxCastDescription, maxCastImages } from '../../../domain.ts';
import { dataUrlImage, moment } from './fields.ts';

export const castEntry = z
  .object({
    name: z.string().meta({ description: 'Without the @, in lower case' }),
    kind: z.enum(castKinds),
    description: z.string(),
    addedBy: z.string().meta({ description: 'The name of the member who added it' }),
    mayRemove: z.boolean().meta({ description: 'Whether the caller may remove it' }),
    createdAt: moment,
    images: z.array(
      z.object({ url: z.string(), thumbnailUrl: z.string(), width: z.int(), height: z.int(), bytes: z.int() }),
    ),
  })
  .meta({ id: 'CastEntry' });
export const castList = z
  .object({
    cast: z.array(castEntry),
    max: z.int().meta({ description: 'How many entries there may be' }),
    mayAdd: z.boolean().meta({ description: 'Whether the caller may add one' }),
  })
  .meta({ id: 'Cast' });
export const newCastEntry = z
  .object({
    name: z.string().meta({ description: 'Up to 30 letters and digits, with - and _ between them' }),
    kind: z.enum(castKinds).default('character'),
    description: z
      .string()
      .default('')
      .meta({ description: `Up to ${maxCastDescription} characters` }),
    images: z.array(z.string()).meta({ description: `1 to ${maxCastImages}, each as ${dataUrlImage}` }),
    mayUse: z.boolean().default(false).meta({ description: 'Whether the member may use the likeness' }),
  })
  .meta({ id: 'NewCastEntry' });
export const castChanged = z
  .object({ success: z.literal(true), detail: z.string(), entry: castEntry.nullable() })
  .meta({ id: 'CastChanged' });
export const castParams = z.object({ name: z.string().max(100).refine(isStorable) });
