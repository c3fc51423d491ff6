import { sql } from 'drizzle-orm';
import { expect } from 'vitest';
import { z } from 'zod';
import type { Database, Tx } from '../../src/db/client.ts';

class Undone extends Error {}

/** A transaction that is rolled back. */
export async function undone({ db }: Database, work: (tx: Tx) => Promise<void>): Promise<void> {
  const attempt = db.transaction(async (tx) => {
    await work(tx);
    throw new Undone();
  });
  await expect(attempt).rejects.toThrow(Undone);
}

const counts = z.tuple([z.object({ sequential: z.coerce.number(), rows: z.coerce.number() })]);

/**
 * How many rows a piece of work reads in the tables that grow with every run, and how many of them in sequential scans. PostgreSQL
 * counts them for the transaction, which is rolled back.
 */
export async function rowsReadBy(database: Database, work: (tx: Tx) => Promise<unknown>) {
  let found = { sequential: Number.NaN, rows: Number.NaN };
  await undone(database, async (tx) => {
    await work(tx);
    const [row] = counts.parse([
      ...(await tx.execute(sql`
        SELECT coalesce(sum(seq_tup_read), 0) AS sequential, coalesce(sum(seq_tup_read + idx_tup_fetch), 0) AS rows
        FROM pg_stat_xact_user_tables WHERE relname IN ('runs', 'steps', 'assets', 'credit_transactions')`)),
    ]);
    found = row;
  });
  return found;
}
