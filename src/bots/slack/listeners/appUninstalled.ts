import { removeBot } from '../../../db/botRemoval.ts';
import type { WorkspaceId } from '../../../domain.ts';
import { isPassingRefusal, refusalOf } from '../client.ts';
import type { SlackConnection } from '../connections.ts';
import { sourceOfEvent, uninstallPayload } from '../payloads.ts';
import type { RequestDeps } from '../requestContext.ts';
import { workspaceOf } from '../workspace.ts';

/**
 * Handles an uninstalled app or a revoked token: deletes the token and every key of the workspace at once. Throws if Slack cannot
 * be asked about the token. Then the event must be delivered again.
 */
export async function onUninstalled(deps: RequestDeps, body: unknown): Promise<void> {
  const payload = uninstallPayload.parse(body);
  const { type, tokens } = payload.event;
  // A revoked token of a member does not concern us: we keep only the bot's.
  if (type === 'tokens_revoked' && (tokens?.bot ?? []).length === 0) return;
  const source = sourceOfEvent(payload);
  const own = workspaceOf({ ...source, isOrgWide: false });
  const org = workspaceOf({ ...source, isOrgWide: true });
  if (!source.isOrgWide && own && (await forget(deps, own, type))) return;
  // Slack may leave out that it means the whole organisation.
  if (org) await forget(deps, org, type);
}

/**
 * Deletes an installation unless its token still works: Slack may deliver an event late or again, when the app is already
 * installed anew, and an event about one team may name its organisation. Returns true if there was something to delete.
 */
async function forget({ connections, services, log }: RequestDeps, id: WorkspaceId, type: string): Promise<boolean> {
  connections.forget(id);
  let connection: SlackConnection | null = null;
  try {
    connection = await connections.of(id);
    if (connection) {
      await connection.client.auth.test();
      return false;
    }
  } catch (error) {
    const refusal = refusalOf(error);
    if (refusal === null || isPassingRefusal(refusal)) throw error;
  }
  connections.forget(id);
  const removed = { installedAt: connection?.installedAt ?? null };
  const wasThere = await removeBot(services.db, id, type, removed);
  if (wasThere) log.info({ platform: 'slack', workspaceId: id, type }, 'an installation and its keys were deleted');
  return wasThere;
}
