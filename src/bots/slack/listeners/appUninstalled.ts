import { removeBot } from '../../../db/botRemoval.ts';
import type { WorkspaceId } from '../../../domain.ts';
import { isPassingRefusal, refusalOf } from '../client.ts';
import { sourceOfEvent, uninstallPayload } from '../payloads.ts';
import type { RequestDeps } from '../requestContext.ts';
import { workspaceOf } from '../workspace.ts';

/** Handles an uninstalled app or a revoked token: deletes the token and every key of the workspace at once. */
export async function onUninstalled(deps: RequestDeps, body: unknown): Promise<void> {
  const payload = uninstallPayload.parse(body);
  const { type, tokens } = payload.event;
  // A revoked token of a member does not concern us: we keep only the bot's.
  if (type === 'tokens_revoked' && (tokens?.bot ?? []).length === 0) return;
  const source = sourceOfEvent(payload);
  const own = workspaceOf({ ...source, isOrgWide: false });
  const org = workspaceOf({ ...source, isOrgWide: true });
  if (source.isOrgWide) {
    if (org) await forget(deps, org, type);
    return;
  }
  if (own && (await forget(deps, own, type))) return;
  // Slack may leave out that it means the whole organisation. But it may also repeat an event about one team; then the
  // organisation's token still works. So we test the token first.
  if (org && (await isRefused(deps, org))) await forget(deps, org, type);
}

/** Returns true if there was an installation to delete. */
async function forget({ connections, services, log }: RequestDeps, id: WorkspaceId, type: string): Promise<boolean> {
  connections.forget(id);
  const wasThere = await removeBot(services.db, id, type);
  if (wasThere) log.info({ platform: 'slack', workspaceId: id, type }, 'an installation and its keys were deleted');
  return wasThere;
}

async function isRefused({ connections }: RequestDeps, id: WorkspaceId): Promise<boolean> {
  connections.forget(id);
  const connection = await connections.of(id);
  try {
    await connection?.client.auth.test();
    return false;
  } catch (error) {
    const refusal = refusalOf(error);
    if (refusal === null || isPassingRefusal(refusal)) throw error;
    return true;
  }
}
