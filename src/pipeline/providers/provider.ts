import type { Readable } from 'node:stream';
import type { Secret } from '../../db/secret.ts';
import type {
  Aspect,
  EnhancedPrompt,
  FailureKind,
  JsonValue,
  Quality,
  Resolution,
  RunId,
  StepKind,
  Style,
  Vendor,
} from '../../domain.ts';

/** The abilities of a model. VidGenie offers only these, and refuses anything else before it holds credits. */
export type Capabilities = {
  aspects: readonly Aspect[];
  qualities: readonly Quality[];
  /** Whole seconds; empty for a step that makes no video. */
  durations: readonly number[];
  resolutions: readonly Resolution[];
};

export type EnhanceRequest = {
  prompt: string;
  style: Style;
  aspect: Aspect;
  /** Length in seconds of the video that follows, or null when none does. */
  duration: number | null;
};

export type ImageRequest = {
  prompt: string;
  style: Style;
  quality: Quality;
  /** `wide` and `tall` are 16:9 and 9:16, for every image may become a first frame; the receiver cuts off what is too much. */
  aspect: Aspect;
};

export type VideoRequest = {
  prompt: string;
  image: { content: Buffer; mime: string; width: number; height: number };
  aspect: Aspect;
  duration: number;
  resolution: Resolution;
  audio: boolean;
};

/** A result on its way in: a stream that is read once. Its type and size are measured by the receiver, never believed. */
export type MediaStream = { body: Readable };

type StepTypes = {
  enhance: { request: EnhanceRequest; output: EnhancedPrompt };
  image: { request: ImageRequest; output: MediaStream };
  video: { request: VideoRequest; output: MediaStream };
};
export type RequestOf<Step extends StepKind> = StepTypes[Step]['request'];
export type OutputOf<Step extends StepKind> = StepTypes[Step]['output'];

/** The context of every call, besides its request. */
export type Call = {
  runId: RunId;
  /** The vendor's key that serves this run, opened immediately before the call; null for a provider that needs none. */
  key: Secret | null;
  /** Aborted when the run is canceled, the process stops or the run was lost to another worker. */
  signal: AbortSignal;
  /** A stable hash of the member, for the safety identifiers that vendors ask for. */
  memberHash: string;
};

/** Either the result itself, or a handle under which it can be asked for later, by any process. */
export type Submitted<Step extends StepKind> =
  | { outcome: 'finished'; output: OutputOf<Step>; cost?: ProviderCost }
  | { outcome: 'accepted'; handle: JsonValue; pollAfterMs: number };

export type Polled =
  | { outcome: 'working'; fraction?: number; pollAfterMs: number }
  | { outcome: 'finished'; cost?: ProviderCost };

/** The amount that the provider charged, in millionths of a US dollar; null if we know no price of the model. */
export type ProviderCost = { microUsd: number | null; usage: JsonValue };

/**
 * Performs one step. `submit` is the only call that may cost money, and it is made at most once per dispatch;
 * `poll` and `download` take the handle that `submit` returned, after a restart too. Failures are thrown as {@link ProviderError}.
 */
export type Provider<Step extends StepKind> = {
  id: string;
  /** Whose key its calls need; null when it needs none of ours (the demo studio, Veo's own sign-in). */
  vendor: Vendor | null;
  step: Step;
  model: string;
  capabilities: Capabilities;
  /** A usual duration of the step in milliseconds, for the first time estimates. */
  expectedMs: (request: { duration: number; resolution: Resolution; quality: Quality }) => number;
  submit: (request: RequestOf<Step>, call: Call) => Promise<Submitted<Step>>;
  poll: (handle: JsonValue, call: Call) => Promise<Polled>;
  download: (handle: JsonValue, call: Call) => Promise<OutputOf<Step>>;
  /** Asks the provider to stop; resolves whether or not it could. */
  cancel: (handle: JsonValue, call: Call) => Promise<void>;
};

export type AnyProvider = { [Step in StepKind]: Provider<Step> }[StepKind];

/**
 * A provider's failure, in the words of the one taxonomy. `nothingGenerated` says that the request was proven to have cost
 * nothing (refused before work began), so that sending it again is safe; `retryAfterMs` is the provider's own wish;
 * `lacksPermission` tells, of a `bad_key`, one that may not do this from one that is none.
 */
export class ProviderError extends Error {
  override readonly name = 'ProviderError';
  readonly kind: FailureKind;
  readonly nothingGenerated: boolean;
  readonly retryAfterMs: number | undefined;
  readonly lacksPermission: boolean;

  constructor(
    kind: FailureKind,
    detail: string,
    options: { nothingGenerated?: boolean; retryAfterMs?: number; lacksPermission?: boolean; cause?: unknown } = {},
  ) {
    super(detail, 'cause' in options ? { cause: options.cause } : undefined);
    this.kind = kind;
    this.nothingGenerated = options.nothingGenerated ?? false;
    this.retryAfterMs = options.retryAfterMs;
    this.lacksPermission = options.lacksPermission ?? false;
  }
}
