import { removeBot } from '../../../db/botRemoval.ts';
import type { WorkspaceId } from '../../../domain.ts';
import { isPassingRefusal, refusalOf } from '../client.ts';
import { sourceOfEvent, uninstallPayload } from '../payloads.ts';
import type { RequestDeps } from '../requestContext.ts';
import { workspaceOf } from '../workspace.ts';

/** The app was sent away, or its token taken back: the token and every key of the workspace are deleted at once. */
export async function onUninstalled(deps: RequestDeps, body: unknown): Promise<void> {
  const payload = uninstallPayload.parse(body);
  const { type, tokens } = payload.event;
  // A member's own token is none of ours.
  if (type === 'tokens_revoked' && (tokens?.bot ?? []).length === 0) return;
  const source = sourceOfEvent(payload);
  const own = workspaceOf({ ...source, isOrgWide: false });
  const org = workspaceOf({ ...source, isOrgWide: true });
  if (source.isOrgWide) {
    if (org) await forget(deps, org, type);
    return;
  }
  if (own && (await forget(deps, own, type))) return;
  // Slack may leave out that it means the whole organisation. It means one of its teams as well when it repeats itself, and then the
  // organisation's token still works.
  if (org && (await isRefused(deps, org))) await forget(deps, org, type);
}

/** True when there was something to forget. */
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
