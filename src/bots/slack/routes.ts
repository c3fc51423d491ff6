import { buffer } from 'node:stream/consumers';
import type { HTTPReceiver } from '@slack/bolt';
import type { Hono } from 'hono';
import { handOver, incomingOf } from '../http.ts';
import { slackPaths } from './manifest.ts';

/** What Slack sends, without the parameters that its receiver would stumble over. */
const contentTypes = ['application/json', 'application/x-www-form-urlencoded'];

/** A request is signed for a moment. Bolt refuses what is older than that; a clock that is ahead is no better. Seconds. */
const longestSkew = 300;

/** The largest request that Slack sends holds a message of 50 blocks. Bytes. */
const bodyLimit = 512 * 1024;

/** Adds Slack's addresses to the program's server; Bolt's own receivers answer there, on the request as Node has it. */
export function mountSlack(app: Hono, events: HTTPReceiver, installer: HTTPReceiver | null): void {
  app.post(slackPaths.events, async (context) => {
    const incoming = incomingOf(context);
    const { headers } = incoming;
    const type = headers['content-type']?.split(';')[0]?.trim().toLowerCase() ?? '';
    if (!contentTypes.includes(type)) return context.body(null, 415);
    if (Number(headers['x-slack-request-timestamp']) > Date.now() / 1000 + longestSkew) return context.body(null, 401);
    // Bolt takes a form for JSON when its type names a character set.
    headers['content-type'] = type;
    const length = Number(headers['content-length']);
    if (!(length <= bodyLimit)) return context.body(null, Number.isNaN(length) ? 411 : 413);
    const rawBody = await buffer(incoming);
    // Bolt would look into it all the same, and what it throws there ends the process.
    if (!holdsAnObject(type, rawBody.toString())) return context.body(null, 400);
    Object.assign(incoming, { rawBody });
    return handOver(context, events.requestListener);
  });
  if (!installer) return;
  app.get(slackPaths.install, (context) => handOver(context, installer.requestListener));
  app.get(slackPaths.redirect, (context) => handOver(context, installer.requestListener));
}

function holdsAnObject(type: string, body: string): boolean {
  const text = type === 'application/json' ? body : new URLSearchParams(body).get('payload');
  if (text === null) return true;
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null;
  } catch {
    return false;
  }
}
