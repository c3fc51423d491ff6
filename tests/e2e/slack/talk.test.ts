import { expect, test } from 'vitest';
import { runs } from '../../../src/db/schema.ts';
import { runId } from '../../../src/domain.ts';
import { allDelivered, until } from '../../support/program.ts';
import { startInSlack } from '../../support/slack/installed.ts';
import { answerTo, ended, press } from '../../support/slack/presses.ts';
import { modalShown, submission, wordsOf } from '../../support/slack/views.ts';

test('every command answers, and slips of the pen are told with the nearest thing', async () => {
  const it = await startInSlack();
  expect(await answerTo(it, 'help')).toMatch(/VidGenie/);
  expect(await answerTo(it, 'help complete')).toMatch(/--duration/);
  expect(await answerTo(it, 'credits')).toMatch(/100 credits left/);
  expect(await answerTo(it, 'history')).toMatch(/No runs yet/);
  expect(await answerTo(it, 'status')).toMatch(/no run yet/);
  expect(await answerTo(it, 'cancel')).toMatch(/Nothing is running/);
  expect(await answerTo(it, 'complet a fox')).toMatch(/Did you mean complete\?/);
  expect(await answerTo(it, 'complete \u200B\u2060\u202E \u0301\u3164')).toMatch(/What would you like to see/);
  expect(await answerTo(it, 'complete a fox —duraton 8')).toMatch(/Did you mean --duration\?/);
  expect(await answerTo(it, 'complete “a fox” --duration=99')).toMatch(/whole number from 1 to 60/);
  expect(await answerTo(it, 'settings --style anime', { user: it.slack.people.bob })).toMatch(/Only admins/);
  expect(await answerTo(it, 'settings --style anime')).toMatch(/anime/);
  await it.driver.command('image a fox');
  await ended(it);
  expect(await answerTo(it, 'status')).toMatch(/Your image is ready/);
  expect(await answerTo(it, 'history')).toMatch(/a fox/);
});

test('a mention works within a thread, speaks there, and is answered once however often it is delivered', async () => {
  const it = await startInSlack();
  const { slack, driver } = it;
  const { general } = slack.channels;
  const parent = await slack.observe('chat.postMessage', { channel: general, text: 'ideas?' });
  const event = {
    type: 'app_mention',
    user: slack.people.ada,
    channel: general,
    ts: '1700000000.000100',
    thread_ts: parent.ts,
    text: `<@${slack.bot}> image a fox &amp; a hen --quality standard`,
  };
  for (let time = 0; time < 3; time += 1) expect((await driver.event(event, { id: 'Ev1' })).status).toBe(200);
  await ended(it);
  const [, root, progress, ...files] = await slack.thread(general, String(parent.ts));
  expect(wordsOf({ blocks: root?.blocks })).toMatch(/a fox &amp; a hen/);
  expect(progress?.blocks?.[0]).toMatchObject({ type: 'plan' });
  expect(files.map((message) => message.files?.length)).toEqual([1, undefined]);
});

test('a mention by another app is left alone', async () => {
  const { slack, driver } = await startInSlack();
  const event = {
    type: 'app_mention',
    bot_id: 'B1',
    channel: slack.channels.general,
    ts: '1.1',
    text: '<@U0VIDGENIE> help',
  };
  expect((await driver.event(event)).status).toBe(200);
  expect(slack.calls.all()).toEqual([]);
});

