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

/** What this connection has counted. It may contain what earlier transactions have read. */
async function readSoFar(tx: Tx) {
  const rows = await tx.execute(sql`
    SELECT coalesce(sum(seq_tup_read), 0) AS sequential, coalesce(sum(seq_tup_read + idx_tup_fetch), 0) AS rows
    FROM pg_stat_xact_user_tables WHERE relname IN ('runs', 'steps', 'assets', 'credit_transactions')`);
  return counts.parse([...rows])[0];
}

/**
 * How many rows a piece of work reads in the tables that grow with every run, and how many of them in sequential scans. PostgreSQL
 * counts them. What the work has written is rolled back.
 */
export async function rowsReadBy(database: Database, work: (tx: Tx) => Promise<unknown>) {
  let found = { sequential: Number.NaN, rows: Number.NaN };
  await undone(database, async (tx) => {
    const before = await readSoFar(tx);
    await work(tx);
    const after = await readSoFar(tx);
    found = { sequential: after.sequential - before.sequential, rows: after.rows - before.rows };
  });
  return found;
}
