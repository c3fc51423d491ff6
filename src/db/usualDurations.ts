import { sql } from 'drizzle-orm';
import { z } from 'zod';
import type { Tx } from './client.ts';

/** A kind of work whose duration is learned: a model, and the size of what it makes (for example `1080p 8s`). */
export type Work = { provider: string; model: string; size: string };

/** How many of the last finished steps count. */
const counted = 50;

const medians = z.array(z.object({ ms: z.number().nullable() }));

/**
 * The usual duration of such steps in milliseconds: the median of the last fifty that were finished. Null if there is none yet. It
 * reads an index of at most fifty rows.
 */
export async function usualDuration(tx: Tx, { provider, model, size }: Work): Promise<number | null> {
  const [row] = medians.parse(
    await tx.execute(sql`
      SELECT percentile_cont(0.5) WITHIN GROUP (ORDER BY ms)::float8 AS ms FROM (
        SELECT extract(epoch FROM finished_at - started_at) * 1000 AS ms FROM steps
        WHERE provider = ${provider} AND model = ${model} AND size = ${size} AND state = 'done' AND started_at IS NOT NULL
        ORDER BY finished_at DESC NULLS LAST LIMIT ${counted}::int
      ) AS last`),
  );
  return row?.ms ?? null;
}

/** In milliseconds. For how long a learned duration is used before the database is asked again. */
const keptMs = 60_000;

/**
 * Learned durations, read at most once a minute for each kind of work. `now` is in milliseconds. A database that does not answer
 * leaves what is known: an estimate must not fail a command.
 */
export function createUsualDurations(tx: Tx, now: () => number): (work: Work) => Promise<number | null> {
  const known = new Map<string, { ms: Promise<number | null>; until: number }>();
  return async (work) => {
    const key = JSON.stringify([work.provider, work.model, work.size]);
    const kept = known.get(key);
    if (kept && kept.until > now()) return await kept.ms;
    const before = kept?.ms ?? Promise.resolve(null);
    const ms = usualDuration(tx, work).catch(() => before);
    known.set(key, { ms, until: now() + keptMs });
    return await ms;
  };
}
