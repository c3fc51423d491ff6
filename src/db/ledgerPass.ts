import { sql } from 'drizzle-orm';
import { z } from 'zod';
import { beginPass, movePass, readPass } from './checks.ts';
import type { Tx } from './client.ts';
import { noteDiscrepancies } from './ledgerDiscrepancies.ts';
import { amongIds, checkRules, readByIndexes } from './ledgerRules.ts';

const name = 'ledger pass';

/** The order of the checks, the size of a batch of each, and the value before its first. */
const parts = {
  accounts: { rows: 100, first: '' },
  transactions: { rows: 10_000, first: '0' },
  runs: { rows: 2_000, first: '00000000-0000-0000-0000-000000000000' },
} as const;

const position = z.object({ part: z.enum(['accounts', 'transactions', 'runs']), after: z.string() });
type Position = z.infer<typeof position>;

const nextPart: Record<Position['part'], Position['part'] | null> = {
  accounts: 'transactions',
  transactions: 'runs',
  runs: null,
};

/** `fraction` is between 0 and 1, about how much of the part is done. */
export type PassProgress = { part: Position['part']; fraction: number };

/**
 * Checks every rule of the ledger over all rows, in pages, and yields after each. It needs memory for one page. A pass that was
 * interrupted goes on where it was, and several processes share one. At its end, what it did not find any more is no longer told.
 */
export async function* passLedger(tx: Tx): AsyncGenerator<PassProgress> {
  await beginPass(tx, name, { part: 'accounts', after: parts.accounts.first });
  for (;;) {
    const progress = await passPage(tx);
    if (!progress) return;
    yield progress;
  }
}

async function passPage(tx: Tx): Promise<PassProgress | null> {
  return await tx.transaction(async (inner) => {
    const read = await readPass(inner, name, { lock: true });
    if (read.isFinished) return null;
    const { part, after } = position.parse(read.position);
    await readByIndexes(inner);
    const { last, fraction } = await checkPage(inner, part, after);
    const next = last === null ? nextPart[part] : part;
    if (next === null) await endPass(inner);
    else await movePass(inner, name, { part: next, after: last ?? parts[next].first }, { isFinished: false });
    return { part, fraction };
  });
}

async function endPass(tx: Tx): Promise<void> {
  await tx.execute(sql`
    DELETE FROM ledger_discrepancies WHERE found_at < (SELECT started_at FROM checks WHERE name = ${name})`);
  await movePass(tx, name, {}, { isFinished: true });
}

const pages = z.array(z.object({ id: z.string() }));
const newest = z.tuple([z.object({ id: z.coerce.number() })]);

/** Checks what comes after `after`. `last` is the last one of the page, null if there was none. */
async function checkPage(
  tx: Tx,
  part: Position['part'],
  after: string,
): Promise<{ last: string | null; fraction: number }> {
  const limit = sql`LIMIT ${parts[part].rows}::int`;
  const idsOf = async (query: ReturnType<typeof sql>) =>
    pages.parse([...(await tx.execute(query))]).map(({ id }) => id);
  switch (part) {
    case 'accounts': {
      const ids = await idsOf(
        sql`SELECT workspace_id AS id FROM credit_accounts WHERE workspace_id > ${after} ORDER BY 1 ${limit}`,
      );
      if (ids.length > 0)
        await noteDiscrepancies(tx, await checkRules(tx, 'accounts', amongIds('a.workspace_id', ids)));
      return { last: ids.at(-1) ?? null, fraction: ids.length > 0 ? 0 : 1 };
    }
    case 'transactions': {
      const [last] = await idsOf(sql`
        SELECT max(id)::text AS id FROM (
          SELECT id FROM credit_transactions WHERE id > ${after}::bigint ORDER BY id ${limit}) page HAVING max(id) IS NOT NULL`);
      if (last === undefined) return { last: null, fraction: 1 };
      const within = sql`c.id > ${after}::bigint AND c.id <= ${last}::bigint`;
      await noteDiscrepancies(tx, await checkRules(tx, 'transactions', within));
      const [{ id }] = newest.parse([...(await tx.execute(sql`SELECT max(id) AS id FROM credit_transactions`))]);
      return { last, fraction: Number(last) / id };
    }
    case 'runs': {
      const ids = await idsOf(sql`SELECT id FROM runs WHERE id > ${after}::uuid ORDER BY id ${limit}`);
      if (ids.length > 0) await noteDiscrepancies(tx, await checkRules(tx, 'runs', amongIds('r.id', ids)));
      const last = ids.at(-1) ?? null;
      // Ids are random, so their first digits tell how many are before.
      return { last, fraction: last === null ? 1 : Number.parseInt(last.slice(0, 8), 16) / 0xff_ff_ff_ff };
    }
  }
}
