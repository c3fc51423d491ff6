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
  /** Whole seconds. Empty for a step that makes no video. */
  durations: readonly number[];
  resolutions: readonly Resolution[];
};

export type EnhanceRequest = {
  prompt: string;
  style: Style;
  aspect: Aspect;
  /** Length in seconds of the video that follows. Null if there is none. */
  duration: number | null;
};

export type ImageRequest = {
  prompt: string;
  style: Style;
  quality: Quality;
  /** `wide` and `tall` are 16:9 and 9:16, because every image may become a first frame. The receiver crops the rest. */
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

/** A result as a stream that is read once. The receiver measures its type and size and does not trust the provider's claims. */
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
  /** The vendor's key for this run, opened immediately before the call. Null for a provider that needs none. */
  key: Secret | null;
  /** Aborted when the run is canceled, the process stops or the worker loses the run to another one. */
  signal: AbortSignal;
  /** A stable hash of the member, for the vendors' safety identifiers. */
  memberHash: string;
};

/** The result itself, or a handle with which any process can ask for it later. */
export type Submitted<Step extends StepKind> =
  | { outcome: 'finished'; output: OutputOf<Step>; cost?: ProviderCost }
  | { outcome: 'accepted'; handle: JsonValue; pollAfterMs: number };

export type Polled =
  | { outcome: 'working'; fraction?: number; pollAfterMs: number }
  | { outcome: 'finished'; cost?: ProviderCost };

/** The provider's charge, in millionths of a US dollar. Null if we know no price of the model. */
export type ProviderCost = { microUsd: number | null; usage: JsonValue };

/**
 * Performs one step. Only `submit` may cost money, and a dispatch calls it at most once. `poll` and `download` take the handle
 * that `submit` returned, even after a restart. Failures are thrown as {@link ProviderError}.
 */
export type Provider<Step extends StepKind> = {
  id: string;
  /** The vendor whose key its calls need. Null if it needs no key of ours (the demo studio, Veo's own sign-in). */
  vendor: Vendor | null;
  step: Step;
  model: string;
  capabilities: Capabilities;
  /** The usual duration of the step in milliseconds, for the first time estimates. */
  expectedMs: (request: { duration: number; resolution: Resolution; quality: Quality }) => number;
  submit: (request: RequestOf<Step>, call: Call) => Promise<Submitted<Step>>;
  poll: (handle: JsonValue, call: Call) => Promise<Polled>;
  download: (handle: JsonValue, call: Call) => Promise<OutputOf<Step>>;
  /** Asks the provider to stop. Resolves whether or not it could. */
  cancel: (handle: JsonValue, call: Call) => Promise<void>;
};

export type AnyProvider = { [Step in StepKind]: Provider<Step> }[StepKind];

/**
 * A provider's failure, with a kind from the shared taxonomy. `nothingGenerated` means that the request provably cost nothing
 * (the provider refused it before work began), so it is safe to send it again. `retryAfterMs` is the wait that the provider asks
 * for. `lacksPermission` marks a `bad_key` that is valid but not permitted to do this.
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
