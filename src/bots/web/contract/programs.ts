import { z } from 'zod';
import { cuts, maxVideoSeconds, qualities, resolutions, type StepKind, stepKinds, styles } from '../../../domain.ts';
import { chosenModels, credits, dataUrlImage, frames, queue, scenes, variants } from './fields.ts';

// The endpoints for programs are the original product's.

/** The original product's sizes, with our aspects. */
export const aspectOfSize = { '1024x1024': 'square', '1792x1024': 'wide', '1024x1792': 'tall' } as const;
/** The original product's workflows, with our names. */
export const workflowOfType = {
  complete: 'complete',
  'image-only': 'image',
  'video-from-image': 'video',
  story: 'story',
  edit: 'edit',
} as const;

const sizes = ['1024x1024', '1792x1024', '1024x1792'] as const;
const workflowTypes = ['complete', 'image-only', 'video-from-image', 'story', 'edit'] as const;

export const executeBody = z
  .object({
    config: z.object({
      initialPrompt: z
        .string()
        .optional()
        .meta({ description: 'Up to 4,000 characters; a video of an image needs none' }),
      workflowType: z.enum(workflowTypes).default('complete'),
      models: chosenModels.optional(),
      imageConfig: z
        .object({ style: z.enum(styles), quality: z.enum(qualities), size: z.enum(sizes), variants, frames })
        .partial()
        .optional(),
      videoConfig: z
        .object({
          duration: z.int().min(1).max(maxVideoSeconds),
          resolution: z.enum(resolutions),
          generateAudio: z.boolean(),
        })
        .partial()
        .optional(),
      storyConfig: z
        .object({ scenes, cut: z.enum(cuts) })
        .partial()
        .optional()
        .meta({ description: 'For a story: its scenes, and how one changes to the next' }),
      customImage: z
        .string()
        .optional()
        .meta({ description: `The image of video-from-image and edit: ${dataUrlImage}` }),
      referenceImage: z
        .string()
        .optional()
        .meta({ description: `An image that complete, image-only and story follow: ${dataUrlImage}` }),
    }),
  })
  .meta({ id: 'Execute' });

export const executed = z
  .object({
    success: z.literal(true),
    workflowId: z.uuid(),
    estimatedCost: credits,
    estimatedDuration: z.int().meta({ description: 'Seconds' }),
    queue: queue.nullable(),
  })
  .meta({ id: 'Executed' });

/** The original product's names for its steps. */
export const stepTitles = {
  enhance: 'Prompt Enhancement',
  image: 'Image Generation',
  video: 'Video Generation',
  join: 'Film Assembly',
} as const satisfies Record<StepKind, string>;

export const statuses = ['QUEUED', 'RUNNING', 'COMPLETED', 'FAILED', 'CANCELLED'] as const;

export const status = z
  .object({
    success: z.literal(true),
    workflowId: z.uuid(),
    status: z.enum(statuses),
    progress: z.int().min(0).max(100),
    currentStep: z.enum(stepTitles).nullable().meta({ description: 'What is at work, in words; null: nothing' }),
    step: z.enum(stepKinds).nullable().meta({ description: 'The same, as `steps` name it' }),
    steps: z.array(
      z.object({
        name: z.enum(stepKinds),
        number: z.int().meta({ description: 'From 1, in the order of the plan' }),
        scene: z.int().nullable(),
        status: z
          .enum(['PENDING', 'RUNNING', 'COMPLETED', 'FAILED', 'CANCELLED', 'SKIPPED'])
          .meta({ description: 'CANCELLED: stopped after it had been sent, and paid for; SKIPPED: never begun' }),
        progress: z.int().min(0).max(100),
        error: z.string().optional(),
      }),
    ),
    estimatedTimeRemaining: z.int().meta({ description: 'Seconds' }),
    totalCost: credits.meta({ description: 'Credits: held while it runs, captured when it is over' }),
    result: z
      .object({
        enhancedPrompt: z.string(),
        imageUrl: z.string(),
        imageUrls: z.array(z.string()).meta({ description: 'If it made several images' }),
        videoUrl: z.string(),
      })
      .partial()
      .optional(),
    error: z.string().optional(),
    queue: queue.optional(),
  })
  .meta({ id: 'Status' });

export const canceled = z
  .object({
    success: z.literal(true),
    workflowId: z.uuid(),
    status: z.enum(statuses),
    held: credits,
    released: credits.nullable().meta({ description: 'What went back; null while what was sent is still at work' }),
    captured: credits.nullable(),
  })
  .meta({ id: 'Canceled' });
