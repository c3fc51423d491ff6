import { z } from 'zod';
import {
  aspects,
  changes,
  cuts,
  failureKinds,
  isStorable,
  maxPromptLength,
  maxVideoSeconds,
  qualities,
  resolutions,
  runStates,
  stepKinds,
  styles,
  workflows,
} from '../../../domain.ts';
import { actions } from '../../card.ts';
import { account } from './credits.ts';
import { credits, frames, maker, moment, queue, scenes, variants } from './fields.ts';

export const medium = z
  .object({
    kind: z.enum(['image', 'video']),
    step: z.int().nullable().meta({ description: 'The number of the step that made it; null: what the member gave' }),
    isResult: z.boolean().meta({ description: 'false: it became a part of something that the run made later' }),
    url: z.string(),
    downloadUrl: z.string(),
    thumbnailUrl: z.string().nullable().meta({ description: 'A picture of it, 480 pixels at its longer side' }),
    previewUrl: z.string().nullable().meta({ description: 'The same picture, 1,200 pixels at its longer side' }),
    mime: z.string(),
    width: z.int(),
    height: z.int(),
    seconds: z.number().nullable(),
    bytes: z.int(),
    flagged: z
      .array(z.string())
      .nullable()
      .meta({ description: 'Why moderation has flagged it: show it only to whoever asks. null: it has not' }),
  })
  .meta({ id: 'Medium' });

export const step = z
  .object({
    number: z.int().meta({ description: 'From 1, in the order of the plan' }),
    kind: z.enum(stepKinds),
    inputs: z.array(z.int()).meta({ description: 'The numbers of the steps that it is made from' }),
    scene: z.int().nullable(),
    variant: z.int().nullable(),
    seconds: z.int().nullable().meta({ description: 'The length that it makes, or adds to the clip before' }),
    isExtension: z.boolean().meta({ description: 'true: it makes the clip before longer and takes its place' }),
    label: z.string(),
    state: z.enum(['waiting', 'working', 'done', 'failed', 'skipped']),
    note: z.string().meta({ description: 'A few words: what it took, or how long it may still take' }),
    percent: z.int().min(0).max(100),
    elapsedMs: z.int(),
    remainingMs: z.int(),
    provider: z.string(),
    model: z.string(),
    maker,
    keySource: z.enum(['none', 'operator', 'workspace']),
    priceCredits: credits,
    startedAt: moment.nullable(),
    finishedAt: moment.nullable(),
    failure: z.object({ kind: z.enum(failureKinds), sentence: z.string() }).nullable(),
    insteadOf: z
      .object({ model: z.string() })
      .nullable()
      .meta({ description: 'The model that was to make it first, if another one took its place' }),
  })
  .meta({ id: 'Step' });

export const runChoices = z.object({
  style: z.enum(styles),
  quality: z.enum(qualities),
  aspect: z.enum(aspects),
  duration: z.int().min(1).max(maxVideoSeconds),
  resolution: z.enum(resolutions),
  audio: z.boolean(),
  variants,
  scenes,
  cut: z.enum(cuts),
  frames,
  change: z.enum(changes).meta({ description: 'What an edit makes of the image' }),
  motion: z
    .string()
    .max(maxPromptLength)
    .nullable()
    .meta({ description: 'The motion of an edited image, if its prompt says only how it changes' }),
  models: z.array(z.string()).meta({ description: 'The models that were asked for or allowed, by their own names' }),
});

