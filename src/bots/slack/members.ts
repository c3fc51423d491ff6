import type { WebClient } from '@slack/web-api';
import type { Member } from '../../domain.ts';
import { tidiedLine } from '../../plainText.ts';
import { type Locale, localeOf } from '../text.ts';

export type KnownMember = { member: Member; locale: Locale };

export type Members = {
  /** `fresh`: asks Slack again, for decisions that depend on whether the member is an admin now. */
  find: (
    client: WebClient,
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
    find: async (client, { workspaceId, userId, userName }, options = {}) => {
      const key = `${workspaceId} ${userId}`;
      const remembered = known.get(key);
      if (!options.fresh && remembered && remembered.until > Date.now()) return remembered.found;
      const { user } = await client.users.info({ user: userId, include_locale: true });
      const found = {
        member: {
          id: userId,
          name: tidiedLine(user?.profile?.display_name || user?.real_name || userName, userId),
          isAdmin: user?.is_admin === true || user?.is_owner === true,
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
