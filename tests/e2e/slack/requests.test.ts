import { sql } from 'drizzle-orm';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { createMetrics } from '../../../src/observability/metrics.ts';
import { signed } from '../../support/slack/driver.ts';
import { startInSlack } from '../../support/slack/installed.ts';
import { modalShown, submission } from '../../support/slack/views.ts';

const form = 'application/x-www-form-urlencoded';

test('what is not signed by Slack, or not now, or not with its secret, is refused', async () => {
  const { slack, driver } = await startInSlack({ worker: false });
  const body = 'command=%2Fvidgenie&text=help';
  const now = Math.floor(Date.now() / 1000);
  const refused = [
    await driver.send(body, { 'x-slack-signature': 'v0=00' }),
    await driver.send(body, signed(body, now, 'another-secret')),
    await driver.send(`${body}+me`, signed(body)),
    // A replayed old request, and one from a clock that is ahead.
    await driver.send(body, signed(body, now - 301)),
    await driver.send(body, signed(body, now + 3_600)),
    await driver.send(body, { 'x-slack-request-timestamp': 'soon' }),
  ];
  expect(refused.map(({ status }) => status)).toEqual([401, 401, 401, 401, 401, 401]);
  expect(slack.calls.all()).toEqual([]);
});

test('a body that is too large, or of another kind, is refused; a character set does no harm', async () => {
  const { driver } = await startInSlack({ worker: false });
  const large = `payload=${'x'.repeat(600 * 1024)}`;
  expect((await driver.send(large)).status).toBe(413);
  expect((await driver.send('{}', { 'content-type': 'text/plain' })).status).toBe(415);
  expect((await driver.send('payload=%7Bnonsense', {})).status).toBe(400);
  const check = '{"type":"url_verification","challenge":"abc"}';
  const json = { 'content-type': 'application/json; charset=utf-8' };
  expect(await driver.send(check, json)).toMatchObject({ status: 200, body: expect.stringMatching(/abc/) });
  const ssl = 'ssl_check=1&token=x';
  expect((await driver.send(ssl, { 'content-type': `${form}; charset=utf-8` })).status).toBe(200);
});

test('garbage in every field is answered, charges nothing and harms nobody', async () => {
  const { slack, driver } = await startInSlack({ worker: false });
  const junk = fc.oneof(
    fc.string({ unit: 'binary' }),
    fc.constantFrom('', '\0', '<!channel>', '🦊'.repeat(2_000), "'; DROP TABLE runs"),
  );
  const somewhere = fc.record({ user: junk, channel: junk, team: junk }, { requiredKeys: [] });
  await fc.assert(
    fc.asyncProperty(junk, somewhere, junk, fc.json(), async (line, by, action, json) => {
      const answers = [
        await driver.command(line.replace(/^\s*(complete|image)/, 'x$1'), { ...by, trigger: 'x' }),
        await driver.interact({ type: 'block_actions', trigger_id: 'x', actions: [{ action_id: `x${action}` }] }, by),
        await driver.interact(
          { type: 'view_submission', view: { id: action, callback_id: 'create', state: JSON.parse(json) } },
          by,
        ),
        await driver.interact({ type: 'message_action', callback_id: `x${action}`, message: JSON.parse(json) }, by),
        await driver.event({
          type: 'app_mention',
          user: by.user,
          text: JSON.parse(json),
          channel: by.channel,
          ts: '1',
        }),
      ];
      for (const { status } of answers) expect([200, 400]).toContain(status);
    }),
    { numRuns: 15 },
  );
  const sane = await driver.command('credits');
  expect((await driver.told.first(({ key }) => key === sane.key, 'the balance')).text).toMatch(/^100 credits left/);
  expect(slack.calls.all().filter(({ method }) => method === 'conversations.join')).toEqual([]);
  expect(await slack.history(slack.channels.general)).toEqual([]);
});

test('fifty commands at once are all acknowledged', async () => {
  const { driver } = await startInSlack({ worker: false });
  const triggers = await Promise.all(Array.from({ length: 50 }, () => driver.trigger()));
  await driver.command('credits');
  const answers = await Promise.all(triggers.map((trigger) => driver.command('credits', { trigger })));
  expect(answers.filter(({ status }) => status === 200)).toHaveLength(50);
  await Promise.all(answers.map(({ key }) => driver.told.first((told) => told.key === key, 'an answer')));
  if (process.env.SLACK_ACK_TIMES)
    process.stdout.write(`${answers.map(({ ms }) => Math.round(ms)).sort((a, b) => a - b)}\n`);
});

test('an acknowledgement that had to wait shows in the metrics as long as somebody waited for it', async () => {
  const { slack, driver, port, installation } = await startInSlack({ worker: false, metrics: createMetrics() });
  await driver.command('settings');
  const form = await modalShown(slack, /^form:settings$/);
  const [locked, released] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
  const holding = installation.database.db.transaction(async (tx) => {
    await tx.execute(sql`LOCK TABLE workspaces`);
    locked.resolve();
    await released.promise;
  });
  await locked.promise;
  const answer = await driver.interact(submission(form, { daily: { text: '1' } }));
  released.resolve();
  await holding;

  expect(answer.ms).toBeGreaterThan(1_000);
  const scraped = await (await fetch(`http://127.0.0.1:${port}/metrics`)).text();
  expect(scraped).toContain('vidgenie_ack_seconds_bucket{le="1",platform="slack"} 1\n');
  expect(scraped).toContain('vidgenie_ack_seconds_count{platform="slack"} 2\n');
});
