import { z } from 'zod';
import { tidied } from './plainText.ts';

/** The terms that the database, the pipeline and every platform share. Lists are in the order in which people meet them. */

export const workflows = ['complete', 'image', 'video', 'story', 'extend', 'edit'] as const;
export type Workflow = (typeof workflows)[number];

/** The workflows that have a command. A button on a finished run starts the others. */
export const commandedWorkflows = ['complete', 'image', 'video', 'story', 'edit'] as const;
export type CommandedWorkflow = (typeof commandedWorkflows)[number];

/** The kinds of step that a provider performs. */
export const providedKinds = ['enhance', 'image', 'video'] as const;
export type ProvidedKind = (typeof providedKinds)[number];

/** `join` makes one film of several clips. VidGenie does it itself, so it costs nothing. */
export const stepKinds = [...providedKinds, 'join'] as const;
export type StepKind = (typeof stepKinds)[number];

/** The kinds of step in each workflow that need a provider. `kindsFor` says which of them a run has. */
export const kindsOf = {
  complete: ['enhance', 'image', 'video'],
  image: ['enhance', 'image'],
  video: ['video'],
  story: ['enhance', 'image', 'video'],
  extend: ['video'],
  edit: ['enhance', 'image', 'video'],
} as const satisfies Record<Workflow, readonly ProvidedKind[]>;

export const terminalStates = ['succeeded', 'failed', 'canceled'] as const;
export type TerminalState = (typeof terminalStates)[number];
export const runStates = ['queued', 'running', ...terminalStates] as const;
export type RunState = (typeof runStates)[number];

export const stepStates = ['pending', 'submitting', 'submitted', 'storing', 'done', 'failed', 'skipped'] as const;

/**
 * Vendors whose keys a workspace can store: the name that people read, and the variable of the operator's own key with an example for
 * error messages. `adapters` in `src/providers.ts` has the code of each, and TypeScript reports one that is missing there.
 */
export const vendorTable = [
  { id: 'openai', name: 'OpenAI', keyVariable: 'OPENAI_API_KEY', keyExample: 'sk-…' },
  { id: 'google', name: 'Google', keyVariable: 'GOOGLE_API_KEY', keyExample: 'AIza…' },
  { id: 'openrouter', name: 'OpenRouter', keyVariable: 'OPENROUTER_API_KEY', keyExample: 'sk-or-…' },
  { id: 'runway', name: 'Runway', keyVariable: 'RUNWAY_API_KEY', keyExample: 'key_…' },
] as const;
export type Vendor = (typeof vendorTable)[number]['id'];
export const vendors: readonly Vendor[] = vendorTable.map(({ id }) => id);

export const platforms = ['terminal', 'discord', 'slack', 'web'] as const;
export type Platform = (typeof platforms)[number];

export const transactionKinds = ['grant', 'hold', 'capture', 'release', 'refund', 'adjust'] as const;
export type TransactionKind = (typeof transactionKinds)[number];

export const styles = ['vivid', 'natural', 'cinematic', 'anime', 'photo', 'watercolor'] as const;
export const qualities = ['standard', 'hd'] as const;
export const aspects = ['wide', 'tall', 'square'] as const;
export const resolutions = ['720p', '1080p', '4k'] as const;
/** How one clip of a story changes to the next: at once, or through black. */
export const cuts = ['hard', 'fade'] as const;
/** The treatment of a result that moderation flags. `off`: results are not moderated. */
export const resultModerations = ['off', 'spoiler', 'withhold'] as const;
export type Style = (typeof styles)[number];
export type Quality = (typeof qualities)[number];
export type Aspect = (typeof aspects)[number];
export type Resolution = (typeof resolutions)[number];
export type Cut = (typeof cuts)[number];

/** The length of a film in seconds, and by how much *Extend* makes one longer. */
export const maxVideoSeconds = 60;
export const extensionSeconds = { min: 5, max: 15, usual: 8 } as const;
/** A film is not made longer than this, however often it is extended. In seconds. */
export const maxExtendedSeconds = 120;
export const sceneCounts = { min: 2, max: 8, usual: 4 } as const;
export const maxVariants = 4;
/** How many stills `complete` can make for its member to choose from, before there is a video. */
export const maxFrames = 4;

/**
 * What an `edit` run makes of an image: `picture` changes it as the prompt says, and `film` animates the changed image. `ending`
 * changes how a film ends. `vary` makes other versions of the image, and `better` the same one in high quality.
 */
export const changes = ['picture', 'film', 'ending', 'vary', 'better'] as const;
export type Change = (typeof changes)[number];

/** A person or an animal, a product, a way to draw, or a place that looks the same in every image of a workspace. */
export const castKinds = ['character', 'product', 'style', 'place'] as const;
export type CastKind = (typeof castKinds)[number];
export const maxCastEntries = 50;
export const maxCastImages = 4;
/** In characters. */
export const maxCastName = 30;
export const maxCastDescription = 500;

/** How many models or aliases a member may name for a run, and how long each may be in characters. */
export const maxModelWords = 6;
export const maxModelWord = 120;

export const maxPromptLength = 4000;

/** Whether PostgreSQL can store a text: it accepts no NUL, and no lone surrogate even within JSON. */
export const isStorable = (words: string): boolean => words.isWellFormed() && !words.includes('\0');

/** A member's prompt, tidied: 1 to 4,000 characters. */
export const promptText = z.string().transform(tidied).pipe(z.string().min(1).max(maxPromptLength));

