import { expect, test } from 'vitest';
import { accountOf } from '../../src/db/credits.ts';
import { settingsOf } from '../../src/db/workspaces.ts';
import type { Asked, Person } from '../support/discord/people.ts';
import { openVidGenie } from '../support/discord/server.ts';
import { buttonId, type Channel, type Component, flat, readable } from '../support/discord/world.ts';

type World = Awaited<ReturnType<typeof openVidGenie>>;

/** Opens a page of the settings from their card, as an admin does, and returns the fields of its modal. */
async function openPage({ discord, channel }: World, admin: Person, label: string) {
  const asked = discord.people.command(admin, channel, 'settings');
  await discord.ask(asked);
  const card = await discord.replyEphemeral(asked);
  const pressed = discord.people.press(admin, channel, buttonId(card, label));
  await discord.ask(pressed);
  return { shown: readable(card.components), modal: JSON.stringify(pressed.interaction.data) };
}

async function save(it: World, admin: Person, page: string, values: Record<string, string | readonly string[]>) {
  const asked = it.discord.people.submit(admin, it.channel, `v1:form:settings:${page}`, values);
  await it.discord.ask(asked);
  return readable((await it.discord.replyEphemeral(asked)).components);
}

async function ask({ discord }: World, who: Person, where: Channel, prompt = 'a fox'): Promise<Asked> {
  const asked = discord.people.command(who, where, 'image', { prompt });
  await discord.ask(asked);
  return asked;
}

const told = async ({ discord }: World, asked: Asked) => readable((await discord.replyEphemeral(asked)).components);

test('runs start only in the channels that the admins chose, and in their threads; elsewhere those channels are named', async () => {
  const it = await openVidGenie();
  const { discord, guild, channel, ada, worker } = it;
  const admin = discord.person('admin');
  const other = discord.channel(guild);
  expect((await openPage(it, admin, 'Limits …')).shown).toMatch(/Channels for runs\*\* · everywhere/);
  expect(await save(it, admin, 'limits', { channels: [channel.id], daily: '', spoilers: [] })).toContain(
    `<#${channel.id}>`,
  );
  expect((await openPage(it, admin, 'Limits …')).modal).toContain(`"default_values":[{"id":"${channel.id}"`);

  const refused = await told(it, await ask(it, ada, other));
  expect(refused).toMatch(/Not in this channel/);
  expect(refused).toContain(`<#${channel.id}>`);
  expect(discord.world.messagesIn(other.id)).toEqual([]);

  const inThread = discord.channel(guild, { type: 11, parentId: channel.id });
  expect((await it.runOf(await ask(it, ada, inThread))).run.state).toBe('succeeded');
  expect((await it.runOf(await ask(it, ada, channel))).run.state).toBe('succeeded');
  const elsewhere = discord.channel(guild, { type: 11, parentId: other.id });
  expect(await told(it, await ask(it, ada, elsewhere))).toMatch(/Not in this channel/);

  // A page changes only the settings that it shows.
  await save(it, admin, 'words', { blocked: 'puppy\nbig cat' });
  const { channels, blockedWords } = await settingsOf(
    worker.services.db,
    (await it.runOf(await ask(it, ada, channel))).run.workspaceId,
  );
  expect({ channels, blockedWords }).toEqual({ channels: [channel.id], blockedWords: ['puppy', 'big cat'] });
  expect(await told(it, await ask(it, ada, channel, 'a big cat'))).toMatch(/does not make that/);
  expect((await openPage(it, admin, 'Blocked words …')).modal).toContain('puppy\\nbig cat');
  await save(it, admin, 'words', { blocked: '' });
  expect((await it.runOf(await ask(it, ada, channel, 'a big cat'))).run.state).toBe('succeeded');
});

test('a chosen channel that cannot be one does not keep the form from opening', async () => {
  const it = await openVidGenie();
  const admin = it.discord.person('admin');
  await save(it, admin, 'limits', { channels: ['general', it.channel.id], daily: '', spoilers: [] });
  const { modal } = await openPage(it, admin, 'Limits …');
  expect(modal).toContain(`"default_values":[{"id":"${it.channel.id}","type":"channel"}]`);
});

