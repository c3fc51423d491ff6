import { and, desc, eq, ne } from 'drizzle-orm';
import type { RunId, StepKind, WorkspaceId } from '../domain.ts';
import { lastRemoval } from './audit.ts';
import type { Tx } from './client.ts';
import type { Keyring } from './keyring.ts';
import {
  type KeyAction,
  type KeyStatus,
  keyAudit,
  type SecretProvider,
  type SecretPurpose,
  workspaceKeys,
} from './schema.ts';
import { matchesFingerprint, rewrap, type Sealed, seal, unseal } from './seal.ts';
import type { Secret } from './secret.ts';
import { lockWorkspace } from './workspaces.ts';

export type KeySlot = { workspaceId: WorkspaceId; provider: SecretProvider; purpose: SecretPurpose };

/** One use of a key: the member, and the run or step that used it. */
export type KeyUse = { actor: string | null; runId?: RunId; step?: StepKind; note?: string };

/** The part of a stored key that people may see. */
export type KeyDescription = KeySlot & {
  lastFour: string;
  status: KeyStatus;
  checkedAt: Date | null;
  createdBy: string;
  createdAt: Date;
};

type Checked = { by: string; status: KeyStatus; at: Date | null };

/**
 * Stores a key that was tried. Meanwhile the workspace may have removed the bot or been purged, which deleted its other keys. Then
 * this stores nothing and returns null. `removalId` is the id of the {@link lastRemoval} from before the key was tried.
 */
export async function storeTriedKey(
  tx: Tx,
  keyring: Keyring,
  slot: KeySlot,
  secret: Secret,
  { removalId, ...checked }: Checked & { removalId: number | null },
): Promise<{ lastFour: string } | null> {
  return await tx.transaction(async (inner) => {
    await lockWorkspace(inner, slot.workspaceId);
    const newest = await lastRemoval(inner, slot.workspaceId);
    return (newest?.id ?? null) === removalId ? await storeKey(inner, keyring, slot, secret, checked) : null;
  });
}

/** Stores a secret in its slot and replaces an earlier one. `same` says that the slot held this very secret before. */
export async function storeKey(
  tx: Tx,
  keyring: Keyring,
  slot: KeySlot,
  secret: Secret,
  checked: Checked,
): Promise<{ lastFour: string; same: boolean }> {
  return await tx.transaction(async (inner) => {
    const [before] = await inner.select({ fingerprint: workspaceKeys.fingerprint }).from(workspaceKeys).where(at(slot));
    const sealed = seal(keyring, slot, secret);
    const row = {
      ...sealed,
      status: checked.status,
      checkedAt: checked.at,
      createdBy: checked.by,
      createdAt: new Date(),
    };
    await inner
      .insert(workspaceKeys)
      .values({ ...slot, ...row })
      .onConflictDoUpdate({
        target: [workspaceKeys.workspaceId, workspaceKeys.provider, workspaceKeys.purpose],
        set: row,
      });
    const same = before !== undefined && matchesFingerprint(keyring, before.fingerprint, secret);
    await recordKeyUse(inner, slot, 'set', { actor: checked.by, note: checked.status }, sealed.lastFour);
    return { lastFour: sealed.lastFour, same };
  });
}

/**
 * Opens a secret immediately before its use, and records the use. Pass null as `use` when the program opens the secret routinely,
 * as it does with a bot token. Returns null if the slot is empty. Throws a SealError if the row was changed, a KeyringError if
 * its master key is missing.
 */
export async function openKey(
  tx: Tx,
  keyring: Keyring,
  slot: KeySlot,
  use: (KeyUse & { action: 'used' | 'checked' }) | null,
): Promise<Secret | null> {
  const [row] = await tx.select().from(workspaceKeys).where(at(slot));
  if (!row) return null;
  const secret = unseal(keyring, slot, row);
  if (use) await recordKeyUse(tx, slot, use.action, use, row.lastFour);
  return secret;
}

/** True if there was a key to remove. */
export async function removeKey(tx: Tx, slot: KeySlot, by: KeyUse): Promise<boolean> {
  return await tx.transaction(async (inner) => {
    const [gone] = await inner.delete(workspaceKeys).where(at(slot)).returning({ lastFour: workspaceKeys.lastFour });
    if (!gone) return false;
    await recordKeyUse(inner, slot, 'removed', by, gone.lastFour);
    return true;
  });
}

/**
 * Records the result of a check, or of a run that failed because of the key. If the key was replaced meanwhile, the new key keeps
 * its own status. A check of a key that was never stored is still recorded.
 */
