import { eq } from 'drizzle-orm';
import type { WorkspaceId } from '../domain.ts';
import type { Tx } from './client.ts';
import type { Keyring } from './keyring.ts';
import { slackInstallations } from './schema.ts';
import type { Secret } from './secret.ts';
import { openKey, storeKey } from './vault.ts';
import { lockWorkspace } from './workspaces.ts';

export type SlackInstallation = typeof slackInstallations.$inferSelect;
export type NewSlackInstallation = Omit<SlackInstallation, 'installedAt'>;

const slotOf = (workspaceId: WorkspaceId) => ({ workspaceId, provider: 'slack', purpose: 'bot_token' }) as const;

/** Writes an installation and its token together. Installing again replaces both. The workspace must exist. */
export async function saveInstallation(
  tx: Tx,
  keyring: Keyring,
  installation: NewSlackInstallation,
  token: Secret,
): Promise<void> {
  await tx.transaction(async (inner) => {
    await lockWorkspace(inner, installation.workspaceId);
    const row = { ...installation, installedAt: new Date() };
    await inner
      .insert(slackInstallations)
      .values(row)
      .onConflictDoUpdate({ target: slackInstallations.workspaceId, set: row });
    const checked = { by: installation.installedBy, status: 'valid', at: new Date() } as const;
    await storeKey(inner, keyring, slotOf(installation.workspaceId), token, checked);
  });
}

export async function findInstallation(
  tx: Tx,
  keyring: Keyring,
  workspaceId: WorkspaceId,
): Promise<{ installation: SlackInstallation; token: Secret } | null> {
  const [installation] = await tx
    .select()
    .from(slackInstallations)
    .where(eq(slackInstallations.workspaceId, workspaceId));
  if (!installation) return null;
  const token = await openKey(tx, keyring, slotOf(workspaceId), null);
  return token ? { installation, token } : null;
}
