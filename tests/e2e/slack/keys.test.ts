import { pino } from 'pino';
import { expect, test } from 'vitest';
import { openAiCanary } from '../../support/canary.ts';
import { startVendors } from '../../support/providers/vendors.ts';
import { startInSlack } from '../../support/slack/installed.ts';
import { modalShown, submission, wordsOf } from '../../support/slack/views.ts';

const own = 'sk-proj-CANARYworkspace0123456789abcdWXYZ';

test('/vidgenie keys stores a key that a run then uses, and nobody ever sees it again', async () => {
  const vendors = await startVendors();
  const lines: string[] = [];
  const log = pino({ level: 'trace' }, { write: (line: string) => lines.push(line) });
  const { slack, driver } = await startInSlack({ environment: vendors.environment, log });
  await driver.command('keys', { user: slack.people.bob });
  expect(wordsOf(await modalShown(slack, /^told$/))).toMatch(/Only admins may do that/);
  await driver.command('keys');
  const form = await modalShown(slack, /^form:keys$/);
  expect(wordsOf(form)).not.toMatch(/initial_value/);
  expect(form.private_metadata).toBe('');

  const mistyped = await driver.interact(submission(form, { openai: { text: 'oops' }, google: {} }));
  expect(mistyped.body).not.toContain('oops');
  // The error appears at the field, and the form stays open.
  const fault = { openai: expect.stringMatching(/no OpenAI key/) };
  expect(JSON.parse(mistyped.body)).toEqual({ response_action: 'errors', errors: fault });
  const sneaked = await driver.interact(submission(form, { openai: { text: own } }), { user: slack.people.bob });
  expect(sneaked.body).toMatch(/Only admins may do that/);
  const saved = await driver.interact(submission(form, { openai: { text: own }, google: {} }));
  expect(saved.body).toMatch(/…WXYZ works/);

  await driver.command('image a fox');
  await slack.calls.first(({ method }) => method === 'chat.getPermalink', 'the end of the run');
  const paid = vendors.openai.posts(/responses|images/);
  expect(paid.map((one) => one.headers.authorization)).toEqual([`Bearer ${own}`, `Bearer ${own}`]);

  const everything = [...lines, JSON.stringify(slack.calls.all()), JSON.stringify(driver.told.all()), saved.body];
  expect(everything.join('\n')).not.toContain('CANARY');
  expect(everything.join('\n')).not.toContain(openAiCanary);
});
