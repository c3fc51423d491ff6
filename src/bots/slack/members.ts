import type { UsersInfoResponse } from '@slack/web-api';
import type { Member } from '../../domain.ts';
import { tidiedLine } from '../../plainText.ts';
import { type Locale, localeOf } from '../text.ts';
import type { SlackConnection } from './connections.ts';

export type KnownMember = { member: Member; locale: Locale };

export type Members = {
  /** `fresh`: asks Slack again, for decisions that depend on whether the member is an admin now. */
  find: (
    connection: SlackConnection,
    who: { workspaceId: string; userId: string; userName: string },
    options?: { fresh?: boolean },
  ) => Promise<KnownMember>;
  /** The member's remembered language, or English if none is remembered. */
  localeOf: (who: { workspaceId: string; userId: string }) => Locale;
};

/** A member's language and name change seldom. Milliseconds. */
const rememberMs = 60_000;
const maxRemembered = 5_000;

/** Asks Slack who a member is. A member whom Slack does not confirm is not an admin. */
export function createMembers(): Members {
  const known = new Map<string, { found: KnownMember; until: number }>();
  return {
    find: async (connection, { workspaceId, userId, userName }, options = {}) => {
      const key = `${workspaceId} ${userId}`;
      const remembered = known.get(key);
      if (!options.fresh && remembered && remembered.until > Date.now()) return remembered.found;
      const { user } = await connection.client.users.info({ user: userId, include_locale: true });
      const found = {
        member: {
          id: userId,
          name: tidiedLine(user?.profile?.display_name || user?.real_name || userName, userId),
          isAdmin: (user?.is_admin === true || user?.is_owner === true) && isOwn(user, connection),
        },
        locale: localeOf(user?.locale ?? 'en'),
      };
      if (known.size >= maxRemembered) known.clear();
      known.set(key, { found, until: Date.now() + rememberMs });
      return found;
    },
    localeOf: ({ workspaceId, userId }) => known.get(`${workspaceId} ${userId}`)?.found.locale ?? 'en',
  };
}

/**
 * False for a member of another organisation, who can write in a channel that the organisations share. Slack may call an admin of
 * theirs an admin too. Within one organisation, a member's home can be another workspace than the one in which they write.
 */
function isOwn(
  { team_id, enterprise_user, enterprise_id }: NonNullable<UsersInfoResponse['user']>,
  { teamId, enterpriseId }: SlackConnection,
): boolean {
  if (team_id !== undefined && (team_id === teamId || team_id === enterpriseId)) return true;
  const theirs = enterprise_user?.enterprise_id ?? enterprise_id;
  return theirs !== undefined && theirs === enterpriseId;
}
