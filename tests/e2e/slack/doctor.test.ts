import { expect, test } from 'vitest';
import { botScopes } from '../../../src/bots/slack/manifest.ts';
import type { SlackSettings } from '../../../src/bots/slack/settings.ts';
import { checkSlack } from '../../../src/cli/doctor/slack.ts';
import { deserted } from '../../support/providers/server.ts';
import { createSlack, oauth, ownToken, type Slack } from '../../support/slack/slack.ts';

const appToken = 'xapp-own-token-for-sockets';

/** A Slack that opens connections for that app token, and reports the given scopes for the bot's token. */
async function slackWith(scopes: readonly string[] = botScopes): Promise<Slack> {
  const slack = await createSlack();
  // The emulator takes any token.
  slack.meddle.with = ({ method, token }) =>
    method === 'auth.test' && token !== ownToken ? { error: 'invalid_auth' } : null;
  slack.retouch.answer = ({ method, token, answer }) => {
    if (method === 'auth.test' && answer.ok === true) return { ...answer, response_metadata: { scopes } };
    if (method !== 'apps.connections.open') return answer;
    return token === appToken ? { ok: true, url: 'wss://slack.test/link' } : { ok: false, error: 'invalid_auth' };
  };
  return slack;
}

async function said(slack: Slack, over: Partial<SlackSettings>): Promise<string[]> {
  const findings = await checkSlack({ ...slack.settings, ...over });
  return findings.map(({ isFine, says }) => `${isFine ? 'fine' : 'wrong'}: ${says}`);
}

test('tokens and secrets that Slack takes are each told, and nothing is installed or connected', async () => {
  const slack = await slackWith();
  expect(await said(slack, { appToken, oauth })).toEqual([
    'fine: SLACK_BOT_TOKEN is that of vidgenie in First',
    'fine: SLACK_APP_TOKEN opens connections',
    'fine: SLACK_CLIENT_ID and SLACK_CLIENT_SECRET belong together',
  ]);
});

test('what Slack does not take is named with where the right one is, and a scope that is missing by its name', async () => {
  const slack = await slackWith(botScopes.filter((scope) => scope !== 'files:write'));
  expect(await said(slack, { appToken: 'xapp-wrong', oauth: { ...oauth, clientSecret: 'wrong' } })).toEqual([
    expect.stringMatching(/^fine: SLACK_BOT_TOKEN/),
    expect.stringMatching(/^wrong: SLACK_BOT_TOKEN lacks files:write: give the app its manifest again/),
    expect.stringMatching(/^wrong: Slack does not accept SLACK_APP_TOKEN \(invalid_auth\).*connections:write/),
    expect.stringMatching(/^wrong: Slack does not accept SLACK_CLIENT_ID and SLACK_CLIENT_SECRET/),
  ]);
  expect(await said(slack, { botToken: 'xoxb-wrong' })).toEqual([
    expect.stringMatching(/^wrong: Slack does not accept SLACK_BOT_TOKEN \(\w+\): copy the "Bot User OAuth Token"/),
  ]);
});

test('a Slack that cannot be reached is told once', async () => {
  const slack = await slackWith();
  expect(await said(slack, { appToken, oauth, apiUrl: `${await deserted()}/api/` })).toEqual([
    expect.stringMatching(/^wrong: Slack cannot be reached at http.*SLACK_API_URL/),
  ]);
});
