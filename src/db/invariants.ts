import { sql } from 'drizzle-orm';
import { z } from 'zod';
import type { Tx } from './client.ts';

/**
 * Rules that always hold in the ledger. Each query returns the rows that break its rule. `atRest` rules hold only when no run is
 * in progress. See docs/architecture.md, "Ledger".
 */
const invariants: readonly { name: string; atRest?: boolean; broken: string }[] = [
  {
    name: 'balance + held = grants + adjustments − captures + refunds',
    broken: `SELECT a.workspace_id AS subject, a.balance + a.held AS found, t.total AS expected FROM credit_accounts a
      JOIN (SELECT workspace_id, sum(CASE kind WHEN 'grant' THEN amount WHEN 'adjust' THEN amount WHEN 'capture' THEN -amount
        WHEN 'refund' THEN amount ELSE 0 END) AS total FROM credit_transactions GROUP BY 1) t USING (workspace_id)
      WHERE a.balance + a.held <> t.total`,
  },
  {
    name: 'held = the prices of the runs not yet settled',
    broken: `SELECT a.workspace_id AS subject, a.held AS found, coalesce(sum(r.price_credits), 0) AS expected FROM credit_accounts a
      LEFT JOIN runs r ON r.workspace_id = a.workspace_id AND r.settled_at IS NULL
      GROUP BY a.workspace_id, a.held HAVING a.held <> coalesce(sum(r.price_credits), 0)`,
  },
  {
    name: 'each run has one hold, of its price',
    broken: `SELECT r.id AS subject, coalesce(sum(t.amount), -1) AS found, r.price_credits AS expected FROM runs r
      LEFT JOIN credit_transactions t ON t.run_id = r.id AND t.kind = 'hold'
      GROUP BY r.id HAVING count(t.id) <> 1 OR sum(t.amount) <> r.price_credits`,
  },
  {
    name: 'each settled run is settled once: captured + released = held',
    broken: `SELECT r.id AS subject, coalesce(sum(t.amount), 0) AS found, r.price_credits AS expected FROM runs r
      LEFT JOIN credit_transactions t ON t.run_id = r.id AND t.kind IN ('capture', 'release')
      WHERE r.settled_at IS NOT NULL GROUP BY r.id
      HAVING coalesce(sum(t.amount), 0) <> r.price_credits
        OR count(*) FILTER (WHERE t.kind = 'capture') > 1 OR count(*) FILTER (WHERE t.kind = 'release') > 1
        OR coalesce(sum(t.amount) FILTER (WHERE t.kind = 'capture'), 0) <> r.captured_credits`,
  },
  {
    name: 'a run that is not settled has captured and released nothing',
    broken: `SELECT r.id AS subject, sum(t.amount) AS found, 0 AS expected FROM runs r
      JOIN credit_transactions t ON t.run_id = r.id AND t.kind IN ('capture', 'release', 'refund')
      WHERE r.settled_at IS NULL GROUP BY r.id`,
  },
  {
    // A step that another model makes may cost less than the run holds for it.
    name: 'the price of a run is the sum of the prices that it holds for its steps',
    broken: `SELECT r.id AS subject, r.price_credits AS found,
        coalesce(sum(coalesce((s.instead_of->>'heldCredits')::int, s.price_credits)), 0) AS expected FROM runs r
      LEFT JOIN steps s ON s.run_id = r.id GROUP BY r.id
      HAVING r.price_credits <> coalesce(sum(coalesce((s.instead_of->>'heldCredits')::int, s.price_credits)), 0)`,
  },
  {
    name: 'a step that another model makes costs at most what the run holds for it',
    broken: `SELECT run_id AS subject, price_credits AS found, (instead_of->>'heldCredits')::int AS expected FROM steps
      WHERE price_credits > (instead_of->>'heldCredits')::int`,
  },
  {
    name: 'every step of a settled run is over: done, failed or skipped',
    broken: `SELECT r.id AS subject, count(*) AS found, 0 AS expected FROM runs r JOIN steps s ON s.run_id = r.id
      WHERE r.settled_at IS NOT NULL AND s.state NOT IN ('done', 'failed', 'skipped') GROUP BY r.id`,
  },
  {
    name: 'a step is made only from earlier steps of its run',
    broken: `SELECT s.run_id AS subject, input AS found, s.number AS expected FROM steps s CROSS JOIN LATERAL unnest(s.inputs) input
      WHERE input >= s.number OR input < 1`,
  },
  {
    name: 'only what was delivered, or canceled after it was sent, is captured',
    broken: `SELECT r.id AS subject, r.captured_credits AS found, coalesce(sum(s.price_credits), 0) AS expected FROM runs r
      LEFT JOIN steps s ON s.run_id = r.id AND (s.state = 'done' OR s.failure->>'kind' = 'canceled')
      WHERE r.settled_at IS NOT NULL GROUP BY r.id HAVING r.captured_credits <> coalesce(sum(s.price_credits), 0)`,
  },
  {
    name: 'a refund never exceeds what was captured',
    broken: `SELECT run_id AS subject, sum(amount) FILTER (WHERE kind = 'refund') AS found,
        coalesce(sum(amount) FILTER (WHERE kind = 'capture'), 0) AS expected FROM credit_transactions
      WHERE run_id IS NOT NULL GROUP BY run_id
      HAVING sum(amount) FILTER (WHERE kind = 'refund') > coalesce(sum(amount) FILTER (WHERE kind = 'capture'), 0)`,
  },
  {
    name: 'what reached nobody is refunded when delivery ends, and nothing else is',
    broken: `SELECT r.id AS subject, back.amount AS found, owed.amount AS expected FROM runs r
      CROSS JOIN LATERAL (SELECT coalesce(sum(t.amount), 0) AS amount FROM credit_transactions t
        WHERE t.run_id = r.id AND t.kind = 'refund') back
      CROSS JOIN LATERAL (SELECT coalesce(sum(s.price_credits), 0) AS amount FROM steps s
        WHERE s.run_id = r.id AND s.state = 'done'
          AND (s.number = ANY (r.unreached_steps) OR s.kind::text = ANY (r.unreached))) owed
      WHERE (coalesce(r.unreached_steps::text, r.unreached::text) IS NOT NULL AND r.delivered_at IS NOT NULL AND back.amount <> owed.amount)
        OR (r.delivered_at IS NULL AND back.amount <> 0)`,
  },
  {
    name: 'the newest transaction shows the account as it is',
    broken: `SELECT a.workspace_id AS subject, a.balance AS found, t.balance_after AS expected FROM credit_accounts a
      JOIN LATERAL (SELECT balance_after, held_after FROM credit_transactions c WHERE c.workspace_id = a.workspace_id
        ORDER BY id DESC LIMIT 1) t ON true
      WHERE a.balance <> t.balance_after OR a.held <> t.held_after`,
  },
  {
    name: 'a done media step has its asset',
    broken: `SELECT s.run_id AS subject, 0 AS found, 1 AS expected FROM steps s
      LEFT JOIN assets a ON a.run_id = s.run_id AND a.step_number = s.number
      WHERE s.state = 'done' AND s.kind <> 'enhance' AND a.id IS NULL`,
  },
  {
    name: 'at rest no run is unfinished or undelivered',
    atRest: true,
    broken: `SELECT id AS subject, 1 AS found, 0 AS expected FROM runs
      WHERE settled_at IS NULL OR delivered_at IS NULL OR due_at IS NOT NULL`,
  },
  {
    name: 'at rest nothing is held',
    atRest: true,
    broken: `SELECT workspace_id AS subject, held AS found, 0 AS expected FROM credit_accounts WHERE held <> 0`,
  },
];

const discrepancies = z.array(z.object({ subject: z.string(), found: z.coerce.number(), expected: z.coerce.number() }));

export type Violation = { invariant: string; subject: string; found: number; expected: number };

/** Checks every invariant of the ledger in one snapshot. An empty list means that all of them hold. */
export async function checkInvariants(tx: Tx, options: { atRest: boolean }): Promise<Violation[]> {
  return await tx.transaction(
    async (inner) => {
      const violations: Violation[] = [];
      for (const { name, atRest, broken } of invariants) {
        if (atRest && !options.atRest) continue;
        const rows = discrepancies.parse(await inner.execute(sql.raw(`${broken} LIMIT 20`)));
        violations.push(...rows.map((row) => ({ invariant: name, ...row })));
      }
      return violations;
    },
    { isolationLevel: 'repeatable read', accessMode: 'read only' },
  );
}
