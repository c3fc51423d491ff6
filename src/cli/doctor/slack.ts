import { createWebClient, isSlacksFault, refusalOf } from '../../bots/slack/client.ts';
import { botScopes } from '../../bots/slack/manifest.ts';
import type { SlackSettings } from '../../bots/slack/settings.ts';
import { text } from '../../bots/terminal/person.ts';
import { Secret } from '../../db/secret.ts';
import { createLog } from '../../observability/log.ts';
import { reasonOf } from '../explain.ts';
import { type Finding, fine, wrong } from './finding.ts';

const { doctor: words } = text.operator;

/** Checks each token and secret that we can ask Slack about. */
export async function checkSlack(settings: SlackSettings): Promise<Finding[]> {
  const { botToken, appToken, oauth } = settings;
  const checks = [
    ...(botToken === null ? [] : [checkBotToken(settings, botToken)]),
    ...(appToken === null ? [] : [checkAppToken(settings, appToken)]),
    ...(oauth === null ? [] : [checkClient(settings, oauth)]),
  ];
  const findings = (await Promise.all(checks)).flat();
  // If Slack cannot be reached, one finding is enough.
  return findings.filter(({ says }, index) => findings.findIndex((one) => one.says === says) === index);
}

const clientOf = ({ apiUrl }: SlackSettings, token: string | null) =>
  createWebClient('worker', token === null ? null : new Secret(token), apiUrl, createLog('silent', false));

async function checkBotToken(settings: SlackSettings, token: string): Promise<Finding[]> {
  try {
    const who = await clientOf(settings, token).auth.test();
    const granted = who.response_metadata?.scopes ?? null;
    const lacking = granted === null ? [] : botScopes.filter((scope) => !granted.includes(scope));
    return [
      fine('slack', words.slackFine(who.user ?? 'VidGenie', who.team ?? '')),
      ...(lacking.length === 0 ? [] : [wrong('slack', words.scopesMissing(lacking))]),
    ];
  } catch (error) {
    return [refused(settings, error, words.badBotToken)];
  }
}

/** This call returns an address for a connection, but opens none. */
async function checkAppToken(settings: SlackSettings, token: string): Promise<Finding[]> {
  try {
    await clientOf(settings, token).apps.connections.open();
    return [fine('slack', words.appTokenFine)];
  } catch (error) {
    return [refused(settings, error, words.badAppToken)];
  }
}

/** Slack checks the secret before the code of an installation, and this code is invalid on purpose. */
async function checkClient(
  settings: SlackSettings,
  { clientId, clientSecret }: NonNullable<SlackSettings['oauth']>,
): Promise<Finding[]> {
  try {
    await clientOf(settings, null).oauth.v2.access({
      client_id: clientId,
      client_secret: clientSecret,
      code: 'vidgenie-doctor',
    });
    return [fine('slack', words.clientFine)];
  } catch (error) {
    const refusal = refusalOf(error);
    const isCodeAlone = refusal === 'invalid_code' || refusal === 'code_already_used';
    return [isCodeAlone ? fine('slack', words.clientFine) : refused(settings, error, words.badClient)];
  }
}

function refused({ apiUrl }: SlackSettings, error: unknown, say: (refusal: string) => string): Finding {
  const refusal = refusalOf(error);
  if (refusal !== null) return wrong('slack', say(refusal));
  if (isSlacksFault(error)) return wrong('slack', words.slackUnreachable(apiUrl, reasonOf(error)));
  throw error;
}
