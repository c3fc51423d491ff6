import { RateLimiterMemory, RateLimiterRes } from 'rate-limiter-flexible';

/** A kind of request, for rate limits. */
export type Pace = 'look' | 'change' | 'start' | 'failure';

export type Taken = { allowed: boolean; limit: number; remaining: number; resetSeconds: number; pace: Pace };

/** Counts a request. It is not allowed if the limit for the window is reached. */
export type ConsumeRateLimit = (pace: Pace, who: string) => Promise<Taken>;

const windowSeconds = 60;

/** Requests in a minute. A live page needs many reads, but nobody types thirty prompts. */
const limits: Record<Pace, number> = { look: 600, change: 120, start: 30, failure: 30 };

/** Counts within this process. Several processes together allow several times as much, which does no harm here. */
export function createRateLimits(over: Partial<Record<Pace, number>> = {}): ConsumeRateLimit {
  const chosen = { ...limits, ...over };
  const limiter = (pace: Pace) =>
    new RateLimiterMemory({ keyPrefix: pace, points: chosen[pace], duration: windowSeconds });
  const limiters = {
    look: limiter('look'),
    change: limiter('change'),
    start: limiter('start'),
    failure: limiter('failure'),
  };
  return async (pace, who) => {
    const counted = await limiters[pace].consume(who).catch((refused: unknown) => {
      if (refused instanceof RateLimiterRes) return refused;
      throw refused;
    });
    return {
      pace,
      limit: chosen[pace],
      remaining: Math.max(0, counted.remainingPoints),
      allowed: counted.consumedPoints <= chosen[pace],
      resetSeconds: Math.max(1, Math.ceil(counted.msBeforeNext / 1_000)),
    };
  };
}

/** The standard headers (draft-ietf-httpapi-ratelimit-headers), and `Retry-After` when the limit is exceeded. */
export const paceHeaders = ({ pace, limit, remaining, resetSeconds, allowed }: Taken): Record<string, string> => ({
  'RateLimit-Policy': `"${pace}";q=${limit};w=${windowSeconds}`,
  RateLimit: `"${pace}";r=${remaining};t=${resetSeconds}`,
  ...(allowed ? {} : { 'Retry-After': String(resetSeconds) }),
});
