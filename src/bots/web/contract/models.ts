import { z } from 'zod';
import { aspects, commandedWorkflows, providedKinds, qualities, resolutions } from '../../../domain.ts';
import { quoteQuery } from './composer.ts';
import { credits, maker } from './fields.ts';

export const modelsQuery = quoteQuery.omit({ models: true });

export const listedModel = z
  .object({
    id: z.string(),
    title: z.string().meta({ description: 'The name that people read; the id, if there is no other' }),
    provider: z.string(),
    maker,
    seconds: z.array(z.int()).meta({ description: 'The lengths of a video that one call can make' }),
    durations: z
      .array(z.int())
      .meta({ description: 'The lengths of a film that the workflow can have, by several calls' }),
    resolutions: z.array(z.enum(resolutions)),
    aspects: z.array(z.enum(aspects)),
    qualities: z.array(z.enum(qualities)),
    references: z.int().meta({ description: 'How many pictures one call can look at' }),
    lastFrame: z.boolean().meta({ description: 'Whether a video can be given the frame at which it ends' }),
    extension: z
      .object({ seconds: z.array(z.int()), maxSeconds: z.int(), resolutions: z.array(z.enum(resolutions)) })
      .nullable()
      .meta({ description: 'How a clip can be made longer by another call' }),
    keySource: z.enum(['none', 'operator', 'workspace']).meta({ description: 'Whose key its calls use' }),
    isDefault: z.boolean().meta({ description: 'Whether it is used if nobody chooses' }),
    isAllowed: z.boolean().meta({ description: 'false: the admins of the workspace allow only others' }),
    priceCredits: credits
      .nullable()
      .meta({ description: 'What its steps of the run cost with these options; null: it cannot do these options' }),
  })
  .meta({ id: 'Model' });

export const models = z
  .object({
    workflow: z.enum(commandedWorkflows),
    kinds: z.array(z.object({ kind: z.enum(providedKinds), models: z.array(listedModel) })),
    aliases: z
      .array(z.object({ name: z.string(), models: z.array(z.string()) }))
      .meta({ description: "The operator's names for models, and the models here that each stands for" }),
  })
  .meta({ id: 'Models' });
