import { type WorkspaceId, workspaceId } from '../../domain.ts';

/** The origin of a request. An app that is installed org-wide serves all workspaces of an organisation as one. */
export type SlackSource = { teamId: string | null; enterpriseId: string | null; isOrgWide: boolean };

/** The workspace whose credits, keys and settings count. Null if Slack named none that forms a valid id. */
export function workspaceOf({ teamId, enterpriseId, isOrgWide }: SlackSource): WorkspaceId | null {
  const id = isOrgWide ? enterpriseId : teamId;
  const parsed = workspaceId.safeParse(`slack:${id ?? ''}`);
  return parsed.success ? parsed.data : null;
}
