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
 * The timeout of a call, by process, in milliseconds. Slack gives a bot three seconds, so a second try would come too late. A
 * worker has time, but it waits in the queue and not in a call.
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

/** Slack's error code for a refused call, such as `not_in_channel`. Null for every other fault. */
export const refusalOf = (error: unknown): string | null =>
  error instanceof WebAPIPlatformError ? error.data.error : null;

/** The wait that Slack asks for, in milliseconds. Null if it asks for none. */
export const askedPauseMs = (error: unknown): number | null =>
  error instanceof WebAPIRateLimitedError ? error.retryAfter * 1000 : null;

/** Refusals that do not depend on the call: Slack may accept the same call later. */
export const isPassingRefusal = (refusal: string): boolean =>
  ['ratelimited', 'internal_error', 'fatal_error', 'service_unavailable', 'request_timeout'].includes(refusal);

/** True if Slack or the network to it failed, refusals included. False for faults of our own code, the store or the database. */
export const isSlacksFault = (error: unknown): boolean => asMessengerError(error) instanceof MessengerError;

/**
 * Turns a Web API fault into a `MessengerError`. A requested wait then delays the run, and nothing from the call reaches the log.
 */
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
