import type { WebClient } from '@slack/web-api';
import type { Db } from '../../db/client.ts';
import type { Keyring } from '../../db/keyring.ts';
import { Secret } from '../../db/secret.ts';
import { findInstallation } from '../../db/slackInstallations.ts';
import type { WorkspaceId } from '../../domain.ts';
import type { Logger } from '../../observability/log.ts';
import { createWebClient, type SlackRole } from './client.ts';
import type { SlackSettings } from './settings.ts';
import { workspaceOf } from './workspace.ts';

/** A client for one workspace. */
export type SlackConnection = { client: WebClient; token: Secret; botUserId: string | null };

export type SlackConnections = {
  /** Null if the app is not installed there, or no longer. */
  of: (id: WorkspaceId) => Promise<SlackConnection | null>;
  forget: (id: WorkspaceId) => void;
};

/**
 * After another process deletes a token, this one may keep it for this long. Slack itself refuses such a token at once.
 * Milliseconds.
 */
const rememberMs = 30_000;

type Needs = { role: SlackRole; db: Db; keyring: Keyring; settings: SlackSettings; log: Logger };

/**
 * Opens connections with the tokens from the vault, or with the operator's own token for the one workspace that it belongs to.
 */
export function createConnections({ role, db, keyring, settings, log }: Needs): SlackConnections {
  const known = new Map<WorkspaceId, { connection: SlackConnection; until: number }>();
  const connect = (token: Secret, botUserId: string | null): SlackConnection => ({
    client: createWebClient(role, token, settings.apiUrl, log),
    token,
    botUserId,
  });
  let own: Promise<{ id: WorkspaceId; connection: SlackConnection }> | null = null;

  async function ownWorkspace(token: string): Promise<{ id: WorkspaceId; connection: SlackConnection }> {
    const secret = new Secret(token);
    const { client } = connect(secret, null);
    const who = await client.auth.test();
    const id = workspaceOf({
      teamId: who.team_id ?? null,
      enterpriseId: who.enterprise_id ?? null,
      isOrgWide: who.is_enterprise_install ?? false,
    });
    if (!id) throw new Error('Slack did not say to which workspace SLACK_BOT_TOKEN belongs');
    return { id, connection: connect(secret, who.user_id ?? null) };
  }

  async function open(id: WorkspaceId): Promise<SlackConnection | null> {
    const found = await findInstallation(db, keyring, id);
    if (found) return connect(found.token, found.installation.botUserId);
    if (settings.botToken === null) return null;
    own ??= ownWorkspace(settings.botToken).catch((error: unknown) => {
      own = null;
      throw error;
    });
    const mine = await own;
    return mine.id === id ? mine.connection : null;
  }

  return {
    of: async (id) => {
      const remembered = known.get(id);
      if (remembered && remembered.until > Date.now()) return remembered.connection;
      const connection = await open(id);
      if (connection) known.set(id, { connection, until: Date.now() + rememberMs });
      else known.delete(id);
      return connection;
    },
    forget: (id) => {
      known.delete(id);
    },
  };
}
