import { createHmac, randomUUID } from 'node:crypto';
import { createServer } from 'node:http';
import { json } from 'node:stream/consumers';
import { onTestFinished } from 'vitest';
import { z } from 'zod';
import { createInbox, type Inbox } from '../inbox.ts';
import { ownToken, type Slack, signingSecret } from './slack.ts';

/** A message to the response address of a request. */
type Told = { key: string; text: string; blocks: unknown; replace_original?: boolean | undefined };

type Somebody = {
  user?: string;
  channel?: string;
  team?: string;
  enterprise?: string;
  orgWide?: boolean;
  token?: string;
};

type Answered = { status: number; body: string; ms: number };

/** Slack's side of the conversation. It signs and sends the actions of people, and receives the answers to them. */
export type Driver = {
  told: Inbox<Told>;
  send: (body: string, headers?: Record<string, string>) => Promise<Answered>;
  command: (text: string, by?: Somebody & { trigger?: string }) => Promise<Answered & { key: string }>;
  interact: (payload: Record<string, unknown>, by?: Somebody) => Promise<Answered & { key: string }>;
  event: (event: Record<string, unknown>, by?: Somebody & { id?: string }) => Promise<Answered>;
  trigger: (by?: Somebody) => Promise<string>;
};

export const signed = (body: string, at = Math.floor(Date.now() / 1000), secret = signingSecret) => ({
  'x-slack-request-timestamp': String(at),
  'x-slack-signature': `v0=${createHmac('sha256', secret).update(`v0:${at}:${body}`).digest('hex')}`,
});

const form = 'application/x-www-form-urlencoded';
const words = z.object({ text: z.string(), blocks: z.unknown(), replace_original: z.boolean().optional() });

export async function createDriver(slack: Slack, port: number): Promise<Driver> {
  const told = createInbox<Told>((one) => JSON.stringify(one));
  const listener = createServer((request, response) => {
    json(request).then((body) => {
      told.add({ key: (request.url ?? '').slice(1), ...words.parse(body) });
      response.end('ok');
    });
  });
  await new Promise<void>((resolve) => listener.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => {
    listener.close();
    listener.closeAllConnections();
  });
  const address = listener.address();
  const heardAt = typeof address === 'object' && address ? `http://127.0.0.1:${address.port}` : '';

  const post = async (body: string, headers: Record<string, string>): Promise<Answered> => {
    const began = performance.now();
    const answer = await fetch(`http://127.0.0.1:${port}/slack/events`, { method: 'POST', body, headers });
    return { status: answer.status, body: await answer.text(), ms: performance.now() - began };
  };
  const send: Driver['send'] = (body, headers = {}) =>
    post(body, { 'content-type': form, ...signed(body), ...headers });
  const where = ({ user, channel, team, enterprise, orgWide }: Somebody) => ({
    user: user ?? slack.people.ada,
    channel: channel ?? slack.channels.general,
    team: team ?? 'T000000001',
    enterprise,
    orgWide: orgWide ?? false,
  });
  const trigger: Driver['trigger'] = async (by = {}) => {
    const made = await slack.observe('views.generateTriggerId', { user_id: where(by).user }, by.token ?? ownToken);
    return z.string().parse(made.trigger_id);
  };

  return {
    told,
    send,
    trigger,
    command: async (text, by = {}) => {
      const { user, channel, team, enterprise, orgWide } = where(by);
      const key = randomUUID();
      const fields = {
        command: '/vidgenie',
        text,
        team_id: team,
        team_domain: 'first',
        user_id: user,
        user_name: 'ada',
        channel_id: channel,
        channel_name: 'general',
        api_app_id: 'A0VIDGENIE',
        ...(enterprise ? { enterprise_id: enterprise } : {}),
        is_enterprise_install: String(orgWide),
        response_url: `${heardAt}/${key}`,
        trigger_id: by.trigger ?? (await trigger(by)),
      };
      const answered = await send(new URLSearchParams(fields).toString());
      // The acknowledgement of a command may contain the answer.
      const said = answered.body.startsWith('{') ? words.safeParse(JSON.parse(answered.body)) : null;
      if (said?.success) told.add({ key, ...said.data });
      return { key, ...answered };
    },
    interact: async (payload, by = {}) => {
      const { user, team, enterprise, orgWide } = where(by);
      const key = randomUUID();
      const whole = {
        team: orgWide ? null : { id: team, domain: 'first' },
        user: { id: user, username: 'ada', team_id: team },
        enterprise: enterprise ? { id: enterprise } : null,
        is_enterprise_install: orgWide,
        api_app_id: 'A0VIDGENIE',
        token: 'unused',
        response_url: `${heardAt}/${key}`,
        ...payload,
      };
      return { key, ...(await send(new URLSearchParams({ payload: JSON.stringify(whole) }).toString())) };
    },
    event: async (event, by = {}) => {
      const { team, enterprise, orgWide } = where(by);
      const body = JSON.stringify({
        type: 'event_callback',
        team_id: team,
        api_app_id: 'A0VIDGENIE',
        event_id: by.id ?? `Ev${randomUUID()}`,
        authorizations: [
          {
            team_id: orgWide ? null : team,
            enterprise_id: enterprise ?? null,
            user_id: slack.bot,
            is_bot: true,
            is_enterprise_install: orgWide,
          },
        ],
        event,
      });
      return await post(body, { 'content-type': 'application/json', ...signed(body) });
    },
  };
}
