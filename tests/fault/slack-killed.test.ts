import { expect, test } from 'vitest';
import { checkInvariants } from '../../src/db/invariants.ts';
import { createTestDatabase } from '../support/database.ts';
import { createInstallation, submitsOf } from '../support/program.ts';
import { createDriver } from '../support/slack/driver.ts';
import { startInSlack } from '../support/slack/installed.ts';
import { startSlackProcess } from '../support/slack/processes.ts';
import { createSlack, type Slack } from '../support/slack/slack.ts';

/** What a complete run leaves in its channel, once and only once. */
async function expectWhole(slack: Slack, channel: string): Promise<void> {
  await slack.calls.first(({ method }) => method === 'chat.getPermalink', 'the end of the run');
  const roots = await slack.history(channel);
  expect(roots).toHaveLength(1);
  const [root, progress, ...files] = await slack.thread(channel, roots[0]?.ts ?? '');
  expect(JSON.stringify(root?.blocks)).toMatch(/Your image and your video are ready/);
  expect(progress?.blocks?.[0]).toMatchObject({ type: 'plan', title: 'Your image and your video are ready' });
  expect(files.flatMap((message) => message.files?.map(({ name }) => name.split('.').at(-1)) ?? [])).toEqual([
    'png',
    'mp4',
  ]);
}

// Killed when a call arrives, everything before it was saved; the call itself is never made. Killed after it, the call was made and its
// answer lost: which is told apart for files, and harmless for edits. A post whose answer is lost is the one thing that Slack lets
// nobody tell apart.
test.for([
  ['before', 'chat.postMessage', 1],
  ['before', 'chat.postMessage', 2],
  ['after', 'files.getUploadURLExternal', 2],
  ['after', 'files.completeUploadExternal', 1],
  ['after', 'chat.update', 1],
  ['before', 'chat.getPermalink', 1],
] as const)('a worker killed %s %s number %i leaves a run that is told whole, once', async ([when, method, number]) => {
  const { slack, driver, installation } = await startInSlack({ worker: false });
  const doomed = await startSlackProcess('worker', slack, installation);
  let seen = 0;
  slack.meddle.with = (call) => {
    if (call.method !== method) return null;
    seen += 1;
    if (seen !== number) return null;
    doomed.kill();
    return when === 'before' ? 'cut_before' : 'cut_after';
  };
  await driver.command('complete a fox in the snow');
  expect(await doomed.exited).toBe('SIGKILL');
  slack.meddle.with = () => null;

  const survivor = await installation.open({ worker: true, config: { slack: slack.settings } });
  await expectWhole(slack, slack.channels.general);
  const runs = await survivor.database.db.execute('SELECT id FROM runs');
  expect(submitsOf(installation.journal, String(runs[0]?.id)).video).toBe(1);
  await expect.poll(() => checkInvariants(survivor.database.db, { atRest: true })).toEqual([]);
});

test('bot and worker are two processes; a bot killed right after it took a command leaves a run that is told', async () => {
  const slack = await createSlack();
  const installation = await createInstallation(await createTestDatabase());
  const [bot] = await Promise.all([
    startSlackProcess('bot', slack, installation, { diesAtRun: true }),
    startSlackProcess('worker', slack, installation),
  ]);
  const driver = await createDriver(slack, bot.port);
  const trigger = await driver.trigger();
  expect((await driver.command('complete a fox', { trigger })).status).toBe(200);
  expect(await bot.exited).toBe('SIGKILL');
  await expectWhole(slack, slack.channels.general);

  // Slack delivers the command once more, to the bot that took the place of the first.
  const next = await startSlackProcess('bot', slack, installation);
  const again = await createDriver(slack, next.port);
  const repeated = await again.command('complete a fox', { trigger });
  const told = await again.told.first(({ key }) => key === repeated.key, 'an answer');
  expect(told.text).toMatch(/asked for already/);
  await expectWhole(slack, slack.channels.general);
});
