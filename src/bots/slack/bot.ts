import { HTTPReceiver, SocketModeReceiver } from '@slack/bolt';
import type { Hono } from 'hono';
import type { Logger } from '../../observability/log.ts';
import type { Services } from '../services.ts';
import { createAcknowledgements } from './acknowledge.ts';
import { createApp } from './app.ts';
import { createConnections } from './connections.ts';
import { createDrain } from './drain.ts';
import { createInstaller } from './install.ts';
import { createSlackLogger } from './log.ts';
import { createMembers } from './members.ts';
import { mountSlack } from './routes.ts';
import type { SlackSettings } from './settings.ts';

export type SlackBot = {
  /** Stops taking requests: from a socket at once, over HTTP when `quiet` resolves. Resolves when every request is answered. */
  stop: (quiet: Promise<void>) => Promise<void>;
};

type Needs = {
  services: Services;
  settings: SlackSettings;
  /** The server to add Slack's routes to. HTTP needs it and Socket Mode does not. It must not listen yet. */
  http: Hono;
  log: Logger;
};

/** Connects to Slack: over a socket if there is an app token, else through routes that it adds to the server. */
export async function startSlackBot({ services, settings, http, log }: Needs): Promise<SlackBot> {
  const stopping = new AbortController();
  const { keyring } = services.vault;
  const connections = createConnections({ role: 'bot', db: services.db, keyring, settings, log });
  const members = createMembers();
  const drain = createDrain((error) => log.error({ platform: 'slack', error }, 'a request could not be carried out'));
  const acknowledgements = createAcknowledgements((error) =>
    log.warn({ platform: 'slack', error }, 'a request could not be acknowledged'),
  );
  const deps = { services, connections, members, settings, log, signal: stopping.signal };

  const stop = async (disconnect: () => Promise<unknown>) => {
    await disconnect();
    await drain.finished();
    stopping.abort();
  };

  if (settings.appToken !== null) {
    const receiver = new SocketModeReceiver({
      appToken: settings.appToken,
      logger: createSlackLogger(log),
      installerOptions: { clientOptions: { slackApiUrl: settings.apiUrl } },
    });
    const app = createApp(receiver, deps, drain, acknowledgements);
    await app.start();
    const disconnect = async () => {
      await acknowledgements.flush();
      await app.stop();
    };
    return { stop: () => stop(disconnect) };
  }
  if (settings.signingSecret === null) throw new Error('Slack needs SLACK_APP_TOKEN or SLACK_SIGNING_SECRET');
  const logger = createSlackLogger(log);
  const receiver = new HTTPReceiver({ signingSecret: settings.signingSecret, logger });
  createApp(receiver, deps, drain, acknowledgements);
  mountSlack(http, receiver, createInstaller({ services, connections, settings, log }));
  return { stop: (quiet) => stop(() => quiet) };
}
