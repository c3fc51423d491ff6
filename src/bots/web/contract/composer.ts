import { z } from 'zod';
import {
  aspects,
  commandedWorkflows,
  cuts,
  maxFrames,
  maxVariants,
  maxVideoSeconds,
  providedKinds,
  qualities,
  resolutions,
  sceneCounts,
  stepKinds,
  styles,
  workflows,
} from '../../../domain.ts';
import { modelWords } from '../../commands/option.ts';
import { chosenModels, credits, flag, maker } from './fields.ts';
import { runChoices } from './run.ts';

export const optionNames = [
  'style',
  'aspect',
  'quality',
  'frames',
  'variants',
  'scenes',
  'duration',
  'cut',
  'resolution',
  'audio',
] as const;

export const options = z
  .object({
    workflows: z.array(
      z.object({
        name: z.enum(commandedWorkflows),
        describe: z.string(),
        available: z.boolean().meta({ description: 'false: nobody has a key for one of its steps' }),
        options: z.array(z.enum(optionNames)),
        allowed: z.object({
          style: z.array(z.enum(styles)),
          quality: z.array(z.enum(qualities)),
          aspect: z.array(z.enum(aspects)),
          duration: z.array(z.int()),
          resolution: z.array(z.enum(resolutions)),
        }),
        references: z.int().meta({ description: 'How many pictures its images can follow; 0: none' }),
        steps: z.array(
          z.object({
            kind: z.enum(providedKinds),
            provider: z.string(),
            model: z.string(),
            title: z.string().meta({ description: 'The name of the model that people read' }),
            maker,
          }),
        ),
        modelChoice: z.boolean().meta({ description: 'Whether there are several models for one of its steps' }),
      }),
    ),
    defaults: runChoices.meta({ description: "The workspace's own, or else the product's" }),
    labels: z.record(z.string(), z.string()).meta({ description: 'What each option is called' }),
    image: z.object({ maxBytes: z.int(), maxSide: z.int() }),
    maxPromptLength: z.int(),
  })
  .meta({ id: 'Options' });

const modelsInAddress = z
  .string()
  .transform(modelWords)
  .pipe(chosenModels)
  .meta({ description: 'Models, or aliases of the operator, with commas between them' });

export const optionsQuery = z.object({ models: modelsInAddress.optional() });
export const quoteQuery = z
  .object({
    style: z.enum(styles),
    quality: z.enum(qualities),
    aspect: z.enum(aspects),
    duration: z.coerce.number().int().min(1).max(maxVideoSeconds),
    resolution: z.enum(resolutions),
    audio: flag,
    variants: z.coerce.number().int().min(1).max(maxVariants),
    scenes: z.coerce.number().int().min(sceneCounts.min).max(sceneCounts.max),
    cut: z.enum(cuts),
    frames: z.coerce.number().int().min(1).max(maxFrames),
    reference: flag.meta({ description: 'Whether the run follows an image (`referenceImage`)' }),
    models: modelsInAddress,
  })
  .partial()
  .extend({ workflow: z.enum(commandedWorkflows).default('complete') });

export const quote = z
  .object({
    workflow: z.enum(workflows),
    options: runChoices,
    priceCredits: credits,
    balance: credits,
    steps: z.array(z.object({ kind: z.enum(stepKinds), priceCredits: credits })),
    possible: z.boolean(),
    sentence: z.string().nullable().meta({ description: 'Why it is not possible' }),
  })
  .meta({ id: 'Quote' });
