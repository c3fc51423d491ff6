import { PermissionFlagsBits } from 'discord-api-types/v10';
import { eq } from 'drizzle-orm';
import { describe, expect, test } from 'vitest';
import { workspaceOf } from '../../src/bots/discord/conversation.ts';
import { checkInvariants } from '../../src/db/invariants.ts';
import { runs } from '../../src/db/schema.ts';
import { createWorkspace } from '../support/database.ts';
import type { Fault } from '../support/discord/discord.ts';
import { openVidGenie, runOf } from '../support/discord/server.ts';
import { expectToldOnce } from '../support/discord/told.ts';
import { everything, readable } from '../support/discord/world.ts';
import { delivered, submitted } from '../support/program.ts';

describe('Discord misbehaves', () => {
  const answer = (status: number, body: object, headers: Record<string, string> = {}) => ({ status, body, headers });
  const messages = /^\/channels\/\d+\/messages$/;
  const limited = (isGlobal: boolean) =>
    answer(
      429,
      { message: 'You are being rate limited.', retry_after: 0.02, global: isGlobal },
      {
        'retry-after': '0.02',
        ...(isGlobal
          ? { 'x-ratelimit-global': 'true' }
          : { 'x-ratelimit-bucket': 'abc', 'x-ratelimit-remaining': '0' }),
        'x-ratelimit-scope': isGlobal ? 'global' : 'user',
      },
    );
  const cases: Record<string, Fault[]> = {
    'a bucket is full': [{ path: messages, times: 2, answer: limited(false) }],
    'everything is limited': [{ path: /\/threads$/, times: 1, answer: limited(true) }],
    'a server error': [{ path: /\/threads$/, times: 1, answer: answer(500, { message: 'oops', code: 0 }) }],
    'posts are carried out and their answers lost': [{ method: 'POST', path: messages, times: 2, losesAnswer: true }],
    'edits of old messages are capped': [
      {
        method: 'PATCH',
        path: /^\/channels\/\d+\/messages\/\d+$/,
        times: 1,
        answer: answer(429, { code: 30046, message: 'Maximum number of edits', retry_after: 0.02 }),
      },
    ],
  };
  test.for(Object.entries(cases))('%s', async ([, faults]) => {
    const { discord, channel, ada, runOf: run, worker } = await openVidGenie();
    discord.faults.push(...faults);
    const asked = discord.people.command(ada, channel, 'image', { prompt: 'a fox' });
    await discord.ask(asked);
    expect((await run(asked)).run).toMatchObject({ state: 'succeeded', deliveryFailure: null });
    await expectToldOnce(discord, asked, /is ready/);
    expect(await checkInvariants(worker.services.db, { atRest: true })).toEqual([]);
  });

  test('a file that is too large after all is told with where it is kept', async () => {
    const { discord, channel, ada, runOf: run } = await openVidGenie({ tier: 3 });
    const tooLarge = answer(413, { message: 'Request entity too large', code: 40005 });
    // The first post is the progress.
    discord.faults.push({ path: messages, times: 1 }, { path: messages, times: 2, answer: tooLarge });
    const asked = discord.people.command(ada, channel, 'image', { prompt: 'a fox' });
    await discord.ask(asked);
    const view = await run(asked);
    const { result } = await expectToldOnce(discord, asked, /is ready/);
    expect(result?.attachments).toEqual([]);
    expect(readable(result?.components ?? [])).toContain(view.assets[0]?.objectKey.replaceAll('_', '\\_') ?? '?');
  });

  test('an answer that comes too late, or second, charges nothing', async () => {
    const { discord, channel, ada, bot, worker } = await openVidGenie();
    const late = discord.people.command(ada, channel, 'complete', { prompt: 'a fox' });
    discord.world.skip(3_500);
    discord.send(late);
    await discord.world.until(() =>
      discord.world.requests.some(({ path, status }) => path.endsWith('/callback') && status === 404),
    );
    const twice = discord.people.command(ada, channel, 'image', { prompt: 'a fox' });
    await discord.ask(twice);
    discord.send(twice);
    await discord.world.until(() =>
      discord.world.requests.some(({ path, status }) => path.endsWith('/callback') && status === 400),
    );
    await runOf(worker, discord, twice);
    // We also send it over the other transport, as after a change of the settings at Discord.
    const response = await discord.sendOverHttp(twice, bot.endpoint).catch((error: unknown) => error);
    expect(response).toMatchObject({ code: 40060 });
    await bot.stop();
    const db = worker.services.db;
    const paid = await db.select({ key: runs.requestKey, state: runs.state, paid: runs.capturedCredits }).from(runs);
    expect(paid.sort((a, b) => (a.key < b.key ? -1 : 1))).toEqual([
      { key: `discord:${late.interaction.id}`, state: 'canceled', paid: 0 },
      { key: `discord:${twice.interaction.id}`, state: 'succeeded', paid: 6 },
    ]);
    // Discord itself shows that a late answer failed, so the bot says nothing else.
    expect(discord.world.messagesIn(channel.id)).toHaveLength(1);
    expect(await checkInvariants(worker.services.db, { atRest: true })).toEqual([]);
  });

  test('a run outlives its interaction’s fifteen minutes', async () => {
    const { discord, channel, ada, worker, installation } = await openVidGenie({ vendor: { pollsUntilDone: 3 } });
    const asked = discord.people.command(ada, channel, 'complete', { prompt: 'a fox' });
    await discord.ask(asked);
    await discord.thread(asked);
    discord.world.skip(16 * 60_000);
    await runOf(worker, discord, asked);
    await expectToldOnce(discord, asked, /are ready/);
    expect(await checkInvariants(installation.database.db, { atRest: true })).toEqual([]);
  });

  test.for(['locked', 'deleted', 'archived'] as const)('a thread that is %s before the end', async (what) => {
    const { discord, channel, ada, runOf: run } = await openVidGenie({ vendor: { pollsUntilDone: 5 } });
    const { world } = discord;
    let release = () => {};
    const until = new Promise<void>((resolve) => {
      release = resolve;
    });
    // The result waits until the thread is locked.
    discord.faults.push({ path: messages, times: 1 }, { path: messages, times: 1, until });
    const asked = discord.people.command(ada, channel, 'complete', { prompt: 'a fox' });
    await discord.ask(asked);
    const thread = await discord.thread(asked);
    await world.until(() => world.messagesIn(thread.id).length > 0);
    if (what === 'deleted') world.channels.delete(thread.id);
    if (what === 'locked') thread.locked = true;
    thread.archived = true;
    release();
    expect((await run(asked)).run.deliveryFailure).toBeNull();
    const home = what === 'archived' ? thread.id : channel.id;
    expect(world.messagesIn(home).filter(({ attachments }) => attachments.length === 2)).toHaveLength(1);
  });

  test('a thread without a root message is opened once, although its asker cannot be added', async () => {
    const { discord, guild, ada, worker, installation } = await openVidGenie();
    const { world } = discord;
    const channel = discord.channel(guild, { botPermissions: everything & ~PermissionFlagsBits.SendMessages });
    // The worker tries each call three times.
    const failing = { path: /\/thread-members\//, times: 3, answer: answer(500, { message: 'oops', code: 0 }) };
    discord.faults.push(failing);
    const conversation = { guildId: guild.id, channelId: channel.id, rootId: null, opensThread: true, locale: 'en' };
    const id = await submitted(worker, {
      workspace: await createWorkspace(installation.database, 1_000, workspaceOf(guild.id, '')),
      member: { id: ada.id, name: ada.name, isAdmin: false },
      workflow: 'image',
      conversation,
    });
    expect((await delivered(worker, id)).run).toMatchObject({ state: 'succeeded', deliveryFailure: null });
    expect(failing.times).toBe(0);
    const threads = [...world.channels.values()].filter(({ parentId }) => parentId === channel.id);
    expect(threads).toHaveLength(1);
    expect(world.messagesIn(threads[0]?.id ?? '').map(({ nonce }) => nonce?.[0])).toEqual(['p', 'r']);
  });

  test('the connection is cut, resumed, and thrown out: no command is lost', async () => {
    const { discord, channel, ada, worker } = await openVidGenie();
    const { gateway, people, world } = discord;
    gateway.cut();
    await world.until(() => true);
    const during = people.command(ada, channel, 'image', { prompt: 'while away' });
    gateway.send('INTERACTION_CREATE', during.payload);
    await world.until(() => gateway.counts.resumes > 0);
    expect((await runOf(worker, discord, during)).run.state).toBe('succeeded');
    gateway.invalidate();
    await world.until(() => gateway.counts.identifies > 1);
    const after = people.command(ada, channel, 'image', { prompt: 'after' });
    await discord.ask(after);
    expect((await runOf(worker, discord, after)).run.state).toBe('succeeded');
  });
});

test('a hundred commands at once in one channel: each has its thread, its result, and is charged once', async () => {
  const { discord, guild, channel, worker, installation } = await openVidGenie();
  const id = workspaceOf(guild.id, '');
  await createWorkspace(installation.database, 1_000, id);
  // The bot, the worker and Discord share this process, and share the machine with other tests. The bench measures the answer
  // time.
  discord.world.firstAnswerMs = 60_000;
  const given = { quality: 'standard', aspect: 'square' };
  const all = Array.from({ length: 100 }, (_, index) =>
    discord.people.command(discord.person(), channel, 'image', { prompt: `fox ${index}`, ...given }),
  );
  for (const asked of all) discord.send(asked);
  await Promise.all(all.map((asked) => runOf(worker, discord, asked)));
  for (const asked of all) await expectToldOnce(discord, asked, /is ready/);
  const rows = await worker.services.db
    .select({ paid: runs.capturedCredits })
    .from(runs)
    .where(eq(runs.workspaceId, id));
  expect(rows.map(({ paid }) => paid)).toEqual(Array.from({ length: 100 }, () => 3));
  expect(await checkInvariants(worker.services.db, { atRest: true })).toEqual([]);
});
