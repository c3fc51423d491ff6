import { createServer } from 'node:net';
import { expect, test } from 'vitest';
import { type Command, newcomer, vidgenie } from '../support/command-line.ts';
import { createTestDatabase } from '../support/database.ts';
import { createDiscord, type Discord } from '../support/discord/discord.ts';
import type { Asked } from '../support/discord/people.ts';

const environmentOf = (discord: Discord) => ({
  DISCORD_TOKEN: discord.address.token,
  DISCORD_API_URL: discord.address.apiUrl,
  // Processes that share a database share a keyring.
  VIDGENIE_KEYRING: `k1:${Buffer.alloc(32, 7).toString('base64')}`,
});
const small = { prompt: 'a fox in the snow', duration: 3, resolution: '720p', audio: false };

async function expectMedia(discord: Discord, asked: Asked): Promise<void> {
  const { world } = discord;
  const thread = await discord.thread(asked);
  const result = await world.until(() =>
    world.messagesIn(thread.id).find(({ attachments }) => attachments.length === 2),
  );
  expect(result.attachments.map(({ contentType }) => contentType)).toEqual(['image/png', 'video/mp4']);
}

async function stopped(command: Command): Promise<void> {
  command.child.kill('SIGTERM');
  expect(`${await command.exit} ${command.stderr()}`).toMatch(/^0 /);
}

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  await new Promise((resolve) => server.close(resolve));
  return typeof address === 'object' && address ? address.port : 0;
}

test('npm start with a token serves a complete command from the slash command to the media, and stops in good order', async () => {
  const discord = await createDiscord();
  const channel = discord.channel(discord.guild());
  const { environment } = await newcomer();
  const program = vidgenie(['start'], { ...environment, ...environmentOf(discord), PORT: '0' });
  await discord.world.until(() => discord.gateway.isConnected());
  const asked = discord.people.command(discord.person(), channel, 'complete', small);
  discord.send(asked);
  await expectMedia(discord, asked);
  await stopped(program);
  expect(program.stdout() + program.stderr()).not.toContain(discord.address.token);
});

test('a bot over HTTP and a worker, as two processes on one database', async () => {
  const discord = await createDiscord();
  const channel = discord.channel(discord.guild());
  const database = await createTestDatabase();
  const { environment } = await newcomer();
  const port = await freePort();
  const shared = { ...environment, ...environmentOf(discord), DATABASE_URL: database.url };
  const worker = vidgenie(['start'], { ...shared, VIDGENIE_ROLE: 'worker', PORT: '0' });
  const bot = vidgenie(['start'], {
    ...shared,
    VIDGENIE_ROLE: 'bot',
    PORT: String(port),
    DISCORD_PUBLIC_KEY: discord.publicKey,
  });
  await discord.world.until(() => discord.gateway.isConnected());
  const endpoint = `http://127.0.0.1:${port}/discord/interactions`;
  await bot.said(/listening/);
  const forged = discord.people.command(discord.person(), channel, 'complete', small);
  expect((await fetch(endpoint, { method: 'POST', body: JSON.stringify(forged.payload) })).status).toBe(401);
  const asked = discord.people.command(discord.person(), channel, 'complete', small);
  expect((await discord.sendOverHttp(asked, endpoint)).status).toBe(200);
  await expectMedia(discord, asked);
  await stopped(bot);
  await stopped(worker);
});

test('the commands are registered only when they differ, and the invite asks for what is needed and no more', async () => {
  const discord = await createDiscord();
  const { environment } = await newcomer();
  const told = { ...environment, ...environmentOf(discord) };
  const first = vidgenie(['discord', 'register'], told);
  expect(await first.exit).toBe(0);
  const again = vidgenie(['discord', 'register'], told);
  expect(await again.exit).toBe(0);
  expect(again.stdout()).toMatch(/knows the commands/);
  expect(discord.world.registrations).toBe(1);
  expect(JSON.stringify(discord.world.commands).length).toBeLessThan(20_000);

  const invite = vidgenie(['discord', 'invite'], told);
  expect(await invite.exit).toBe(0);
  const permissions = new URL(invite.stdout()).searchParams.get('permissions');
  // View Channel, Send Messages, Attach Files, Read Message History, Create Public Threads, Send Messages in Threads.
  expect(permissions).toBe(String((1n << 10n) | (1n << 11n) | (1n << 15n) | (1n << 16n) | (1n << 35n) | (1n << 38n)));

  const wrong = vidgenie(['discord', 'register'], { ...told, DISCORD_TOKEN: 'nonsense' });
  expect(await wrong.exit).toBe(1);
  expect(wrong.stderr()).toMatch(/does not accept DISCORD_TOKEN/);
  const none = vidgenie(['discord', 'invite'], environment);
  expect(await none.exit).toBe(2);
});
