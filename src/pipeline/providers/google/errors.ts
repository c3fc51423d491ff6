import { z } from 'zod';
import type { Fault, Rejection } from '../providerCall.ts';

/**
 * Google's error body in its two dialects: a numeric code with a status word and details (most of the API), and a code word alone
 * (Interactions). The bodies of the sign-in service and of proxies have neither.
 */
const errorBody = z.object({
  error: z.object({
    code: z.union([z.string(), z.number()]).nullish().catch(null),
    message: z.string().catch(''),
    status: z.string().nullish().catch(null),
    details: z
      .array(
        z.object({
          reason: z.string().optional().catch(undefined),
          retryDelay: z.string().optional().catch(undefined),
          violations: z
            .array(z.object({ quotaId: z.string().optional() }))
            .optional()
            .catch(undefined),
        }),
      )
      .nullish()
      .catch(null),
  }),
});

type Told = { word: string; message: string; reasons: string[]; retryDelayMs: number | undefined; quotaIds: string[] };

const keyReasons = new Set(['API_KEY_INVALID', 'API_KEY_EXPIRED', 'API_KEY_NOT_FOUND']);
const policyWords =
  /\b(safety|policy|policies|prohibited|blocked|sensitive|violat\w*|responsible ai|content_filter\w*|rai)\b/i;
const quotaWords = /\b(billing|prepay\w*|credits?|spend(ing)? (cap|limit)|free tier|limit: 0)\b/i;

/** True if Google's error text mentions its content rules. */
export function soundsLikePolicy(text: string): boolean {
  return policyWords.test(text);
}

const goneWords = /\b(not found|not exist|no longer|expired|deleted)\b/i;

/**
 * Maps an error answer to a request that continues an earlier interaction. Google keeps an interaction for a limited time, and only
 * for its own project. It answers that it is gone with 404, or with 400 or 403 and words that name the interaction.
 */
export function classifyContinuation(rejection: Rejection): Fault {
  const fault = classify(rejection);
  const { message } = read(rejection.body);
  const isAboutInteraction = /interaction/i.test(message) && goneWords.test(message);
  const isGone = rejection.status === 404 || ([400, 403].includes(rejection.status) && isAboutInteraction);
  const isOfOtherKind = fault.kind === 'refused' || (fault.kind === 'bad_key' && !fault.lacksPermission);
  if (!isGone || isOfOtherKind) return fault;
  return { kind: 'no_output', detail: 'Google no longer has the clip.', nothingGenerated: true, isGone: true };
}

/** Maps an error answer to a request that carries a whole clip. Google refuses a request that is too large before it reads it. */
export function classifyUpload(rejection: Rejection): Fault {
  const fault = classify(rejection);
  const isTooLarge =
    rejection.status === 413 ||
    (fault.kind === 'invalid_request' && /payload size|too large/i.test(read(rejection.body).message));
  if (!isTooLarge) return fault;
  return { kind: 'no_output', detail: 'The clip is too large for Google Cloud.', nothingGenerated: true, isGone: true };
}

/** Maps an error answer of Google to our taxonomy. With a 4xx, except 408 and 499, Google refuses a request before work begins. */
export function classify(rejection: Rejection): Fault {
  const { status } = rejection;
  const { word, message, reasons, retryDelayMs, quotaIds } = read(rejection.body);
  const says = (kind: Fault['kind'], detail: string, nothingGenerated: boolean): Fault => ({
    kind,
    detail,
    nothingGenerated,
  });
  if (
    status === 401 ||
    reasons.some((reason) => keyReasons.has(reason)) ||
    /api key (not valid|expired|not found)/i.test(message)
  ) {
    return says('bad_key', 'Google does not accept the key.', true);
  }
  if (status === 403) {
    return { ...says('bad_key', 'The Google key is not permitted to do this.', true), lacksPermission: true };
  }
  if (status === 402 || (status === 400 && word === 'FAILED_PRECONDITION' && quotaWords.test(message))) {
    return says('quota', 'The Google account behind the key has no billing or no credit left.', true);
  }
  if (status === 429) {
    const spent =
      quotaWords.test(message) || quotaIds.some((id) => /PerDay|PerMonth/i.test(id)) || word === 'quota_exceeded';
    if (spent) return says('quota', 'The Google account behind the key has used up its quota.', true);
    return withDelay(
      says('rate_limited', 'Google asks for fewer requests at a time.', true),
      rejection.retryAfterMs ?? retryDelayMs,
    );
  }
  if (status === 408 || status === 504) return says('timeout', 'Google gave up on the request.', false);
  if (status >= 500 || status === 409 || status === 499) {
    return withDelay(
      says('unavailable', `Google has trouble at the moment (${status}).`, false),
      rejection.retryAfterMs,
    );
  }
  if (soundsLikePolicy(`${word} ${message} ${reasons.join(' ')}`)) {
    return says('refused', `Google's safety system did not allow this. ${message}`, false);
  }
  if (status === 404) {
    return { ...says('invalid_request', `Google does not offer this to the key. ${message}`, true), lacksModel: true };
  }
  return says('invalid_request', `Google did not understand the request (${status}). ${message}`, true);
}

function withDelay(fault: Fault, retryAfterMs: number | undefined): Fault {
  return retryAfterMs === undefined ? fault : { ...fault, retryAfterMs };
}

function read(body: string): Told {
  const parsed = errorBody.safeParse(parseJson(body));
  if (!parsed.success) return { word: '', message: '', reasons: [], retryDelayMs: undefined, quotaIds: [] };
  const { code, message, status, details } = parsed.data.error;
  const delay = details?.find((detail) => detail.retryDelay)?.retryDelay?.match(/^(\d+(?:\.\d+)?)s$/)?.[1];
  return {
    word: status ?? (typeof code === 'string' ? code : ''),
    message,
    reasons: details?.flatMap(({ reason }) => (reason ? [reason] : [])) ?? [],
    retryDelayMs: delay === undefined ? undefined : Math.round(Number(delay) * 1000),
    quotaIds:
      details?.flatMap(({ violations }) => violations?.flatMap(({ quotaId }) => (quotaId ? [quotaId] : [])) ?? []) ??
      [],
  };
}

function parseJson(text: string): unknown {
  try {
    const value: unknown = JSON.parse(text);
    // Some of Google's services wrap the error in a list of one.
    return Array.isArray(value) ? value[0] : value;
  } catch {
    return null;
  }
}
