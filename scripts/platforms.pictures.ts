import { fileURLToPath } from 'node:url';
import { test } from 'vitest';
import { listRuns } from '../src/db/runs.ts';
import { workspaceId } from '../src/domain.ts';
import { openVidGenie } from '../tests/support/discord/server.ts';
import { readable } from '../tests/support/discord/world.ts';
import { startInSlack } from '../tests/support/slack/installed.ts';
import { drawDiscord } from './discord-picture.ts';
import { photograph } from './photograph.ts';
import { drawSlack } from './slack-picture.ts';

/**
 * Takes the README's pictures of Discord and Slack: `npx vitest run --config scripts/pictures.config.ts`. It makes a real run
 * of the demo studio and draws the messages that the bot sent to the simulators, with their real files, in the look of those
 * programs. It needs a Chromium at /usr/bin/chromium and an ffmpeg.
 */
const prompt = 'a fox in the snow';
const picturePath = (name: string) => fileURLToPath(new URL(`../docs/images/${name}`, import.meta.url));

test('a thread in Discord', async () => {
  const it = await openVidGenie({ environment: { DEMO_STEP_MS: '6000' } });
  const { discord, channel, ada } = it;
  const { world } = discord;
  const asked = discord.people.command(ada, channel, 'complete', { prompt });
  await discord.ask(asked);
  const thread = await discord.thread(asked);
  const root = await world.until(() => world.messages.get(thread.id));
  const working = await world.until(() =>
    world
      .messagesIn(thread.id)
      .find(({ attachments, components }) => attachments.length === 1 && / [4-7]\d %/.test(readable(components))),
  );
  const before = structuredClone({ root, progress: working, result: null });
  await it.runOf(asked);
  const [progress, result] = world.messagesIn(thread.id);
  if (!progress || !result) throw new Error('the run was not told');
  const after = { root, progress, result };
  const html = await drawDiscord(thread.name, before, after);
  await photograph(html, picturePath('discord.png'), 1240);
});

test('a thread in Slack', async () => {
  const { slack, driver, program } = await startInSlack({ environment: { DEMO_STEP_MS: '6000' } });
  await driver.command(`complete ${prompt}`);
  const root = await slack.calls.first(({ method }) => method === 'chat.postMessage', 'the root message');
  const ts = String(root.answer.ts);
  const [run] = await listRuns(program.services.db, workspaceId.parse('slack:T000000001'), { limit: 1 });
  if (!run) throw new Error('there is no run');
  const isSeen = async () => JSON.stringify(await slack.thread(slack.channels.general, ts));
  let before = await slack.thread(slack.channels.general, ts);
  for await (const _ of program.services.watch(run.run.id)) {
    if (/Video: [4-7]\d %/.test(await isSeen())) before = await slack.thread(slack.channels.general, ts);
  }
  const after = await slack.thread(slack.channels.general, ts);
  const html = await drawSlack(before, after, slack);
  await photograph(html, picturePath('slack.png'), 1240);
});
