import { type SQL, sql } from 'drizzle-orm';
import { z } from 'zod';
import type { Tx } from './client.ts';

/** The subjects that a rule checks one by one. `within` in its query restricts it to some of them. */
export type RuleScope = 'transactions' | 'accounts' | 'runs';

/**
 * A rule that always holds in the ledger. `broken` returns the rows that break it: `c` is a transaction, `a` an account, `r` a run.
 * See docs/architecture.md, "Ledger".
 */
type LedgerRule = {
  name: string;
  of: RuleScope;
  /** It reads the whole ledger of an account. The rule about each transaction and its predecessor says the same, one step at a time. */
  readsHistory?: true;
  broken: (within: SQL) => SQL;
};

// The newest of a workspace, or the one before another, is asked for in the order of the index by workspace and id. With an equation and
// an order by id the planner may go through the transactions of all workspaces until one of this workspace comes.

const heldForStep = sql`coalesce((s.instead_of->>'heldCredits')::int, s.price_credits)`;

const rules: readonly LedgerRule[] = [
  {
    // The transactions of a workspace are written one after the other under the lock of its account, so their ids grow in this order.
    name: 'each transaction leaves what the one before it left, changed by its amount',
    of: 'transactions',
    broken: (within) => sql`
      SELECT concat(c.workspace_id, ', transaction ', c.id) AS subject,
        CASE WHEN c.balance_after <> right_one.balance THEN c.balance_after ELSE c.held_after END AS found,
        CASE WHEN c.balance_after <> right_one.balance THEN right_one.balance ELSE right_one.held END AS expected
      FROM credit_transactions c
      LEFT JOIN LATERAL (SELECT p.balance_after, p.held_after FROM credit_transactions p
        WHERE (p.workspace_id, p.id) < (c.workspace_id, c.id) AND p.workspace_id >= c.workspace_id
        ORDER BY p.workspace_id DESC, p.id DESC LIMIT 1) before ON true
      CROSS JOIN LATERAL (SELECT
        coalesce(before.balance_after, 0) + CASE c.kind WHEN 'capture' THEN 0 WHEN 'hold' THEN -c.amount ELSE c.amount END AS balance,
        coalesce(before.held_after, 0)
          + CASE WHEN c.kind = 'hold' THEN c.amount WHEN c.kind IN ('capture', 'release') THEN -c.amount ELSE 0 END AS held) right_one
      WHERE ${within} AND (c.balance_after <> right_one.balance OR c.held_after <> right_one.held)`,
  },
  {
    name: 'a transaction of a run names a run of its workspace',
    of: 'transactions',
    broken: (within) => sql`
      SELECT concat(c.workspace_id, ', transaction ', c.id) AS subject, 0 AS found, 1 AS expected FROM credit_transactions c
      WHERE ${within} AND c.run_id IS NOT NULL
        AND NOT EXISTS (SELECT FROM runs r WHERE r.id = c.run_id AND r.workspace_id = c.workspace_id)`,
  },
  {
    name: 'balance + held = grants + adjustments − captures + refunds',
    of: 'accounts',
    readsHistory: true,
    broken: (within) => sql`
      SELECT a.workspace_id AS subject, a.balance + a.held AS found, t.total AS expected FROM credit_accounts a
      CROSS JOIN LATERAL (SELECT coalesce(sum(CASE kind WHEN 'grant' THEN amount WHEN 'adjust' THEN amount WHEN 'capture' THEN -amount
        WHEN 'refund' THEN amount ELSE 0 END), 0) AS total FROM credit_transactions c WHERE c.workspace_id = a.workspace_id) t
      WHERE ${within} AND a.balance + a.held <> t.total`,
  },
  {
    name: 'held = the prices of the runs not yet settled',
    of: 'accounts',
    broken: (within) => sql`
      SELECT a.workspace_id AS subject, a.held AS found, u.total AS expected FROM credit_accounts a
      CROSS JOIN LATERAL (SELECT coalesce(sum(r.price_credits), 0) AS total FROM runs r
        WHERE r.workspace_id = a.workspace_id AND r.settled_at IS NULL) u
      WHERE ${within} AND a.held <> u.total`,
  },
  {
    // An account without transactions has nothing.
    name: 'the newest transaction shows the account as it is',
    of: 'accounts',
    broken: (within) => sql`
      SELECT a.workspace_id AS subject, CASE WHEN a.balance <> right_one.balance THEN a.balance ELSE a.held END AS found,
        CASE WHEN a.balance <> right_one.balance THEN right_one.balance ELSE right_one.held END AS expected
      FROM credit_accounts a
      LEFT JOIN LATERAL (SELECT balance_after, held_after FROM credit_transactions c
        WHERE c.workspace_id <= a.workspace_id AND c.workspace_id >= a.workspace_id
        ORDER BY c.workspace_id DESC, c.id DESC LIMIT 1) t ON true
      CROSS JOIN LATERAL (SELECT coalesce(t.balance_after, 0) AS balance, coalesce(t.held_after, 0) AS held) right_one
      WHERE ${within} AND (a.balance <> right_one.balance OR a.held <> right_one.held)`,
  },
  {
    name: 'each run has one hold, of its price',
    of: 'runs',
    broken: (within) => sql`
      SELECT r.id AS subject, coalesce(sum(t.amount), -1) AS found, r.price_credits AS expected FROM runs r
      LEFT JOIN credit_transactions t ON t.run_id = r.id AND t.kind = 'hold'
      WHERE ${within} GROUP BY r.id HAVING count(t.id) <> 1 OR sum(t.amount) <> r.price_credits`,
  },
  {
    name: 'each settled run is settled once: captured + released = held',
    of: 'runs',
    broken: (within) => sql`
      SELECT r.id AS subject, coalesce(sum(t.amount), 0) AS found, r.price_credits AS expected FROM runs r
      LEFT JOIN credit_transactions t ON t.run_id = r.id AND t.kind IN ('capture', 'release')
      WHERE ${within} AND r.settled_at IS NOT NULL GROUP BY r.id
      HAVING coalesce(sum(t.amount), 0) <> r.price_credits
        OR count(*) FILTER (WHERE t.kind = 'capture') > 1 OR count(*) FILTER (WHERE t.kind = 'release') > 1
        OR coalesce(sum(t.amount) FILTER (WHERE t.kind = 'capture'), 0) <> r.captured_credits`,
  },
  {
    name: 'a run that is not settled has captured and released nothing',
    of: 'runs',
    broken: (within) => sql`
      SELECT r.id AS subject, sum(t.amount) AS found, 0 AS expected FROM runs r
      JOIN credit_transactions t ON t.run_id = r.id AND t.kind IN ('capture', 'release', 'refund')
      WHERE ${within} AND r.settled_at IS NULL GROUP BY r.id`,
  },
  {
    // A step that another model makes may cost less than the run holds for it.
    name: 'the price of a run is the sum of the prices that it holds for its steps',
    of: 'runs',
    broken: (within) => sql`
      SELECT r.id AS subject, r.price_credits AS found, coalesce(sum(${heldForStep}), 0) AS expected FROM runs r
      LEFT JOIN steps s ON s.run_id = r.id
      WHERE ${within} GROUP BY r.id HAVING r.price_credits <> coalesce(sum(${heldForStep}), 0)`,
  },
  {
    name: 'a step that another model makes costs at most what the run holds for it',
    of: 'runs',
    broken: (within) => sql`
      SELECT r.id AS subject, max(s.price_credits) AS found, min((s.instead_of->>'heldCredits')::int) AS expected
      FROM runs r JOIN steps s ON s.run_id = r.id
      WHERE ${within} AND s.price_credits > (s.instead_of->>'heldCredits')::int GROUP BY r.id`,
  },
  {
    name: 'every step of a settled run is over: done, failed or skipped',
    of: 'runs',
    broken: (within) => sql`
      SELECT r.id AS subject, count(*) AS found, 0 AS expected FROM runs r JOIN steps s ON s.run_id = r.id
      WHERE ${within} AND r.settled_at IS NOT NULL AND s.state NOT IN ('done', 'failed', 'skipped') GROUP BY r.id`,
  },
  {
    name: 'a step is made only from earlier steps of its run',
    of: 'runs',
    broken: (within) => sql`
      SELECT r.id AS subject, max(input) AS found, min(s.number) AS expected
      FROM runs r JOIN steps s ON s.run_id = r.id CROSS JOIN LATERAL unnest(s.inputs) input
      WHERE ${within} AND (input >= s.number OR input < 1) GROUP BY r.id`,
  },
  {
    name: 'only what was delivered, or canceled after it was sent, is captured',
    of: 'runs',
    broken: (within) => sql`
      SELECT r.id AS subject, r.captured_credits AS found, coalesce(sum(s.price_credits), 0) AS expected FROM runs r
      LEFT JOIN steps s ON s.run_id = r.id AND (s.state = 'done' OR s.failure->>'kind' = 'canceled')
      WHERE ${within} AND r.settled_at IS NOT NULL GROUP BY r.id
      HAVING r.captured_credits <> coalesce(sum(s.price_credits), 0)`,
  },
  {
    name: 'a refund never exceeds what was captured',
    of: 'runs',
    broken: (within) => sql`
      SELECT r.id AS subject, sum(t.amount) FILTER (WHERE t.kind = 'refund') AS found,
        coalesce(sum(t.amount) FILTER (WHERE t.kind = 'capture'), 0) AS expected
      FROM runs r JOIN credit_transactions t ON t.run_id = r.id AND t.kind IN ('refund', 'capture')
      WHERE ${within} GROUP BY r.id
      HAVING sum(t.amount) FILTER (WHERE t.kind = 'refund') > coalesce(sum(t.amount) FILTER (WHERE t.kind = 'capture'), 0)`,
  },
  {
    name: 'what reached nobody is refunded when delivery ends, and nothing else is',
    of: 'runs',
    broken: (within) => sql`
      SELECT r.id AS subject, back.amount AS found, owed.amount AS expected FROM runs r
      CROSS JOIN LATERAL (SELECT coalesce(sum(t.amount), 0) AS amount FROM credit_transactions t
        WHERE t.run_id = r.id AND t.kind = 'refund') back
      CROSS JOIN LATERAL (SELECT coalesce(sum(s.price_credits), 0) AS amount FROM steps s
        WHERE s.run_id = r.id AND s.state = 'done'
          AND (s.number = ANY (r.unreached_steps) OR s.kind::text = ANY (r.unreached))) owed
      WHERE ${within} AND (
        (coalesce(r.unreached_steps::text, r.unreached::text) IS NOT NULL AND r.delivered_at IS NOT NULL AND back.amount <> owed.amount)
        OR (r.delivered_at IS NULL AND back.amount <> 0))`,
  },
  {
    name: 'a done media step has its asset',
    of: 'runs',
    broken: (within) => sql`
      SELECT r.id AS subject, 0 AS found, count(*) AS expected FROM runs r JOIN steps s ON s.run_id = r.id
      WHERE ${within} AND s.state = 'done' AND s.kind <> 'enhance'
        AND NOT EXISTS (SELECT FROM assets m WHERE m.run_id = s.run_id AND m.step_number = s.number)
      GROUP BY r.id`,
  },
];