export async function noteKeyStatus(
  tx: Tx,
  slot: KeySlot,
  status: KeyStatus,
  lastFour: string,
  use: KeyUse & { action: 'checked' | 'failed' },
): Promise<void> {
  await tx.transaction(async (inner) => {
    await inner
      .update(workspaceKeys)
      .set({ status, checkedAt: new Date() })
      .where(and(at(slot), eq(workspaceKeys.lastFour, lastFour)));
    await recordKeyUse(inner, slot, use.action, { ...use, note: use.note ?? status }, lastFour);
  });
}

/** The keys of a workspace, without secrets. */
export async function describeKeys(tx: Tx, workspaceId: WorkspaceId): Promise<KeyDescription[]> {
  return await tx
    .select({
      workspaceId: workspaceKeys.workspaceId,
      provider: workspaceKeys.provider,
      purpose: workspaceKeys.purpose,
      lastFour: workspaceKeys.lastFour,
      status: workspaceKeys.status,
      checkedAt: workspaceKeys.checkedAt,
      createdBy: workspaceKeys.createdBy,
      createdAt: workspaceKeys.createdAt,
    })
    .from(workspaceKeys)
    .where(eq(workspaceKeys.workspaceId, workspaceId))
    .orderBy(workspaceKeys.provider, workspaceKeys.purpose);
}

/** Every workspace that has stored a key. */
export async function workspacesWithKeys(tx: Tx): Promise<WorkspaceId[]> {
  const rows = await tx.selectDistinct({ id: workspaceKeys.workspaceId }).from(workspaceKeys);
  return rows.map(({ id }) => id);
}

export type Rotation = { rewrapped: number; failed: { slot: KeySlot; reason: string }[] };

/**
 * Encrypts every data key with the active key of the keyring. It decrypts no secret. It may run beside everything else: it writes
 * a row only if the row has not changed since it was read. A row that changed meanwhile was sealed anew with an active key.
 */
export async function rotateKeys(tx: Tx, keyring: Keyring, actor: string | null): Promise<Rotation> {
  const rows = await tx.select().from(workspaceKeys).where(ne(workspaceKeys.keyVersion, keyring.active));
  const rotation: Rotation = { rewrapped: 0, failed: [] };
  for (const row of rows) {
    const slot: KeySlot = { workspaceId: row.workspaceId, provider: row.provider, purpose: row.purpose };
    try {
      if (await rotateRow(tx, keyring, slot, row, actor)) rotation.rewrapped += 1;
    } catch (error) {
      if (!(error instanceof Error)) throw error;
      rotation.failed.push({ slot, reason: error.message });
    }
  }
  return rotation;
}

async function rotateRow(tx: Tx, keyring: Keyring, slot: KeySlot, row: Sealed, actor: string | null): Promise<boolean> {
  const renewed = rewrap(keyring, slot, row);
  return await tx.transaction(async (inner) => {
    const [updated] = await inner
      .update(workspaceKeys)
      .set(renewed)
      .where(and(at(slot), eq(workspaceKeys.wrappedKey, row.wrappedKey)))
      .returning({ lastFour: workspaceKeys.lastFour });
    if (!updated) return false;
    const note = `${row.keyVersion} → ${renewed.keyVersion}`;
    await recordKeyUse(inner, slot, 'rotated', { actor, note }, updated.lastFour);
    return true;
  });
}

/**
 * Appends to the audit. A second `used` for the same step of a run is the same use. The note must contain no secret: pass a
 * provider's text through `scrub` first.
 */
async function recordKeyUse(tx: Tx, slot: KeySlot, action: KeyAction, use: KeyUse, lastFour: string): Promise<void> {
  await tx
    .insert(keyAudit)
    .values({
      ...slot,
      action,
      actor: use.actor,
      runId: use.runId ?? null,
      step: use.step ?? null,
      note: use.note ?? '',
      lastFour,
    })
    .onConflictDoNothing();
}

export type KeyAuditRow = typeof keyAudit.$inferSelect;

/** The entries of a workspace's audit, newest first. */
export async function listKeyAudit(tx: Tx, workspaceId: WorkspaceId, limit: number): Promise<KeyAuditRow[]> {
  return await tx
    .select()
    .from(keyAudit)
    .where(eq(keyAudit.workspaceId, workspaceId))
    .orderBy(desc(keyAudit.id))
    .limit(limit);
}

function at({ workspaceId, provider, purpose }: KeySlot) {
  return and(
    eq(workspaceKeys.workspaceId, workspaceId),
    eq(workspaceKeys.provider, provider),
    eq(workspaceKeys.purpose, purpose),
  );
}
