import { sql } from 'drizzle-orm';
import type { Tx } from './client.ts';
import { checkRest, checkRules, type Violation } from './ledgerRules.ts';

/**
 * Checks every rule of the ledger in one snapshot, over all rows. An empty list means that all of them hold. For a large database see
 * `ledgerVerification.ts` (what is new) and `ledgerPass.ts` (everything, step by step).
 */
export async function checkInvariants(tx: Tx, { atRest }: { atRest: boolean }): Promise<Violation[]> {
  const everything = sql`true`;
  return await tx.transaction(
    async (inner) => [
      ...(await checkRules(inner, 'transactions', everything)),
      ...(await checkRules(inner, 'accounts', everything)),
      ...(await checkRules(inner, 'runs', everything)),
      ...(atRest ? await checkRest(inner) : []),
    ],
    { isolationLevel: 'repeatable read', accessMode: 'read only' },
  );
}
