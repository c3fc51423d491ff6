import { z } from 'zod';
import { workspaceSettings } from '../../db/workspaces.ts';
import {
  aspects,
  castKinds,
  changes,
  commandedWorkflows,
  cuts,
  extensionSeconds,
  failureKinds,
  isStorable,
  maxCastDescription,
  maxCastImages,
  maxFrames,
  maxModelWord,
  maxModelWords,
  maxPromptLength,
  maxVariants,
  maxVideoSeconds,
  providedKinds,
  qualities,
  resolutions,
  runStates,
  type StepKind,
  sceneCounts,
  stepKinds,
  styles,
  tokenScopes,
  transactionKinds,
  vendors,
  workflows,
} from '../../domain.ts';
import { actions } from '../card.ts';
import { modelWords } from '../commands/option.ts';
import { locales } from '../text.ts';

/**
 * The contract between the HTTP API, the page and programs: the schema of every request and answer. The OpenAPI document at
 * /api/openapi.json is made from these schemas, and the tests check every answer against it.
 *
 * The page is same-origin and needs no token: `fetch` sends the session's cookie. Locally there is no cookie, and none is needed.
 * A request that changes something is JSON with `content-type: application/json`. The browser's own Origin header is the CSRF
 * check. Every refusal is a {@link problem} (`application/problem+json`). Its `title` and `detail` are sentences for the member, in
 * `caller.locale`.
 *
 * | page                     | endpoint                                                                                      |
 * | ------------------------ | --------------------------------------------------------------------------------------------- |
 * | session                  | GET /api/session → {@link session}; 401: show how to sign in; DELETE /api/session signs out     |
 * | composer                 | GET /api/options → {@link options}; GET /api/quote?workflow=…&… → {@link quote}                |
 * | picker of models         | GET /api/models?workflow=…&… → {@link models}                                                  |
 * | start                    | POST /api/workflow/execute {@link executeBody}, header `Idempotency-Key` (one per press)        |
 * | a run                    | GET /api/workflows/{id} → {@link run}                                                          |
 * | every run, live          | GET /api/events (SSE): `event: run`, data a {@link run}; never ends                            |
 * | one run, for programs    | GET /api/workflow/events/{id} (SSE): data a {@link status}; the last one ends the stream        |
 * | gallery                  | GET /api/workflows?search=&member=&kind=&state=&limit=&cursor= → {@link runPage}               |
 * | members, as a filter     | GET /api/members (admins; a member sees their own runs only, as in chat)                       |
 * | buttons (`run.actions`)  | POST /api/workflow/cancel/{id}?maxCredits= · POST /api/workflows/{id}/again {prompt?} (Edit sends `prompt`)  |
 * |                          | POST /api/workflows/{id}/extend {seconds?} · …/continue · DELETE /api/workflows/{id}             |
 * | … on one of its images   | POST /api/workflows/{id}/animate {step?} · …/vary · …/better                                     |
 * | … with words             | POST /api/workflows/{id}/change {step?, prompt} · …/reanimate · …/remix · …/last-frame · …/ending |
 * | versions of a picture    | GET /api/workflows/{id}/versions → {@link versions}                                             |
 * | cast                     | GET /api/cast → {@link castList} · POST /api/cast {@link newCastEntry} · DELETE /api/cast/{name}      |
 * | credits                  | GET /api/credits · /api/credits/use?days=30 · /api/credits/transactions(.csv)                   |
 * | everything, as a file    | GET `run.downloadUrl`                                                                          |
 * | grant (operators)        | POST /api/credits/grant {@link grantBody}, header `Idempotency-Key` (one per press)             |
 * | tokens (admins)          | GET and POST /api/tokens · DELETE /api/tokens/{id}                                             |
 * | keys (admins)            | GET /api/keys · POST /api/user/api-keys/validate · PUT and DELETE /api/keys/{provider}         |
 * | settings (admins)        | GET and PUT /api/settings                                                                      |
 *
 * Media: `url`, `thumbnailUrl`, `previewUrl` and `downloadUrl` are addresses on this origin. They open without a session for at
 * least a day and stay the same for an hour. The page's Content-Security-Policy allows media from no other origin. A video's
 * `thumbnailUrl` and `previewUrl` show its poster.
 */

