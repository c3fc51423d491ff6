import type { Failure, FailureKind } from '../domain.ts';
import { StorageError } from './media/store.ts';
import { ProviderError } from './providers/provider.ts';

/** Turns in a row that may come to nothing before a step is given up; with the backoff below that takes about three minutes. */
export const maxFailedAttempts = 8;

/** The same where something that is paid for cannot be fetched from its provider, or told in its chat: it is worth a quarter of an hour. */
export const maxOutage = 25;

const submitRetries = 3;
const backoffBaseMs = 1_000;
const maxBackoffMs = 60_000;

/** A pause before another try in milliseconds: doubling, bounded, and spread by half so that many runs do not return at once. */
export function backoffMs(failedAttempts: number, random: () => number): number {
  const full = Math.min(maxBackoffMs, backoffBaseMs * 2 ** Math.max(0, failedAttempts - 1));
  return Math.round(full * (0.5 + random() / 2));
}

/** How long a provider or a chat asks to be left alone, in milliseconds; 0 when it does not say. It may ask for anything. */
export const askedToWaitMs = (error: unknown): number =>
  error instanceof Error && 'retryAfterMs' in error && typeof error.retryAfterMs === 'number' ? error.retryAfterMs : 0;

/** The failure of a step that would have to wait longer than it may take: waiting would only keep its credits. */
export function tooLongToWait(failure: Failure, askedMs: number, maxMs: number): Failure {
  const minutes = Math.round(maxMs / 60_000);
  const asked = askedMs < 120 * 60_000 ? `${Math.ceil(askedMs / 60_000)} minutes` : 'hours or days';
  return { ...failure, detail: `it asks to wait for ${asked}, and this step may take ${minutes} min at most` };
}

const passing: readonly FailureKind[] = ['rate_limited', 'unavailable', 'timeout'];

export const isPassing = ({ kind }: Failure): boolean => passing.includes(kind);

/** Only a call that is proven to have generated nothing is sent again, and only a few times. */
export const canRetrySubmit = (error: unknown, failedAttempts: number): boolean =>
  error instanceof ProviderError &&
  error.nothingGenerated &&
  passing.includes(error.kind) &&
  failedAttempts <= submitRetries;

/** Where results are received, before any store sees them. */
const disks: Record<string, string> = {
  ENOSPC: 'the disk is full',
  EDQUOT: 'the disk quota is used up',
  EROFS: 'the disk is read-only',
};

/** Any thrown thing as a failure that may be stored and shown. What we do not know keeps its details to the log. */
export function failureOf(error: unknown): Failure {
  if (error instanceof ProviderError) return { kind: error.kind, detail: error.message };
  if (error instanceof StorageError) return { kind: 'storage', detail: error.message };
  const disk = error instanceof Error && 'code' in error ? disks[String(error.code)] : undefined;
  if (disk !== undefined) return { kind: 'storage', detail: disk };
  if (error instanceof DOMException && error.name === 'TimeoutError') {
    return { kind: 'timeout', detail: 'no answer in time' };
  }
  return { kind: 'internal', detail: 'an unexpected error; the log has its details' };
}
