import type { ServerResponse } from 'node:http';
import { HTTPReceiver, type Installation, type InstallationStore } from '@slack/bolt';
import { Secret } from '../../db/secret.ts';
import { saveInstallation } from '../../db/slackInstallations.ts';
import { ensureWorkspace } from '../../db/workspaces.ts';
import type { Logger } from '../../observability/log.ts';
import type { Services } from '../services.ts';
import { textOf } from '../text.ts';
import type { SlackConnections } from './connections.ts';
import { escaped } from './escape.ts';
import { createSlackLogger } from './log.ts';
import { botScopes, slackPaths } from './manifest.ts';
import type { SlackSettings } from './settings.ts';
import { workspaceOf } from './workspace.ts';

type Needs = {
  services: Services;
  connections: SlackConnections;
  settings: SlackSettings;
  log: Logger;
};

/** Stores an installation: the facts in PostgreSQL, the token in the vault. Nothing reads it back through here. */
function createStore({ services, connections }: Needs): InstallationStore {
  return {
    storeInstallation: async (installation: Installation) => {
      const { team, enterprise, bot, appId = '', user, isEnterpriseInstall = false } = installation;
      const source = { teamId: team?.id ?? null, enterpriseId: enterprise?.id ?? null, isOrgWide: isEnterpriseInstall };
      const id = workspaceOf(source);
      if (!id || !bot) throw new Error('Slack sent an installation without a workspace or without a bot');
      const name = (isEnterpriseInstall ? enterprise?.name : team?.name) ?? id;
      await ensureWorkspace(services.db, { id, platform: 'slack', name }, services.freeCredits);
      const row = { workspaceId: id, ...source, appId, botId: bot.id, botUserId: bot.userId, scopes: bot.scopes };
      await saveInstallation(
        services.db,
        services.vault.keyring,
        { ...row, installedBy: user.id },
        new Secret(bot.token),
      );
      connections.forget(id);
    },
    fetchInstallation: async () => {
      throw new Error('installations are read by their workspace, not through the installer');
    },
  };
}

/** The install page and the address that Slack redirects to after it. A signed cookie keeps the state for ten minutes. */
export function createInstaller(deps: Needs): HTTPReceiver | null {
  const { settings, log } = deps;
  if (!settings.oauth || settings.signingSecret === null) return null;
  const text = textOf('en').slack.installed;
  return new HTTPReceiver({
    signingSecret: settings.signingSecret,
    ...settings.oauth,
    scopes: [...botScopes],
    installationStore: createStore(deps),
    logger: createSlackLogger(log),
    installerOptions: {
      installPath: slackPaths.install,
      redirectUriPath: slackPaths.redirect,
      authorizationUrl: new URL('../oauth/v2/authorize', settings.apiUrl).href,
      clientOptions: {
        slackApiUrl: settings.apiUrl,
        retryConfig: { retries: 0 },
        rejectRateLimitedCalls: true,
        timeout: 10_000,
      },
      callbackOptions: {
        success: (_installation, _options, _request, response) => page(response, 200, text.title, text.text),
        failure: (error, _options, _request, response) => {
          log.warn({ platform: 'slack', code: error.code }, 'an installation failed');
          page(response, 400, text.failedTitle, text.failed);
        },
      },
    },
  });
}

function page(response: ServerResponse, status: number, title: string, words: string): void {
  response.writeHead(status, {
    'content-type': 'text/html; charset=utf-8',
    'content-security-policy': "default-src 'none'; style-src 'unsafe-inline'",
    'cache-control': 'no-store',
  });
  const style = 'font: 1.1rem/1.5 system-ui; max-width: 32rem; margin: 20vh auto; padding: 0 1rem';
  response.end(
    `<!doctype html><meta charset="utf-8"><title>${escaped(title)}</title><body style="${style}"><h1>${escaped(title)}</h1><p>${escaped(words)}</p>`,
  );
}
