import { z } from 'zod';
import { tidied } from './plainText.ts';

/** The words that the database, the pipeline and every platform share. Lists are in the order in which people meet them. */

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

/** Companies whose keys a workspace can bring. TypeScript names every table that lacks one of them. */
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

/** Whether PostgreSQL takes a text as it is: it stores no NUL, and half a character not even within JSON. */
export const isStorable = (words: string): boolean => words.isWellFormed() && !words.includes('\0');

/** A member's words, tidied: 1 to 4,000 characters. */
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

/** The platform through which a run speaks: the one by which it was asked for, or else its workspace's own. */
export const platformOf = (run: { workspaceId: WorkspaceId; platform: Platform | null }): Platform =>
  run.platform ?? z.enum(platforms).parse(run.workspaceId.split(':')[0]);

export const runId = z.uuid().brand('RunId');
export type RunId = z.infer<typeof runId>;

/**
 * The member who typed the command, as the platform vouched for them. A moderator may clear up after others in the place where
 * the command was typed, without being an admin of the workspace.
 */
export type Member = { id: string; name: string; isAdmin: boolean; isModerator?: boolean };

/** The rights of a bearer token: those of a member, of an admin, or of the operator who hosts VidGenie. */
export const tokenScopes = ['member', 'admin', 'operator'] as const;
export type TokenScope = (typeof tokenScopes)[number];

/**
 * Why a step came to nothing; one taxonomy for all providers. `storage` is the media store's fault, `internal` our own,
 * and `canceled` the member's wish after the step had been sent (the only failure that is paid for).
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

/** `detail` is scrubbed of secrets before it gets here; it may be shown to the member. */
export type Failure = { kind: FailureKind; detail: string };

/** The result of `enhance`. */
export type EnhancedPrompt = { image: string; motion: string };

/** On whose key a step is performed; `none` where the provider needs no key of ours. */
export type KeySource = 'none' | 'operator' | 'workspace';

/** How much of a step is shown at most while it is at work, and how much by the clock alone: a slow step never claims to be done. */
export const maxShown = 0.98;
export const maxGuessed = 0.95;
/** Duration of a step in milliseconds when nothing better is known. */
export const unknownStepMs = 15_000;

/** Any JSON: what one module stores for itself and nobody else looks into. */
export const jsonValue = z.json();
export type JsonValue = z.infer<typeof jsonValue>;

/** How much one member and one workspace may have at work at a time, and how much of a member's may wait besides. */
export type RunLimits = { memberAtWork: number; memberWaiting: number; workspaceAtWork: number };

export const defaultLimits: RunLimits = { memberAtWork: 3, memberWaiting: 10, workspaceAtWork: 30 };
