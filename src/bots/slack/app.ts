import { App, type Receiver } from '@slack/bolt';
import { z } from 'zod';
import type { Acknowledgements } from './acknowledge.ts';
import type { SlackMessage } from './cardBlocks.ts';
import { createWebClient } from './client.ts';
import type { Drain } from './drain.ts';
import { onAction } from './listeners/actions.ts';
import { onUninstalled } from './listeners/appUninstalled.ts';
import { onCommand, onMention } from './listeners/commands.ts';
import { onHome } from './listeners/home.ts';
import { onShortcut } from './listeners/shortcuts.ts';
import { formAnswerTimeoutMs, lateAnswer, onViewSubmission } from './listeners/views.ts';
import { createSlackLogger } from './log.ts';
import type { RequestDeps } from './requestContext.ts';
import type { ViewAnswer } from './viewAnswer.ts';

const delivered = z.object({ type: z.literal('event_callback') });
const uninstalled = delivered.extend({ event: z.object({ type: z.enum(['app_uninstalled', 'tokens_revoked']) }) });

/**
 * Routes each request to its listener. Each request is acknowledged when what it asks for is stored, or soon after it arrives.
 * Bolt gets no tokens: it would fetch them before it calls a listener, and without any the member would see no answer.
 */
export function createApp(
  receiver: Receiver,
  deps: RequestDeps,
  drain: Drain,
  acknowledgements: Acknowledgements,
): App {
  const { log } = deps;
  const app = new App({
    receiver,
    authorize: async () => ({}),
    convoStore: false,
    ignoreSelf: false,
    logger: createSlackLogger(log),
    clientOptions: { slackApiUrl: createWebClient('bot', null, deps.settings.apiUrl, log).slackApiUrl },
  });
  app.error(async (error) => log.error({ platform: 'slack', error }, 'a request failed'));

  /** Measures the time from here to the acknowledgement, which the member waits for. */
  const timed = <Payload>(ack: (answer?: Payload) => Promise<unknown>) => {
    const begun = performance.now();
    return async (answer?: Payload) => {
      await (answer === undefined ? ack() : ack(answer));
      deps.services.meter.acknowledged('slack', (performance.now() - begun) / 1000);
    };
  };
  const { around } = acknowledgements;

  const any = /.*/s;
  app.command(any, async ({ ack, body }) => {
    const answer = timed((message?: SlackMessage) => ack(message && { response_type: 'ephemeral', ...message }));
    await drain.track(() => around(answer, (acknowledge) => onCommand(deps, body, acknowledge)));
  });
  app.shortcut(any, async ({ ack, body }) => {
    await drain.track(() =>
      around(
        timed(() => ack()),
        () => onShortcut(deps, body),
      ),
    );
  });
  app.action(any, async ({ ack, body }) => {
    await drain.track(() =>
      around(
        timed(() => ack()),
        () => onAction(deps, body),
      ),
    );
  });
  app.view(any, async ({ ack, body }) => {
    const answer = timed((view?: ViewAnswer) => (view ? ack(view) : ack()));
    const late = { afterMs: formAnswerTimeoutMs, answer: () => lateAnswer(deps, body) };
    await drain.track(() => around(answer, (acknowledge) => onViewSubmission(deps, body, acknowledge), late));
  });
  // Bolt acknowledges events before any listener runs. We acknowledge them ourselves, because Slack delivers an unacknowledged
  // event again.
  const process = app.processEvent.bind(app);
  app.processEvent = async (event) => {
    if (!delivered.safeParse(event.body).success) return await process(event);
    if (uninstalled.safeParse(event.body).success) {
      // An event that could not be carried out is never acknowledged. A listener's fault would not get here through Bolt.
      const work = onUninstalled(deps, event.body);
      await drain.track(() => work);
      await work;
      return await event.ack();
    }
    await around(event.ack, () => process({ ...event, ack: async () => {} }));
  };
  app.event('app_mention', async ({ body }) => drain.track(() => onMention(deps, body)));
  app.event('app_home_opened', async ({ body }) => drain.track(() => onHome(deps, body)));
  return app;
}
