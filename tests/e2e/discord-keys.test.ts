import { expect, test } from 'vitest';
import { workspaceOf } from '../../src/bots/discord/conversation.ts';
import { parseKeyring } from '../../src/db/keyring.ts';
import { workspaces } from '../../src/db/schema.ts';
import { Secret } from '../../src/db/secret.ts';
import { describeKeys, storeKey, workspacesWithKeys } from '../../src/db/vault.ts';
import { openAiCanary } from '../support/canary.ts';
import { newcomer, vidgenie } from '../support/command-line.ts';
import { createTestDatabase } from '../support/database.ts';
import { createDiscord } from '../support/discord/discord.ts';
import { openVidGenie } from '../support/discord/server.ts';
import { readable } from '../support/discord/world.ts';
import { startVendors } from '../support/providers/vendors.ts';

const own = 'sk-proj-CANARYworkspace0123456789abcdWXYZ';

test('a key typed into the modal is tried, stored and used by the next run, and a tick removes it', async () => {
  const vendors = await startVendors();
  const it = await openVidGenie({ environment: vendors.environment });
  const { discord, channel, ada, worker } = it;
  const { people, world } = discord;
  const admin = discord.person('admin');
  const opened = async () => {
    const asked = people.command(admin, channel, 'keys');
    await discord.ask(asked);
    return JSON.stringify(asked.interaction.data);
  };
  const submit = async (values: Record<string, string | readonly string[]>) => {
    const asked = people.submit(admin, channel, 'v1:form:keys', values);
    await discord.ask(asked);
    return readable((await discord.replyEphemeral(asked)).components);
  };
  expect(await opened()).not.toMatch(/"remove"/);
  expect(await submit({ openai: own, google: '' })).toMatch(/…WXYZ works/);

  const asked = people.command(ada, channel, 'image', { prompt: 'a fox' });
  await discord.ask(asked);
  const { run } = await it.runOf(asked);
  expect(run.state).toBe('succeeded');
  const paid = vendors.openai.posts(/responses|images/);
  expect(paid.map((one) => one.headers.authorization)).toEqual([`Bearer ${own}`, `Bearer ${own}`]);

  const modal = await opened();
  expect(modal).toMatch(/…WXYZ, works/);
  expect(modal).toMatch(/"custom_id":"remove".*"type":22.*"value":"openai"/);
  expect(await submit({ openai: '', google: '', remove: [] })).toMatch(/Nothing was changed/);
  expect(await submit({ openai: '', google: '', remove: ['openai'] })).toMatch(/The OpenAI key was deleted/);
  expect(await describeKeys(worker.services.db, run.workspaceId)).toEqual([]);
  const said = JSON.stringify([...world.messages.values(), ...world.interactions.values(), modal]);
  expect(said).not.toContain('CANARY');
  expect(said).not.toContain(openAiCanary);
});

test('the keys of a server go when it is left, also while the bot was down; one in an outage or of another shard keeps them', async () => {
  const discord = await createDiscord();
  // The first of two shards gets only servers whose ids are even in their upper bits.
  const ofFirstShard = (n: bigint) => discord.guild({ id: String((2n * n) << 22n) });
  const [staying, leaving, away] = [ofFirstShard(1n), ofFirstShard(2n), ofFirstShard(3n)];
  discord.world.unavailable.add(away.id);
  const [gone, foreign] = [String(1_000n << 22n), String(1_001n << 22n)];
  const { db, url } = await createTestDatabase();
  const keyring = `k1:${Buffer.alloc(32, 7).toString('base64')}`;
  const idOf = (guildId: string) => workspaceOf(guildId, '');
  const people = workspaceOf(null, '42');
  const ids = [...[staying.id, leaving.id, away.id, foreign, gone].map(idOf), people];
  for (const id of ids) {
    await db.insert(workspaces).values({ id, platform: 'discord', name: 'Foxes' });
    const checked = { by: 'ada', status: 'valid', at: null } as const;
    const slot = { workspaceId: id, provider: 'openai', purpose: 'api_key' } as const;
    await storeKey(db, parseKeyring(keyring), slot, new Secret(own), checked);
  }

  const { environment } = await newcomer();
  const bot = vidgenie(['start'], {
    ...environment,
    DISCORD_TOKEN: discord.address.token,
    DISCORD_API_URL: discord.address.apiUrl,
    VIDGENIE_KEYRING: keyring,
    VIDGENIE_ROLE: 'bot',
    DATABASE_URL: url,
    DISCORD_SHARDS: '0',
    DISCORD_SHARD_COUNT: '2',
  });
  await bot.said(new RegExp(`${idOf(gone)}.*keys are deleted|keys are deleted.*${idOf(gone)}`));
  expect(new Set(await workspacesWithKeys(db))).toEqual(new Set(ids.filter((id) => id !== idOf(gone))));

  discord.gateway.send('GUILD_DELETE', { id: away.id, unavailable: true });
  discord.gateway.send('GUILD_DELETE', { id: leaving.id });
  await bot.said(new RegExp(`${idOf(leaving.id)}.*keys are deleted|keys are deleted.*${idOf(leaving.id)}`));
  bot.child.kill('SIGTERM');
  expect(await bot.exit).toBe(0);
  expect(new Set(await workspacesWithKeys(db))).toEqual(
    new Set([staying.id, away.id, foreign].map(idOf).concat(people)),
  );
});
