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

/** The Slack workspace or organisation that a token belongs to. */
type TokenOwner = {
  botUserId: string | null;
  /** Null if the token belongs to an organisation. */
  teamId: string | null;
  /** Null if the workspace is in no organisation. */
  enterpriseId: string | null;
  /** Null for the operator's own token. */
  installedAt: Date | null;
};

/** A client for one workspace. */
export type SlackConnection = TokenOwner & { client: WebClient; token: Secret };

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
  const clientOf = (token: Secret) => createWebClient(role, token, settings.apiUrl, log);
  let own: Promise<{ id: WorkspaceId; connection: SlackConnection }> | null = null;

  async function ownWorkspace(token: string): Promise<{ id: WorkspaceId; connection: SlackConnection }> {
    const secret = new Secret(token);
    const client = clientOf(secret);
    const who = await client.auth.test();
    const teamId = who.team_id ?? null;
    const enterpriseId = who.enterprise_id ?? null;
    const id = workspaceOf({ teamId, enterpriseId, isOrgWide: who.is_enterprise_install ?? false });
    if (!id) throw new Error('Slack did not say to which workspace SLACK_BOT_TOKEN belongs');
    const botUserId = who.user_id ?? null;
    return { id, connection: { client, token: secret, botUserId, teamId, enterpriseId, installedAt: null } };
  }

  async function open(id: WorkspaceId): Promise<SlackConnection | null> {
    const found = await findInstallation(db, keyring, id);
    if (found) {
      const { botUserId, teamId, enterpriseId, installedAt } = found.installation;
      return { client: clientOf(found.token), token: found.token, botUserId, teamId, enterpriseId, installedAt };
    }
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
