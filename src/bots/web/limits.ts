import { RateLimiterMemory, RateLimiterRes } from 'rate-limiter-flexible';

/** What somebody does, as far as its pace is limited. */
export type Pace = 'look' | 'change' | 'start' | 'failure';

export type Taken = { allowed: boolean; limit: number; remaining: number; resetSeconds: number; pace: Pace };

/** Counts something that somebody does; not allowed when it was too much within the window. */
export type ConsumeRateLimit = (pace: Pace, who: string) => Promise<Taken>;

const windowSeconds = 60;

/** How often in a minute. A page that moves needs many looks; nobody types thirty prompts. */
const limits: Record<Pace, number> = { look: 600, change: 120, start: 30, failure: 30 };

/** Counts within this process: several processes allow several times as much, which does no harm here. */
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

/** The standard headers (draft-ietf-httpapi-ratelimit-headers), and `Retry-After` where it was too much. */
export const paceHeaders = ({ pace, limit, remaining, resetSeconds, allowed }: Taken): Record<string, string> => ({
  'RateLimit-Policy': `"${pace}";q=${limit};w=${windowSeconds}`,
  RateLimit: `"${pace}";r=${remaining};t=${resetSeconds}`,
  ...(allowed ? {} : { 'Retry-After': String(resetSeconds) }),
});
