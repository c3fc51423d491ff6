import { App, type Receiver } from '@slack/bolt';
import { createWebClient } from './client.ts';
import type { DeskNeeds } from './desk.ts';
import type { Drain } from './drain.ts';
import { onAction } from './listeners/actions.ts';
import { onCommand, onMention } from './listeners/commands.ts';
import { onGoodbye } from './listeners/goodbye.ts';
import { onHome } from './listeners/home.ts';
import { onShortcut } from './listeners/shortcuts.ts';
import { onViewSubmission, type ViewAnswer } from './listeners/views.ts';
import { createSlackLogger } from './log.ts';

/**
 * Says what is done with which request. Each is acknowledged before anything is looked up: Bolt is given no tokens, for it would
 * fetch them first, and the member would see nothing when there are none.
 */
export function createApp(receiver: Receiver, needs: DeskNeeds, drain: Drain): App {
  const { log } = needs;
  const app = new App({
    receiver,
    authorize: async () => ({}),
    convoStore: false,
    ignoreSelf: false,
    logger: createSlackLogger(log),
    clientOptions: { slackApiUrl: createWebClient('bot', null, needs.settings.apiUrl, log).slackApiUrl },
  });
  app.error(async (error) => log.error({ face: 'slack', error }, 'a request failed'));

  /** Measures from here on: what is done before the acknowledgement is what somebody waits for. */
  const timer = () => {
    const begun = performance.now();
    return async (ack: () => Promise<unknown>) => {
      await ack();
      needs.services.meter.acknowledged('slack', (performance.now() - begun) / 1000);
    };
  };

  const any = /.*/s;
  app.command(any, async ({ ack, body }) => {
    await timer()(ack);
    await drain.trackLater(() => onCommand(needs, body));
  });
  app.shortcut(any, async ({ ack, body }) => {
    await timer()(ack);
    await drain.trackLater(() => onShortcut(needs, body));
  });
  app.action(any, async ({ ack, body }) => {
    await timer()(ack);
    await drain.trackLater(() => onAction(needs, body));
  });
  app.view(any, async ({ ack, body }) => {
    const timed = timer();
    let isAcknowledged = false;
    const answer = async (view?: ViewAnswer) => {
      isAcknowledged = true;
      await timed(() => (view ? ack(view) : ack()));
    };
    await drain.track(() => onViewSubmission(needs, body, answer));
    if (!isAcknowledged) await timed(ack);
  });
  app.event('app_mention', async ({ body }) => drain.trackLater(() => onMention(needs, body)));
  app.event('app_home_opened', async ({ body }) => drain.trackLater(() => onHome(needs, body)));
  app.event('app_uninstalled', async ({ body }) => drain.trackLater(() => onGoodbye(needs, body)));
  app.event('tokens_revoked', async ({ body }) => drain.trackLater(() => onGoodbye(needs, body)));
  return app;
}