export const ruleNames: readonly string[] = rules.map(({ name }) => name);

/** These hold only when no run is in progress. Their queries read an index of what is in progress. */
const rulesAtRest: readonly Pick<LedgerRule, 'name' | 'broken'>[] = [
  {
    name: 'at rest no run is unfinished or undelivered',
    // A run that is not delivered is due, and each run that is due is in one of two indexes.
    broken: () => sql`
      SELECT id AS subject, 1 AS found, 0 AS expected FROM runs WHERE state = 'queued' AND cancel_requested_at IS NULL
      UNION ALL
      SELECT id, 1, 0 FROM runs WHERE (state <> 'queued' OR cancel_requested_at IS NOT NULL) AND due_at IS NOT NULL`,
  },
  {
    name: 'at rest nothing is held',
    broken: () =>
      sql`SELECT workspace_id AS subject, held AS found, 0 AS expected FROM credit_accounts WHERE held <> 0`,
  },
];

const brokenRows = z.array(z.object({ subject: z.string(), found: z.coerce.number(), expected: z.coerce.number() }));

export type Violation = { invariant: string; subject: string; found: number; expected: number };

/** Of each rule, a check of everything at once tells no more rows than this. */
export const maxOfEachRule = 100;

/**
 * Checks the rules about `of`, for those that `within` allows. `history: false` leaves out the rules that read whole ledgers. `limit`
 * is the number of rows of each rule at which to stop. Without it all are told, so `within` must allow no more than a page.
 */
