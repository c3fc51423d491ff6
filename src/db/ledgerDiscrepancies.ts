import { sql } from 'drizzle-orm';
import { z } from 'zod';
import type { Tx } from './client.ts';
import type { Violation } from './ledgerRules.ts';

/** Records what breaks a rule. It stays told until a whole pass no longer finds it. */
export async function noteDiscrepancies(tx: Tx, violations: readonly Violation[]): Promise<void> {
  if (violations.length === 0) return;
  await tx.execute(sql`
    INSERT INTO ledger_discrepancies (rule, subject, found, expected)
    SELECT DISTINCT ON (1, 2) v.invariant, v.subject, v.found, v.expected
    FROM jsonb_to_recordset(${JSON.stringify(violations)}::jsonb) AS v(invariant text, subject text, found bigint, expected bigint)
    ON CONFLICT (rule, subject) DO UPDATE SET found = excluded.found, expected = excluded.expected, found_at = now()`);
}

const told = z.array(
  z.object({ invariant: z.string(), subject: z.string(), found: z.coerce.number(), expected: z.coerce.number() }),
);

/** The recorded discrepancies, the latest first. */
export async function listDiscrepancies(tx: Tx, limit: number): Promise<Violation[]> {
  return told.parse([
    ...(await tx.execute(sql`
      SELECT rule AS invariant, subject, found, expected FROM ledger_discrepancies
      ORDER BY found_at DESC, rule, subject LIMIT ${limit}::int`)),
  ]);
}

const states = z.tuple([
  z.object({ discrepancies: z.coerce.number(), unverifiedSeconds: z.coerce.number(), isDue: z.boolean() }),
]);

/**
 * The number of recorded discrepancies, and the age of the oldest transaction that is not verified yet, in seconds (0: all are
 * verified). `isDue`: nobody has verified the ledger within `freshMs`, or it has not been verified to its end.
 */
export async function ledgerState(tx: Tx, { freshMs }: { freshMs: number }) {
  const [state] = states.parse([
    ...(await tx.execute(sql`
      WITH done AS (SELECT coalesce(max((position->>'verified')::bigint), 0) AS id, max(moved_at) AS at FROM checks WHERE name = 'ledger')
      SELECT (SELECT count(*) FROM ledger_discrepancies) AS discrepancies,
        coalesce(extract(epoch FROM now() - oldest.created_at), 0) AS "unverifiedSeconds",
        coalesce(done.at < now() - make_interval(secs => ${freshMs / 1000}::float8), true)
          OR coalesce(oldest.created_at < done.at - make_interval(secs => ${freshMs / 1000}::float8), false) AS "isDue"
      FROM done LEFT JOIN LATERAL (
        SELECT created_at FROM credit_transactions WHERE id > done.id ORDER BY id LIMIT 1) oldest ON true`)),
  ]);
  return state;
}
