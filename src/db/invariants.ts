import { sql } from 'drizzle-orm';
import type { Tx } from './client.ts';
import { checkRest, checkRules, maxOfEachRule, type Violation } from './ledgerRules.ts';

/**
 * Checks every rule of the ledger in one snapshot, over all rows. An empty list means that all of them hold. It names at most
 * `maxOfEachRule` rows that break the same rule. For a large database see
 * `ledgerVerification.ts` (what is new) and `ledgerPass.ts` (everything, step by step).
 */
export async function checkInvariants(tx: Tx, { atRest }: { atRest: boolean }): Promise<Violation[]> {
  const everything = sql`true`;
  const limit = maxOfEachRule;
  return await tx.transaction(
    async (inner) => [
      ...(await checkRules(inner, 'transactions', everything, { limit })),
      ...(await checkRules(inner, 'accounts', everything, { limit })),
      ...(await checkRules(inner, 'runs', everything, { limit })),
      ...(atRest ? await checkRest(inner) : []),
    ],
    { isolationLevel: 'repeatable read', accessMode: 'read only' },
  );
}
