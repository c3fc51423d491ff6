import { z } from 'zod';
import { credits } from './fields.ts';

export const problem = z
  .looseObject({
    type: z.string().meta({ description: 'urn:vidgenie:problem:<reason>' }),
    title: z.string(),
    status: z.int(),
    detail: z.string(),
    reason: z.string(),
    option: z.string().optional().meta({ description: 'What was given wrongly' }),
    allowed: z
      .array(z.union([z.string(), z.number()]))
      .optional()
      .meta({ description: 'What it can be instead' }),
    error: z.string().optional(),
    required: credits.optional(),
    available: credits.optional(),
    credits: credits.optional().meta({ description: 'What it would cost, where that is more than was agreed to' }),
    back: credits.optional().meta({ description: 'What would come back (stop_costs)' }),
  })
  .meta({ id: 'Problem', description: 'RFC 9457' });
