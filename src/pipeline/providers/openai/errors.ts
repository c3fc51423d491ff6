import { z } from 'zod';
import { ProviderError } from '../provider.ts';
import type { Fault, Rejection } from '../providerCall.ts';

/** OpenAI's error body. Compatible services leave some fields out. */
const errorBody = z.object({
  error: z.object({
    message: z.string().catch(''),
    type: z.string().nullish().catch(null),
    code: z.union([z.string(), z.number()]).nullish().catch(null),
  }),
});

const policyCodes = new Set([
  'moderation_blocked',
  'content_policy_violation',
  'content_filter',
  'safety_violation',
  'image_generation_user_error',
]);
const quotaCodes = new Set([
  'insufficient_quota',
  'billing_hard_limit_reached',
  'billing_not_active',
  'credits_exhausted',
]);

/**
 * Maps an error answer of OpenAI to our taxonomy. With a status below 500, except 408 and 409, OpenAI refuses a request before
 * work begins.
 */
export function classify({ status, body, retryAfterMs }: Rejection): Fault {
  const { message, code, type } = read(body);
  const says = (kind: Fault['kind'], detail: string, nothingGenerated: boolean): Fault => ({
    kind,
    detail,
    nothingGenerated,
  });
  if (policyCodes.has(code) || policyCodes.has(type)) {
    // OpenAI may have blocked the prompt or the finished image, so it is not proven that the request was free.
    return says('refused', `OpenAI's safety system did not allow this. ${message}`, false);
  }
  if (status === 402 || quotaCodes.has(code) || quotaCodes.has(type)) {
    return says('quota', 'The OpenAI account behind the key has no credit left, or has reached its limit.', true);
  }
  if (status === 403 || (status === 401 && /insufficient permissions|missing scopes/i.test(message))) {
    return { ...says('bad_key', 'The OpenAI key is not permitted to do this.', true), lacksPermission: true };
  }
  if (status === 401) return says('bad_key', 'OpenAI does not accept the key.', true);
  if (status === 404 || code === 'model_not_found') {
    return { ...says('invalid_request', `OpenAI does not offer this to the key. ${message}`, true), lacksModel: true };
  }
  if (status === 408) return says('timeout', 'OpenAI gave up on the request.', false);
  if (status === 429) {
    const fault = says('rate_limited', 'OpenAI asks for fewer requests at a time.', true);
    return retryAfterMs === undefined ? fault : { ...fault, retryAfterMs };
  }
  if (status >= 500 || status === 409) {
    const fault = says('unavailable', `OpenAI has trouble at the moment (${status}).`, false);
    return retryAfterMs === undefined ? fault : { ...fault, retryAfterMs };
  }
  return says('invalid_request', `OpenAI did not understand the request (${status}). ${message}`, true);
}

/**
 * OpenAI's safety system may stop an image in the middle of a stream. The SDK then throws an error with OpenAI's code. Null: it is
 * another error.
 */
export function refusalInStream(error: unknown): ProviderError | null {
  const code = error instanceof Error && 'code' in error ? String(error.code) : '';
  return policyCodes.has(code) ? new ProviderError('refused', "OpenAI's safety system did not allow this.") : null;
}

function read(body: string): { message: string; code: string; type: string } {
  const parsed = errorBody.safeParse(parseJson(body));
  if (!parsed.success) return { message: '', code: '', type: '' };
  const { message, code, type } = parsed.data.error;
  return { message, code: String(code ?? ''), type: type ?? '' };
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
