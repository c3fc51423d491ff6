import { sql } from 'drizzle-orm';
import { z } from 'zod';
import type { Tx } from './client.ts';
import { noteDiscrepancies } from './ledgerDiscrepancies.ts';
import { amongIds, checkRules, readByIndexes } from './ledgerRules.ts';

/** How many transactions, accounts and delivered runs one batch verifies. It takes some tenths of a second at most. */
const batchRows = 2_000;

const mark = z.object({ id: z.coerce.number(), writers: z.array(z.string()) });
/** The newest transaction of the ledger that could be seen at some moment, and who was writing to the ledger a moment later. */
type Mark = z.infer<typeof mark>;

const position = z.object({
  /** Every transaction of the ledger up to this id is verified, and none with a smaller id will ever appear. */
  verified: z.number().default(0),
  /** Of an earlier batch, whose writers could still bring smaller ids. */
  mark: mark.nullable().default(null),
  /** The accounts are looked at in turn, too. The last one. */
  account: z.string().default(''),
});

const marks = z.tuple([mark]);
const positions = z.array(z.object({ position }));

const batches = z.tuple([
  z.object({
    rows: z.coerce.number(),
    last: z.coerce.number(),
    runs: z.array(z.string()),
    open: z.array(z.string()),
    delivered: z.array(z.string()),
    touched: z.array(z.string()),
    accounts: z.array(z.string()),
  }),
]);

/**
 * Verifies what is new in the ledger since the last call: at least one batch, and further ones for `forMs` as long as there are more. A
 * ledger that was never verified is verified step by step in this way. What breaks a rule is recorded (see `ledger_discrepancies`).
 * Any number of processes may call it: one works, and the others do not wait. A change of what was verified before is found by a whole
 * pass alone (`ledgerPass.ts`). False if more is left to verify.
 */
export async function verifyLedger(
  tx: Tx,
  { forMs, patienceMs }: { forMs: number; patienceMs: number },
): Promise<boolean> {
  const until = performance.now() + forMs;
  for (;;) {
    const outcome = await verifyBatch(tx, patienceMs);
    if (outcome !== 'more') return outcome === 'all';
    if (performance.now() > until) return false;
  }
}

/**
 * The database's transactions that write to the ledger. Whoever inserts a row holds this lock from before the row is given an id until
 * the transaction ends.
 */
const writers = sql`to_jsonb(ARRAY(SELECT DISTINCT virtualtransaction FROM pg_locks WHERE relation = 'credit_transactions'::regclass
  AND database = (SELECT oid FROM pg_database WHERE datname = current_database())
  AND mode = 'RowExclusiveLock' AND granted AND pid IS DISTINCT FROM pg_backend_pid()))`;

/**
 * Ids are given out before their transactions commit, so a smaller id may appear after a larger one. Whoever has a smaller id than
 * the newest one here, and is not seen yet, is among the writers, because a statement sees what was there before it looks for them.
 */
async function takeMark(tx: Tx): Promise<Mark> {
  const rows = await tx.execute(sql`SELECT coalesce(max(id), 0) AS id, ${writers} AS writers FROM credit_transactions`);
  return marks.parse([...rows])[0];
}

async function verifyBatch(tx: Tx, patienceMs: number): Promise<'all' | 'more'> {
  const newest = await takeMark(tx);
  await tx.execute(sql`INSERT INTO checks (name, position) VALUES ('ledger', '{}') ON CONFLICT (name) DO NOTHING`);
  return await tx.transaction(async (inner) => {
    await inner.execute(sql.raw(`SET LOCAL statement_timeout = ${Math.round(patienceMs)}`));
    await readByIndexes(inner);
    const [row] = positions.parse([
      ...(await inner.execute(sql`SELECT position FROM checks WHERE name = 'ledger' FOR UPDATE SKIP LOCKED`)),
    ]);
    // Another process is at it.
    if (!row) return 'all';
    const { verified, mark: earlier, account } = row.position;
    // This comes before the batch is read: what the writers of a mark have written is there if none of them writes any more.
    const still = new Set((await takeMark(inner)).writers);
    const isOver = (one: Mark) => !one.writers.some((writer) => still.has(writer));
    const batch = await readBatch(inner, verified, account);
    const { runs, open, delivered, touched, accounts } = batch;
    await noteDiscrepancies(inner, [
      ...(await checkRules(inner, 'transactions', sql`c.id > ${verified}::bigint AND c.id <= ${batch.last}::bigint`)),
      ...(await checkRules(inner, 'accounts', amongIds('a.workspace_id', [...touched, ...accounts]), {
        history: false,
      })),
      ...(await checkRules(inner, 'runs', amongIds('r.id', [...runs, ...delivered]))),
    ]);
    await inner.execute(sql`DELETE FROM ledger_open_runs WHERE run_id IN (
      SELECT jsonb_array_elements_text(${JSON.stringify(delivered)}::jsonb)::uuid)`);
    await inner.execute(sql`INSERT INTO ledger_open_runs (run_id)
      SELECT jsonb_array_elements_text(${JSON.stringify(open)}::jsonb)::uuid ON CONFLICT DO NOTHING`);

    const complete = [newest, earlier].find((one) => one !== null && isOver(one))?.id ?? verified;
    const next = Math.max(verified, Math.min(complete, batch.rows < batchRows ? complete : batch.last));
    const moved = {
      verified: next,
      // A mark is kept until all its writers have ended, however often a batch comes.
      mark: earlier !== null && !isOver(earlier) ? earlier : newest,
      account: accounts.length < batchRows ? '' : (accounts.at(-1) ?? ''),
    };
    await inner.execute(sql`
      UPDATE checks SET position = ${JSON.stringify(moved)}::jsonb, moved_at = now() WHERE name = 'ledger'`);
    const hasMore = batch.rows === batchRows && next === batch.last;
    return hasMore || delivered.length === batchRows ? 'more' : 'all';
  });
}

/**
 * What a batch verifies: the transactions after the verified ones, their runs and accounts, runs that were delivered since, and the
 * next accounts in turn. One statement, so that all of it is seen at the same moment.
 */
async function readBatch(tx: Tx, verified: number, account: string) {
  const [batch] = batches.parse([
    ...(await tx.execute(sql`
      WITH page AS MATERIALIZED (
        SELECT id, run_id, workspace_id FROM credit_transactions WHERE id > ${verified}::bigint ORDER BY id LIMIT ${batchRows}::int
      ), paid AS MATERIALIZED (SELECT DISTINCT run_id AS id FROM page WHERE run_id IS NOT NULL)
      SELECT (SELECT count(*) FROM page) AS rows, (SELECT coalesce(max(id), ${verified}::bigint) FROM page) AS last,
        to_jsonb(ARRAY(SELECT id FROM paid)) AS runs,
        to_jsonb(ARRAY(SELECT r.id FROM paid JOIN runs r ON r.id = paid.id WHERE r.delivered_at IS NULL)) AS open,
        to_jsonb(ARRAY(SELECT o.run_id FROM ledger_open_runs o JOIN runs r ON r.id = o.run_id WHERE r.delivered_at IS NOT NULL
          LIMIT ${batchRows}::int)) AS delivered,
        to_jsonb(ARRAY(SELECT DISTINCT workspace_id FROM page)) AS touched,
        to_jsonb(ARRAY(SELECT workspace_id FROM credit_accounts WHERE workspace_id > ${account}
          ORDER BY workspace_id LIMIT ${batchRows}::int)) AS accounts`)),
  ]);
  return batch;
}
