import { expect, test } from 'vitest';
import { openEmbedded } from '../../../src/db/embedded.ts';
import { googleCanary, openAiCanary } from '../../support/canary.ts';
import { newcomer, vidgenie } from '../../support/command-line.ts';
import { filesBelow, rowsOf } from '../../support/leftovers.ts';
import type { Fault } from '../../support/providers/server.ts';
import { startVendors } from '../../support/providers/vendors.ts';
import { createDriver } from '../../support/slack/driver.ts';
import { install } from '../../support/slack/install.ts';
import { createSlack, oauth, ownToken, type Slack, signingSecret } from '../../support/slack/slack.ts';
import { startSocketStub } from '../../support/slack/socket.ts';
import { modalShown, submission } from '../../support/slack/views.ts';

const appToken = 'xapp-1-of-the-tests';
/** Keys that a person types into modals: one that its vendor accepts, and one of no known vendor's form. */
const own = 'sk-proj-CANARYtyped0123456789abcdefghWXYZ';
const mistyped = 'CANARYmistyped';

const echo: Fault = {
  fault: 'status',
  status: 400,
  body: { error: { message: `no luck with ${own}, ${openAiCanary} and ${googleCanary}`, code: 'x' } },
};

const ended = async (slack: Slack, nth: number) => {
  const fits = ({ method }: { method: string }) => method === 'chat.getPermalink';
  await slack.calls.first(
    (call) => fits(call) && slack.calls.all().filter(fits).length >= nth,
    `the end of run ${nth}`,
  );
};

test('what is secret in Slack is found nowhere, over HTTP with an installation and over Socket Mode: no log, no row, no file, no word', async () => {
  const vendors = await startVendors();
  const slack = await createSlack();
  const { home, environment } = await newcomer();
  const common = {
    ...environment,
    ...vendors.environment,
    LOG_LEVEL: 'trace',
    PORT: '0',
    SLACK_API_URL: slack.settings.apiUrl,
  };
  const said: string[] = [];
  const marks = new Set(['CANARY', ownToken, signingSecret, oauth.clientSecret, oauth.stateSecret, appToken]);

  // Over HTTP, installed by OAuth. The key is typed, used and echoed by its vendor. At the end the app is removed.
  const http = vidgenie(['start'], {
    ...common,
    SLACK_SIGNING_SECRET: signingSecret,
    SLACK_CLIENT_ID: oauth.clientId,
    SLACK_CLIENT_SECRET: oauth.clientSecret,
    SLACK_STATE_SECRET: oauth.stateSecret,
  });
  const port = Number(/"port":(\d+)/.exec(await http.said(/listening for chat platforms/))?.[1]);
  const driver = await createDriver(slack, port);
  const token = (await install({ slack, port }, { team: 'T1' })).token ?? '';
  expect(token).toMatch(/^xoxb-/);
  const by = { team: 'T1', token };
  marks.add((await driver.command('keys', by)).key);
  const form = await modalShown(slack, /^form:keys$/);
  const refused = await driver.interact(
    submission(form, { openai: { text: mistyped }, google: { text: mistyped } }),
    by,
  );
  const saved = await driver.interact(submission(form, { openai: { text: own }, google: {} }), by);
  expect(saved.body).toMatch(/…WXYZ works/);
  marks.add((await driver.command('image a fox', by)).key);
  await ended(slack, 1);
  vendors.openai.fail('POST', /responses/, echo);
  vendors.openai.fail('POST', /images/, echo);
  marks.add((await driver.command('image a hen', by)).key);
  await ended(slack, 2);
  slack.revoked.add(token);
  await driver.event({ type: 'app_uninstalled' }, by);
  await http.said(/an installation and its keys were deleted/);
  http.child.kill('SIGTERM');
  expect(await http.exit).toBe(0);

  // Over Socket Mode, on the same database.
  const socket = await startSocketStub(slack);
  const connected = vidgenie(['start'], { ...common, SLACK_BOT_TOKEN: ownToken, SLACK_APP_TOKEN: appToken });
  await socket.connections.first(() => true, 'a connection');
  const command = async (text: string) => ({
    command: '/vidgenie',
    text,
    team_id: 'T000000001',
    user_id: slack.people.ada,
    channel_id: slack.channels.general,
    trigger_id: await driver.trigger(),
    is_enterprise_install: 'false',
    response_url: 'http://127.0.0.1:9/CANARY',
  });
  await socket.send('slash_commands', await command('keys'));
  const again = await modalShown(slack, /^form:keys$/, 1);
  for (const openai of [mistyped, own]) {
    const payload = {
      team: { id: 'T000000001', domain: 'first' },
      user: { id: slack.people.ada },
      is_enterprise_install: false,
      ...submission(again, { openai: { text: openai }, google: {} }),
    };
    const id = await socket.send('interactive', payload);
    await socket.acks.first(({ envelope_id: acked }) => acked === id, 'an acknowledgement');
  }
  await socket.send('slash_commands', await command('image a boat'));
  await ended(slack, 3);
  connected.child.kill('SIGTERM');
  expect(await connected.exit).toBe(0);

  const used = vendors.openai.posts(/images/).map(({ headers }) => headers.authorization);
  expect(used.filter((one) => one === `Bearer ${own}`)).toHaveLength(3);
  said.push(http.stdout(), http.stderr(), connected.stdout(), connected.stderr());
  const server = await openEmbedded(home);
  const everything = {
    said: said.join('\n'),
    rows: await rowsOf(server.url),
    files: await filesBelow(home),
    // For calls to Slack: the token belongs in the header, and the client secret in the exchange of a code.
    asked: JSON.stringify(slack.calls.all().flatMap(({ method, body }) => (/^oauth/.test(method) ? [] : [body]))),
    told: [...driver.told.all(), refused.body, saved.body, ...socket.acks.all()]
      .map((one) => JSON.stringify(one))
      .join(),
  };
  await server.close();
  expect(everything.said).toContain('"level":40');
  for (const [where, content] of Object.entries(everything)) {
    for (const mark of [...marks, token]) {
      // Messages to people contain the name of their response address on our side, so in them we look only for secrets.
      if (where === 'told' && !/CANARY|secret|xox|xapp/.test(mark)) continue;
      expect(`${where}, ${mark}: ${content.includes(mark)}`).toBe(`${where}, ${mark}: false`);
    }
  }
});
