import type { HttpBindings } from '@hono/node-server';
import { RESPONSE_ALREADY_SENT } from '@hono/node-server/utils/response';
import type { HTTPReceiver } from '@slack/bolt';
import type { Context, Hono } from 'hono';
import { z } from 'zod';
import { slackPaths } from './manifest.ts';

const nodeBindings = z.custom<HttpBindings>(
  (value) => typeof value === 'object' && value !== null && 'incoming' in value && 'outgoing' in value,
);

/** What Slack sends, without the parameters that its receiver would stumble over. */
const contentTypes = ['application/json', 'application/x-www-form-urlencoded'];

/** Adds Slack's addresses to the program's server; Bolt's own receivers answer there, on the request as Node has it. */
export function mountSlack(app: Hono, events: HTTPReceiver, installer: HTTPReceiver | null): void {
  const hand = (context: Context, receiver: HTTPReceiver) => {
    const { incoming, outgoing } = nodeBindings.parse(context.env);
    receiver.requestListener(incoming, outgoing);
    return RESPONSE_ALREADY_SENT;
  };
  app.post(slackPaths.events, (context) => {
    const { incoming } = nodeBindings.parse(context.env);
    const type = incoming.headers['content-type']?.split(';')[0]?.trim().toLowerCase() ?? '';
    if (!contentTypes.includes(type)) return context.body(null, 415);
    // Bolt takes a form for JSON when its type names a character set.
    incoming.headers['content-type'] = type;
    return hand(context, events);
  });
  if (!installer) return;
  app.get(slackPaths.install, (context) => hand(context, installer));
  app.get(slackPaths.redirect, (context) => hand(context, installer));
}
