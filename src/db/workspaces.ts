import { and, eq, lt, sql } from 'drizzle-orm';
import { z } from 'zod';
import type { Tx } from './client.ts';
import { record } from './credits.ts';
import { creditAccounts, workspaces } from './schema.ts';
import { aspects, type Face, qualities, resolutions, styles, type WorkspaceId } from './vocabulary.ts';

/** A workspace's own taste: what a command means when its member does not say. */
export const workspaceSettings = z.object({
  defaults: z
    .object({
      style: z.enum(styles).optional(),
      quality: z.enum(qualities).optional(),
      aspect: z.enum(aspects).optional(),
      duration: z.int().min(1).max(60).optional(),
      resolution: z.enum(resolutions).optional(),
      audio: z.boolean().optional(),
    })
    .default({}),
  /** Words and phrases that no prompt may contain. */
  blockedWords: z.array(z.string().trim().min(1).max(80)).max(200).default([]),
});
export type WorkspaceSettings = z.infer<typeof workspaceSettings>;

export type Workspace = { id: WorkspaceId; face: Face; name: string };

/**
 * Makes sure that a workspace and its account exist, and tops the balance up to `freeCredits` once in each calendar month (UTC).
 * Safe to call with every command, from any number of processes.
 */
export async function ensureWorkspace(tx: Tx, workspace: Workspace, freeCredits: number, now: Date): Promise<void> {
  const month = now.toISOString().slice(0, 7);
  const [known] = await tx
    .select({ toppedUpFor: workspaces.toppedUpFor })
    .from(workspaces)
    .where(eq(workspaces.id, workspace.id));
  if (known && known.toppedUpFor >= month) return;
  await tx.transaction(async (inner) => {
    await inner.insert(workspaces).values(workspace).onConflictDoNothing();
    await inner.insert(creditAccounts).values({ workspaceId: workspace.id }).onConflictDoNothing();
    const [first] = await inner
      .update(workspaces)
      .set({ toppedUpFor: month })
      .where(and(eq(workspaces.id, workspace.id), lt(workspaces.toppedUpFor, month)))
      .returning({ id: workspaces.id });
    if (!first) return;
    const [account] = await inner
      .select()
      .from(creditAccounts)
      .where(eq(creditAccounts.workspaceId, workspace.id))
      .for('update');
    const amount = freeCredits - (account?.balance ?? 0);
    if (amount <= 0) return;
    const [after] = await inner
      .update(creditAccounts)
      .set({ balance: sql`${creditAccounts.balance} + ${amount}` })
      .where(eq(creditAccounts.workspaceId, workspace.id))
      .returning();
    if (!after) throw new Error(`workspace ${workspace.id} has no credit account`);
    await record(inner, workspace.id, after, {
      kind: 'grant',
      runId: null,
      amount,
      idempotencyKey: `free:${workspace.id}:${month}`,
      note: `free credits of ${month}`,
    });
  });
}

export async function settingsOf(tx: Tx, id: WorkspaceId): Promise<WorkspaceSettings> {
  const [row] = await tx.select({ settings: workspaces.settings }).from(workspaces).where(eq(workspaces.id, id));
  return workspaceSettings.parse(row?.settings ?? {});
}

export async function saveSettings(tx: Tx, id: WorkspaceId, settings: WorkspaceSettings): Promise<void> {
  await tx.update(workspaces).set({ settings }).where(eq(workspaces.id, id));
}

export async function findWorkspace(tx: Tx, id: WorkspaceId): Promise<Workspace | null> {
  const [row] = await tx
    .select({ id: workspaces.id, face: workspaces.face, name: workspaces.name })
    .from(workspaces)
    .where(eq(workspaces.id, id));
  return row ?? null;
}
