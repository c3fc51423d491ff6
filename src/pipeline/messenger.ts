import type { RunView } from '../db/runs.ts';
import type { FailureKind, JsonValue } from '../domain.ts';
import type { Progress } from './progress.ts';
import type { NextPrices } from './quote.ts';

/** An unfinished picture of the image that a step is making, in the store. `version` counts from 1: a later one replaces it there. */
export type PartialImage = {
  step: number;
  version: number;
  objectKey: string;
  mime: string;
  width: number;
  height: number;
  bytes: number;
};

/** A messenger's tools besides the run. It saves the ids of its messages, and stops at the signal. */
export type Speaking = {
  progress: Progress;
  /** Unfinished pictures of images that are being made. Left out if there are none. They are erased when the image is there. */
  partials?: readonly PartialImage[];
  /**
   * Saves what was posted, and waits if the database is away. The messenger calls it before the next call whose repetition would post
   * twice, with the keys that have changed: they are added to what was saved before.
   */
  save: (posted: JsonValue) => Promise<void>;
  signal: AbortSignal;
};

/** Further tools for the final message. */
export type Delivering = Speaking & {
  /** The balance of the workspace in credits, including this run's refund. */
  balance: () => Promise<number>;
  /** The prices of the buttons under the message. */
  prices: () => Promise<NextPrices>;
  /** True for the last attempt. Before the last attempt, throw a fault that may pass and never count it as a refusal. */
  isLastTry: boolean;
  /**
   * Records for good that nobody can receive the results of the steps with these numbers. The end of delivery refunds them, and no later attempt
   * shares them. Call it before you announce this. It resolves with the updated run. See {@link Messenger.unreached}.
   */
  giveUpOn: (steps: readonly number[]) => Promise<RunView>;
};

/**
 * The port through which a run posts. Every platform implements it. All calls may be repeated after a crash. `update` and `deliver` must
 * then edit the posted messages and not post again. A thrown error is logged, and `deliver` and `takeBack` are tried again later.
 */
export type Messenger = {
  /** Shows the run's progress. It is called often; the newest call wins, and a failure never affects the run. */
  update: (view: RunView, speaking: Speaking) => Promise<void>;
  /** Posts the result with its media, except results that an earlier attempt has given up on. Resolves with what was posted. */
  deliver: (view: RunView, speaking: Delivering) => Promise<JsonValue>;
  /** Takes back what a deleted run has posted. Messages that other people have removed or locked are no fault. */
  takeBack: (view: RunView, speaking: Pick<Speaking, 'progress' | 'signal'>) => Promise<void>;
  /** When delivery is given up: the numbers of the steps whose results nobody received or can fetch, judging by the messages posted until then. */
  unreached: (view: RunView) => readonly number[];
};

/** The run's conversation is gone for good, so another attempt cannot succeed. The message is one sentence. */
export class ConversationGone extends Error {
  override readonly name = 'ConversationGone';
}

/** A chat platform refused a call or did not answer. `detail` is one sentence and contains no secret. */
export class MessengerError extends Error {
  override readonly name = 'MessengerError';
  readonly kind: FailureKind;
  /** How long the platform asks us to wait, in milliseconds. */
  readonly retryAfterMs: number | undefined;

  constructor(kind: FailureKind, detail: string, options: { retryAfterMs?: number } = {}) {
    super(detail);
    this.kind = kind;
    this.retryAfterMs = options.retryAfterMs;
  }
}
