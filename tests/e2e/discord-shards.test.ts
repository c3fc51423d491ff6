import { expect, test } from 'vitest';
import { createTestDatabase } from '../support/database.ts';
import { createDiscord } from '../support/discord/discord.ts';
import { openBot, openWorker } from '../support/discord/server.ts';
import { createInstallation } from '../support/program.ts';

test('bots that share the shards hear each event once, whichever server it comes from', async () => {
  const discord = await createDiscord();
  const { world, people } = discord;
  // A server's shard is in the upper bits of its id.
  const guilds = [0n, 1n].map((shard) => discord.guild({ id: String(((1_000n * 2n + shard) << 22n) + 7n) }));
  const channels = guilds.map((guild) => discord.channel(guild));
  const installation = await createInstallation(await createTestDatabase());
  const worker = await openWorker(installation, discord);
  await openBot(worker, discord, { ids: [0], count: 2 });
  await openBot(worker, discord, { ids: [1], count: 2 });
  expect(discord.gateway.shards.toSorted()).toEqual([
    [0, 2],
    [1, 2],
  ]);

  for (const channel of channels) {
    const asked = people.command(discord.person(), channel, 'credits');
    await discord.ask(asked);
  }
  await world.until(() => world.requests.filter(({ path }) => /^\/interactions\//.test(path)).length >= 2);
  const answers = world.requests.filter(({ path }) => /^\/interactions\//.test(path));
  expect(answers.map(({ status }) => status < 300)).toEqual([true, true]);
});

test('a bot without a share of the gateway does not connect to it, and answers over HTTP', async () => {
  const discord = await createDiscord();
  const channel = discord.channel(discord.guild());
  const installation = await createInstallation(await createTestDatabase());
  const bot = await openBot(await installation.open({ worker: false }), discord, 'none');
  const asked = discord.people.command(discord.person(), channel, 'credits');
  expect((await discord.sendOverHttp(asked, bot.endpoint)).status).toBe(200);
  expect(discord.gateway.shards).toEqual([]);
});
