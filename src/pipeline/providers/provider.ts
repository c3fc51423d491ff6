import type { Readable } from 'node:stream';
import type { Secret } from '../../db/secret.ts';
import type {
  Aspect,
  CastKind,
  EnhancedPrompt,
  FailureKind,
  JsonValue,
  ProvidedKind,
  Quality,
  Resolution,
  RunId,
  Style,
  Vendor,
} from '../../domain.ts';

/** The abilities of a model. VidGenie offers only these, and refuses anything else before it holds credits. */
export type Capabilities = {
  aspects: readonly Aspect[];
  qualities: readonly Quality[];
  /** The whole seconds that one call can make. Empty for a step that makes no video. */
  durations: readonly number[];
  resolutions: readonly Resolution[];
  /** How a clip of this model can be made longer by another call. Null if it cannot. */
  extension: Extension | null;
  /** The whole seconds that one call can make between a first and a last frame. Empty if a video cannot be given its last frame. */
  lastFrame: readonly number[];
  /**
   * The number of pictures that one call can look at: the references of an image with the picture that it changes, or the frame and
   * the cast that `enhance` looks at.
   */
  references: number;
  /** The number of results that one call can make. VidGenie asks for one at a time, so that each is paid and released alone. */
  variants: number;
  /** Whether a seed can be given. */
  seed: boolean;
  /** Whether a video can begin with its words alone, without a first frame. */
  fromText: boolean;
};

/** One call adds one of `seconds` (whole, ascending), until the clip has `maxSeconds`, at these resolutions. */
export type Extension = { seconds: readonly number[]; maxSeconds: number; resolutions: readonly Resolution[] };

/** The capabilities of a model that makes neither images nor videos, as a start for the others. */
export const noCapabilities: Capabilities = {
  aspects: ['wide', 'tall', 'square'],
  qualities: [],
  durations: [],
  resolutions: [],
  extension: null,
  lastFrame: [],
  references: 0,
  variants: 1,
  seed: false,
  fromText: false,
};

/** No price of one call, image or second is higher. In millionths of a US dollar: a million dollars. */
export const maxMicroUsd = 1e12;

/**
 * What a vendor charges for one call of a model, in millionths of a US dollar. `enhance`: a usual call. `image`: one image, and what
 * each picture adds that the call looks at. `video`: each second, with sound or without, at every resolution that the model makes.
 */
export type ModelPrices =
  | { kind: 'enhance'; perCall: number }
  | { kind: 'image'; perImage: Readonly<Record<Quality, Readonly<Record<Aspect, number>>>>; perPicture: number }
  | {
      kind: 'video';
      perSecond: { readonly [Size in Resolution]?: { silent: number; sound: number } | undefined };
    };

/**
 * The capabilities of a language model that can look at pictures: at the frame of a video, or at the cast. Vendors take far more, and
 * each costs tokens.
 */
export const enhancerCapabilities: Capabilities = { ...noCapabilities, references: 8 };

/** A picture that a call looks at. Sizes are in pixels. */
export type Picture = { content: Buffer; mime: string; width: number; height: number };

/**
 * A picture that an image follows. `cast`: it shows that entry of the cast. `scene`: it is another image of the same story, with the
 * same people and things. `member`: a member gave it for this run.
 */
export type Reference = Picture & {
  shows: { from: 'cast'; name: string; kind: CastKind; description: string } | { from: 'scene' | 'member' };
};

/** An entry of the cast for a language model. `picture` is null if the model looks at none, or if it cannot take another one. */
export type CastNote = { name: string; kind: CastKind; description: string; picture: Picture | null };

/**
 * The picture that an image is made of, instead of being new. `change`: it changes as the prompt says, and all else stays. `vary`: a
 * different take on it. `better`: the same picture with more detail.
 */
export type ImageEdit = { how: 'change' | 'vary' | 'better'; picture: Picture };

export type EnhanceRequest = {
  prompt: string;
  style: Style;
  aspect: Aspect;
  /** Length in seconds of the video that follows. Null if there is none. */
  duration: number | null;
  /** The lengths in seconds of a story's scenes, in order. The answer then has one shot for each. Empty for other runs. */
  scenes: readonly number[];
  /**
   * The frame with which the video begins, and the motion that was written before anybody had seen it. The answer's `motion` is
   * then written for this frame, and its `image` is not used. Null before there is a frame.
   */
  frame: { picture: Picture; motion: string } | null;
  /** The entries of the cast that the prompt names, without the @. Their looks must not be contradicted. */
  cast: readonly CastNote[];
};

export type ImageRequest = {
  prompt: string;
  style: Style;
  quality: Quality;
  /** `wide` and `tall` are 16:9 and 9:16, because every image may become a first frame. The receiver crops the rest. */
  aspect: Aspect;
  /** The picture to change. Null: the image is new. */
  edit: ImageEdit | null;
  /** Pictures that the image follows. Together with `edit` at most as many as the model takes. */
  references: readonly Reference[];
  /** From 1. Two requests that differ only in this ask for two different images. */
  variant: number;
};

export type VideoRequest = {
  prompt: string;
  start: VideoStart;
  /** The frame at which the video ends. Only for a length in `lastFrame`, and only with a first frame. Null: it ends anywhere. */
  last: Picture | null;
  aspect: Aspect;
  /** In whole seconds. For an extension: the seconds that the call adds. */
  duration: number;
  resolution: Resolution;
  audio: boolean;
};

/**
 * The start of a video: its first frame, or a clip of the same model that it makes longer. The result of an extension is the
 * whole clip. If the provider no longer has the clip of that handle, it throws a {@link ProviderError} with `isGone`.
 */
