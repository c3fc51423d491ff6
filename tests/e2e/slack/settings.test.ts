import { expect, test } from 'vitest';
import { startInSlack } from '../../support/slack/installed.ts';
import { modalShown, submission, wordsOf } from '../../support/slack/views.ts';

test('one form holds all settings: channels, a limit for each member and blocked words, which are then kept', async () => {
  const { slack, driver } = await startInSlack();
  const { general } = slack.channels;
  const answerTo = async (line: string) => {
    const { key } = await driver.command(line);
    return (await driver.told.first((one) => one.key === key, `an answer to ${line}`)).text;
  };
  await driver.command('settings');
  const form = await modalShown(slack, /^form:settings$/);
  const names = form.blocks.flatMap((block) => (block.type === 'input' ? [block.block_id] : []));
  // Slack has no spoilers.
  const [defaults, limits] = [
    ['style', 'quality', 'aspect', 'duration', 'video'],
    ['channels', 'daily', 'mentions', 'castBy'],
  ];
  expect(names).toEqual([...defaults, ...limits, 'frames', 'model', 'allow', 'blocked', 'results']);

  const filled = {
    ...Object.fromEntries(defaults.map((name) => [name, { choice: '' }])),
    channels: { conversations: ['C0ELSEWHERE'] },
    daily: { text: '1' },
    blocked: { text: 'puppy\nbig cat' },
  };
  const wrong = await driver.interact(submission(form, { ...filled, daily: { text: 'a lot' } }));
  expect(JSON.parse(wrong.body)).toEqual({
    response_action: 'errors',
    errors: { daily: expect.stringMatching(/whole number from 0 to 1000/) },
  });
  const saved = await driver.interact(submission(form, filled));
  expect(saved.body).toMatch(/<#C0ELSEWHERE>/);
  expect(saved.body).toMatch(/puppy, big cat/);

  expect(await answerTo('image a fox')).toMatch(/Not in this channel.*Possible in: #C0ELSEWHERE/s);
  expect(await slack.history(general)).toEqual([]);
  expect(slack.calls.all().map(({ method }) => method)).not.toContain('conversations.join');

  await driver.command('settings');
  const second = await modalShown(slack, /^form:settings$/, 1);
  expect(wordsOf(second)).toMatch(/"initial_conversations":\["C0ELSEWHERE"\]/);
  await driver.interact(submission(second, { ...filled, channels: { conversations: [general] } }));
  expect(await answerTo('image a puppy')).toMatch(/Its admins blocked "puppy"/);
  await driver.command('image a fox');
  await slack.calls.first(({ method }) => method === 'chat.getPermalink', 'the end of the run');
  expect(await answerTo('image a fox')).toMatch(/your run of the day.*possible in/s);

  // An emptied field removes its setting.
  await driver.interact(submission(second, { ...filled, channels: { conversations: [] }, daily: {}, blocked: {} }));
  await driver.command('image a puppy');
  const isSecondEnd = () => slack.calls.all().filter(({ method }) => method === 'chat.getPermalink').length === 2;
  await slack.calls.first(isSecondEnd, 'the end of the second run');
});
