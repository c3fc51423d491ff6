import { and, eq, lt, sql } from 'drizzle-orm';
import { z } from 'zod';
import { aspects, isStorable, type Platform, qualities, resolutions, styles, type WorkspaceId } from '../domain.ts';
import type { Tx } from './client.ts';
import { record } from './credits.ts';
import { creditAccounts, secretProviders, workspaces } from './schema.ts';

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
  blockedWords: z.array(z.string().trim().min(1).max(80).refine(isStorable)).max(200).default([]),
  /** The platform's ids of the channels where runs may be started; empty: everywhere. */
  channels: z.array(z.string().min(1).max(40).refine(isStorable)).max(25).default([]),
  /** How many runs a member may start within 24 hours; null: as many as the credits allow. */
  dailyRuns: z.int().min(1).max(1_000).nullable().default(null),
  /** Whether results are hidden until somebody wants to see them, on the platforms that can do so. */
  spoilers: z.boolean().default(false),
  /** Whether a chat mentions who asked, once, when the result is there. */
  mentions: z.boolean().default(true),
});
export type WorkspaceSettings = z.infer<typeof workspaceSettings>;

export type Workspace = { id: WorkspaceId; platform: Platform; name: string };

const standing = z.object({
  /** Whether the workspace was topped up in this calendar month. */
  isToppedUp: z.boolean(),
  settings: workspaceSettings,
  /** Whose API keys the workspace has brought. */
  keyProviders: z.array(z.enum(secretProviders)),
});
type Standing = Pick<z.infer<typeof standing>, 'settings' | 'keyProviders'>;

/** Processes may disagree about the date, and a wrong one must not grant credits: only the database's clock counts. */
const thisMonth = sql<string>`to_char(now() AT TIME ZONE 'UTC', 'YYYY-MM')`;

/**
 * Makes sure that a workspace and its account exist, and tops its credits up to `freeCredits` once in each calendar month (UTC).
 * Safe to call with every command, from any number of processes; with one look it tells all that a command has to know.
 */
export async function ensureWorkspace(tx: Tx, workspace: Workspace, freeCredits: number): Promise<Standing> {
  const [known] = z.array(standing).parse(
    await tx.execute(sql`
      SELECT topped_up_for >= ${thisMonth} AS "isToppedUp", settings,
        to_jsonb(ARRAY(SELECT provider FROM workspace_keys WHERE workspace_id = w.id AND purpose = 'api_key')) AS "keyProviders"
      FROM workspaces AS w WHERE id = ${workspace.id}`),
  );
  if (known?.isToppedUp) return known;
  await tx.transaction(async (inner) => {
    await inner.insert(workspaces).values(workspace).onConflictDoNothing();
    await inner.insert(creditAccounts).values({ workspaceId: workspace.id }).onConflictDoNothing();
    const [first] = await inner
      .update(workspaces)
      .set({ toppedUpFor: thisMonth })
      .where(and(eq(workspaces.id, workspace.id), lt(workspaces.toppedUpFor, thisMonth)))
      .returning({ month: workspaces.toppedUpFor });
    if (first) await topUp(inner, workspace.id, freeCredits, first.month);
  });
  return known ?? { settings: workspaceSettings.parse({}), keyProviders: [] };
}

/** Credits that are held still belong to the workspace: they come back when a run is canceled, so they count. */
async function topUp(tx: Tx, id: WorkspaceId, freeCredits: number, month: string): Promise<void> {
  const [account] = await tx.select().from(creditAccounts).where(eq(creditAccounts.workspaceId, id)).for('update');
  if (!account) throw new Error(`workspace ${id} has no credit account`);
  const amount = freeCredits - account.balance - account.held;
  if (amount <= 0) return;
  const after = { balance: account.balance + amount, held: account.held };
  await tx.update(creditAccounts).set({ balance: after.balance }).where(eq(creditAccounts.workspaceId, id));
  await record(tx, id, after, {
    kind: 'grant',
    runId: null,
    amount,
    idempotencyKey: `free:${id}:${month}`,
    note: `free credits of ${month}`,
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
    .select({ id: workspaces.id, platform: workspaces.platform, name: workspaces.name })
    .from(workspaces)
    .where(eq(workspaces.id, id));
  return row ?? null;
}
