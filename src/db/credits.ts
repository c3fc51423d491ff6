import { createHash } from 'node:crypto';
import { and, between, desc, eq, getTableColumns, gte, type SQL, sql } from 'drizzle-orm';
import type { RunId, TransactionKind, WorkspaceId } from '../domain.ts';
import { type Actor, recordChange } from './audit.ts';
import type { Tx } from './client.ts';
import { creditAccounts, creditTransactions, runs } from './schema.ts';

export type Account = { balance: number; held: number };

export type Entry = {
  kind: TransactionKind;
  runId: RunId | null;
  amount: number;
  idempotencyKey: string;
  note?: string;
};

/** Appends one row to the ledger, with the account as it stands after the change. A repeated key throws (23505). */
export async function record(tx: Tx, workspaceId: WorkspaceId, after: Account, entry: Entry): Promise<void> {
  await tx.insert(creditTransactions).values({
    workspaceId,
    runId: entry.runId,
    kind: entry.kind,
    amount: entry.amount,
    balanceAfter: after.balance,
    heldAfter: after.held,
    idempotencyKey: entry.idempotencyKey,
    note: entry.note ?? '',
  });
}

export async function accountOf(tx: Tx, workspaceId: WorkspaceId): Promise<Account> {
  const [account] = await tx.select().from(creditAccounts).where(eq(creditAccounts.workspaceId, workspaceId));
  return account ? { balance: account.balance, held: account.held } : { balance: 0, held: 0 };
}

/** A change of a balance by an operator. A change with the same `key` happens once. */
export type Change = {
  kind: 'grant' | 'adjust';
  amount: number;
  origin: 'operator' | 'api';
  key: string;
  note: string;
  by?: Actor;
};

/** A key is valid for one workspace, one kind of change and one origin. So you can use one key for a batch of workspaces. */
const changeKey = (workspaceId: WorkspaceId, { kind, origin, key }: Change): string =>
  `${origin}:${createHash('sha256')
    .update(JSON.stringify([workspaceId, kind, key]))
    .digest('hex')}`;

/**
 * Changes a balance by hand: `grant` adds credits, `adjust` adds or takes away. It refuses to go below zero. A repeated key
 * changes nothing: the outcome is `repeated` if the amount is the same, `conflict` if it differs.
 */
export async function changeBalance(
  tx: Tx,
  workspaceId: WorkspaceId,
  change: Change,
): Promise<
  | { outcome: 'changed' | 'insufficient'; balance: number }
  | { outcome: 'repeated' | 'conflict'; balance: number; before: { amount: number; note: string } }
> {
  const { kind, amount, note } = change;
  const idempotencyKey = changeKey(workspaceId, change);
  return await tx.transaction(async (inner) => {
    const [account] = await inner
      .select()
      .from(creditAccounts)
      .where(eq(creditAccounts.workspaceId, workspaceId))
      .for('update');
    const balance = account?.balance ?? 0;
    const [before] = await inner
      .select({ amount: creditTransactions.amount, note: creditTransactions.note })
      .from(creditTransactions)
      .where(eq(creditTransactions.idempotencyKey, idempotencyKey));
    if (before) return { outcome: before.amount === amount ? 'repeated' : 'conflict', balance, before };
    const [after] = await inner
      .update(creditAccounts)
      .set({ balance: sql`${creditAccounts.balance} + ${amount}` })
      .where(and(eq(creditAccounts.workspaceId, workspaceId), gte(creditAccounts.balance, -amount)))
      .returning();
    if (!after) return { outcome: 'insufficient', balance };
    await record(inner, workspaceId, after, { kind, amount, note, idempotencyKey, runId: null });
    await recordChange(inner, {
      workspaceId,
      action: kind === 'grant' ? 'credits_granted' : 'credits_adjusted',
      actor: change.by ?? null,
      // The note stands in the ledger.
      subject: idempotencyKey,
      details: { amount, balance: after.balance },
    });
    return { outcome: 'changed', balance: after.balance };
  });
}

/**
 * The rows of a workspace, as a range: in the order of workspace and id, only the index of both has them. For one workspace in the
 * order of ids, PostgreSQL may prefer to look for its rows in the whole ledger, which takes long if they are all old.
 */
export const inWorkspace = (id: WorkspaceId): SQL | undefined => between(creditTransactions.workspaceId, id, id);

export type LedgerRow = typeof creditTransactions.$inferSelect;

/** `memberId` is the member who started the entry's run. */
export type ListedTransaction = LedgerRow & { memberId: string | null };

/** The ledger rows of a workspace, newest first. `before` is the id of the last row of the previous page. */
export async function listTransactions(
  tx: Tx,
  workspaceId: WorkspaceId,
  page: { limit: number; before?: number },
): Promise<ListedTransaction[]> {
  const older = page.before === undefined ? undefined : sql`${creditTransactions.id} < ${page.before}`;
  return await tx
    .select({ ...getTableColumns(creditTransactions), memberId: runs.memberId })
    .from(creditTransactions)
    .leftJoin(runs, eq(runs.id, creditTransactions.runId))
    .where(and(inWorkspace(workspaceId), older))
    .orderBy(desc(creditTransactions.workspaceId), desc(creditTransactions.id))
    .limit(page.limit);
}
