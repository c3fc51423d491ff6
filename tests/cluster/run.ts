import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openDiscord } from '../support/discord/simulator.ts';
import { noRedis } from '../support/redis.ts';
import { startCluster } from './cluster.ts';

// `npm run cluster`: what docker-compose.yml brings up, as plain processes, until Ctrl-C. What is set in the environment or in .env
// is passed on; without a chat platform there, a stand-in for Discord takes its place and one command is given in it.

const say = (line: string) => process.stdout.write(`${line}\n`);

try {
  process.loadEnvFile();
} catch {
  say('There is no .env here.');
}
const directory = await mkdtemp(join(tmpdir(), 'vidgenie-cluster-'));
// As root the embedded PostgreSQL runs as another user, who must be able to enter.
await chmod(directory, 0o755);

const chatSecrets = ['DISCORD_TOKEN', 'SLACK_SIGNING_SECRET', 'SLACK_APP_TOKEN'];
const hasChat = chatSecrets.some((name) => process.env[name] || process.env[`${name}_FILE`]);
const discord = hasChat ? null : await openDiscord();
const chat = discord
  ? {
      DISCORD_TOKEN: discord.address.token,
      DISCORD_API_URL: discord.address.apiUrl,
      DISCORD_PUBLIC_KEY: discord.publicKey,
      DISCORD_SHARDS: 'none',
    }
  : {};
// Each bot carries half of Discord's gateway, unless something else was asked for.
const shareOf = (name: string) =>
  hasChat && process.env.DISCORD_SHARDS === undefined && name.startsWith('bot-')
    ? { DISCORD_SHARDS: String(Number(name.slice(4)) - 1), DISCORD_SHARD_COUNT: '2' }
    : {};

if (noRedis !== null) say(`Turns are handed round by the database: ${noRedis}.`);
const cluster = await startCluster({
  directory,
  environment: { ...process.env, ...chat },
  environmentOf: shareOf,
  queue: noRedis === null ? 'redis' : 'postgres',
  databaseUrl: process.env.DATABASE_URL ?? null,
  say,
});
say('Everything is at work. Ctrl-C ends it.');

const [bot] = cluster.bots;
if (discord && bot) {
  const channel = discord.channel(discord.guild());
  const asked = discord.people.command(discord.person(), channel, 'complete', {
    prompt: 'a fox in the snow',
    duration: 3,
    resolution: '720p',
  });
  say('In a stand-in for Discord somebody types: /vidgenie complete a fox in the snow --duration 3 --resolution 720p');
  await discord.sendOverHttp(asked, `${bot.url}/discord/interactions`);
  const thread = await discord.thread(asked);
  discord.world
    .until(() => discord.world.messagesIn(thread.id).find(({ attachments }) => attachments.length === 2))
    .then(({ attachments }) => say(`In the thread: ${attachments.map(({ filename }) => filename).join(', ')}`))
    .catch((error: unknown) => say(`Nothing came: ${error}`));
}

let isStopping = false;
const stop = async () => {
  if (isStopping) process.exit(130);
  isStopping = true;
  for (const { name, code } of await cluster.stop()) say(`${name} ended with ${code}`);
  await discord?.close();
  await rm(directory, { recursive: true, force: true });
  process.exit(0);
};
process.on('SIGINT', stop);
process.on('SIGTERM', stop);