test('ten commands at once of a member with a limit of two: two runs, eight friendly refusals, no credit held for them', async () => {
  const it = await openVidGenie();
  const { discord, channel, ada, worker } = it;
  const admin = discord.person('admin');
  expect(await save(it, admin, 'limits', { channels: [], daily: 'many', spoilers: [] })).toMatch(/whole number from 0/);
  expect(await save(it, admin, 'limits', { channels: [], daily: '2', spoilers: [] })).toMatch(/24 hours\*\* · 2/);
  const asked = await Promise.all(Array.from({ length: 10 }, () => ask(it, ada, channel)));
  const refused = await discord.world.until(() => {
    const whispered = asked.filter(({ interaction }) => interaction.ephemeralReplies.length > 0);
    return whispered.length === 8 ? whispered : null;
  });
  for (const one of refused) {
    expect(await told(it, one)).toMatch(/your 2 runs of the day[\s\S]*possible in 2[34] h[\s\S]*Nothing was charged/);
  }
  const views = await Promise.all(asked.filter((one) => !refused.includes(one)).map(it.runOf));
  expect(views.map(({ run }) => run.state)).toEqual(['succeeded', 'succeeded']);
  const [view] = views;
  if (!view) throw new Error('there is no run');
  expect(await accountOf(worker.services.db, view.run.workspaceId)).toEqual({ balance: 88, held: 0 });
  const bob = discord.person('member', { name: 'Bob' });
  expect((await it.runOf(await ask(it, bob, channel))).run.state).toBe('succeeded');
  await save(it, admin, 'limits', { channels: [], daily: '0', spoilers: [] });
  expect((await it.runOf(await ask(it, ada, channel))).run.state).toBe('succeeded');
});

test('the image is shown while the video is still being made; results are hidden as spoilers where the admins want it', async () => {
  const it = await openVidGenie({ vendor: { pollsUntilDone: 1_000_000 } });
  const { discord, channel, ada } = it;
  const { people, world } = discord;
  const admin = discord.person('admin');
  const pictures = (message: { components: Component[] } | undefined) =>
    flat(message?.components ?? []).flatMap((one) => one.items ?? []);
  expect(await save(it, admin, 'limits', { channels: [], daily: '', spoilers: ['on'] })).toMatch(/spoilers\*\* · on/);
  const asked = people.command(ada, channel, 'complete', { prompt: 'a fox' });
  await discord.ask(asked);
  const thread = await discord.thread(asked);
  const progress = await world.until(() =>
    world.messagesIn(thread.id).find(({ attachments }) => attachments.length > 0),
  );
  expect(progress.attachments).toMatchObject([{ filename: 'preview-2.jpg', isSpoiler: true }]);
  expect(pictures(progress)).toMatchObject([{ spoiler: true }]);
  expect(readable(progress.components)).toMatch(/✓ \*\*Image\*\*[\s\S]*◐ \*\*Video\*\*/);
  await discord.ask(people.command(ada, channel, 'cancel', { yes: true }));
  await it.runOf(asked);
  const result = world.messagesIn(thread.id).find(({ attachments }) => attachments.length > 0);
  expect(result?.attachments).toMatchObject([
    { filename: expect.stringMatching(/^image-[0-9a-f]+\.png$/), isSpoiler: true },
  ]);
  expect(pictures(result)).toMatchObject([{ spoiler: true }]);
});

test('whoever asked is mentioned once, with the result, and nobody where the admins do not want it', async () => {
  const it = await openVidGenie();
  const { discord, channel, ada } = it;
  const admin = discord.person('admin');
  const pings = async (prompt: string) => {
    const asked = discord.people.command(ada, channel, 'image', { prompt });
    await discord.ask(asked);
    await it.runOf(asked);
    const { id } = await discord.thread(asked);
    return [...discord.world.messagesIn(channel.id), ...discord.world.messagesIn(id)].flatMap((message) =>
      message.pings.map((who) => ({ who, files: message.attachments.length })),
    );
  };
  expect(await pings('a fox')).toEqual([{ who: ada.id, files: 1 }]);
  expect(await save(it, admin, 'limits', { channels: [], daily: '', mentions: [] })).toMatch(
    /Mention who asked\*\* · off/,
  );
  expect(await pings('a hen')).toEqual([]);
  const on = discord.people.command(admin, channel, 'settings', { mentions: true });
  await discord.ask(on);
  expect(readable((await discord.replyEphemeral(on)).components)).toMatch(/Mention who asked\*\* · on/);
  expect(await pings('an owl')).toEqual([{ who: ada.id, files: 1 }]);
});

test('in a private conversation there are no channels to choose', async () => {
  const it = await openVidGenie();
  const { discord, ada } = it;
  const direct = discord.channel(null);
  const { modal } = await openPage({ ...it, channel: direct }, ada, 'Limits …');
  expect(modal).toContain('daily');
  expect(modal).not.toContain('channels');
});
