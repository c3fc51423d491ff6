import { expect, test } from 'vitest';
import { z } from 'zod';
import { startInSlack } from '../../support/slack/installed.ts';
import { uploadImage } from '../../support/slack/uploaded.ts';
import { modalShown, shownView, submission, wordsOf } from '../../support/slack/views.ts';
import { readJournal } from '../../support/studio.ts';

test('/vidgenie alone opens a form with everything, which starts what it says', async () => {
  const { slack, driver } = await startInSlack();
  await driver.command('');
  const form = await modalShown(slack, /^create$/);
  const names = form.blocks.flatMap((block) => (block.type === 'input' ? [block.block_id] : []));
  expect(names).toEqual([
    'workflow',
    'prompt',
    'image',
    'style',
    'quality',
    'aspect',
    'frames',
    'variants',
    'scenes',
    'duration',
    'cut',
    'resolution',
    'audio',
    'channel',
  ]);
  const filled = {
    workflow: { choice: 'complete' },
    prompt: { text: 'a red boat' },
    quality: { choice: 'standard' },
    duration: { text: '5' },
    audio: { choice: 'off' },
    channel: { conversation: slack.channels.general },
  };
  const answered = await driver.interact(submission(form, filled));
  expect(answered).toMatchObject({ status: 200, body: '' });
  const finished = await slack.calls.first(({ method }) => method === 'chat.getPermalink', 'the end of the run');
  const [root] = await slack.thread(slack.channels.general, String(finished.body.message_ts));
  expect(wordsOf({ blocks: root?.blocks })).toMatch(/16 credits.*a red boat/s);
});

test('a form says on its button what it costs, and comes back with the price where what was chosen costs more', async () => {
  const { slack, driver } = await startInSlack();
  const { general } = slack.channels;
  const settings = await driver.command('settings --duration 5 --quality standard');
  await driver.told.first(({ key }) => key === settings.key, 'the settings');
  await driver.command('');
  const form = await modalShown(slack, /^create$/);
  expect(form.submit?.text).toBe('Create · 19 credits');
  const filled = {
    workflow: { choice: 'complete' },
    prompt: { text: 'a red boat' },
    duration: { text: '8' },
    quality: { choice: 'hd' },
    audio: { choice: 'on' },
    channel: { conversation: general },
  };
  const answered = await driver.interact(submission(form, filled));
  const { response_action: action, view } = z
    .object({ response_action: z.string(), view: shownView.omit({ id: true }) })
    .parse(JSON.parse(answered.body));
  expect(action).toBe('update');
  expect(view.submit?.text).toBe('Create · 24 credits');
  expect(wordsOf(view)).toMatch(
    /What you chose costs 24 credits\. Nothing was charged yet\..*a red boat.*"=hd".*"=on"/s,
  );
  expect(await slack.history(general)).toEqual([]);
  expect(await driver.interact(submission({ ...view, id: form.id }, filled))).toMatchObject({ status: 200, body: '' });
  const root = await slack.calls.first(({ method }) => method === 'chat.postMessage', 'the root message');
  expect(wordsOf({ blocks: root.body.blocks })).toMatch(/24 credits/);
});

test('a form that cannot be right is answered in its fields, and stays open', async () => {
  const { slack, driver } = await startInSlack();
  await driver.command('');
  const form = await modalShown(slack, /^create$/);
  const channel = { conversation: slack.channels.general };
  const noImage = await driver.interact(
    submission(form, { workflow: { choice: 'video' }, prompt: { text: 'zoom' }, image: {}, channel }),
  );
  expect(JSON.parse(noImage.body)).toEqual({
    response_action: 'errors',
    errors: { image: expect.stringMatching(/Which image/) },
  });
  const badSeconds = {
    workflow: { choice: 'complete' },
    prompt: { text: 'a fox' },
    duration: { text: 'long' },
    channel,
  };
  const answered = await driver.interact(submission(form, badSeconds));
  expect(JSON.parse(answered.body)).toEqual({
    response_action: 'errors',
    errors: { duration: expect.stringMatching(/whole number/) },
  });
  expect(await slack.history(slack.channels.general)).toEqual([]);
});

