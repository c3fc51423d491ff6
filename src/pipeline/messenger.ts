import type { RunView } from '../db/runs.ts';
import type { FailureKind, JsonValue, StepKind } from '../domain.ts';
import type { Progress } from './progress.ts';
import type { NextPrices } from './submit.ts';

/** A messenger's tools besides the run: it saves the ids of its messages, and stops at the signal. */
export type Speaking = {
  progress: Progress;
  /** Saves what was said so far; called before the next call that would double a post if it were repeated. */
  save: (postedMessages: JsonValue) => Promise<void>;
  signal: AbortSignal;
};

/** Further tools for the final message. */
export type Delivering = Speaking & {
  /** The balance of the workspace in credits, including the credits that go back for this run. */
  balance: () => Promise<number>;
  /** The prices of the buttons under it. */
  prices: () => Promise<NextPrices>;
  /** No try follows this one. Before it, a fault that may pass is thrown, and never counts as a refusal. */
  isLastTry: boolean;
  /**
   * Decides for good that nobody can receive what these steps made: their credits go back when delivery ends, and no later try shares
   * it. To be called before that is told; resolves with the run as it is to be told then. See {@link Messenger.unreached}.
   */
  giveUpOn: (steps: readonly StepKind[]) => Promise<RunView>;
};

/**
 * The port through which a run speaks; every platform implements it. Both calls may be repeated after a crash and must then
 * edit what they posted, not post again. A thrown error is logged and, for `deliver`, tried again later.
 */
export type Messenger = {
  /** Shows where a run stands. Called often; the newest call wins, and a failure never hurts the run. */
  update: (view: RunView, speaking: Speaking) => Promise<void>;
  /** Tells the outcome, media included, but for what an earlier try has given up on. Resolves with what was said. */
  deliver: (view: RunView, speaking: Delivering) => Promise<JsonValue>;
  /** When delivery is given up: the steps whose results nobody received, by what was said until then, and nobody can fetch. */
  unreached: (view: RunView) => readonly StepKind[];
};

/** The place where a run was to speak is gone for good: trying again would not bring it back. The message is one sentence. */
export class ConversationGone extends Error {
  override readonly name = 'ConversationGone';
}

/** A chat refused a call, or did not answer. `detail` is one sentence without anything secret. */
export class MessengerError extends Error {
  override readonly name = 'MessengerError';
  readonly kind: FailureKind;
  /** How long the chat asks us to wait, in milliseconds. */
  readonly retryAfterMs: number | undefined;

  constructor(kind: FailureKind, detail: string, options: { retryAfterMs?: number } = {}) {
    super(detail);
    this.kind = kind;
    this.retryAfterMs = options.retryAfterMs;
  }
}