export type VideoStart =
  /** The words alone. Only for a model that can begin with them. */
  | { from: 'text' }
  | { from: 'image'; image: Picture }
  | { from: 'clip'; handle: JsonValue; seconds: number; mime: string; read: () => Promise<Buffer> };

/** A result as a stream that is read once. The receiver measures its type and size and does not trust the provider's claims. */
export type MediaStream = { body: Readable };

type StepTypes = {
  enhance: { request: EnhanceRequest; output: EnhancedPrompt };
  image: { request: ImageRequest; output: MediaStream };
  video: { request: VideoRequest; output: MediaStream };
};
export type RequestOf<Step extends ProvidedKind> = StepTypes[Step]['request'];
export type OutputOf<Step extends ProvidedKind> = StepTypes[Step]['output'];

/** The context of every call, besides its request. */
export type Call = {
  runId: RunId;
  /** The number of the step in its run. */
  stepNumber: number;
  /** The vendor's key for this run, opened immediately before the call. Null for a provider that needs none. */
  key: Secret | null;
  /** Aborted when the run is canceled, the process stops or the worker loses the run to another one. */
  signal: AbortSignal;
  /** A stable hash of the member, for the vendors' safety identifiers. */
  memberHash: string;
  /**
   * Shows an unfinished picture while an image is being made. It is never a result. Left out if nobody may see it, so a provider
   * that charges for such pictures asks for none.
   */
  showPartial?: (content: Buffer) => void;
  /**
   * The address that the vendor may call when the step is over. It must not be logged or shown. Left out if no hook is asked for, so the
   * step is polled.
   */
  hook?: Secret;
};

/** The result itself, or a handle with which any process can ask for it later. */
export type Submitted<Step extends ProvidedKind> =
  | { outcome: 'finished'; output: OutputOf<Step>; cost?: ProviderCost }
  | { outcome: 'accepted'; handle: JsonValue; pollAfterMs: number };

export type Polled =
  | { outcome: 'working'; fraction?: number; pollAfterMs: number }
  | { outcome: 'finished'; cost?: ProviderCost };

/**
 * The provider's charge, in millionths of a US dollar. Null if we know no price of the model. `isEstimate`: the vendor has reported
 * no charge, so this is its published price.
 */
export type ProviderCost = { microUsd: number | null; usage: JsonValue; isEstimate?: boolean };

/**
 * Performs one step. Only `submit` may cost money, and a dispatch calls it at most once. `poll` and `download` take the handle
 * that `submit` returned, even after a restart. Failures are thrown as {@link ProviderError}.
 */
export type Provider<Step extends ProvidedKind> = {
  id: string;
  /** The vendor whose key its calls need. Null if it needs no key of ours (the demo studio, Veo's own sign-in). */
  vendor: Vendor | null;
  step: Step;
  model: string;
  /** The name that people read, if the vendor has one for the model. */
  title?: string;
  capabilities: Capabilities;
  /** The vendor's published prices of the model. Null if none are known. */
  prices: ModelPrices | null;
  /** The usual duration of the step in milliseconds, for the first time estimates. */
  expectedMs: (request: { duration: number; resolution: Resolution; quality: Quality }) => number;
  /**
   * In milliseconds from the first submit: how long the step may take in all. Left out, the limit of its kind counts. A server with one
   * GPU works at one request at a time, so its queue may be long.
   */
  workDeadlineMs?: number;
  /** In milliseconds: how long one call of `submit` may take. Left out, the limit of its kind counts. */
  sendDeadlineMs?: number;
  submit: (request: RequestOf<Step>, call: Call) => Promise<Submitted<Step>>;
  poll: (handle: JsonValue, call: Call) => Promise<Polled>;
  download: (handle: JsonValue, call: Call) => Promise<OutputOf<Step>>;
  /**
   * Whether the vendor was asked to call when the work of this handle is over. Left out if the vendor makes no such calls. Handles of
   * older versions await none.
   */
  awaitsHook?: (handle: JsonValue) => boolean;
  /** Asks the provider to stop. Resolves whether or not it could. */
  cancel: (handle: JsonValue, call: Call) => Promise<void>;
};

export type AnyProvider = { [Step in ProvidedKind]: Provider<Step> }[ProvidedKind];

/**
 * A provider's failure, with a kind from the shared taxonomy. `nothingGenerated` means that the request provably cost nothing
 * (the provider refused it before work began), so it is safe to send it again. `retryAfterMs` is the wait that the provider asks
 * for. `lacksPermission` marks a `bad_key` that is valid but not permitted to do this. `isGone` means that the provider no longer
 * has the clip that the request wants to make longer, so it has generated nothing. `lacksModel` marks an `invalid_request` to which
 * the provider answered that it does not offer the model.
 */
export class ProviderError extends Error {
  override readonly name = 'ProviderError';
  readonly kind: FailureKind;
  readonly nothingGenerated: boolean;
  readonly retryAfterMs: number | undefined;
  readonly lacksPermission: boolean;
  readonly isGone: boolean;
  readonly lacksModel: boolean;

  constructor(
    kind: FailureKind,
    detail: string,
    options: {
      nothingGenerated?: boolean;
      retryAfterMs?: number;
      lacksPermission?: boolean;
      isGone?: boolean;
      lacksModel?: boolean;
      cause?: unknown;
    } = {},
  ) {
    super(detail, 'cause' in options ? { cause: options.cause } : undefined);
    this.kind = kind;
    this.nothingGenerated = options.nothingGenerated ?? options.isGone ?? false;
    this.retryAfterMs = options.retryAfterMs;
    this.lacksPermission = options.lacksPermission ?? false;
    this.isGone = options.isGone ?? false;
    this.lacksModel = options.lacksModel ?? false;
  }
}
