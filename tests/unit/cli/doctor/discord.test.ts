import { expect, test } from 'vitest';
import { checkDiscord } from '../../../../src/cli/doctor/discord.ts';
import { readConfig } from '../../../../src/config.ts';
import { createDiscord, type Discord } from '../../../support/discord/discord.ts';
import { deserted } from '../../../support/providers/server.ts';

/** The doctor's findings about Discord, with an operator's configuration. */
async function said(discord: Discord, over: NodeJS.ProcessEnv = {}): Promise<string[]> {
  const { discord: settings } = readConfig({
    DISCORD_TOKEN: discord.address.token,
    DISCORD_API_URL: discord.address.apiUrl,
    ...over,
  });
  if (!settings) throw new Error('Discord is not configured');
  const findings = await checkDiscord(settings, 'https://vidgenie.example', AbortSignal.timeout(30_000));
  return findings.map(({ isFine, says }) => `${isFine ? 'fine' : 'wrong'}: ${says}`);
}

test('a token that Discord takes is named by its bot, with what the next start does about the commands', async () => {
  const discord = await createDiscord();
  const { world } = discord;
  expect(await said(discord)).toEqual([
    'fine: the bot is VidGenie, in no server yet: vidgenie discord invite prints a link',
    expect.stringMatching(/^fine: the next start registers the commands/),
  ]);
  discord.guild();
  expect(world.registrations).toBe(0);
  const http = { DISCORD_PUBLIC_KEY: discord.publicKey };
  world.application.interactions_endpoint_url = 'https://vidgenie.example/discord/interactions';
  expect((await said(discord, { ...http, DISCORD_SHARDS: 'none' }))[0]).toBe('fine: the bot is VidGenie, in 1 server');
});

test('a token that Discord does not take, and a Discord that cannot be reached, are two things', async () => {
  const discord = await createDiscord();
  expect(await said(discord, { DISCORD_TOKEN: 'abc' })).toEqual([
    expect.stringMatching(/^wrong: Discord does not accept DISCORD_TOKEN: reset it/),
  ]);
  expect(await said(discord, { DISCORD_API_URL: await deserted() })).toEqual([
    expect.stringMatching(/^wrong: Discord cannot be reached at http.*ECONNREFUSED.*DISCORD_API_URL/),
  ]);
});

test('what would keep commands from being heard is told before anybody waits for an answer', async () => {
  const discord = await createDiscord();
  const { world } = discord;
  const problems = async (over: NodeJS.ProcessEnv) =>
    (await said(discord, over)).filter((line) => line.startsWith('wrong'));
  const endpoint = 'https://vidgenie.example/discord/interactions';

  expect(await problems({ DISCORD_PUBLIC_KEY: '0'.repeat(64) })).toEqual([
    expect.stringMatching(/DISCORD_PUBLIC_KEY is not the key of this application/),
  ]);
  expect(await problems({ DISCORD_PUBLIC_KEY: discord.publicKey, DISCORD_SHARDS: 'none' })).toEqual([
    expect.stringContaining(`write ${endpoint} as "Interactions Endpoint URL"`),
  ]);
  world.application.interactions_endpoint_url = endpoint;
  expect(await problems({})).toEqual([expect.stringMatching(/none over the gateway: set DISCORD_PUBLIC_KEY/)]);
  world.application.interactions_endpoint_url = null;
  world.connections.wanted = 4;
  expect(await problems({ DISCORD_SHARDS: '0,1', DISCORD_SHARD_COUNT: '2' })).toEqual([
    expect.stringMatching(/Discord wants 4 connections .* DISCORD_SHARD_COUNT is 2/),
  ]);
  world.connections.left = 3;
  expect(await problems({})).toEqual([expect.stringMatching(/allows no more connections/)]);
});