test('a form takes an image, and the same form submitted twice starts one run', async () => {
  const { slack, driver } = await startInSlack();
  await slack.observe('conversations.join', { channel: slack.channels.general }, slack.settings.botToken ?? '');
  const file = await uploadImage(slack, slack.channels.general);
  await driver.command('video slow zoom');
  const form = await modalShown(slack, /^create$/);
  expect(wordsOf(form)).toMatch(/slow zoom/);
  const filled = {
    workflow: { choice: 'video' },
    prompt: { text: 'slow zoom' },
    image: { files: [file] },
    channel: { conversation: slack.channels.general },
  };
  await Promise.all([driver.interact(submission(form, filled)), driver.interact(submission(form, filled))]);
  const finished = await slack.calls.first(({ method }) => method === 'chat.getPermalink', 'the end of the run');
  const thread = await slack.thread(slack.channels.general, String(finished.body.message_ts));
  expect(thread.flatMap(({ files }) => files?.map(({ name }) => name.split('.').at(-1)) ?? [])).toEqual(['mp4']);
  const credits = await driver.command('credits');
  expect((await driver.told.first(({ key }) => key === credits.key, 'the balance')).text).toMatch(/^82 credits left/);
});

test('"Animate this image" makes a video of it in the same thread; a message without one says so', async () => {
  const { slack, driver } = await startInSlack();
  const { general } = slack.channels;
  await slack.observe('conversations.join', { channel: general }, slack.settings.botToken ?? '');
  const file = await uploadImage(slack, general);
  const [message] = await slack.history(general);
  const shortcut = async (files: object[]) =>
    driver.interact({
      type: 'message_action',
      callback_id: 'animate_image',
      trigger_id: await driver.trigger(),
      channel: { id: general, name: 'general' },
      message: { ts: message?.ts, files },
    });
  await shortcut([]);
  expect(wordsOf(await modalShown(slack, /^told$/))).toMatch(/no image in that message/);
  await shortcut([{ id: file, mimetype: 'image/png' }]);
  const form = await modalShown(slack, /^create$/);
  expect(form.submit?.text).toBe('Create · 18 credits');
  await driver.interact(submission(form, { prompt: { text: 'snow begins to fall' }, duration: { text: '5' } }));
  await slack.calls.first(({ method }) => method === 'chat.getPermalink', 'the end of the run');
  const thread = await slack.thread(general, message?.ts ?? '');
  expect(thread.flatMap(({ files }) => files?.map(({ name }) => name.split('.').at(-1)) ?? [])).toEqual(['png', 'mp4']);
});

