import { parse } from 'node:querystring';
import { buffer } from 'node:stream/consumers';
import type { HTTPReceiver } from '@slack/bolt';
import type { Hono } from 'hono';
import { z } from 'zod';
import { handOver, incomingOf } from '../http.ts';
import { slackPaths } from './manifest.ts';

/** The content types of Slack's requests, without parameters, because Bolt's receiver misreads those. */
const contentTypes = ['application/json', 'application/x-www-form-urlencoded'];

/** The largest age of a signed request. Bolt refuses older ones; we refuse those from a clock that is ahead by more. Seconds. */
const maxSkew = 300;

/** The limit on a request's body. Slack's largest request holds a message of 50 blocks. Bytes. */
const bodyLimit = 512 * 1024;

/** Adds Slack's routes to the server. Bolt's own receivers answer them, on Node's own request object. */
export function mountSlack(app: Hono, events: HTTPReceiver, installer: HTTPReceiver | null): void {
  app.post(slackPaths.events, async (context) => {
    const incoming = incomingOf(context);
    const { headers } = incoming;
    const type = headers['content-type']?.split(';')[0]?.trim().toLowerCase() ?? '';
    if (!contentTypes.includes(type)) return context.body(null, 415);
    if (Number(headers['x-slack-request-timestamp']) > Date.now() / 1000 + maxSkew) return context.body(null, 401);
    // Bolt reads a form as JSON if its content type names a character set.
    headers['content-type'] = type;
    const length = Number(headers['content-length']);
    if (!(length <= bodyLimit)) return context.body(null, Number.isNaN(length) ? 411 : 413);
    const rawBody = await buffer(incoming);
    // Bolt would parse this body anyway, and an error that it throws there ends the process.
    if (!answerable.safeParse(contentOf(type, rawBody.toString())).success) return context.body(null, 400);
    Object.assign(incoming, { rawBody });
    return handOver(context, events.requestListener);
  });
  if (!installer) return;
  app.get(slackPaths.install, (context) => handOver(context, installer.requestListener));
  app.get(slackPaths.redirect, (context) => handOver(context, installer.requestListener));
}

const thing = z.record(z.string(), z.unknown());
const idOrThing = z.union([z.string(), thing]).optional();
const interaction = z.object({ user: thing, response_urls: z.array(thing).optional() });
const inChannel = interaction.extend({ channel: thing.optional() });

/**
 * The bodies that Bolt recognises and our listeners take. For anything else Bolt throws, or lets the sender wait three seconds
 * and then answers 404.
 */
const answerable = z.union([
  z.object({ ssl_check: z.literal('1') }),
  z.object({ type: z.literal('url_verification') }),
  z.object({
    event: z.object({ type: z.string(), user: idOrThing, channel: idOrThing, item: thing.optional() }),
    authorizations: z.array(thing).nullish(),
  }),
  z.object({ command: z.string() }),
  inChannel.extend({ actions: z.tuple([z.object({ action_id: z.string() })], z.unknown()) }),
  inChannel.extend({ type: z.literal('message_action'), callback_id: z.string() }),
  interaction.extend({ type: z.literal('shortcut'), callback_id: z.string() }),
  interaction.extend({ type: z.literal('view_submission'), view: z.object({ callback_id: z.string() }) }),
]);

/** Parses a body as Bolt will: JSON, a form, or JSON in a field of a form. Null if it cannot be read. */
function contentOf(type: string, body: string): unknown {
  const fields = type === 'application/json' ? { payload: body } : parse(body);
  if (typeof fields.payload !== 'string') return fields;
  try {
    return JSON.parse(fields.payload);
  } catch {
    return null;
  }
}
