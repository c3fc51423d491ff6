import { sql } from 'drizzle-orm';
import { expect, test } from 'vitest';
import { checkInvariants } from '../../../src/db/invariants.ts';
import { allDelivered } from '../../support/program.ts';
import { startInSlack } from '../../support/slack/installed.ts';
import { ended } from '../../support/slack/presses.ts';

test('a signed /vidgenie complete leads to the image and the video in the thread', async () => {
  const { slack, driver } = await startInSlack();
  const asked = await driver.command('complete a fox in the snow --duration 8 --quality hd');
  expect(asked).toMatchObject({ status: 200, body: expect.stringContaining('"response_type":"ephemeral"') });
  const told = await driver.told.first(({ key }) => key === asked.key, 'an answer');
  expect(told.text).toMatch(/24 credits held, 76 left/);

  const finished = await slack.calls.first(({ method }) => method === 'chat.getPermalink', 'the end of the run');
  const rootTs = String(finished.body.message_ts);
  const { general } = slack.channels;
  const [root, progress, image, video, mention, ...more] = await slack.thread(general, rootTs);
  expect(JSON.stringify(root?.blocks)).toMatch(
    /<@U000000001>.*a fox in the snow.*Your image and your video are ready.*24 credits paid/s,
  );
  expect(progress?.blocks?.[0]).toMatchObject({
    type: 'plan',
    tasks: [{ status: 'complete' }, { status: 'complete' }, { status: 'complete' }],
  });
  expect(JSON.stringify(progress?.blocks)).toMatch(/24 credits paid\. 76 left\./);
  expect([image, video].flatMap((message) => message?.files?.map(({ name }) => name.split('.').at(-1)))).toEqual([
    'png',
    'mp4',
  ]);
  // Edits and files notify nobody, so a message of its own notifies the requester.
  expect(mention?.text).toBe('<@U000000001> Your image and your video are ready');
  expect(more).toEqual([]);
  expect(await slack.history(general)).toHaveLength(1);
});

test('who has to wait is told their place with the first answer', async () => {
  const { driver } = await startInSlack({ worker: false });
  const told: string[] = [];
  for (let count = 0; count < 3; count += 1) {
    const asked = await driver.command('image a fox');
    told.push((await driver.told.first(({ key }) => key === asked.key, 'an answer')).text);
  }
  expect(told[0]).not.toMatch(/ahead|next/);
  expect(told[1]).toMatch(/88 left\. 1 run is ahead of it\./);
  expect(told[2]).toMatch(/82 left\. 2 runs are ahead of it\./);
});

test('the image is in the thread while the video is still being made', async () => {
  const { slack, driver } = await startInSlack({ vendor: { pollsUntilDone: 1_000_000 } });
  await driver.command('complete a fox');
  const shown = await slack.calls.first(({ method }) => method === 'files.completeUploadExternal', 'the image');
  const thread = await slack.thread(slack.channels.general, String(shown.body.thread_ts));
  expect(thread.flatMap(({ files }) => files?.map(({ name }) => name.split('.').at(-1)) ?? [])).toEqual(['png']);
  expect(JSON.stringify(thread[0]?.blocks)).not.toMatch(/ready/);
  await driver.command('cancel --yes');
  const finished = await slack.calls.first(({ method }) => method === 'chat.getPermalink', 'the end of the run');
  const after = await slack.thread(slack.channels.general, String(finished.body.message_ts));
  expect(after.flatMap(({ files }) => files ?? [])).toHaveLength(1);
});

