import { z } from 'zod';
import { tidied } from './plainText.ts';

/** The terms that the database, the pipeline and every platform share. Lists are in the order in which people meet them. */

export const workflows = ['complete', 'image', 'video'] as const;
export type Workflow = (typeof workflows)[number];

export const stepKinds = ['enhance', 'image', 'video'] as const;
export type StepKind = (typeof stepKinds)[number];

/** The steps of each workflow, in the order in which they are worked. */
export const stepsOf = {
  complete: ['enhance', 'image', 'video'],
  image: ['enhance', 'image'],
  video: ['video'],
} as const satisfies Record<Workflow, readonly StepKind[]>;

export const runStates = ['queued', 'running', 'succeeded', 'failed', 'canceled'] as const;
export type RunState = (typeof runStates)[number];
export type TerminalState = Exclude<RunState, 'queued' | 'running'>;

export const stepStates = ['pending', 'submitting', 'submitted', 'storing', 'done', 'failed', 'skipped'] as const;

/** Vendors whose keys a workspace can store. TypeScript reports every table that lacks one of them. */
export const vendors = ['openai', 'google'] as const;
export type Vendor = (typeof vendors)[number];

export const platforms = ['terminal', 'discord', 'slack', 'web'] as const;
export type Platform = (typeof platforms)[number];

export const transactionKinds = ['grant', 'hold', 'capture', 'release', 'refund', 'adjust'] as const;
export type TransactionKind = (typeof transactionKinds)[number];

export const styles = ['vivid', 'natural', 'cinematic', 'anime', 'photo', 'watercolor'] as const;
export const qualities = ['standard', 'hd'] as const;
export const aspects = ['wide', 'tall', 'square'] as const;
export const resolutions = ['720p', '1080p', '4k'] as const;
export type Style = (typeof styles)[number];
export type Quality = (typeof qualities)[number];
export type Aspect = (typeof aspects)[number];
export type Resolution = (typeof resolutions)[number];

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
  duration: z.int().min(1).max(60).default(8),
  resolution: z.enum(resolutions).default('1080p'),
  audio: z.boolean().default(true),
});
export type RunOptions = z.infer<typeof runOptions>;

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

/** `detail` contains no secrets, because it is scrubbed before it gets here. The member may see it. */
export type Failure = { kind: FailureKind; detail: string };

/** The result of `enhance`. */
export type EnhancedPrompt = { image: string; motion: string };

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
