import { expect, test } from 'vitest';
import { checkInvariants } from '../../../src/db/invariants.ts';
import { allDelivered } from '../../support/program.ts';
import { startInSlack } from '../../support/slack/installed.ts';
import { answerTo, buttonsOf, ended, press } from '../../support/slack/presses.ts';

test('free words in the thread of a run are answered there with one priced button, once however often they are delivered', async () => {
  const it = await startInSlack();
  const { slack, driver, program } = it;
  const { ada, bob } = slack.people;
  await driver.command('image a fox --quality standard');
  const at = await ended(it);
  const mention = (words: string, ts: string, user = ada) => ({
    type: 'app_mention',
    user,
    channel: at.channel,
    ts,
    thread_ts: at.ts,
    text: `<@${slack.bot}> ${words}`,
  });
  const said = mention('make it dusk &amp; calm', '1900000000.000100');
  // Slack gives a redelivery the same id. A message that was edited comes again with another one.
  const deliveries = ['Ev1', 'Ev1', 'Ev2'].map((id) => driver.event(said, { id }));
  for (const { status } of await Promise.all(deliveries)) expect(status).toBe(200);
  const cards = async () =>
    (await slack.thread(at.channel, at.ts)).filter(({ blocks }) => JSON.stringify(blocks ?? []).includes(':start:'));
  await expect.poll(async () => (await cards()).length).toBe(1);
  const [card] = await cards();
  const [start, ...others] = buttonsOf(card?.blocks);
  expect(others).toEqual([]);
  expect(JSON.stringify(card?.blocks)).toMatch(/dusk &amp; calm/);
  const price = Number(/(\d+) credits/.exec(start?.label ?? '')?.[1]);
  expect(await answerTo(it, 'credits')).toMatch(/^96 credits left/);

  // Whoever reads the thread may press the button. It starts one run.
  for (const user of [bob, ada]) {
    const { key } = await press(it, start?.name ?? '', at, { user });
    await driver.told.first((one) => one.key === key, 'an answer');
  }
  await ended(it, 1);
  await allDelivered(program);
  expect(await answerTo(it, 'credits')).toMatch(new RegExp(`^${96 - price} credits left`));
  expect(await program.database.db.execute('SELECT id FROM runs')).toHaveLength(2);

  // A command is still a command, and elsewhere free words are none.
  await driver.event(mention('credits', '1900000000.000200'));
  await driver.event({ ...mention('make it night', '1900000000.000300'), thread_ts: '1.1' });
  const privately = (words: RegExp) =>
    slack.calls.first(
      ({ method, body }) => method === 'chat.postEphemeral' && words.test(String(body.text)),
      String(words),
    );
  await privately(/credits left/);
  await privately(/no command "make"|There is no command/i);
  expect(await cards()).toHaveLength(1);

  // Words about the image here are none either, although they begin like one.
  for (const [index, words] of ['image 1 a bit darker', 'edit the sky to purple', 'video slower, please'].entries()) {
    await driver.event(mention(words, `190000000${index}.000400`), { id: `Ev-${index}` });
    await expect.poll(async () => (await cards()).length).toBe(index + 2);
  }
  expect(await program.database.db.execute('SELECT id FROM runs')).toHaveLength(2);
  expect(await checkInvariants(program.database.db, { atRest: true })).toEqual([]);
});
