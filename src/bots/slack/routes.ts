import type { HTTPReceiver } from '@slack/bolt';
import type { Hono } from 'hono';
import { handOver, incomingOf } from '../http.ts';
import { slackPaths } from './manifest.ts';

/** What Slack sends, without the parameters that its receiver would stumble over. */
const contentTypes = ['application/json', 'application/x-www-form-urlencoded'];

/** Adds Slack's addresses to the program's server; Bolt's own receivers answer there, on the request as Node has it. */
export function mountSlack(app: Hono, events: HTTPReceiver, installer: HTTPReceiver | null): void {
  app.post(slackPaths.events, (context) => {
    const { headers } = incomingOf(context);
    const type = headers['content-type']?.split(';')[0]?.trim().toLowerCase() ?? '';
    if (!contentTypes.includes(type)) return context.body(null, 415);
    // Bolt takes a form for JSON when its type names a character set.
    headers['content-type'] = type;
    return handOver(context, events.requestListener);
  });
  if (!installer) return;
  app.get(slackPaths.install, (context) => handOver(context, installer.requestListener));
  app.get(slackPaths.redirect, (context) => handOver(context, installer.requestListener));
}
