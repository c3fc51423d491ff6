import { and, eq, lt, sql } from 'drizzle-orm';
import { z } from 'zod';
import {
  aspects,
  isStorable,
  type JsonValue,
  maxFrames,
  maxModelWord,
  maxModelWords,
  type Platform,
  qualities,
  resolutions,
  resultModerations,
  styles,
  type WorkspaceId,
} from '../domain.ts';
import { type Actor, recordChange } from './audit.ts';
import type { Tx } from './client.ts';
import { record } from './credits.ts';
import { creditAccounts, secretProviders, workspaces } from './schema.ts';

/** The members who may add to a workspace's cast. */
export const castAdders = ['members', 'admins'] as const;

/** How many models a workspace can allow. */
export const maxAllowedModels = 50;

/** A workspace's settings, for example the defaults for options that a member leaves out. */
export const workspaceSettings = z.object({
  defaults: z
    .object({
      style: z.enum(styles).optional(),
      quality: z.enum(qualities).optional(),
      aspect: z.enum(aspects).optional(),
      duration: z.int().min(1).max(60).optional(),
      resolution: z.enum(resolutions).optional(),
      audio: z.boolean().optional(),
      /** How many stills `complete` makes before a video. With 1 it makes the video at once. */
      frames: z.int().min(1).max(maxFrames).optional(),
      /** The models, or the operator's aliases for models, that runs use unless their member names others. */
      models: z.array(z.string().min(1).max(maxModelWord).refine(isStorable)).max(maxModelWords).optional(),
    })
    .default({}),
  /** The only models that members may use, by their own names. An empty list allows all models. */
  allowedModels: z.array(z.string().min(1).max(maxModelWord).refine(isStorable)).max(maxAllowedModels).default([]),
  castBy: z.enum(castAdders).default('members'),
  /** Words and phrases that no prompt may contain. */
  blockedWords: z.array(z.string().trim().min(1).max(80).refine(isStorable)).max(200).default([]),
  /** The platform's ids of the channels in which members may start runs. An empty list allows all channels. */
  channels: z.array(z.string().min(1).max(40).refine(isStorable)).max(25).default([]),
  /** How many runs a member may start within 24 hours. Null means that only credits limit it. */
  dailyRuns: z.int().min(1).max(1_000).nullable().default(null),
  /** Whether results are hidden until somebody reveals them, on platforms that can do so. */
  spoilers: z.boolean().default(false),
  /** Whether VidGenie mentions the member once when the result is ready. */
  mentions: z.boolean().default(true),
  /** Whether results are moderated, and what becomes of one that moderation flags. */
  results: z.enum(resultModerations).default('off'),
});
export type WorkspaceSettings = z.infer<typeof workspaceSettings>;

export type Workspace = { id: WorkspaceId; platform: Platform; name: string };

const standing = z.object({
  /** Whether the workspace was topped up in this calendar month. */
  isToppedUp: z.boolean(),
  settings: workspaceSettings,
  /** The providers for which the workspace has its own API key. */
  keyProviders: z.array(z.enum(secretProviders)),
});
export type Standing = Pick<z.infer<typeof standing>, 'settings' | 'keyProviders'>;

/** The standing of the workspace of a run, as a column of a statement that writes to `runs`. {@link readStanding} reads it. */
export const standingOfRun = sql<unknown>`jsonb_build_object(
  'settings', (SELECT settings FROM workspaces WHERE id = runs.workspace_id),
  'keyProviders', ARRAY(SELECT provider FROM workspace_keys WHERE workspace_id = runs.workspace_id AND purpose = 'api_key'))`;

export const readStanding = (column: unknown): Standing => standing.omit({ isToppedUp: true }).parse(column);

/** Processes may disagree about the date, and a wrong date must not grant credits. Only the database's clock counts. */
const thisMonth = sql<string>`to_char(now() AT TIME ZONE 'UTC', 'YYYY-MM')`;

/**
 * Makes sure that a workspace and its account exist, and tops its credits up to `freeCredits` once in each calendar month (UTC).
 * Any number of processes may call it with every command. One query returns everything that a command needs.
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

/** Held credits still belong to the workspace: a canceled run releases them. So they count towards the free credits. */
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

/**
 * Holds back every other transaction that stores or deletes what a workspace entrusted to us. Take it before any other lock. False
 * if there is no such workspace.
 */
export async function lockWorkspace(tx: Tx, id: WorkspaceId): Promise<boolean> {
  // Rows that refer to the workspace, such as new runs, need not wait for this lock.
  const rows = await tx
    .select({ id: workspaces.id })
    .from(workspaces)
    .where(eq(workspaces.id, id))
    .for('no key update');
  return rows.length > 0;
}

export async function settingsOf(tx: Tx, id: WorkspaceId): Promise<WorkspaceSettings> {
  const [row] = await tx.select({ settings: workspaces.settings }).from(workspaces).where(eq(workspaces.id, id));
  return workspaceSettings.parse(row?.settings ?? {});
}

/** Saves the settings, and records in the audit what `by` changed. */
export async function saveSettings(
  tx: Tx,
  id: WorkspaceId,
  settings: WorkspaceSettings,
  by: Actor = null,
): Promise<void> {
  await tx.transaction(async (inner) => {
    const [row] = await inner
      .select({ settings: workspaces.settings })
      .from(workspaces)
      .where(eq(workspaces.id, id))
      .for('update');
    await inner.update(workspaces).set({ settings }).where(eq(workspaces.id, id));
    const changes = settingChanges(workspaceSettings.parse(row?.settings ?? {}), settings);
    if (changes.length === 0) return;
    await recordChange(inner, { workspaceId: id, action: 'settings_changed', actor: by, details: { changes } });
  });
}

type FieldChange = { field: string; before: JsonValue; after: JsonValue };

/**
 * The settings that differ, field by field. A field without a value is null. Of the blocked words it tells only how many there are,
 * and how many came and went: a purge deletes the words themselves.
 */
function settingChanges(before: WorkspaceSettings, after: WorkspaceSettings): FieldChange[] {
  const [old, now] = [fieldsOf(before), fieldsOf(after)];
  const fields = [...new Set([...old.keys(), ...now.keys()])].filter(
    (field) => JSON.stringify(old.get(field)) !== JSON.stringify(now.get(field)),
  );
  const changes = fields.map((field) => ({ field, before: old.get(field) ?? null, after: now.get(field) ?? null }));
  const words = wordChange(before.blockedWords, after.blockedWords);
  return words ? [...changes, words] : changes;
}

function fieldsOf({ defaults, blockedWords: _, ...others }: WorkspaceSettings): Map<string, JsonValue | undefined> {
  const ofRuns = Object.entries(defaults).map(([name, value]) => [`defaults.${name}`, value] as const);
  return new Map<string, JsonValue | undefined>([...ofRuns, ...Object.entries(others)]);
}

function wordChange(before: readonly string[], after: readonly string[]): FieldChange | null {
  const [added, removed] = [
    after.filter((word) => !before.includes(word)),
    before.filter((word) => !after.includes(word)),
  ];
  if (added.length === 0 && removed.length === 0) return null;
  const told = { words: after.length, added: added.length, removed: removed.length };
  return { field: 'blockedWords', before: { words: before.length }, after: told };
}

export async function findWorkspace(tx: Tx, id: WorkspaceId): Promise<Workspace | null> {
  const [row] = await tx
    .select({ id: workspaces.id, platform: workspaces.platform, name: workspaces.name })
    .from(workspaces)
    .where(eq(workspaces.id, id));
  return row ?? null;
}
