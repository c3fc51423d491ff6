import { readFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { sql } from 'drizzle-orm';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { z } from 'zod';
import { type Database, openDatabase } from '../../../src/db/client.ts';
import { usageOf, usedByDay, usedByMember } from '../../../src/db/creditUse.ts';
import { purgeWorkspace } from '../../../src/db/purge.ts';
import { runId, workspaceId } from '../../../src/domain.ts';
import { createTestDatabase, createWorkspace } from '../../support/database.ts';
import { large, writeHistory } from '../../support/history.ts';

const home = workspaceId.parse(large);

const naiveUse = sql`
  SELECT t.workspace_id, (t.created_at AT TIME ZONE 'UTC')::date::text AS day, r.member_id,
    sum(CASE t.kind WHEN 'capture' THEN t.amount ELSE -t.amount END)::int AS credits
  FROM credit_transactions t JOIN runs r ON r.id = t.run_id WHERE t.kind IN ('capture', 'refund') GROUP BY 1, 2, 3 ORDER BY 1, 2, 3`;
const countedUse = sql`SELECT workspace_id, day::text, member_id, credits FROM credit_use ORDER BY 1, 2, 3`;

test('what was used is told to the second, as the whole ledger would tell it', async () => {
  const database = await createTestDatabase();
  const { db } = database;
  const { id } = await createWorkspace(database, 100);
  const entry = fc.record({
    member: fc.constantFrom('ada', 'bob', 'eve'),
    /** Around the ends of the three windows, and of the days in which they lie. */
    hoursAgo: fc.oneof(
      fc.double({ min: 0, max: 32 * 24, noNaN: true }),
      fc
        .tuple(fc.constantFrom(24, 7 * 24, 30 * 24), fc.double({ min: -1, max: 1, noNaN: true }))
        .map(([at, off]) => at + off),
    ),
    kind: fc.constantFrom('capture', 'capture', 'refund'),
    amount: fc.integer({ min: 1, max: 50 }),
  });
  await fc.assert(
    fc.asyncProperty(fc.array(entry, { minLength: 1, maxLength: 30 }), async (entries) => {
      await db.execute(sql`
        WITH entry AS (
          SELECT gen_random_uuid() AS id, e.* FROM jsonb_to_recordset(${JSON.stringify(entries)}::jsonb)
            AS e(member text, "hoursAgo" float8, kind text, amount int)
        ), made AS (
          INSERT INTO runs (id, workspace_id, request_key, member_id, member_name, workflow, prompt, options, conversation, price_credits)
          SELECT id, ${id}, id, member, upper(member), 'image', 'a fox', '{}', '{}', 0 FROM entry
        )
        INSERT INTO credit_transactions (workspace_id, run_id, kind, amount, balance_after, held_after, idempotency_key, created_at)
        SELECT ${id}, id, kind::transaction_kind, amount, 0, 0, id, now() - make_interval(secs => "hoursAgo" * 3600) FROM entry`);
      expect([...(await db.execute(countedUse))]).toEqual([...(await db.execute(naiveUse))]);
      // In one transaction, so that the moments of both are the same.
      await db.transaction(async (tx) => {
        const since = (days: number) => sql`coalesce(sum(CASE kind WHEN 'capture' THEN amount ELSE -amount END)
          FILTER (WHERE created_at > now() - make_interval(days => ${days}::int)), 0)::int`;
        const [usage] = await tx.execute(sql`SELECT ${since(1)} AS day, ${since(7)} AS week, ${since(30)} AS month
          FROM credit_transactions WHERE workspace_id = ${id} AND kind IN ('capture', 'refund')`);
        expect(await usageOf(tx, id)).toEqual(usage);
      });
      const byDay = await usedByDay(db, id, 30);
      const byMember = await usedByMember(db, id, { days: 30, memberId: undefined });
      const sum = (some: readonly { credits: number }[]) => some.reduce((all, { credits }) => all + credits, 0);
      expect(sum(byMember)).toBe(sum(byDay));
      for (const { id: member, name, credits } of byMember) {
        expect(name).toBe(member.toUpperCase());
        expect(await usedByMember(db, id, { days: 30, memberId: member })).toEqual([{ id: member, name, credits }]);
      }
    }),
    { numRuns: 15 },
  );
});

/** The statements of the migration, in order. */
async function statementsOf(): Promise<string[]> {
  const text = await readFile(join(resolve(import.meta.dirname, '../../../drizzle'), '0004_history.sql'), 'utf8');
  return text.split('--> statement-breakpoint');
}

/** The database as it was before the migration. */
async function undo({ db }: Database): Promise<void> {
  for (const statement of [
    'DROP TRIGGER credit_transactions_use ON credit_transactions',
    'DROP TRIGGER workspaces_purged ON workspaces',
    'DROP TABLE credit_use',
    'DROP INDEX runs_by_member, runs_by_words, runs_settled_undelivered, credit_transactions_used',
    'DROP FUNCTION search_keys, count_credit_use, forget_credit_use',
  ]) {
    await db.execute(sql.raw(statement));
  }
}

test('the migration counts what was used before once, while captures are written, a purge goes on, and it is killed and repeated', async () => {
  const database = await createTestDatabase();
  const { db } = database;
  await writeHistory(database.url, { runs: 8_000, every: 5, members: 20, unfinished: 0 });
  const purged = workspaceId.parse('terminal:w1');
  await undo(database);
  const statements = await statementsOf();

  // Workers settle runs of all workspaces, the whole time.
  let isOver = false;
  const settled = { count: 0 };
  const writers = [1, 2].map(async () => {
    const own = openDatabase(database.url, { connections: 1 });
    while (!isOver) {
      await own.db.transaction(async (tx) => {
        const [run] = z.array(z.object({ id: runId, workspace: workspaceId })).parse(
          await tx.execute(sql`SELECT id, workspace_id AS workspace FROM runs WHERE workspace_id <> ${purged} AND created_at > now() - interval '2 days'
            ORDER BY random() LIMIT 1`),
        );
        await tx.execute(sql`
          WITH account AS (UPDATE credit_accounts SET balance = balance + 1 WHERE workspace_id = ${run?.workspace} RETURNING *)
          INSERT INTO credit_transactions (workspace_id, run_id, kind, amount, balance_after, held_after, idempotency_key)
          SELECT workspace_id, ${run?.id}, 'refund', 1, balance, held, gen_random_uuid() FROM account`);
      });
      settled.count += 1;
    }
    await own.close();
  });
  const migrate = async () => {
    const migrator = openDatabase(database.url, { connections: 1, applicationName: 'migrating' });
    try {
      for (const statement of statements) await migrator.db.execute(sql.raw(statement));
    } finally {
      await migrator.close();
    }
  };

  // Somebody holds a row that only a later part of the count needs. The migration is killed while it waits for it.
  const blocker = openDatabase(database.url, { connections: 1 });
  const cut = statements.findIndex((statement) => statement.includes('DECLARE\n  counted bigint'));
  const first = openDatabase(database.url, { connections: 1, applicationName: 'migrating' });
  for (const statement of statements.slice(0, cut)) await first.db.execute(sql.raw(statement));
  await blocker.db
    .transaction(async (tx) => {
      await tx.execute(sql`INSERT INTO credit_use SELECT t.workspace_id, (t.created_at AT TIME ZONE 'UTC')::date, r.member_id, 0
      FROM credit_transactions t JOIN runs r ON r.id = t.run_id WHERE t.id > 15000 AND t.kind = 'capture' AND t.workspace_id = ${home}
        AND t.created_at < now() - interval '30 days' LIMIT 1`);
      const dies = expect(first.db.execute(sql.raw(statements[cut] ?? ''))).rejects.toThrow();
      await expect
        .poll(
          async () =>
            (
              await db.execute(
                sql`SELECT pid FROM pg_stat_activity WHERE application_name = 'migrating' AND wait_event_type = 'Lock'`,
              )
            ).length,
        )
        .toBe(1);
      const [progress] = z
        .array(z.object({ counted: z.coerce.number() }))
        .parse(await db.execute(sql`SELECT counted_id AS counted FROM credit_use_to_count`));
      expect(progress?.counted).toBeGreaterThan(0);
      await db.execute(
        sql`SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'migrating'`,
      );
      await dies;
      tx.rollback();
    })
    .catch(() => {});
  await Promise.all([first.close(), blocker.close()]);
  await Promise.all([migrate(), purgeWorkspace(db, purged)]);
  await migrate();
  const before = settled.count;
  await expect.poll(() => settled.count).toBeGreaterThan(before + 5);
  isOver = true;
  await Promise.all(writers);

  expect([...(await db.execute(countedUse))]).toEqual([...(await db.execute(naiveUse))]);
  const left = await db.execute(sql`SELECT DISTINCT member_id FROM credit_use WHERE workspace_id = ${purged}`);
  expect([...left]).toEqual([{ member_id: '' }]);
  expect([...(await db.execute(sql`SELECT to_regclass('credit_use_to_count') AS left`))]).toEqual([{ left: null }]);
});
