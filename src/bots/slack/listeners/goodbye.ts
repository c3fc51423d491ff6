import { removeInstallation } from '../../../db/slackInstallations.ts';
import type { DeskNeeds } from '../desk.ts';
import { goodbyePayload, sourceOfEvent } from '../payloads.ts';
import { workspaceOf } from '../workspace.ts';

/** The app was sent away, or its token taken back: the token and every key of the workspace are deleted at once. */
export async function onGoodbye(needs: DeskNeeds, body: unknown): Promise<void> {
  const it = goodbyePayload.parse(body);
  const { type, tokens } = it.event;
  // A member's own token is none of ours.
  if (type === 'tokens_revoked' && (tokens?.bot ?? []).length === 0) return;
  const source = sourceOfEvent(it);
  // Slack does not say here whether the app was installed org-wide: then there is no installation of the team alone.
  const candidates = [
    { ...source, isOrgWide: false },
    { ...source, isOrgWide: true },
  ];
  for (const candidate of source.isOrgWide ? candidates.toReversed() : candidates) {
    const id = workspaceOf(candidate);
    if (!id) continue;
    needs.connections.forget(id);
    if (await removeInstallation(needs.services.db, id, type)) {
      needs.log.info({ face: 'slack', workspaceId: id, type }, 'an installation and its keys were deleted');
      return;
    }
  }
}
