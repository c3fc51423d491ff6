import { readFile } from 'node:fs/promises';
import { describe, expect, inject, test } from 'vitest';
import { z } from 'zod';
import { workspaceOf } from '../../src/bots/discord/conversation.ts';
import { checkInvariants } from '../../src/db/invariants.ts';
import { listRuns, loadRun } from '../../src/db/runs.ts';
import { castEntries } from '../../src/db/schema.ts';
import { Secret } from '../../src/db/secret.ts';
import { storeKey, workspacesWithKeys } from '../../src/db/vault.ts';
import { ensureWorkspace } from '../../src/db/workspaces.ts';
import { offerOf } from '../../src/pipeline/offer.ts';
import type { Asked } from '../support/discord/people.ts';
import { openVidGenie } from '../support/discord/server.ts';
import { buttonId, flat, readable } from '../support/discord/world.ts';
import { until } from '../support/program.ts';

const transports = ['gateway', 'http'] as const;

/** Sends an interaction over the gateway or over HTTP. */
type World = Awaited<ReturnType<typeof openVidGenie>>;

async function send({ discord, bot }: World, transport: (typeof transports)[number], asked: Asked): Promise<Asked> {
  if (transport === 'gateway') await discord.ask(asked);
  else expect((await discord.sendOverHttp(asked, bot.endpoint)).status).toBe(200);
  return asked;
}

const picture = async () => ({
  filename: 'fox.png',
  contentType: 'image/png',
  bytes: new Uint8Array(await readFile(inject('vendorMedia').image)),
});