test('again, edit and animate say what they cost, and start runs of their own; each press counts once', async () => {
  const it = await startInSlack();
  const { slack, driver } = it;
  await driver.command('image a fox');
  const at = await ended(it);
  const [, progress] = await slack.thread(at.channel, at.ts);
  const row = progress?.blocks?.at(-1);
  const ids = [...JSON.stringify(row).matchAll(/"action_id":"(v1:\w+:[\w-]+(?::\d+)?)"/g)].map(
    (match) => match[1] ?? '',
  );
  expect(ids.map((id) => id.split(':')[1])).toEqual(['again', 'edit', 'animate', 'change', 'delete']);
  expect(JSON.stringify(row)).toMatch(/Again · 6 credits.*Edit prompt".*Animate · 18 credits.*Delete/);
  const [again = '', edit = '', animate = ''] = ids;

  await press(it, again, at);
  await ended(it, 1);
  await press(it, animate, at);
  await ended(it, 2);
  await press(it, edit, at);
  const form = await modalShown(slack, /^ask:edit:/);
  expect(wordsOf(form)).toMatch(/a fox/);
  expect(form.submit?.text).toBe('Create · 6 credits');
  await driver.interact(submission(form, { prompt: { text: 'a hen' } }));
  await ended(it, 3);
  const words = JSON.stringify(await slack.thread(at.channel, at.ts));
  expect(words).toMatch(/a hen/);
  expect(await answerTo(it, 'credits')).toMatch(/^64 credits left/);
});

test('no press costs more than its button said: a price that rose is told, and so is one that no button told', async () => {
  const it = await startInSlack();
  const { slack, driver } = it;
  await driver.command('image a fox');
  const at = await ended(it);
  const [, progress] = await slack.thread(at.channel, at.ts);
  const id = /v1:again:([\w-]+):6/.exec(JSON.stringify(progress?.blocks))?.[1] ?? '';
  const said = async (action: string) => {
    const { key } = await press(it, action, at);
    return await driver.told.first((told) => told.key === key, `an answer to ${action}`);
  };
  const dearer = await said(`v1:again:${id}:5`);
  expect(dearer.text).toMatch(
    /This costs 6 credits by now.*It was 5 credits when you were told\. Nothing was charged/s,
  );
  expect(wordsOf(dearer)).toContain(`"action_id":"v1:again:${id}:6"`);
  // A button as an earlier version wrote it.
  const untold = await said(`v1:animate:${id}`);
  expect(untold.text).toMatch(/This costs 18 credits\nNothing was charged yet/);
  expect(wordsOf(untold)).toContain(`"action_id":"v1:animate:${id}:18"`);
  await press(it, `v1:edit:${id}`, at);
  const form = await modalShown(slack, /^ask:edit:/);
  const cheap = { ...form, private_metadata: form.private_metadata.replace('"credits":6', '"credits":4') };
  await driver.interact(submission(cheap, { prompt: { text: 'a hen' } }));
  const { body: kept } = await slack.calls.first(
    ({ method, body }) => method === 'chat.postEphemeral' && /This costs 6/.test(String(body.text)),
    'an answer to the form',
  );
  expect(kept.text).toMatch(/This costs 6 credits by now.*a hen/s);
  expect(wordsOf({ blocks: kept.blocks })).toContain(`"action_id":"v1:edit:${id}:6"`);
  expect(await answerTo(it, 'credits')).toMatch(/^94 credits left/);
  await press(it, `v1:again:${id}:6`, at);
  await ended(it, 1);
  expect(await answerTo(it, 'credits')).toMatch(/^88 credits left/);
});

test('what a run made is deleted everywhere, by its member, not by others, and elsewhere nobody knows of it', async () => {
  const it = await startInSlack();
  const { slack, driver } = it;
  await driver.command('image a fox');
  const at = await ended(it);
  const [, progress] = await slack.thread(at.channel, at.ts);
  const remove = /v1:delete:[\w-]+/.exec(JSON.stringify(progress?.blocks))?.[0] ?? '';
  const refused = await press(it, remove, at, { user: slack.people.bob });
  expect((await driver.told.first(({ key }) => key === refused.key, 'a refusal')).text).toMatch(/not yours/);
  const elsewhere = { ...at, channel: slack.channels.secret };
  const unknown = await press(it, remove, elsewhere, { user: slack.people.bob });
  expect((await driver.told.first(({ key }) => key === unknown.key, 'a refusal')).text).toMatch(/no run/);
  const id = remove.slice(remove.lastIndexOf(':') + 1);
  expect(await answerTo(it, `status ${id}`, { user: slack.people.bob })).toMatch(/no run/);
  const done = await press(it, remove, at);
  await driver.told.first(({ key }) => key === done.key, 'an answer');
  const thread = await slack.thread(at.channel, at.ts);
  expect(thread.flatMap(({ files }) => files ?? [])).toEqual([]);
  expect(wordsOf({ blocks: thread[0]?.blocks })).toMatch(/Deleted/);
});

test('a file that is being shared while its run is deleted is taken back, and nobody is called to it', async () => {
  const it = await startInSlack();
  const { slack, driver, program } = it;
  const [sharing, released] = [Promise.withResolvers<void>(), Promise.withResolvers<null>()];
  // The video comes with the result, the image before it.
  slack.meddle.with = async ({ method, body }) => {
    if (method !== 'files.completeUploadExternal' || !JSON.stringify(body.files).includes('Video')) return null;
    sharing.resolve();
    return await released.promise;
  };
  await driver.command('complete a fox');
  await sharing.promise;
  const [row] = await program.database.db.select({ id: runs.id }).from(runs);
  const { general: channel } = slack.channels;
  const [root] = await slack.history(channel);
  const at = { channel, ts: root?.ts ?? '' };
  const done = await press(it, `v1:delete:${row?.id}`, at);
  expect((await driver.told.first(({ key }) => key === done.key, 'an answer')).text).toMatch(/Deleted/);
  released.resolve(null);
  await allDelivered(program);
  const thread = await slack.thread(at.channel, at.ts);
  expect(thread.flatMap(({ files }) => files ?? [])).toEqual([]);
  expect(thread.filter(({ text }) => text.startsWith('<@'))).toEqual([]);
  for (const { blocks } of thread.slice(0, 2)) {
    expect(wordsOf({ blocks })).toMatch(/Deleted/);
    expect(wordsOf({ blocks })).not.toMatch(/are ready/);
  }
});

test('cancel says what it costs before it takes anything, and takes no more than was agreed to', async () => {
  const it = await startInSlack({ vendor: { pollsUntilDone: 1_000_000 } });
  const { slack, driver, program } = it;
  await driver.command('complete a fox');
  const progress = await slack.calls.first(
    ({ method, body }) => method === 'chat.postMessage' && JSON.stringify(body.blocks).includes('v1:cancel'),
    'the progress message',
  );
  const cancel = /v1:cancel:([\w-]+)/.exec(JSON.stringify(progress.body.blocks));
  const id = runId.parse(cancel?.[1]);
  await until(program, id, ({ steps }) => steps[2]?.state === 'submitted');
  const at = { channel: slack.channels.general, ts: String(progress.body.thread_ts) };
  const answerOf = async ({ key }: { key: string }) => await driver.told.first((told) => told.key === key, 'an answer');
  const question = await answerOf(await press(it, cancel?.[0] ?? '', at));
  expect(question.text).toMatch(/The video is being made\. Stopping now costs all 24 credits: nothing comes back\./);
  expect(wordsOf(question)).toMatch(/v1:cancel:[\w-]+:24.*"Stop".*v1:keep:.*"Keep going"/);

  // The answer to an ephemeral message replaces it.
  const pressQuestion = async (action: string) =>
    await answerOf(
      await driver.interact({
        type: 'block_actions',
        trigger_id: await driver.trigger(),
        actions: [{ action_id: action }],
        channel: { id: at.channel },
        container: { is_ephemeral: true, thread_ts: at.ts },
      }),
    );
  expect(await pressQuestion(`v1:keep:${id}`)).toMatchObject({
    replace_original: true,
    text: expect.stringMatching(/It goes on/),
  });
  const dearer = await pressQuestion(`v1:cancel:${id}:6`);
  expect(dearer).toMatchObject({ replace_original: true });
  expect(dearer.text).toMatch(/Stopping costs more by now.*It was 6 credits when you were asked/s);
  expect((await until(program, id, () => true)).run.cancelRequestedAt).toBeNull();
  expect((await pressQuestion(`v1:cancel:${id}:24`)).text).toMatch(/being stopped/);
  const end = await ended(it);
  const [root] = await slack.thread(end.channel, end.ts);
  expect(wordsOf({ blocks: root?.blocks })).toMatch(/Canceled/);
});

test('Home shows the balance, the last runs with their images and threads, and to admins the settings', async () => {
  const it = await startInSlack();
  const { slack, driver } = it;
  await driver.command('image a fox');
  await ended(it);
  const published = async (user: string) => {
    await driver.event({ type: 'app_home_opened', user, tab: 'home', channel: 'D1' });
    const call = await slack.calls.first(
      ({ method, body }) => method === 'views.publish' && body.user_id === user,
      'the Home',
    );
    return JSON.stringify(call.body.view);
  };
  const ada = await published(slack.people.ada);
  expect(ada).toMatch(/94 credits.*a fox.*slack_file.*Open the thread.*open:keys.*open:settings/s);
  const bob = await published(slack.people.bob);
  expect(bob).toMatch(/94 credits/);
  expect(bob).not.toMatch(/slack_file|open:keys/);

  await driver.interact({
    type: 'block_actions',
    trigger_id: await driver.trigger(),
    view: { id: 'V1' },
    actions: [{ action_id: 'open:settings', action_ts: '1' }],
  });
  expect((await modalShown(slack, /^form:settings$/)).blocks).toContainEqual(
    expect.objectContaining({ block_id: 'style' }),
  );
});

test('an image that is not in Slack any more does not cost anybody their Home', async () => {
  const it = await startInSlack();
  const { slack, driver } = it;
  await driver.command('image a fox');
  const at = await ended(it);
  slack.meddle.with = ({ method, body }) =>
    method === 'views.publish' && JSON.stringify(body.view).includes('slack_file') ? { error: 'invalid_blocks' } : null;
  const opened = async (nth: number) => {
    await driver.event({ type: 'app_home_opened', user: slack.people.ada, tab: 'home', channel: 'D1' });
    const all = () => slack.calls.all().filter(({ method, answer }) => method === 'views.publish' && answer.ok);
    await expect.poll(() => all().length, { timeout: 20_000 }).toBe(nth);
    return JSON.stringify(all().at(-1)?.body.view);
  };
  expect(await opened(1)).toMatch(/a fox.*Open the thread/s);

  // We do not even try a message that was deleted through us.
  slack.meddle.with = () => null;
  const [, progress] = await slack.thread(at.channel, at.ts);
  const remove = /v1:delete:[\w-]+/.exec(JSON.stringify(progress?.blocks))?.[0] ?? '';
  const done = await press(it, remove, at);
  await driver.told.first(({ key }) => key === done.key, 'an answer');
  expect(await opened(2)).not.toMatch(/slack_file/);
});