test('files come after the progress message, even if Slack took none while the run was at work', async () => {
  const { slack, driver, program } = await startInSlack();
  const { db } = program.database;
  slack.meddle.with = async ({ method, body }) => {
    const isReply = method === 'chat.postMessage' && body.thread_ts !== undefined;
    const settled = await db.execute(sql`SELECT FROM runs WHERE settled_at IS NOT NULL`);
    return isReply && settled.length === 0 ? { error: 'fatal_error' } : null;
  };
  await driver.command('image a fox');
  const at = await ended({ slack });
  const [, progress, ...files] = await slack.thread(at.channel, at.ts);
  expect(progress?.blocks?.[0]).toMatchObject({ type: 'plan' });
  expect(files.map((message) => message.files?.length)).toEqual([1, undefined]);
});

test('the same command delivered five times starts one run and charges once', async () => {
  const { slack, driver, program } = await startInSlack();
  const trigger = await driver.trigger();
  const answers = await Promise.all(Array.from({ length: 5 }, () => driver.command('image a fox', { trigger })));
  expect(answers.map(({ status }) => status)).toEqual([200, 200, 200, 200, 200]);
  await Promise.all(answers.map(({ key }) => driver.told.first((told) => told.key === key, 'an answer')));
  await slack.calls.first(({ method }) => method === 'chat.getPermalink', 'the end of the run');
  expect(await slack.history(slack.channels.general)).toHaveLength(1);
  const credits = await driver.command('credits');
  const told = await driver.told.first(({ key }) => key === credits.key, 'the balance');
  expect(told.text).toMatch(/^94 credits left/);
  await allDelivered(program);
  expect(await checkInvariants(program.database.db, { atRest: true })).toEqual([]);
});

test('in a private conversation where the bot is not, it says how to be invited and charges nothing', async () => {
  const { slack, driver } = await startInSlack();
  const asked = await driver.command('complete a fox', { channel: slack.channels.secret });
  const told = await driver.told.first(({ key }) => key === asked.key, 'an answer');
  expect(told.text).toMatch(/\/invite @VidGenie/);
  const credits = await driver.command('credits');
  expect((await driver.told.first(({ key }) => key === credits.key, 'the balance')).text).toMatch(/^100 credits left/);

  await slack.observe('conversations.invite', { channel: slack.channels.secret, users: slack.bot });
  await driver.command('image a fox', { channel: slack.channels.secret });
  await slack.calls.first(({ method }) => method === 'chat.getPermalink', 'the end of the run');
  expect(await slack.history(slack.channels.secret)).toHaveLength(1);
});

test('files that the channel does not take are sent to the member directly, and the thread says so', async () => {
  const { slack, driver } = await startInSlack();
  const { general } = slack.channels;
  slack.meddle.with = ({ method, body }) =>
    method === 'files.completeUploadExternal' && body.channel_id === general
      ? { error: 'file_uploads_disabled' }
      : null;
  await driver.command('image a fox');
  const finished = await slack.calls.first(({ method }) => method === 'chat.getPermalink', 'the end of the run');
  const [, progress, ...others] = await slack.thread(general, String(finished.body.message_ts));
  expect(progress?.blocks).toMatchObject(expect.arrayContaining([expect.objectContaining({ type: 'plan' })]));
  expect(JSON.stringify(progress?.blocks)).toMatch(/file_uploads_disabled.*direct message/);
  expect(others.map(({ text }) => text)).toEqual(['<@U000000001> Your image is ready']);
  const shared = slack.calls
    .all()
    .filter(({ method, answer }) => method === 'files.completeUploadExternal' && answer.ok);
  expect(shared.map(({ body }) => body.channel_id)).toEqual([expect.stringMatching(/^D/)]);
});

test('what nobody can fetch costs nothing', async () => {
  const { slack, driver, program } = await startInSlack();
  slack.meddle.with = ({ method }) =>
    method === 'files.getUploadURLExternal' ? { error: 'file_uploads_disabled' } : null;
  await driver.command('image a fox');
  const finished = await slack.calls.first(({ method }) => method === 'chat.getPermalink', 'the end of the run');
  const [, progress] = await slack.thread(slack.channels.general, String(finished.body.message_ts));
  expect(JSON.stringify(progress?.blocks)).toMatch(/5 credits went back/);
  expect(JSON.stringify(progress?.blocks)).toMatch(/99 left/);
  // The record of the posted messages is committed when delivery ends.
  await allDelivered(program);
  const credits = await driver.command('credits');
  expect((await driver.told.first(({ key }) => key === credits.key, 'the balance')).text).toMatch(/^99 credits left/);
  expect(await checkInvariants(program.database.db, { atRest: true })).toEqual([]);
});