test('"Edit this image" and /vidgenie edit ask for words and tell the price; an image given to another workflow is followed', async () => {
  const { slack, driver, installation } = await startInSlack();
  const { general } = slack.channels;
  await slack.observe('conversations.join', { channel: general }, slack.settings.botToken ?? '');
  const file = await uploadImage(slack, general);
  const [message] = await slack.history(general);
  await driver.interact({
    type: 'message_action',
    callback_id: 'edit_image',
    trigger_id: await driver.trigger(),
    channel: { id: general, name: 'general' },
    message: { ts: message?.ts, files: [{ id: file, mimetype: 'image/png' }] },
  });
  const form = await modalShown(slack, /^create$/);
  expect(wordsOf(form)).toMatch(/What should change/);
  expect(form.submit?.text).toMatch(/^Create · \d+ credits$/);
  const wordless = await driver.interact(submission(form, { prompt: {} }));
  expect(JSON.parse(wordless.body)).toMatchObject({ response_action: 'errors', errors: { prompt: expect.anything() } });
  await driver.interact(submission(form, { prompt: { text: 'make it dusk' } }));
  const ends = () => slack.calls.all().filter(({ method }) => method === 'chat.getPermalink').length;
  await expect.poll(ends, { timeout: 20_000 }).toBe(1);
  const thread = await slack.thread(general, message?.ts ?? '');
  expect(wordsOf({ blocks: thread })).toMatch(/Here is the new version/);

  const channel = { conversation: general };
  await driver.command('edit make it night --quality standard');
  const typed = await modalShown(slack, /^create$/, 1);
  expect(wordsOf(typed)).toMatch(/"=edit".*make it night/);
  const noImage = { workflow: { choice: 'edit' }, prompt: { text: 'make it night' }, image: {}, channel };
  expect(JSON.parse((await driver.interact(submission(typed, noImage))).body)).toMatchObject({
    errors: { image: expect.stringMatching(/image/) },
  });
  await driver.command('image a hen --ref');
  const following = await modalShown(slack, /^create$/, 2);
  expect(wordsOf(following)).toMatch(/"initial_option":\{[^=]*"=image".*"initial_value":"a hen"/);
  await driver.interact(
    submission(following, {
      workflow: { choice: 'image' },
      prompt: { text: 'a hen' },
      image: { files: [file] },
      channel,
    }),
  );
  await expect.poll(ends, { timeout: 20_000 }).toBe(2);
  const last = readJournal(installation.journal).findLast(({ call, step }) => call === 'submit' && step === 'image');
  expect(last?.references).toBe(1);
});

test('where the app may not read files, a given image is refused with what to do, and costs nothing', async () => {
  const { slack, driver } = await startInSlack({ worker: false });
  slack.meddle.with = ({ method }) => (method === 'files.info' ? { error: 'missing_scope' } : null);
  await driver.command('video');
  const form = await modalShown(slack, /^create$/);
  const { general } = slack.channels;
  await driver.interact(
    submission(form, {
      workflow: { choice: 'video' },
      image: { files: ['F1'] },
      prompt: { text: 'zoom' },
      channel: { conversation: general },
    }),
  );
  const told = await slack.calls.first(
    ({ method, body }) => method === 'chat.postEphemeral' && /may not read files/.test(String(body.text)),
    'a refusal',
  );
  expect(told.body.text).toMatch(/files:read.*Nothing was charged/s);
  expect(await slack.history(general)).toEqual([]);
});

test('the global shortcut asks where, and takes what it is told', async () => {
  const { slack, driver } = await startInSlack();
  await driver.interact({ type: 'shortcut', callback_id: 'create_video', trigger_id: await driver.trigger() });
  const form = await modalShown(slack, /^create$/);
  await driver.interact(
    submission(form, {
      workflow: { choice: 'image' },
      prompt: { text: 'a fox' },
      channel: { conversation: slack.channels.general },
    }),
  );
  await slack.calls.first(({ method }) => method === 'chat.getPermalink', 'the end of the run');
  expect(await slack.history(slack.channels.general)).toHaveLength(1);
});

test('settings are for admins, asked when the form opens and again when it comes back', async () => {
  const { slack, driver } = await startInSlack();
  await driver.command('settings', { user: slack.people.bob });
  expect(wordsOf(await modalShown(slack, /^told$/))).toMatch(/Only admins may do that/);

  await driver.command('settings');
  const form = await modalShown(slack, /^form:settings$/);
  const filled = {
    style: { choice: 'anime' },
    quality: { choice: 'standard' },
    aspect: { choice: '' },
    duration: { choice: '5' },
    video: { choice: '720p off' },
  };
  const refused = await driver.interact(submission(form, filled), { user: slack.people.bob });
  expect(JSON.stringify(JSON.parse(refused.body))).toMatch(/Only admins may do that/);
  const saved = await driver.interact(submission(form, filled));
  expect(JSON.parse(saved.body)).toMatchObject({ response_action: 'update', view: { type: 'modal' } });
  expect(saved.body).toMatch(/anime/);
  await driver.command('complete a fox');
  const root = await slack.calls.first(({ method }) => method === 'chat.postMessage', 'the root message');
  expect(wordsOf({ blocks: root.body.blocks })).toMatch(/12 credits/);
});

test('forms and answers come in the language of the member', async () => {
  const { slack, driver } = await startInSlack();
  slack.retouch.answer = ({ method, answer }) =>
    method === 'users.info'
      ? { ...answer, user: { ...z.record(z.string(), z.unknown()).parse(answer.user), locale: 'fr-FR' } }
      : answer;
  await driver.command('');
  expect(wordsOf(await modalShown(slack, /^create$/))).toMatch(/Que faut-il créer/);
  const asked = await driver.command('image un renard --qualite hd');
  expect((await driver.told.first(({ key }) => key === asked.key, 'an answer')).text).toMatch(/--quality/);
  await driver.command('image un renard');
  const finished = await slack.calls.first(({ method }) => method === 'chat.getPermalink', 'the end of the run');
  const [root] = await slack.thread(slack.channels.general, String(finished.body.message_ts));
  expect(wordsOf({ blocks: root?.blocks })).toMatch(/crédits/);
});

test('a trigger is used before anything is asked or looked up; what goes wrong afterwards is said in the modal', async () => {
  const { slack, driver } = await startInSlack({ worker: false });
  slack.meddle.with = ({ method }) => (method === 'users.info' ? { error: 'fatal_error' } : null);
  await driver.command('');
  expect(wordsOf(await modalShown(slack, /^told$/))).toMatch(/Nothing was charged/);
  expect(slack.calls.all().filter(({ method, answer }) => method === 'views.open' && answer.ok)).toHaveLength(1);
});
