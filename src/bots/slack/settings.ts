/**
 * The operator's settings for Slack. Socket Mode needs `botToken` and `appToken`. HTTP needs `signingSecret`, and `oauth` so that
 * workspaces can install the app.
 */
export type SlackSettings = {
  /** The token of the one workspace whose operator installed the app by hand. With OAuth, each workspace brings its own. */
  botToken: string | null;
  appToken: string | null;
  signingSecret: string | null;
  oauth: { clientId: string; clientSecret: string; stateSecret: string } | null;
  /** The Web API's address, ending in a slash. It differs for fakes and proxies. */
  apiUrl: string;
};

/** The secret variables: only this program needs to know them. */
export const slackSecrets = [
  'SLACK_BOT_TOKEN',
  'SLACK_APP_TOKEN',
  'SLACK_SIGNING_SECRET',
  'SLACK_CLIENT_SECRET',
  'SLACK_STATE_SECRET',
] as const;

type Variables = Partial<Record<(typeof slackSecrets)[number] | 'SLACK_CLIENT_ID', string | undefined>> & {
  SLACK_API_URL: string;
};

/** Slack needs a way to reach the bot, and a token: the operator's own, or those from installations. */
export function readSlackSettings(read: Variables): { settings: SlackSettings | null; problem: string | null } {
  const { SLACK_BOT_TOKEN, SLACK_APP_TOKEN, SLACK_SIGNING_SECRET } = read;
  const { SLACK_CLIENT_ID, SLACK_CLIENT_SECRET, SLACK_STATE_SECRET } = read;
  const installing = { SLACK_CLIENT_ID, SLACK_CLIENT_SECRET, SLACK_STATE_SECRET };
  const lacking = Object.entries(installing).flatMap(([name, value]) => (value === undefined ? [name] : []));
  const isInstalled = lacking.length === 0;
  const refuse = (problem: string) => ({ settings: null, problem });
  if (!SLACK_BOT_TOKEN && !SLACK_APP_TOKEN && !SLACK_SIGNING_SECRET && lacking.length === 3) {
    return { settings: null, problem: null };
  }
  if (!SLACK_APP_TOKEN && !SLACK_SIGNING_SECRET) {
    return refuse('Slack needs SLACK_APP_TOKEN (Socket Mode) or SLACK_SIGNING_SECRET (HTTP) as well');
  }
  if (SLACK_APP_TOKEN && !SLACK_BOT_TOKEN) return refuse('SLACK_APP_TOKEN needs SLACK_BOT_TOKEN as well');
  if (!isInstalled && lacking.length < 3) return refuse(`Installing in Slack needs ${lacking.join(' and ')} as well`);
  if (!SLACK_BOT_TOKEN && !isInstalled) {
    return refuse('Slack needs SLACK_BOT_TOKEN, or SLACK_CLIENT_ID and its secrets for others to install it');
  }
  const oauth =
    SLACK_CLIENT_ID && SLACK_CLIENT_SECRET && SLACK_STATE_SECRET
      ? { clientId: SLACK_CLIENT_ID, clientSecret: SLACK_CLIENT_SECRET, stateSecret: SLACK_STATE_SECRET }
      : null;
  const settings = {
    botToken: SLACK_BOT_TOKEN ?? null,
    appToken: SLACK_APP_TOKEN ?? null,
    signingSecret: SLACK_SIGNING_SECRET ?? null,
    oauth,
    apiUrl: read.SLACK_API_URL.replace(/\/*$/, '/'),
  };
  return { settings, problem: null };
}
