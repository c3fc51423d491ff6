import { expect, test } from 'vitest';
import { newcomer, vidgenie } from '../../support/command-line.ts';
import { createDriver } from '../../support/slack/driver.ts';
import { createSlack, ownToken, signingSecret } from '../../support/slack/slack.ts';

test('vidgenie start, told only by its environment, answers Slack and stops in good order', async () => {
  const slack = await createSlack();
  const { environment } = await newcomer();
  const started = vidgenie(['start'], {
    ...environment,
    VIDGENIE_ROLE: 'bot',
    PORT: '0',
    LOG_LEVEL: 'info',
    SLACK_API_URL: slack.settings.apiUrl,
    SLACK_BOT_TOKEN: ownToken,
    SLACK_SIGNING_SECRET: signingSecret,
  });
  await expect.poll(started.stderr, { timeout: 60_000 }).toMatch(/listening for chat platforms/);
  const port = /"port":(\d+)/.exec(started.stderr())?.[1];
  const driver = await createDriver(slack, Number(port));
  const asked = await driver.command('credits');
  const told = await driver.told.first(({ key }) => key === asked.key, 'an answer');
  expect(told.text).toMatch(/100 credits left/);
  started.child.kill('SIGTERM');
  expect(await started.exit).toBe(0);
  expect(started.stderr()).not.toContain(ownToken);
});
