import { RateLimiterDrizzle, RateLimiterMemory, RateLimiterRedis, RateLimiterRes } from 'rate-limiter-flexible';
import type { Db } from '../db/client.ts';
import { rateLimits } from '../db/schema.ts';
import type { WorkspaceId } from '../domain.ts';
import { connectRedis, type RedisAddress } from './redis.ts';

/** Commands per minute. */
export type RateLimits = { member: number; workspace: number };

type Pace =
  | { outcome: 'allowed' }
  /** `whose` limit was reached. In `retryMs` milliseconds the next command is possible. */
  | { outcome: 'limited'; whose: 'member' | 'workspace'; retryMs: number };

export type RateLimit = {
  /** Counts one command. */
  consume: (workspaceId: WorkspaceId, memberId: string) => Promise<Pace>;
  close: () => void;
};

const seconds = 60;

/** In milliseconds. A Redis that takes longer to count is away: a member is waiting for the answer to a command. */
const countWithinMs = 500;

/**
 * Counts commands for all processes together: in Redis if it is configured, else in the database. While the store is away, each
 * process counts for itself, so an outage neither stops everybody nor lets everything through.
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
      // A member over the limit is refused without another query to the store.
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
      // Count for the member first, so a member's refused commands do not use up the workspace's limit.
      const ofOne = await take(ofMember, `${workspaceId}/${memberId}`);
      if (ofOne !== null) return { outcome: 'limited', whose: 'member', retryMs: ofOne };
      const ofAll = await take(ofWorkspace, workspaceId);
      if (ofAll !== null) return { outcome: 'limited', whose: 'workspace', retryMs: ofAll };
      return { outcome: 'allowed' };
    },
    close: () => redis?.disconnect(),
  };
}
