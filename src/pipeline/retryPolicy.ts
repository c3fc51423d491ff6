import type { Failure, FailureKind } from '../domain.ts';
import { BreakerOpen } from './breaker.ts';
import { EncoderBusy, encoderPauseMs } from './media/encoder.ts';
import { StorageError } from './media/store.ts';
import { ConversationGone, MessengerError } from './messenger.ts';
import { ProviderError } from './providers/provider.ts';

/** Failed attempts in a row before a step is given up. With the backoff below that takes about three minutes. */
export const maxFailedAttempts = 8;

/**
 * The limit for fetching a paid result from its provider and for posting it in its conversation. That is worth about a quarter of
 * an hour.
 */
export const maxOutage = 25;

const submitRetries = 3;
const backoffBaseMs = 1_000;
const maxBackoffMs = 60_000;

/**
 * The pause before another attempt, in milliseconds. It doubles up to a limit, and varies by half so that many runs do not return
 * at once.
 */
function backoffMs(failedAttempts: number, random: () => number): number {
  const full = Math.min(maxBackoffMs, backoffBaseMs * 2 ** Math.max(0, failedAttempts - 1));
  return Math.round(full * (0.5 + random() / 2));
}

/** The transition that failed. */
type Doing = 'send' | 'poll' | 'store' | 'cancel' | 'fail' | 'settle' | 'deliver' | 'give_up_delivery';

/** The consequence of a failed turn. {@link decideRetry} handles every case. */
export type RetryDecision =
  /** Try again after a pause. It counts as a failed attempt. */
  | { outcome: 'retry'; pauseMs: number }
  /** Try again after a pause. Nothing failed: the encoder was in use. */
  | { outcome: 'come_back'; pauseMs: number }
  /** Another model may make the step: this one generated nothing, and no further attempt is worth it. If there is none, give it up. */
  | { outcome: 'replace'; failure: Failure }
  /** Give up the step or the delivery. */
  | { outcome: 'give_up'; failure: Failure };

type Failed = {
  doing: Doing;
  error: unknown;
  /** Failed attempts in a row before this one. */
  failedAttempts: number;
  /** The longest pause in milliseconds. VidGenie asks again after this, even if a provider or a platform asks for more. */
  maxPauseMs: number;
  /** Whether another model may make the step, if this one generated nothing. Left out: it may not. */
  mayReplace?: boolean;
  random: () => number;
};

/**
 * A step that has to wait longer than it may take is given up. A delivery is tried again after `maxPauseMs`, because its result
 * is stored.
 */
export function decideRetry(failed: Failed): RetryDecision {
  const { doing, error, failedAttempts, maxPauseMs, mayReplace = false, random } = failed;
  if (error instanceof EncoderBusy) return { outcome: 'come_back', pauseMs: encoderPauseMs(random) };
  const failure = failureOf(error);
  const askedMs = askedToWaitMs(error);
  const pauseMs = Math.max(backoffMs(failedAttempts, random), Math.min(askedMs, maxPauseMs));
  const retry = { outcome: 'retry', pauseMs } as const;
  const giveUp = { outcome: 'give_up', failure } as const;
  switch (doing) {
    case 'send': {
      const outcome = mayReplace && isUnmade(error) ? 'replace' : 'give_up';
      if (!canSubmitAgain(error, failedAttempts)) return { outcome, failure };
      return askedMs > maxPauseMs ? { outcome, failure: tooLongToWait(failure, askedMs, maxPauseMs) } : retry;
    }
    case 'poll':
    case 'store': {
      const maxAttempts = isPassing(failure) ? maxOutage : maxFailedAttempts;
      return failedAttempts >= maxAttempts || isFinal(failure) ? giveUp : retry;
    }
    case 'deliver':
      if (error instanceof ConversationGone) {
        return { outcome: 'give_up', failure: { kind: 'unavailable', detail: error.message } };
      }
      return isLastDelivery(failedAttempts) ? giveUp : retry;
    case 'cancel':
    case 'fail':
    case 'settle':
    case 'give_up_delivery':
      return retry;
  }
}

/** True if this is the last attempt to deliver a run. */
export const isLastDelivery = (failedAttempts: number): boolean => failedAttempts >= maxOutage;

/** How long a provider or a platform asks us to wait, in milliseconds; 0 if it does not say. The value has no upper limit. */
const askedToWaitMs = (error: unknown): number =>
  error instanceof ProviderError || error instanceof MessengerError ? (error.retryAfterMs ?? 0) : 0;

/** The failure of a step that would have to wait longer than it may take. Waiting would only keep its credits held. */
function tooLongToWait(failure: Failure, askedMs: number, maxMs: number): Failure {
  const minutes = Math.round(maxMs / 60_000);
  const asked = askedMs < 120 * 60_000 ? `${Math.ceil(askedMs / 60_000)} minutes` : 'hours or days';
  return { ...failure, detail: `it asks to wait for ${asked}, and this step may take ${minutes} min at most` };
}

const passing: readonly FailureKind[] = ['rate_limited', 'unavailable', 'timeout'];

const isPassing = ({ kind }: Failure): boolean => passing.includes(kind);

const final: readonly FailureKind[] = ['refused', 'invalid_request', 'bad_key', 'quota', 'interrupted', 'no_output'];

const isFinal = ({ kind }: Failure): boolean => final.includes(kind);

/** VidGenie repeats only a call that provably generated nothing, and only a few times. */
const canSubmitAgain = (error: unknown, failedAttempts: number): boolean =>
  error instanceof ProviderError &&
  error.nothingGenerated &&
  passing.includes(error.kind) &&
  failedAttempts <= submitRetries;

const reasonsToReplace: readonly FailureKind[] = ['unavailable', 'rate_limited', 'quota', 'bad_key'];

/**
 * Whether a call provably generated nothing, for a reason that lies with the model or its key. A refusal lies with the request, and
 * another model must not be a way around it.
 */
const isUnmade = (error: unknown): boolean =>
  error instanceof BreakerOpen ||
  (error instanceof ProviderError &&
    error.nothingGenerated &&
    !error.isGone &&
    (reasonsToReplace.includes(error.kind) || (error.kind === 'invalid_request' && error.lacksModel)));

/** Faults of the disk on which a worker receives results. */
const disks: Record<string, string> = {
  ENOSPC: 'the disk is full',
  EDQUOT: 'the disk quota is used up',
  EROFS: 'the disk is read-only',
};

/** Turns any thrown value into a failure that may be stored and shown. Details of unknown errors go only to the log. */
export function failureOf(error: unknown): Failure {
  if (error instanceof ProviderError || error instanceof MessengerError) {
    return { kind: error.kind, detail: error.message };
  }
  if (error instanceof StorageError) return { kind: 'storage', detail: error.message };
  const disk = error instanceof Error && 'code' in error ? disks[String(error.code)] : undefined;
  if (disk !== undefined) return { kind: 'storage', detail: disk };
  if (error instanceof DOMException && error.name === 'TimeoutError') {
    return { kind: 'timeout', detail: 'no answer in time' };
  }
  return { kind: 'internal', detail: 'an unexpected error; the log has its details' };
}