/** The options of a run, with the product's defaults. `duration` is in whole seconds. */
export const runOptions = z.object({
  style: z.enum(styles).default('vivid'),
  quality: z.enum(qualities).default('hd'),
  aspect: z.enum(aspects).default('wide'),
  duration: z.int().min(1).max(maxVideoSeconds).default(8),
  resolution: z.enum(resolutions).default('1080p'),
  audio: z.boolean().default(true),
  /** How many images an `image` run makes of one prompt. */
  variants: z.int().min(1).max(maxVariants).default(1),
  /** The scenes of a `story`. */
  scenes: z.int().min(sceneCounts.min).max(sceneCounts.max).default(sceneCounts.usual),
  cut: z.enum(cuts).default('hard'),
  /** How many stills a `complete` run makes to choose from. With 1 it makes the video at once. */
  frames: z.int().min(1).max(maxFrames).default(1),
  change: z.enum(changes).default('picture'),
  /** The words for the motion of an edited image, if the prompt says only how the image changes. */
  motion: z.string().max(maxPromptLength).refine(isStorable).nullable().default(null),
  /**
   * Models, or the operator's aliases for models, that the run is to use. Each counts for the kinds of step that it can make. For
   * the others VidGenie chooses.
   */
  models: z.array(z.string().min(1).max(maxModelWord).refine(isStorable)).max(maxModelWords).default([]),
});
export type RunOptions = z.infer<typeof runOptions>;

/** The kinds of step of a run with these options that need a provider. */
export function kindsFor(
  workflow: Workflow,
  { frames, change }: Pick<RunOptions, 'frames' | 'change'>,
): ProvidedKind[] {
  if (workflow === 'complete' && frames > 1) return ['enhance', 'image'];
  if (workflow !== 'edit') return [...kindsOf[workflow]];
  switch (change) {
    case 'film':
      return ['enhance', 'image', 'video'];
    case 'ending':
      return ['image', 'video'];
    case 'picture':
    case 'vary':
    case 'better':
      return ['image'];
  }
}

/**
 * An entry of a workspace's cast, as a run uses it. The run keeps this copy, so a later change of the entry does not affect it. The
 * images stay in the store until the entry was removed and no unfinished run uses them.
 */
export const castEntry = z.object({
  id: z.uuid(),
  /** Without the @, in lower case. */
  name: z.string(),
  kind: z.enum(castKinds),
  description: z.string(),
  images: z.array(
    z.object({
      objectKey: z.string(),
      mime: z.string(),
      width: z.int(),
      height: z.int(),
      bytes: z.int(),
      sha256: z.string(),
    }),
  ),
});
export type CastEntry = z.infer<typeof castEntry>;

/** `<platform>:<the platform's own id>`, for example `terminal:local` or `discord:81384788765712384`. */
export const workspaceId = z
  .string()
  .regex(/^(terminal|discord|slack):[\w.-]{1,80}$/, 'expected <platform>:<id>, for example terminal:local')
  .brand('WorkspaceId');
export type WorkspaceId = z.infer<typeof workspaceId>;

/** The platform on which a run posts: the one on which it was asked for, or else its workspace's own. */
export const platformOf = (run: { workspaceId: WorkspaceId; platform: Platform | null }): Platform =>
  run.platform ?? z.enum(platforms).parse(run.workspaceId.split(':')[0]);

export const runId = z.uuid().brand('RunId');
export type RunId = z.infer<typeof runId>;

/**
 * The member who gave the command, as the platform identified them. A moderator may stop or delete other members' runs in the
 * conversation of the command, without being an admin of the workspace.
 */
export type Member = { id: string; name: string; isAdmin: boolean; isModerator?: boolean };

/** The rights of a bearer token: those of a member, of an admin, or of the operator who hosts VidGenie. */
export const tokenScopes = ['member', 'admin', 'operator'] as const;
export type TokenScope = (typeof tokenScopes)[number];

/**
 * Why a step failed, in one taxonomy for all providers. `storage` is a fault of the media store, and `internal` is our own.
 * `canceled` means that the member stopped the step after it was sent. No other failure is paid for.
 */
export const failureKinds = [
  'refused',
  'invalid_request',
  'bad_key',
  'quota',
  'rate_limited',
  'unavailable',
  'timeout',
  'interrupted',
  'no_output',
  'storage',
  'internal',
  'canceled',
] as const;
export type FailureKind = (typeof failureKinds)[number];

/**
 * `detail` contains no secrets, because it is scrubbed before it gets here. The member may see it. `withheld`: the step made a result,
 * and moderation flagged it for these categories (none: it could not be moderated), so nobody gets it.
 */
export type Failure = { kind: FailureKind; detail: string; withheld?: readonly string[] };

/** The image of a scene in words, and its motion. */
export type Shot = { image: string; motion: string };

/** The result of `enhance`. A story's has a shot for each scene; its `image` and `motion` are then those of the first. */
export type EnhancedPrompt = Shot & { shots?: readonly Shot[] };

/** Whose key pays for a step. `none` if the provider needs no key of ours. */
export type KeySource = 'none' | 'operator' | 'workspace';

/**
 * The largest progress shown for a step in progress, and the largest one guessed from the time alone. So a slow step never looks
 * done.
 */
export const maxShown = 0.98;
export const maxGuessed = 0.95;
/** The expected duration of a step in milliseconds if nothing better is known. */
export const unknownStepMs = 15_000;

/** Any JSON value. One module stores it for itself, and no other reads it. */
export const jsonValue = z.json();
export type JsonValue = z.infer<typeof jsonValue>;

/** How many runs a member and a workspace may have running at a time, and how many more of a member's runs may wait. */
export type RunLimits = { memberAtWork: number; memberWaiting: number; workspaceAtWork: number };

export const defaultLimits: RunLimits = { memberAtWork: 3, memberWaiting: 10, workspaceAtWork: 30 };