const moment = z.iso.datetime().meta({ description: 'UTC, ISO 8601' });
const credits = z.int().meta({ description: 'Credits' });
export const idParams = z.object({ id: z.uuid() });

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

/** A single run carries this. Lists and streams of runs leave it out, because it takes a lookup. */
const queue = z
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

// Programs: the original product's endpoints.

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

const variants = z.int().min(1).max(maxVariants).meta({ description: 'How many images of the same prompt' });
const scenes = z.int().min(sceneCounts.min).max(sceneCounts.max);
const frames = z.int().min(1).max(maxFrames).meta({
  description: 'How many images `complete` makes to choose from. With 1 it makes the video at once',
});
const modelWord = z.string().min(1).max(maxModelWord).refine(isStorable);
const chosenModels = z.array(modelWord).max(maxModelWords).meta({
  description: 'Models, or aliases of the operator, that the run uses. Each counts for the steps that it can make',
});
const dataUrlImage = 'data:image/png;base64,… (PNG, JPEG or WebP, up to 10 MB and 4096 pixels a side)';

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

// The page: a run with everything about it.

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

const maker = z.string().meta({ description: 'Who performs it, by the name that people know' });

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

const flag = z.stringbool({ truthy: ['true'], falsy: ['false'] });
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

// The cast.

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

// The caller.

export const session = z
  .object({
    workspace: z.object({ id: z.string(), name: z.string(), platform: z.string() }),
    member: z.object({ id: z.string(), name: z.string() }),
    scope: z.enum(['member', 'admin', 'operator']),
    by: z.enum(['token', 'session', 'local']),
    adminUntil: moment
      .nullable()
      .meta({ description: 'An admin of a chat is one here for an hour, then asks for a new link' }),
    expiresAt: moment.nullable(),
    locale: z.enum(locales),
  })
  .meta({ id: 'Session' });

export const signedOut = z.object({ success: z.literal(true) }).meta({ id: 'SignedOut' });

export const members = z
  .object({ members: z.array(z.object({ id: z.string(), name: z.string() })) })
  .meta({ id: 'Members' });

// Credits.

export const account = z.object({ balance: credits, held: credits }).meta({ id: 'Account' });
/** A message of the stream of all changes: a run's current state, or the credits. */
export const change = run.or(account);

export const creditsState = z
  .object({ balance: credits, held: credits, used: z.object({ day: credits, week: credits, month: credits }) })
  .meta({ id: 'Credits' });

export const transaction = z
  .object({
    id: z.int(),
    at: moment,
    kind: z.enum(transactionKinds),
    amount: credits.meta({ description: 'Always what moved; `kind` says in which direction' }),
    balanceAfter: credits,
    heldAfter: credits,
    workflowId: z.uuid().nullable().meta({ description: "null: about no run, or, for a member, about another's" }),
    note: z.string(),
  })
  .meta({ id: 'Transaction' });

export const transactionPage = z
  .object({ transactions: z.array(transaction), nextCursor: z.string().nullable() })
  .meta({ id: 'TransactionPage' });

export const transactionsCsv = z.string();

export const transactionQuery = z.object({
  limit: z.coerce.number().int().min(1).max(200).default(50),
  cursor: z
    .string()
    .regex(/^\d{1,15}$/)
    .optional()
    .meta({ examples: ['41'] }),
});

export const useQuery = z.object({ days: z.coerce.number().int().min(1).max(366).default(30) });
export const use = z
  .object({
    days: z.array(z.object({ day: z.iso.date(), credits })).meta({ description: 'Every day, the oldest first' }),
    members: z
      .array(z.object({ id: z.string().nullable(), name: z.string(), credits }))
      .meta({ description: 'For a member: they themselves, and all others together' }),
  })
  .meta({ id: 'Use' });

