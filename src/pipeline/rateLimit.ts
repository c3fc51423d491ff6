import { RateLimiterDrizzle, RateLimiterMemory, RateLimiterRedis, RateLimiterRes } from 'rate-limiter-flexible';
import type { Db } from '../db/client.ts';
import { rateLimits } from '../db/schema.ts';
import type { WorkspaceId } from '../domain.ts';
import { connectRedis, type RedisAddress } from './redis.ts';

/** Commands in a minute. */
export type RateLimits = { member: number; workspace: number };

type Pace =
  | { outcome: 'allowed' }
  /** `whose` commands were too many; in `retryMs` milliseconds there is room again. */
  | { outcome: 'limited'; whose: 'member' | 'workspace'; retryMs: number };

export type RateLimit = {
  /** Counts one command. */
  consume: (workspaceId: WorkspaceId, memberId: string) => Promise<Pace>;
  close: () => void;
};

const seconds = 60;

/** A Redis that takes longer to count is away: somebody waits for the answer to a command. Milliseconds. */
const countWithinMs = 500;

/**
 * Counts commands for all processes together: in Redis where there is one, else in the database. While that is away each process
 * counts for itself: a limit that cannot be looked up must neither stop everybody nor let everything through.
 */
export async function createRateLimit(
  store: { db: Db; redis: RedisAddress | null },
  limits: RateLimits,
  onError: (error: Error) => void,
): Promise<RateLimit> {
  const redis = store.redis ? await connectRedis(store.redis, onError, countWithinMs) : null;
  const limiter = (keyPrefix: string, points: number) => {
    const options = {
      keyPrefix,
      points,
      duration: seconds,
      // A member over the limit is refused without asking the store again.
      inMemoryBlockOnConsumed: points + 1,
      insuranceLimiter: new RateLimiterMemory({ keyPrefix, points, duration: seconds }),
    };
    return redis
      ? new RateLimiterRedis({ ...options, storeClient: redis, rejectIfRedisNotReady: true })
      : new RateLimiterDrizzle({ ...options, storeClient: store.db, schema: rateLimits });
  };
  const [ofMember, ofWorkspace] = [limiter('member', limits.member), limiter('workspace', limits.workspace)];

  const take = async (from: typeof ofMember, key: string): Promise<number | null> => {
    try {
      await from.consume(key);
      return null;
    } catch (refused) {
      if (refused instanceof RateLimiterRes) return refused.msBeforeNext;
      throw refused;
    }
  };

  return {
    consume: async (workspaceId, memberId) => {
      // The member first: what is refused to one is not taken from the others.
      const ofOne = await take(ofMember, `${workspaceId}/${memberId}`);
      if (ofOne !== null) return { outcome: 'limited', whose: 'member', retryMs: ofOne };
      const ofAll = await take(ofWorkspace, workspaceId);
      if (ofAll !== null) return { outcome: 'limited', whose: 'workspace', retryMs: ofAll };
      return { outcome: 'allowed' };
    },
    close: () => redis?.disconnect(),
  };
}
