import {
  WebAPIHTTPError,
  WebAPIPlatformError,
  WebAPIRateLimitedError,
  WebAPIRequestError,
  WebClient,
} from '@slack/web-api';
import type { Secret } from '../../db/secret.ts';
import type { Logger } from '../../observability/log.ts';
import { MessengerError } from '../../pipeline/messenger.ts';
import { createSlackLogger } from './log.ts';

/**
 * How patient a process is. Within the three seconds that Slack gives a bot, a second try comes too late; a worker has time, but
 * waits in the queue rather than in a call.
 */
const patience = { bot: { timeout: 2_500 }, worker: { timeout: 30_000 } } as const;

export type SlackRole = keyof typeof patience;

export function createWebClient(role: SlackRole, token: Secret | null, apiUrl: string, log: Logger): WebClient {
  return new WebClient(token?.reveal(), {
    slackApiUrl: apiUrl,
    logger: createSlackLogger(log),
    timeout: patience[role].timeout,
    retryConfig: { retries: 0 },
    rejectRateLimitedCalls: true,
  });
}

/** Slack's own word for why a call was refused, such as `not_in_channel`; null for every other fault. */
export const refusalOf = (error: unknown): string | null =>
  error instanceof WebAPIPlatformError ? error.data.error : null;

/** How long Slack asks to wait, in milliseconds; null when it does not. */
export const askedPauseMs = (error: unknown): number | null =>
  error instanceof WebAPIRateLimitedError ? error.retryAfter * 1000 : null;

/** Refusals that say nothing about the call: the same one may well be taken later. */
export const isPassingRefusal = (refusal: string): boolean =>
  ['ratelimited', 'internal_error', 'fatal_error', 'service_unavailable', 'request_timeout'].includes(refusal);

/** A fault of the way to Slack or of Slack itself, a refusal included; no fault of ours, of the store or of the database. */
export const isSlacksFault = (error: unknown): boolean => asMessengerError(error) instanceof MessengerError;

/** A fault of the Web API as a `MessengerError`, so that a wait becomes a delay of the run and nothing of the call gets into the log. */
export function asMessengerError(error: unknown): unknown {
  if (error instanceof WebAPIRateLimitedError) {
    const retryAfterMs = error.retryAfter * 1000;
    return new MessengerError('rate_limited', 'Slack asked to wait', { retryAfterMs });
  }
  if (error instanceof WebAPIPlatformError) {
    return new MessengerError(
      isPassingRefusal(error.data.error) ? 'unavailable' : 'invalid_request',
      `Slack refused: ${error.data.error}`,
    );
  }
  if (error instanceof WebAPIHTTPError) {
    return new MessengerError('unavailable', `Slack answered with status ${error.statusCode}`);
  }
  if (error instanceof WebAPIRequestError) return new MessengerError('unavailable', 'Slack could not be reached');
  return error;
}