export const deductBody = z
  .object({ amount: z.int().min(1).max(1_000_000), reason: z.string().max(200).refine(isStorable).default('') })
  .meta({ id: 'Deduct' });
export const deducted = z
  .object({ success: z.literal(true), deducted: credits, balance: credits, repeated: z.boolean() })
  .meta({ id: 'Deducted' });

/** Bytes and not text. OpenAPI has no better type for them. */
export const mediaZip = z.string();

export const grantBody = z
  .object({ amount: z.int().min(1).max(1_000_000), note: z.string().trim().max(200).refine(isStorable).default('') })
  .meta({ id: 'Grant' });
export const granted = z
  .object({ success: z.literal(true), granted: credits, balance: credits, repeated: z.boolean(), detail: z.string() })
  .meta({ id: 'Granted' });

// Tokens for programs.

export const token = z
  .object({
    id: z.uuid(),
    label: z.string(),
    scope: z.enum(tokenScopes),
    lastFour: z.string(),
    createdAt: moment,
    lastUsedAt: moment.nullable(),
  })
  .meta({ id: 'Token' });
export const tokenList = z.object({ tokens: z.array(token) }).meta({ id: 'Tokens' });
export const newToken = z
  .object({ scope: z.enum(tokenScopes), label: z.string().max(80).refine(isStorable).default('') })
  .meta({ id: 'NewToken' });
export const tokenMade = z
  .object({
    success: z.literal(true),
    token: z.string().meta({ description: 'The token, shown this once' }),
    tokens: z.array(token),
  })
  .meta({ id: 'TokenMade' });

// Keys and settings.

export const providerParams = z.object({ provider: z.enum(vendors) });
const checks = ['valid', 'invalid', 'no_permission', 'out_of_quota', 'unreachable'] as const;

export const validateBody = z
  .object({ provider: z.enum(vendors), apiKey: z.string().min(1).max(400) })
  .meta({ id: 'ValidateKey' });
export const validated = z
  .object({
    success: z.literal(true),
    provider: z.enum(vendors),
    valid: z.boolean(),
    check: z.enum(checks),
    detail: z.string(),
  })
  .meta({ id: 'ValidatedKey' });
export const keyBody = z.object({ apiKey: z.string().min(1).max(400) }).meta({ id: 'NewKey' });

export const key = z
  .object({
    provider: z.enum(vendors),
    name: z.string(),
    stored: z
      .object({
        lastFour: z.string(),
        status: z.enum(['unchecked', ...checks]),
        statusWords: z.string(),
        checkedAt: moment.nullable(),
        createdAt: moment,
      })
      .nullable(),
  })
  .meta({ id: 'Key' });
export const keyList = z.object({ keys: z.array(key) }).meta({ id: 'Keys' });
export const keyChanged = z
  .object({
    success: z.literal(true),
    outcome: z.enum(['saved', 'removed', 'nothing_there']),
    detail: z.string(),
    keys: z.array(key),
  })
  .meta({ id: 'KeyChanged' });

const { defaults, blockedWords, channels, dailyRuns, spoilers, mentions, castBy, results, allowedModels } =
  workspaceSettings.shape;
/** A field that is left out stays unchanged. */
export const settingsBody = z
  .object({
    defaults: defaults.unwrap(),
    blockedWords: blockedWords.unwrap(),
    channels: channels.unwrap(),
    dailyRuns: dailyRuns.unwrap(),
    spoilers: spoilers.unwrap(),
    mentions: mentions.unwrap(),
    castBy: castBy.unwrap(),
    results: results.unwrap(),
    allowedModels: allowedModels.unwrap().meta({ description: 'Empty: members may use all. By their own names' }),
  })
  .partial()
  .meta({ id: 'NewSettings' });
export const settingsState = workspaceSettings.meta({ id: 'Settings' });
