import { sql } from 'drizzle-orm';
import { z } from 'zod';
import type { Tx } from './client.ts';

const shape = z.array(
  z.object({
    /** Null for a prepared transaction, which belongs to no process. */
    pid: z.int().nullable(),
    /** The application's name, PostgreSQL's own name of a process such as `autovacuum worker`, or the name of a prepared transaction. */
    name: z.string(),
    user: z.string().nullable(),
    state: z.string().nullable(),
    seconds: z.number(),
  }),
);

export type TransactionInTheWay = z.infer<typeof shape>[number];

/**
 * Transactions that last for longer than that and hold a lock on a table of ours. A migration waits for their end. The oldest
 * comes first.
 */
export async function transactionsInTheWay(
  tx: Tx,
  { olderThanMs }: { olderThanMs: number },
): Promise<TransactionInTheWay[]> {
  const rows = await tx.execute(sql`
    SELECT a.pid, coalesce(nullif(a.application_name, ''), a.backend_type) AS name, a.usename::text AS user, a.state, extract(epoch FROM now() - a.xact_start)::float8 AS seconds
    FROM pg_stat_activity a
    WHERE a.datname = current_database() AND a.pid <> pg_backend_pid() AND a.application_name NOT LIKE 'vidgenie migrate%'
      AND a.xact_start < now() - make_interval(secs => ${olderThanMs / 1000}::float8)
      AND EXISTS (
        SELECT FROM pg_locks l JOIN pg_class c ON c.oid = l.relation
        WHERE l.pid = a.pid AND l.granted AND l.database = (SELECT oid FROM pg_database WHERE datname = current_database())
          AND c.relnamespace = 'public'::regnamespace)
    UNION ALL
    SELECT NULL, 'prepared transaction ' || gid, owner::text, NULL, extract(epoch FROM now() - prepared)::float8
    FROM pg_prepared_xacts WHERE database = current_database()
    ORDER BY seconds DESC LIMIT 5`);
  return shape.parse([...rows]);
}
