import { createHash } from 'node:crypto';
import { sql } from 'drizzle-orm';
import type { Tx } from './client.ts';

/** A platform delivers an event again for an hour at most. */
const keptFor = sql`interval '1 hour'`;

/**
 * Claims the right to answer an event that a platform may deliver several times, to any process. True for the first claim alone. Make
 * it right before the answer: a process that dies in between leaves the event without one. The table of rate limits keeps the claims,
 * because a claim is a limit of one answer. The key is hashed, so it tells nothing after its workspace has left.
 */
export async function claimAnswer(tx: Tx, event: string): Promise<boolean> {
  const key = `answer:${createHash('sha256').update(event).digest('base64url')}`;
  await tx.execute(sql`DELETE FROM rate_limits WHERE key LIKE 'answer:%' AND expire < now()`);
  const rows = await tx.execute(sql`
    INSERT INTO rate_limits (key, points, expire) VALUES (${key}, 1, now() + ${keptFor})
    ON CONFLICT (key) DO NOTHING RETURNING key`);
  return rows.length > 0;
}