export const run = z
  .object({
    id: z.uuid(),
    workflow: z.enum(workflows),
    state: z.enum(runStates),
    stopping: z.boolean().meta({ description: 'Somebody asked to stop it, and it has not stopped yet' }),
    title: z.string(),
    sentences: z.array(z.string()),
    queue: queue.nullable(),
    prompt: z.string(),
    enhanced: z
      .object({
        image: z.string(),
        motion: z.string(),
        shots: z
          .array(z.object({ image: z.string(), motion: z.string() }))
          .optional()
          .meta({ description: 'One for each scene of a story' }),
      })
      .nullable(),
    options: runChoices,
    member: z.object({ id: z.string(), name: z.string() }),
    mine: z.boolean(),
    percent: z.int().min(0).max(100),
    remainingMs: z.int(),
    priceCredits: credits,
    capturedCredits: credits.nullable(),
    releasedCredits: credits.nullable(),
    refundedCredits: credits.meta({
      description: 'What went back of the captured credits, for nobody could receive it',
    }),
    unreached: z.array(z.int()).meta({ description: 'The numbers of the steps whose results nobody could receive' }),
    createdAt: moment,
    startedAt: moment.nullable(),
    settledAt: moment.nullable(),
    deletedAt: moment.nullable(),
    steps: z.array(step),
    media: z.array(medium),
    actions: z.array(z.enum(actions)).meta({ description: 'What this caller may do with it now' }),
    choices: z.array(z.int()).meta({
      description: 'The numbers of the steps whose images somebody chooses from. Name one as `step` of an action',
    }),
    downloadUrl: z
      .string()
      .nullable()
      .meta({ description: 'Everything that it made, as one file; null while there is nothing' }),
    parentId: z.uuid().nullable().meta({ description: 'The run that it was made of' }),
    parentStep: z.int().nullable().meta({ description: 'The number of the step whose result it began with' }),
    cast: z.array(z.string()).meta({ description: 'The names of the cast that its prompt mentions' }),
    prices: z
      .object({
        again: credits.nullable(),
        animate: credits.nullable().meta({ description: 'Also the price of another motion (`reanimate`)' }),
        vary: credits.nullable(),
        better: credits.nullable(),
        change: credits.nullable(),
        changeFilm: credits.nullable().meta({ description: 'Of a changed image that is animated' }),
        remix: credits.nullable(),
        lastFrame: credits.nullable(),
        ending: credits.nullable(),
        extend: credits.nullable(),
        continue: credits.nullable(),
        extendSeconds: z.int().nullable().meta({ description: 'By how many seconds `extend` makes the film longer' }),
      })
      .nullable()
      .meta({ description: 'What those would cost now; null: not looked up, or not possible' }),
    threadUrl: z.string().nullable().meta({ description: 'Where it speaks in chat' }),
  })
  .meta({ id: 'Run' });
export type Run = z.infer<typeof run>;

export const runPage = z
  .object({
    runs: z.array(run).meta({
      description:
        'A page that had to read many runs may hold fewer than `limit`, even none. Go on as long as there is a cursor.',
    }),
    nextCursor: z.string().nullable().meta({ description: 'null: this was the last page' }),
  })
  .meta({ id: 'RunPage' });

export const runQuery = z.object({
  limit: z.coerce.number().int().min(1).max(100).default(24),
  cursor: z.uuid().optional(),
  search: z.string().trim().min(1).max(200).refine(isStorable).optional(),
  member: z.string().min(1).max(200).refine(isStorable).optional().meta({ description: 'A member id, or "me"' }),
  kind: z.enum(['image', 'video']).optional(),
  state: z.enum(['active', ...runStates]).optional(),
});

export const version = z
  .object({
    number: z.int().meta({ description: 'From 1, the oldest first' }),
    id: z.uuid(),
    workflow: z.enum(workflows),
    state: z.enum(runStates),
    prompt: z.string(),
    createdAt: moment,
    parentId: z.uuid().nullable(),
    parentStep: z.int().nullable(),
    medium: medium.nullable().meta({ description: 'Its video, or else its first image; null: it has made none' }),
  })
  .meta({ id: 'Version' });
export const versions = z
  .object({
    versions: z.array(version).meta({ description: 'At most 50: those nearest to the run, the oldest first' }),
  })
  .meta({ id: 'Versions' });

/** A message of the stream of all changes: a run's current state, or the credits. */
export const change = run.or(account);

/** Bytes and not text. OpenAPI has no better type for them. */
export const mediaZip = z.string();