describe.for(transports)('over the %s', (transport) => {
  test('each command that starts no run answers only who asked', async () => {
    const it = await openVidGenie();
    const { discord, channel, ada } = it;
    const started1 = await send(it, transport, discord.people.command(ada, channel, 'image', { prompt: 'a red boat' }));
    const { run } = await it.runOf(started1);
    const said: Record<string, RegExp> = {
      status: /Your image is ready/,
      history: /a red boat/,
      credits: /94 credits left/,
      help: /\/|complete/,
    };
    for (const [name, pattern] of Object.entries(said)) {
      const asked = await send(it, transport, discord.people.command(ada, channel, name));
      expect(readable((await discord.replyEphemeral(asked)).components)).toMatch(pattern);
      expect(asked.interaction.data).toEqual({ flags: 64 });
    }
    const named = await send(
      it,
      transport,
      discord.people.command(ada, channel, 'status', { run: run.id.slice(0, 8) }),
    );
    expect(readable((await discord.replyEphemeral(named)).components)).toMatch(/a red boat/);
    const cancel = await send(it, transport, discord.people.command(ada, channel, 'cancel'));
    expect(readable((await discord.replyEphemeral(cancel)).components)).toMatch(/Nothing is running/);
  });

  test('a video of an attached image', async () => {
    const it = await openVidGenie();
    const { discord, channel, ada } = it;
    const started2 = await send(
      it,
      transport,
      discord.people.command(ada, channel, 'video', { image: await picture(), prompt: 'snow falls' }),
    );
    const view = await it.runOf(started2);
    expect(view.run).toMatchObject({ state: 'succeeded', workflow: 'video', prompt: 'snow falls' });
    expect(view.assets.map(({ step }) => step)).toEqual([null, 1]);
  });

  test('a message with an image can be animated, for the price that is told before; one without is refused', async () => {
    const it = await openVidGenie();
    const { discord, channel, ada } = it;
    const none = await send(it, transport, discord.people.messageCommand(ada, channel, []));
    expect(readable((await discord.replyEphemeral(none)).components)).toMatch(/no image to animate/);
    const asked = await send(it, transport, discord.people.messageCommand(ada, channel, [await picture()]));
    const question = await discord.replyEphemeral(asked);
    expect(readable(question.components)).toMatch(
      /This costs 18 credits\nNothing was charged yet\.\n\[Animate · 18 credits\]/,
    );
    expect(flat(question.components).flatMap(({ items }) => items ?? [])).toHaveLength(1);
    expect(discord.world.messagesIn(channel.id)).toEqual([]);
    const cheap = await send(it, transport, discord.people.press(ada, channel, 'v1:picture:17', question));
    expect(readable((await discord.replyEphemeral(cheap)).components)).toMatch(/This costs 18 credits by now/);
    const id = buttonId(question, 'Animate · 18 credits');
    const started3 = await send(it, transport, discord.people.press(ada, channel, id, question));
    expect((await it.runOf(started3)).run).toMatchObject({ state: 'succeeded', workflow: 'video' });
  });

  test('the settings are a modal for admins alone, checked again when it comes back', async () => {
    const it = await openVidGenie();
    const { discord, channel, ada } = it;
    const admin = discord.person('admin');
    const refused = await send(it, transport, discord.people.command(ada, channel, 'settings'));
    expect(readable((await discord.replyEphemeral(refused)).components)).toMatch(/Only admins/);

    const asked = await send(it, transport, discord.people.command(admin, channel, 'settings'));
    const card = await discord.replyEphemeral(asked);
    expect(asked.interaction.data).toMatchObject({ flags: 64 | (1 << 15) });
    const opened = await send(it, transport, discord.people.press(admin, channel, buttonId(card, 'Defaults …')));
    expect(opened.interaction.answered).toBe(9);
    expect(opened.interaction.data).toMatchObject({ custom_id: 'v1:form:settings:defaults' });
    const peeked = await send(it, transport, discord.people.press(ada, channel, buttonId(card, 'Defaults …')));
    expect(readable((await discord.replyEphemeral(peeked)).components)).toMatch(/Only admins/);
    const values = { style: 'anime', quality: '-', aspect: 'tall', duration: '5', video: '720p off' };
    const sneaky = await send(it, transport, discord.people.submit(ada, channel, 'v1:form:settings:defaults', values));
    expect(readable((await discord.replyEphemeral(sneaky)).components)).toMatch(/Only admins/);
    const saved = await send(it, transport, discord.people.submit(admin, channel, 'v1:form:settings:defaults', values));
    expect(readable((await discord.replyEphemeral(saved)).components)).toMatch(/Saved[\s\S]*anime[\s\S]*tall/);

    const started4 = await send(it, transport, discord.people.command(ada, channel, 'image', { prompt: 'a boat' }));
    expect((await it.runOf(started4)).run.options).toMatchObject({
      style: 'anime',
      quality: 'hd',
      aspect: 'tall',
      duration: 5,
    });
    const direct = await send(it, transport, discord.people.command(admin, channel, 'settings', { duration: 8 }));
    expect(readable((await discord.replyEphemeral(direct)).components)).toMatch(/8 s/);
  });

  test('keys are a modal for admins alone that shows none of them, and what is no key is not stored', async () => {
    const it = await openVidGenie();
    const { discord, channel, ada } = it;
    const admin = discord.person('admin');
    const refused = await send(it, transport, discord.people.command(ada, channel, 'keys'));
    expect(readable((await discord.replyEphemeral(refused)).components)).toMatch(/Only admins/);
    const asked = await send(it, transport, discord.people.command(admin, channel, 'keys'));
    expect(asked.interaction.answered).toBe(9);
    expect(JSON.stringify(asked.interaction.data)).toMatch(/OpenAI key.*Google key/);
    expect(JSON.stringify(asked.interaction.data)).not.toMatch(/"value"/);
    const values = { openai: 'not a key', google: '' };
    const sneaky = await send(it, transport, discord.people.submit(ada, channel, 'v1:form:keys', values));
    expect(readable((await discord.replyEphemeral(sneaky)).components)).toMatch(/Only admins/);
    const answered = await send(it, transport, discord.people.submit(admin, channel, 'v1:form:keys', values));
    const said = readable((await discord.replyEphemeral(answered)).components);
    expect(said).toMatch(/no OpenAI key/);
    expect(said).not.toContain('not a key');
    const nothing = await send(it, transport, discord.people.submit(admin, channel, 'v1:form:keys', { openai: '' }));
    expect(readable((await discord.replyEphemeral(nothing)).components)).toMatch(/Nothing was changed/);
  });

  test('what cannot be is refused in private, and nothing is charged', async () => {
    const it = await openVidGenie();
    const { discord, channel, ada, worker } = it;
    const cases: [string, Record<string, string | number>, RegExp][] = [
      ['complete', { prompt: '   ' }, /What would you like to see/],
      ['complete', { prompt: '\u200B\u2060\u202E \u0301\u3164' }, /What would you like to see/],
      ['complete', { prompt: 'x'.repeat(4001) }, /too long/],
      ['complete', { prompt: 'a fox', duration: 99 }, /duration/],
      ['complete', { prompt: 'a fox', resolution: '4k' }, /not possible here/],
      ['status', { run: 'zzzz' }, /no run/],
      ['nonsense', {}, /does not know/],
    ];
    for (const [name, values, pattern] of cases) {
      const asked = await send(it, transport, discord.people.command(ada, channel, name, values));
      expect(readable((await discord.replyEphemeral(asked)).components)).toMatch(pattern);
    }
    const text = {
      ...(await picture()),
      bytes: new TextEncoder().encode('this is no image at all, whatever its name says'),
    };
    const bad = await send(it, transport, discord.people.command(ada, channel, 'video', { image: text }));
    expect(readable((await discord.replyEphemeral(bad)).components)).toMatch(/cannot be used/);
    expect(discord.world.messagesIn(channel.id)).toEqual([]);
    expect(await checkInvariants(worker.services.db, { atRest: true })).toEqual([]);
  });

  test('prompts and runs are suggested while somebody types', async () => {
    const it = await openVidGenie();
    const { discord, channel, ada } = it;
    const started5 = await send(it, transport, discord.people.command(ada, channel, 'image', { prompt: 'a red boat' }));
    const { run } = await it.runOf(started5);
    const prompt = await send(
      it,
      transport,
      discord.people.complete(ada, channel, 'complete', { prompt: 'boa' }, 'prompt'),
    );
    expect(prompt.interaction.data).toEqual({ choices: [{ name: 'a red boat', value: 'a red boat' }] });
    // A name of the cast replaces the word that the prompt ends with, as long as the whole prompt fits into a choice.
    const common = { workspaceId: run.workspaceId, kind: 'character', description: '' } as const;
    const added = { addedBy: ada.id, addedByName: ada.name };
    const { db } = it.worker.services;
    for (const name of ['fox', 'forest', 'owl']) {
      await db.insert(castEntries).values({ ...common, ...added, name, images: [] });
    }
    const named = async (typed: string) => {
      const typing = discord.people.complete(ada, channel, 'complete', { prompt: typed }, 'prompt');
      const { choices } = z
        .object({ choices: z.array(z.object({ value: z.string() })) })
        .parse((await send(it, transport, typing)).interaction.data);
      return choices.map(({ value }) => value);
    };
    expect(await named('A boat and @Fo')).toEqual(['A boat and @forest', 'A boat and @fox']);
    expect(await named('@')).toEqual(['@forest', '@fox', '@owl']);
    expect(await named(`${'a'.repeat(90)} @fo`)).toEqual([`${'a'.repeat(90)} @forest`, `${'a'.repeat(90)} @fox`]);
    expect(await named(`${'a'.repeat(97)} @fo`)).toEqual([]);
    expect(await named('write to a@fo')).toEqual([]);
    const runs = await send(it, transport, discord.people.complete(ada, channel, 'status', { run: '' }, 'run'));
    expect(runs.interaction.data).toMatchObject({ choices: [{ value: run.id.slice(0, 8) }] });
    const stranger = discord.person('member');
    const others = await send(it, transport, discord.people.complete(stranger, channel, 'status', { run: '' }, 'run'));
    expect(others.interaction.data).toEqual({ choices: [] });
    // The choices follow from what the server's models support. A length is a number there.
    const offered = async (name: string, option: string, value: string) => {
      const given = { prompt: 'a boat', [option]: value };
      return (await send(it, transport, discord.people.complete(ada, channel, name, given, option))).interaction.data;
    };
    const { providers } = it.worker.services;
    const [image, video] = [providers.choose('image', new Set()), providers.choose('video', new Set())];
    const able = { image: image?.provider.capabilities, video: video?.provider.capabilities };
    const list = (values: readonly (string | number)[] = []) => ({
      choices: values.map((value) => ({ name: String(value), value })),
    });
    expect(await offered('image', 'aspect', '')).toEqual(list(able.image?.aspects));
    expect(await offered('complete', 'aspect', '')).toEqual(list(able.video?.aspects));
    expect(await offered('complete', 'resolution', '7')).toEqual(list(['720p']));
    // Too many lengths for a list: the short ones and every fifth second. Whoever types one finds it.
    const lengths = offerOf(providers, 'complete', new Set()).duration;
    expect(await offered('complete', 'duration', '')).toEqual(
      list(lengths.filter((seconds) => seconds <= 15 || seconds % 5 === 0)),
    );
    expect(await offered('complete', 'duration', '3')).toEqual(
      list(lengths.filter((seconds) => `${seconds}`[0] === '3')),
    );
  });

  test('the buttons of a result: again, edit and animate, for no more than they say, and delete', async () => {
    const it = await openVidGenie();
    const { discord, channel, ada, worker } = it;
    const { world, people } = discord;
    const first = await send(
      it,
      transport,
      people.command(ada, channel, 'image', { prompt: 'a red boat', style: 'anime' }),
    );
    const original = await it.runOf(first);
    const thread = await discord.thread(first);
    const result = await world.until(() =>
      world.messagesIn(thread.id).find(({ attachments }) => attachments.length === 1),
    );

    const another = discord.person('member', { name: 'Bob' });
    // We tell the new price if it rose, and also if an old button named no price.
    const id = original.run.id;
    for (const [button, title] of [
      [`v1:again:${id}:5`, /This costs 6 credits by now\nIt was 5 credits when you were told\. Nothing was charged\./],
      [`v1:again:${id}`, /This costs 6 credits\nNothing was charged yet\./],
    ] as const) {
      const pressed = await send(it, transport, people.press(another, thread, button));
      const question = await discord.replyEphemeral(pressed);
      expect(readable(question.components)).toMatch(title);
      expect(buttonId(question, 'Again · 6 credits')).toBe(`v1:again:${id}:6`);
    }
    expect(await listRuns(worker.services.db, original.run.workspaceId, { limit: 5 })).toHaveLength(1);

    const again = await send(it, transport, people.press(another, thread, buttonId(result, 'Again · 6 credits')));
    const repeated = await it.runOf(again);
    expect(repeated.run).toMatchObject({ prompt: 'a red boat', memberName: 'Bob', options: original.run.options });
    expect(repeated.run.id).not.toBe(original.run.id);
    // A thread cannot contain another thread, so the run posts in the same thread.
    expect(world.channels.has(again.interaction.originalId ?? '')).toBe(false);
    await world.until(() =>
      world.messagesIn(thread.id).find((message) => message.reference === again.interaction.originalId),
    );

    const edit = await send(it, transport, people.press(another, thread, buttonId(result, 'Edit prompt')));
    expect(edit.interaction.answered).toBe(9);
    expect(JSON.stringify(edit.interaction.data)).toMatch(/Starting it costs 6 credits\..*a red boat/);
    const customId = `v1:edit:${original.run.id}:6`;
    expect(edit.interaction.data).toMatchObject({ custom_id: customId });
    const tooCheap = people.submit(another, thread, `v1:edit:${id}:5`, { prompt: 'a blue boat' });
    expect(readable((await discord.replyEphemeral(await send(it, transport, tooCheap))).components)).toMatch(
      /This costs 6 credits by now[\s\S]*> a blue boat/,
    );
    const started6 = await send(it, transport, people.submit(another, thread, customId, { prompt: 'a blue boat' }));
    expect((await it.runOf(started6)).run).toMatchObject({ prompt: 'a blue boat', workflow: 'image' });
    const empty = await send(it, transport, people.submit(another, thread, customId, { prompt: ' ' }));
    expect(readable((await discord.replyEphemeral(empty)).components)).toMatch(/What would you like to see/);

    const started7 = await send(it, transport, people.press(another, thread, buttonId(result, 'Animate · 18 credits')));
    const film = await it.runOf(started7);
    expect(film.run).toMatchObject({ workflow: 'video', state: 'succeeded' });

    const denied = await send(it, transport, people.press(another, thread, buttonId(result, 'Delete')));
    expect(readable((await discord.replyEphemeral(denied)).components)).toMatch(/not yours/);
    const moderator = discord.person('moderator', { name: 'Mo' });
    await send(it, transport, people.press(moderator, thread, buttonId(result, 'Delete')));
    const root = world.messages.get(thread.id);
    await world.until(() => readable(root?.components ?? []).includes('deleted by Mo'));
    expect(world.messages.has(result.id)).toBe(false);
    for (const { objectKey } of original.assets) expect(await worker.services.store.size(objectKey)).toBeNull();
    for (const { objectKey } of film.assets) expect(await worker.services.store.size(objectKey)).not.toBeNull();
    const after = await send(it, transport, people.press(ada, thread, buttonId(result, 'Animate · 18 credits')));
    expect(readable((await discord.replyEphemeral(after)).components)).toMatch(/was deleted/);
    const history = await send(it, transport, people.command(ada, channel, 'history'));
    expect(readable((await discord.replyEphemeral(history)).components)).toMatch(/deleted/);
    expect(await checkInvariants(worker.services.db, { atRest: true })).toEqual([]);
  });
});

