import { eq } from 'drizzle-orm';
import type { WorkspaceId } from '../domain.ts';
import { recordChange } from './audit.ts';
import { closeAccess } from './auth.ts';
import type { Tx } from './client.ts';
import { slackInstallations } from './schema.ts';
import { describeKeys, removeKey } from './vault.ts';

/**
 * Handles the removal of the bot from a workspace, on any platform. One transaction deletes the workspace's keys, its Slack
 * token, its links and its sessions, and revokes its API tokens. Runs and the ledger stay. `note` goes into the key audit.
 * Returns false when nothing was left to delete.
 */
export async function removeBot(tx: Tx, workspaceId: WorkspaceId, note: string): Promise<boolean> {
  return await tx.transaction(async (inner) => {
    const keys = await describeKeys(inner, workspaceId);
    for (const { provider, purpose } of keys) {
      await removeKey(inner, { workspaceId, provider, purpose }, { actor: null, note });
    }
    const installations = await inner
      .delete(slackInstallations)
      .where(eq(slackInstallations.workspaceId, workspaceId))
      .returning({ id: slackInstallations.workspaceId });
    await closeAccess(inner, workspaceId);
    const wasThere = keys.length > 0 || installations.length > 0;
    // The platform may tell us more than once.
    if (wasThere) await recordChange(inner, { workspaceId, action: 'bot_removed', actor: null, details: { note } });
    return wasThere;
  });
}
