import { createHmac } from 'node:crypto';
import { createServer } from 'node:http';
import { text } from 'node:stream/consumers';
import { finished } from 'node:stream/promises';
import type { Stage } from './stage.ts';

const slackSecret = 'a-signing-secret-for-the-bench';

export function signedBySlack(body: string): Record<string, string> {
  const at = Math.floor(Date.now() / 1_000);
  const digest = createHmac('sha256', slackSecret).update(`v0:${at}:${body}`).digest('hex');
  return { 'x-slack-request-timestamp': String(at), 'x-slack-signature': `v0=${digest}` };
}

/**
 * The part of Slack's Web API that commands and runs need, for one workspace, T1. `hear` is called with every call before it is
 * answered.
 */
export async function openSlack(
  stage: Stage,
  hear: (path: string, body: string) => void,
): Promise<{ url: string; environment: Record<string, string> }> {
  let url = '';
  const server = createServer(async (request, response) => {
    const path = (request.url ?? '').slice(1);
    // We do not parse the body of a file upload.
    if (path === 'upload') await finished(request.resume(), { writable: false });
    hear(path, path === 'upload' ? '' : await text(request));
    const who = { team_id: 'T1', user_id: 'U1', bot_id: 'B1', app_id: 'A1', url: 'http://slack.test/', team: 'first' };
    const shares = { public: { C1: [{ ts: '1.1' }] } };
    const file = { file_id: 'F1', upload_url: `${url}/upload`, files: [], file: { id: 'F1', shares } };
    const said = { channel: 'C1', ts: String(Date.now() / 1_000), permalink: 'https://slack.test/p1' };
    response.setHeader('content-type', 'application/json');
    response.end(JSON.stringify({ ok: true, ...who, ...file, ...said }));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  stage.atEnd(async () => {
    server.closeAllConnections();
    server.close();
  });
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('no port');
  url = `http://127.0.0.1:${address.port}`;
  const settings = { SLACK_BOT_TOKEN: 'xoxb-bench', SLACK_SIGNING_SECRET: slackSecret };
  return { url, environment: { ...settings, SLACK_API_URL: `${url}/api/` } };
}