/** The run of a command, as soon as its video is with its provider. */
async function videoAtWork(it: World, asked: Asked) {
  const { services } = it.worker;
  await it.discord.world.until(() => asked.interaction.answered !== null);
  const [view] = await listRuns(services.db, workspaceOf(it.guild.id, ''), { limit: 1 });
  if (!view) throw new Error('the command started no run');
  return (await until(it.worker, view.run.id, ({ steps }) => steps[2]?.state === 'submitted')).run;
}

test('cancel says what it costs before it takes anything, and asks; it is for its member and moderators, and a run of another server is not found', async () => {
  const it = await openVidGenie({ vendor: { pollsUntilDone: 1_000_000 } });
  const { discord, channel, ada } = it;
  const { world, people } = discord;
  const asked = people.command(ada, channel, 'complete', { prompt: 'a fox' });
  await discord.ask(asked);
  const root = await world.until(() => world.messages.get(asked.interaction.originalId ?? ''));
  const id = await world.until(() =>
    readable(root.components).includes('[Cancel]') ? buttonId(root, 'Cancel') : null,
  );

  const stranger = await send(it, 'gateway', people.press(discord.person('member'), channel, id));
  expect(readable((await discord.replyEphemeral(stranger)).components)).toMatch(/not yours/);
  const elsewhere = discord.channel(discord.guild());
  const foreign = await send(it, 'gateway', people.press(discord.person('admin'), elsewhere, id));
  expect(readable((await discord.replyEphemeral(foreign)).components)).toMatch(/no run/);
  const early = await send(it, 'gateway', people.press(ada, channel, id.replace('cancel', 'delete')));
  expect(readable((await discord.replyEphemeral(early)).components)).toMatch(/still at work/);

  const { db } = it.worker.services;
  const { id: run } = await videoAtWork(it, asked);
  const own = await send(it, 'gateway', people.press(ada, channel, id));
  const question = await discord.replyEphemeral(own);
  expect(readable(question.components)).toMatch(
    /The video is being made\. Stopping now costs all 24 credits: nothing comes back\.[\s\S]*\[Stop\]\n\[Keep going\]/,
  );
  const kept = await send(it, 'gateway', people.press(ada, channel, buttonId(question, 'Keep going'), question));
  expect((await discord.replyEphemeral(kept)).id).toBe(question.id);
  expect(readable(question.components)).toMatch(/^### It goes on\nNothing was stopped\.$/);
  expect((await loadRun(db, run))?.run.cancelRequestedAt).toBeNull();

  // The agreed price holds. If the question is older than the submission of the video, we ask again, on that same message.
  const old = people.press(ada, channel, `v1:cancel:${run}:6`, question);
  await send(it, 'gateway', old);
  const dearer = await discord.replyEphemeral(old);
  expect(readable(dearer.components)).toMatch(/Stopping costs more by now[\s\S]*It was 6 credits when you were asked/);
  expect(dearer.id).toBe(question.id);
  expect((await loadRun(db, run))?.run.cancelRequestedAt).toBeNull();

  const agreed = await send(it, 'gateway', people.press(ada, channel, buttonId(dearer, 'Stop'), dearer));
  const stopped = await discord.replyEphemeral(agreed);
  expect(readable(stopped.components)).toMatch(/being stopped[\s\S]*costs all 24 credits/);
  expect(readable(stopped.components)).not.toContain('[Stop]');
  expect((await it.runOf(asked)).run.state).toBe('canceled');
  const thread = await discord.thread(asked);
  await world.until(() =>
    world.messagesIn(thread.id).find((message) => readable(message.components).includes('Canceled')),
  );
  await world.until(() => readable(root.components).includes('Canceled'));
  expect(readable(root.components)).not.toContain('[Cancel]');
});

test('whoever moderates a channel looks after the runs of that channel alone', async () => {
  const it = await openVidGenie({ vendor: { pollsUntilDone: 1_000_000 } });
  const { discord, guild, channel, ada } = it;
  const { world, people } = discord;
  const asked = people.command(ada, channel, 'complete', { prompt: 'a fox' });
  await discord.ask(asked);
  const root = await world.until(() => world.messages.get(asked.interaction.originalId ?? ''));
  const id = await world.until(() =>
    readable(root.components).includes('[Cancel]') ? buttonId(root, 'Cancel') : null,
  );
  const run = id.slice(id.lastIndexOf(':') + 1);
  const told = async (what: Asked) =>
    readable((await discord.replyEphemeral(await send(it, 'gateway', what))).components);

  // Discord reports a member's permissions only in the channel of the interaction.
  const moderator = discord.person('moderator');
  const elsewhere = discord.channel(guild);
  const nobodys = id.replace(run, crypto.randomUUID());
  for (const action of ['cancel', 'delete', 'again', 'edit', 'animate']) {
    const press = (custom: string) => people.press(moderator, elsewhere, custom.replace('cancel', action));
    expect(await told(press(id)), action).toMatch(/no run/);
    expect(await told(press(nobodys)), action).toMatch(/no run/);
  }
  for (const command of ['cancel', 'status']) {
    expect(await told(people.command(moderator, elsewhere, command, { run: run.slice(0, 8) }))).toMatch(/no run/);
    // Everybody can see the run's messages in the channel, but another member still gets no private answer about the run.
    expect(await told(people.command(discord.person('member'), channel, command, { run }))).toMatch(/no run/);
  }
  const thread = await discord.thread(asked);
  expect(await told(people.command(moderator, thread, 'status', { run: run.slice(0, 8) }))).toMatch(/a fox/);
  const stop = people.command(moderator, channel, 'cancel', { run: run.slice(0, 8), yes: true });
  expect(await told(stop)).toMatch(/being stopped/);
  expect((await it.runOf(asked)).run.state).toBe('canceled');
});

test('whoever speaks French is answered in French, in the thread too', async () => {
  const it = await openVidGenie();
  const { discord, channel } = it;
  const amelie = discord.person('member', { locale: 'fr' });
  const help = await send(it, 'gateway', discord.people.command(amelie, channel, 'help'));
  expect(readable((await discord.replyEphemeral(help)).components)).toMatch(/Ce que cela coûte/);
  const asked = await send(it, 'gateway', discord.people.command(amelie, channel, 'image', { prompt: 'un renard' }));
  const thread = await discord.thread(asked);
  await discord.world.until(() =>
    discord.world
      .messagesIn(thread.id)
      .find((message) => readable(message.components).includes('Votre image est prête')),
  );
});

test('where no thread is possible it works in place: in a private conversation, in a voice channel, without the permission', async () => {
  const it = await openVidGenie();
  const { discord, guild, ada } = it;
  const sendOnly = (1n << 10n) | (1n << 11n) | (1n << 15n) | (1n << 16n);
  const places = [
    discord.channel(null),
    discord.channel(guild, { type: 2 }),
    discord.channel(guild, { botPermissions: sendOnly }),
  ];
  for (const conversation of places) {
    const asked = await send(it, 'gateway', discord.people.command(ada, conversation, 'image', { prompt: 'a boat' }));
    await it.runOf(asked);
    const [root, result, ...more] = discord.world.messagesIn(conversation.id);
    expect(more).toEqual([]);
    expect(root?.id).toBe(asked.interaction.originalId);
    expect(result).toMatchObject({ reference: root?.id, attachments: [{ contentType: 'image/png' }] });
    await discord.world.until(() => readable(root?.components ?? []).includes('Your image is ready'));
  }
  const { db } = it.worker.services;
  expect(await listRuns(db, workspaceOf(null, ada.id), { limit: 5 })).toHaveLength(1);
});

test('a server is welcomed when the bot joins it, and its keys go when it leaves; an outage is no leaving', async () => {
  const it = await openVidGenie();
  const { discord } = it;
  const { db, vault } = it.worker.services;
  const { guildCreate } = await import('../support/discord/gateway.ts');
  const guild = discord.guild({ name: 'Owls', locale: 'fr' });
  const channel = discord.channel(guild);
  discord.gateway.send('GUILD_CREATE', guildCreate(discord.world, guild));
  const card = await discord.world.until(() => discord.world.messagesIn(channel.id)[0]);
  expect(readable(card.components)).toMatch(/100 crédits/);
  const ids = [guild.id, it.guild.id].map((guildId) => workspaceOf(guildId, ''));
  for (const id of ids) {
    await ensureWorkspace(db, { id, platform: 'discord', name: 'Owls' }, 0);
    const slot = { workspaceId: id, provider: 'openai', purpose: 'api_key' } as const;
    const checked = { by: 'ada', status: 'valid', at: null } as const;
    await storeKey(db, vault.keyring, slot, new Secret('sk-of-this-workspace-0123456789'), checked);
  }
  discord.gateway.send('GUILD_DELETE', { id: it.guild.id, unavailable: true });
  discord.gateway.send('GUILD_DELETE', { id: guild.id });
  await expect.poll(() => workspacesWithKeys(db)).toEqual(ids.slice(1));
});
