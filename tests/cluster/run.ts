import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openDiscord } from '../support/discord/simulator.ts';
import { noRedis } from '../support/redis.ts';
import { startCluster } from './cluster.ts';

// `npm run cluster`: runs the services of docker-compose.yml as plain processes, until Ctrl-C. It passes on the variables of
// the environment and of .env. Without a chat platform there, it starts a Discord simulator and gives one command in it.

const say = (line: string) => process.stdout.write(`${line}\n`);

try {
  process.loadEnvFile();
} catch {
  say('There is no .env here.');
}
const directory = await mkdtemp(join(tmpdir(), 'vidgenie-cluster-'));
// If we are root, the embedded PostgreSQL runs as another user, who needs access to this folder.
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
// Each bot takes half of Discord's gateway, unless the operator set other shards.
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
