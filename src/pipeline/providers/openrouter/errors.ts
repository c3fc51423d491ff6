import { z } from 'zod';
import { classifyStatus, parseJson } from '../http.ts';
import { ProviderError } from '../provider.ts';
import { type Fault, type Rejection, toProviderError } from '../providerCall.ts';

export const vendorName = 'OpenRouter';

/** OpenRouter's error. `metadata.raw` is what the provider behind it said. Source: the vendor's page about errors, November 2026. */
const errorObject = z.object({
  code: z.union([z.number(), z.string()]).nullish().catch(null),
  message: z.string().catch(''),
  metadata: z
    .object({
      reasons: z.array(z.unknown()).nullish().catch(null),
      raw: z.unknown().optional(),
    })
    .nullish()
    .catch(null),
});
const errorBody = z.object({ error: errorObject });

/** Words with which OpenRouter and the providers behind it name their policies. No vendor has a code for all of them. */
const policyWords =
  /moderat|polic(y|ies)|safety|content.?filter|prohibited|sensitive|inappropriate|nsfw|copyright|public figure|real (people|person)/i;

export const soundsLikePolicy = (words: string): boolean => policyWords.test(words);

/**
 * Maps an error answer of OpenRouter to our taxonomy. Its own moderation (403 with reasons) works before any provider does. A
 * provider's refusal may come later, so nothing is proven by it.
 */
export function classify(rejection: Rejection): Fault {
  const { status, body, retryAfterMs } = rejection;
  const { message, reasons, raw } = read(body);
  const says = (kind: Fault['kind'], detail: string, nothingGenerated: boolean): Fault => ({
    kind,
    detail: detail.trim(),
    nothingGenerated,
  });
  if (reasons !== null) {
    return says('refused', `OpenRouter's moderation did not allow this. ${reasons.join(', ')}`, true);
  }
  const isRequestError = status === 400 || status === 403 || status === 422;
  if (isRequestError && soundsLikePolicy(`${message} ${raw}`)) {
    return says('refused', `The provider behind OpenRouter did not allow this. ${message}`, false);
  }
  // A key with a limit of its own answers 403 once it has reached it.
  if (status === 403 && /limit exceeded/i.test(message)) {
    return says('quota', 'The OpenRouter key has reached its limit.', true);
  }
  // With Retry-After, a 402 means that too much is in flight at the moment, and not that the account is empty.
  if (status === 402 && retryAfterMs !== undefined) {
    return {
      ...says('rate_limited', 'OpenRouter asks for less work at a time on this account.', true),
      retryAfterMs,
    };
  }
  if (status === 524) return says('timeout', 'The provider behind OpenRouter did not answer in time.', false);
  return classifyStatus(vendorName, rejection);
}

/**
 * The shape of an answer. With status 200 OpenRouter may send an error instead, if one occurred while the model worked: it is thrown
 * as what its own code says, and it may have cost money.
 */
export const withoutErrorInside = <T>(shape: z.ZodType<T>): z.ZodType<T> =>
  z.unknown().transform((answer): T => {
    const { error } = errorBody.safeParse(answer).data ?? {};
    // A job that failed has words without a code in this field.
    if (error && statusOf(error.code) !== null) throw errorInside(error);
    return shape.parse(answer);
  });

/** An error that OpenRouter sent within an answer. */
export function errorInside(error: unknown): ProviderError {
  const status = statusOf(errorObject.safeParse(error).data?.code);
  if (status === null) return new ProviderError('no_output', 'OpenRouter answered with an error.');
  const fault = classify({ status, body: JSON.stringify({ error }), retryAfterMs: undefined });
  return toProviderError({ ...fault, nothingGenerated: false });
}

function statusOf(code: unknown): number | null {
  const status = Number(code ?? Number.NaN);
  return Number.isInteger(status) && status >= 400 && status < 600 ? status : null;
}

function read(body: string): { message: string; reasons: string[] | null; raw: string } {
  const { error } = errorBody.safeParse(parseJson(body)).data ?? {};
  const { reasons, raw } = error?.metadata ?? {};
  return {
    message: error?.message ?? '',
    reasons: reasons ? reasons.filter((one) => typeof one === 'string') : null,
    raw: typeof raw === 'string' ? raw : raw ? JSON.stringify(raw) : '',
  };
}
