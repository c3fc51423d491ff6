import { sql } from 'drizzle-orm';
import { z } from 'zod';
import type { Tx } from './client.ts';
import { ledgerState } from './ledgerDiscrepancies.ts';
import { verifyLedger } from './ledgerVerification.ts';

/** Metrics for operators. Seconds are the age of the oldest run of its kind, 0 if there is none. */
export type Figures = {
  waitingRuns: number;
  oldestWaitingSeconds: number;
  atWorkRuns: number;
  overdueRuns: number;
  oldestOverdueSeconds: number;
  heldCredits: number;
  balanceCredits: number;
  /** Objects that should be gone, but whose last erase attempt failed. */
  unerasedObjects: number;
};

const rows = z
  .array(
    z.object({
      waitingRuns: z.coerce.number(),
      oldestWaitingSeconds: z.coerce.number(),
      atWorkRuns: z.coerce.number(),
      overdueRuns: z.coerce.number(),
      oldestOverdueSeconds: z.coerce.number(),
      heldCredits: z.coerce.number(),
      balanceCredits: z.coerce.number(),
      unerasedObjects: z.coerce.number(),
    }),
  )
  .length(1);

const since = (moment: string) => sql.raw(`coalesce(extract(epoch FROM now() - min(${moment})), 0)`);

/** Reads the metrics of the whole installation. It gives up after `patienceMs` if the database is too busy. */
export async function readFigures(tx: Tx, patienceMs: number): Promise<Figures> {
  return await tx.transaction(async (inner) => {
    await inner.execute(sql.raw(`SET LOCAL statement_timeout = ${Math.round(patienceMs)}`));
    const [figures] = rows.parse(
      await inner.execute(sql`
        SELECT w.*, g.*, d.*, c.*, e.* FROM
          (SELECT count(*) AS "waitingRuns", ${since('created_at')} AS "oldestWaitingSeconds"
            FROM runs WHERE state = 'queued' AND cancel_requested_at IS NULL) w,
          (SELECT count(*) AS "atWorkRuns" FROM runs WHERE settled_at IS NULL AND state = 'running') g,
          (SELECT count(*) AS "overdueRuns", ${since('due_at')} AS "oldestOverdueSeconds" FROM runs
            WHERE (state <> 'queued' OR cancel_requested_at IS NOT NULL) AND due_at <= now()) d,
          (SELECT coalesce(sum(held), 0) AS "heldCredits", coalesce(sum(balance), 0) AS "balanceCredits" FROM credit_accounts) c,
          (SELECT count(*) AS "unerasedObjects" FROM assets
            WHERE removed_at IS NOT NULL AND erased_at IS NULL AND erase_attempts > 0) e`),
    );
    if (!figures) throw new Error('the database told no figures');
    return figures;
  });
}

/** In milliseconds. The ledger is verified again after this time, by one process of all. */
const verifiedForMs = 5 * 60_000;
/** In milliseconds. For how long one call verifies a ledger that has much left to verify. */
const verifyingMs = 500;

/** How the ledger is. `unverifiedSeconds` is the age of the oldest transaction that is not verified yet, 0 if there is none. */
export type LedgerFigures = { discrepancies: number; unverifiedSeconds: number };

/** Verifies what is new in the ledger, unless a process has done so within five minutes, and returns what is known. */
export async function readLedger(tx: Tx, patienceMs: number): Promise<LedgerFigures> {
  const before = await ledgerState(tx, { freshMs: verifiedForMs });
  if (!before.isDue) return before;
  await verifyLedger(tx, { forMs: verifyingMs, patienceMs });
  return await ledgerState(tx, { freshMs: verifiedForMs });
}