export async function checkRules(
  tx: Tx,
  of: RuleScope,
  within: SQL,
  { history = true, limit = null }: { history?: boolean; limit?: number | null } = {},
): Promise<Violation[]> {
  const asked = rules.filter((rule) => rule.of === of && (history || !rule.readsHistory));
  return await violationsOf(tx, asked, { within, limit });
}

/** Checks the rules that hold only when no run is in progress. */
export const checkRest = (tx: Tx): Promise<Violation[]> =>
  violationsOf(tx, rulesAtRest, { within: sql`true`, limit: maxOfEachRule });

async function violationsOf(
  tx: Tx,
  asked: readonly Pick<LedgerRule, 'name' | 'broken'>[],
  { within, limit }: { within: SQL; limit: number | null },
): Promise<Violation[]> {
  const violations: Violation[] = [];
  for (const { name, broken } of asked) {
    const rows = brokenRows.parse(await tx.execute(sql`${broken(within)} LIMIT ${limit}::int`));
    violations.push(...rows.map((row) => ({ invariant: name, ...row })));
  }
  return violations;
}

/** For `within`: one of these ids. The driver cannot send arrays. */
export const amongIds = (column: 'r.id' | 'a.workspace_id', ids: readonly string[]): SQL => {
  const list = sql`SELECT jsonb_array_elements_text(${JSON.stringify(ids)}::jsonb)`;
  return column === 'r.id' ? sql`r.id = ANY (ARRAY(${list})::uuid[])` : sql`a.workspace_id = ANY (ARRAY(${list}))`;
};

/**
 * Until the transaction ends, the planner uses the indexes that the rules were written for. It cannot know how few accounts or runs
 * are asked for, and the statistics of a new table or of the newest rows are always out of date.
 */
export async function readByIndexes(tx: Tx): Promise<void> {
  for (const way of ['enable_seqscan', 'enable_hashjoin', 'enable_mergejoin', 'jit']) {
    await tx.execute(sql.raw(`SET LOCAL ${way} = off`));
  }
}
