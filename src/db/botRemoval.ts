import { eq } from 'drizzle-orm';
import type { WorkspaceId } from '../domain.ts';
import { lastRemoval, recordChange } from './audit.ts';
import { closeAccess } from './auth.ts';
import type { Tx } from './client.ts';
import { slackInstallations } from './schema.ts';
import { describeKeys, removeKey } from './vault.ts';
import { lockWorkspace } from './workspaces.ts';

/**
 * Handles the removal of the bot from a workspace, on any platform. One transaction deletes the workspace's keys, its Slack
 * token, its links and its sessions, and revokes its API tokens. Runs and the ledger stay. `note` goes into the key audit.
 * `installedAt` says which Slack installation was removed, null if there was none: a newer one loses nothing. Returns false when
 * nothing was left to delete.
 */
export async function removeBot(
  tx: Tx,
  workspaceId: WorkspaceId,
  note: string,
  removed?: { installedAt: Date | null },
): Promise<boolean> {
  return await tx.transaction(async (inner) => {
    if (!(await lockWorkspace(inner, workspaceId))) return false;
    const isOf = eq(slackInstallations.workspaceId, workspaceId);
    if (removed) {
      const [now] = await inner.select({ at: slackInstallations.installedAt }).from(slackInstallations).where(isOf);
      if (now?.at.getTime() !== removed.installedAt?.getTime()) return false;
    }
    const keys = await describeKeys(inner, workspaceId);
    for (const { provider, purpose } of keys) {
      await removeKey(inner, { workspaceId, provider, purpose }, { actor: null, note });
    }
    const installations = await inner
      .delete(slackInstallations)
      .where(isOf)
      .returning({ id: slackInstallations.workspaceId });
    await closeAccess(inner, workspaceId);
    const wasThere = keys.length > 0 || installations.length > 0;
    // A key that is still being tried must not be stored, so this is recorded even if there was nothing to delete. But the platform
    // may tell us more than once.
    const isRepeated = !wasThere && (await lastRemoval(inner, workspaceId))?.action === 'bot_removed';
    if (!isRepeated) await recordChange(inner, { workspaceId, action: 'bot_removed', actor: null, details: { note } });
    return wasThere;
  });
}