test('a wish for silence delays the run, and the final word always gets through', async () => {
  const { slack, driver } = await startInSlack();
  let refusals = 0;
  slack.meddle.with = ({ method }) => {
    if (method !== 'files.completeUploadExternal' || refusals >= 1) return null;
    refusals += 1;
    return { retryAfterSeconds: 1 };
  };
  await driver.command('image a fox');
  const finished = await slack.calls.first(({ method }) => method === 'chat.getPermalink', 'the end of the run');
  const [root, progress, ...files] = await slack.thread(slack.channels.general, String(finished.body.message_ts));
  expect(JSON.stringify(root?.blocks)).toMatch(/Your image is ready/);
  expect(progress?.blocks?.[0]).toMatchObject({ type: 'plan', title: 'Your image is ready' });
  expect(files.map((message) => message.files?.length)).toEqual([1, undefined]);
});

test('nobody is mentioned where the admins do not want it, nor who stopped the run', async () => {
  const { slack, driver } = await startInSlack({ vendor: { pollsUntilDone: 1_000_000 } });
  const told = () =>
    slack.calls.all().filter(({ method, body }) => method === 'chat.postMessage' && /^<@/.test(String(body.text)));
  const ends = () => slack.calls.all().filter(({ method }) => method === 'chat.getPermalink').length;
  await driver.command('complete a fox');
  await slack.calls.first(({ method }) => method === 'files.completeUploadExternal', 'the image');
  await driver.command('cancel --yes');
  await expect.poll(ends).toBe(1);
  expect(told()).toEqual([]);
  await driver.command('settings --mentions off');
  await driver.command('image a fox');
  await expect.poll(ends).toBe(2);
  expect(told()).toEqual([]);
  await driver.command('settings --mentions on');
  await driver.command('image a hen');
  await expect.poll(ends).toBe(3);
  expect(told().map(({ body }) => body.text)).toEqual([`<@${slack.people.ada}> Your image is ready`]);
});

test('a file of which Slack says that it shared it, and did not, is shared all the same, once', async () => {
  const { slack, driver } = await startInSlack();
  let pretended = 0;
  slack.meddle.with = ({ method }) => {
    if (method !== 'files.completeUploadExternal' || pretended >= 1) return null;
    pretended += 1;
    return 'pretend';
  };
  await driver.command('image a fox');
  const finished = await slack.calls.first(({ method }) => method === 'chat.getPermalink', 'the end of the run');
  const thread = await slack.thread(slack.channels.general, String(finished.body.message_ts));
  expect(thread.flatMap(({ files }) => files ?? [])).toMatchObject([{ mimetype: 'image/png' }]);
  const reserved = slack.calls.all().filter(({ method }) => method === 'files.getUploadURLExternal');
  expect(reserved.map(({ body }) => body.alt_txt)).toEqual(['a fox', 'a fox']);
});

test('what members type can neither address a channel nor break a limit', async () => {
  const { slack, driver } = await startInSlack();
  const nasty = `<!channel> <@U000000001> & *bold* ${'<&>'.repeat(1_200)}`;
  await driver.command(`image ${nasty}`);
  const finished = await slack.calls.first(({ method }) => method === 'chat.getPermalink', 'the end of the run');
  const [root] = await slack.thread(slack.channels.general, String(finished.body.message_ts));
  expect(JSON.stringify(root?.blocks)).toMatch(/&lt;!channel&gt;/);
});
