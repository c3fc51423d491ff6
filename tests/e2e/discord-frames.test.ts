import { readFile } from 'node:fs/promises';
import { expect, inject, test } from 'vitest';
import { workspaceOf } from '../../src/bots/discord/conversation.ts';
import { checkInvariants } from '../../src/db/invariants.ts';
import { listRuns } from '../../src/db/runs.ts';
import type { Asked, Person } from '../support/discord/people.ts';
import { openBot, openVidGenie } from '../support/discord/server.ts';
import { buttonId, type Channel, flat, type Message, menuOption, readable, rowsOf } from '../support/discord/world.ts';
import { delivered } from '../support/program.ts';

type World = Awaited<ReturnType<typeof openVidGenie>>;

const rich = { freeCredits: 10_000 };

/** The result of a run that somebody asked for with a command, and its thread. */
async function resultOf(it: World, who: Person, values: Parameters<World['discord']['people']['command']>[3]) {
  const { discord, channel } = it;
  const { world, people } = discord;
  const asked = people.command(who, channel, 'complete', values);
  await discord.ask(asked);
  const view = await it.runOf(asked);
  const thread = await discord.thread(asked);
  const result = await world.until(() => world.messagesIn(thread.id).find(({ nonce }) => nonce?.startsWith('r')));
  return { asked, view, thread, result };
}

const runsIn = (it: World) => listRuns(it.worker.services.db, workspaceOf(it.guild.id, ''), { limit: 50 });

/** The answers that only the asker sees. */
async function told(it: World, asked: Asked): Promise<string> {
  await it.discord.ask(asked);
  return readable((await it.discord.replyEphemeral(asked)).components);
}

test('of four frames the second becomes a video for the price on its button, once for each member who presses it', async () => {
  const it = await openVidGenie(rich);
  const { discord, ada, worker, guild } = it;
  const { people, world } = discord;
  const { view, thread, result } = await resultOf(it, ada, { prompt: 'a fox', frames: 4 });
  expect(view.run).toMatchObject({ state: 'succeeded', priceCredits: 21 });
  expect(result.attachments).toHaveLength(4);
  const galleries = flat(result.components).filter(({ items }) => items !== undefined);
  expect(galleries.map(({ items }) => items?.length)).toEqual([4]);
  const [choices = [], others = [], menu = []] = rowsOf(result);
  expect(choices).toEqual([1, 2, 3, 4].map((number) => `${number} · 18 credits`));
  expect(others[0]).toBe('New frames · 21 credits');
  expect(others.at(-1)).toBe('Delete');
  expect(menu).toContain('Vary 2 · 20 credits');
  // The member who asked finds the thread in their list, and is notified once.
  expect([...thread.members]).toEqual([ada.id]);
  expect(result.pings).toEqual([ada.id]);

  const second = buttonId(result, '2 · 18 credits');
  const before = world.messagesIn(thread.id).length;
  const presses = [people.press(ada, thread, second, result), people.press(ada, thread, second, result)];
  await Promise.all(presses.map((asked) => discord.ask(asked)));
  const refused = await world.until(() => presses.find(({ interaction }) => interaction.ephemeralReplies.length > 0));
  const taken = presses.find((asked) => asked !== refused);
  if (!taken) throw new Error('both presses were refused');
  expect(readable(refused.interaction.ephemeralReplies[0]?.components ?? [])).toMatch(/asked for already/);
  const film = await it.runOf(taken);
  expect(film.run).toMatchObject({ workflow: 'video', state: 'succeeded', priceCredits: 18, parentId: view.run.id });
  const chosen = view.steps.find(({ variant }) => variant === 2)?.number ?? 0;
  expect(film.run.parentStep).toBe(chosen);
  // The answer and the result.
  expect(world.messagesIn(thread.id)).toHaveLength(before + 2);

  const bob = discord.person('member', { name: 'Bob' });
  const bobs = people.press(bob, thread, second, result);
  await discord.ask(bobs);
  expect((await it.runOf(bobs)).run).toMatchObject({ workflow: 'video', memberName: 'Bob', parentId: view.run.id });
  expect(await runsIn(it)).toHaveLength(3);

  // The price on the button is the most that it may cost, and a run of another server is not found.
  expect(await told(it, people.press(ada, thread, second.replace(':18:', ':17:'), result))).toMatch(
    /This costs 18 credits by now/,
  );
  const elsewhere = discord.channel(discord.guild());
  for (const action of ['animate', 'vary', 'better', 'change', 'reanimate', 'lastFrame', 'ending', 'remix', 'show']) {
    const forged = second.replace('animate', action);
    expect(await told(it, people.press(discord.person('admin'), elsewhere, forged)), action).toMatch(/no run/);
    const other = discord.channel(guild);
    expect(await told(it, people.press(bob, other, forged)), action).toMatch(/no run/);
  }
  expect(await checkInvariants(worker.services.db, { atRest: true })).toEqual([]);
});

/** Everything that a result offers, as its custom ids: the buttons, and the options of the menu. */
const offeredBy = (result: Message) => ({
  buttons: rowsOf(result)
    .slice(0, -1)
    .flat()
    .map((label) => buttonId(result, label)),
  options: (rowsOf(result).at(-1) ?? []).map((label) => menuOption(result, label)),
});

test('every button and every entry of the menu works after a restart, on images and on a film', async () => {
  const it = await openVidGenie(rich);
  const { discord, ada, installation } = it;
  const { people } = discord;
  const frames = await resultOf(it, ada, { prompt: 'a fox', frames: 2 });
  const film = await resultOf(it, ada, { prompt: 'a fox' });
  await it.bot.stop();
  await openBot(await installation.open({ worker: false }), discord);
  const asking = /^v1:(edit|change|reanimate|lastFrame|ending|remix):/;

  const works = async (asked: Asked, id: string) => {
    await discord.ask(asked);
    if (asking.test(id)) {
      expect(asked.interaction.answered, id).toBe(9);
      expect(asked.interaction.data, id).toMatchObject({
        custom_id: expect.stringMatching(id.split(':').slice(0, 3).join(':')),
      });
    } else if (!id.startsWith('v1:delete:')) {
      expect((await it.runOf(asked)).run, id).toMatchObject({ state: 'succeeded' });
    }
  };
  for (const { result, thread } of [frames, film]) {
    const { buttons, options } = offeredBy(result);
    expect(options.length).toBeGreaterThan(0);
    for (const option of options) {
      const { edits } = result;
      await works(people.choose(ada, thread, option, result), option.value);
      // Otherwise its clients report no second choice of the same option.
      await discord.world.until(() => result.edits > edits);
      expect(result.attachments.length).toBeGreaterThan(0);
    }
    for (const id of buttons) await works(people.press(ada, thread, id, result), id);
    await discord.world.until(() => !discord.world.messages.has(result.id));
  }
  expect(await checkInvariants(it.worker.services.db, { atRest: true })).toEqual([]);
});

test('a form asks what to change, for the price that it tells, and the changed image can be changed again', async () => {
  const it = await openVidGenie(rich);
  const { discord, ada } = it;
  const { people, world } = discord;
  const { view, thread, result } = await resultOf(it, ada, { prompt: 'a fox', frames: 2 });
  const chosen = people.choose(ada, thread, menuOption(result, 'Change 2'), result);
  await discord.ask(chosen);
  const step = view.steps.find(({ variant }) => variant === 2)?.number;
  const form = `v1:change:${view.run.id}:5:${step}`;
  expect(chosen.interaction.data).toMatchObject({ title: 'Change the image', custom_id: form });
  expect(JSON.stringify(chosen.interaction.data)).toMatch(/What should change\?.*Starting it costs 5 credits/);
  const cheap = people.submit(ada, thread, form.replace(':5:', ':4:'), { prompt: 'make it night' }, result);
  expect(await told(it, cheap)).toMatch(/This costs 5 credits by now[\s\S]*> make it night/);
  expect(await told(it, people.submit(ada, thread, form, { prompt: ' ' }, result))).toMatch(/like to see/);
  const submitted = people.submit(ada, thread, form, { prompt: 'make it night' }, result);
  await discord.ask(submitted);
  const changed = await it.runOf(submitted);
  expect(changed.run).toMatchObject({ workflow: 'edit', prompt: 'make it night', parentStep: step, priceCredits: 5 });
  const next = await world.until(() =>
    world.messagesIn(thread.id).find(({ reference }) => reference === submitted.interaction.originalId),
  );

  // An earlier version is shown again to who asks, with its media and its buttons, and costs nothing.
  const show = people.press(ada, thread, `v1:show:${view.run.id}`, next);
  await discord.ask(show);
  const shown = await discord.replyEphemeral(show);
  expect(shown.attachments).toHaveLength(2);
  expect(readable(shown.components)).toContain(`<#${thread.id}>`);
  expect(rowsOf(shown)[0]).toEqual(['1 · 18 credits', '2 · 18 credits']);
  const video = people.press(ada, thread, buttonId(shown, '1 · 18 credits'), shown);
  await discord.ask(video);
  expect((await it.runOf(video)).run).toMatchObject({ workflow: 'video', state: 'succeeded' });
  expect(await checkInvariants(it.worker.services.db, { atRest: true })).toEqual([]);
});

const picture = async () => ({
  filename: 'fox.png',
  contentType: 'image/png',
  bytes: new Uint8Array(await readFile(inject('vendorMedia').image)),
});

test('the image of any message can be edited, for the price that is told before, and images are references of commands', async () => {
  const it = await openVidGenie();
  const { discord, channel, ada } = it;
  const { people, world } = discord;
  const without = people.messageCommand(ada, channel, [], 'Edit this image');
  expect(await told(it, without)).toMatch(/no image/);
  const asked = people.messageCommand(ada, channel, [await picture()], 'Edit this image');
  expect(await told(it, asked)).toMatch(/This costs 5 credits\nNothing was charged yet\.\n\[Change · 5 credits\]/);
  const question = await discord.replyEphemeral(asked);
  const opened = people.press(ada, channel, buttonId(question, 'Change · 5 credits'), question);
  await discord.ask(opened);
  expect(opened.interaction).toMatchObject({ answered: 9, data: { custom_id: 'v1:pictureEdit:5' } });
  expect(world.messagesIn(channel.id)).toEqual([]);
  const cheap = people.submit(ada, channel, 'v1:pictureEdit:4', { prompt: 'a red scarf' }, question);
  expect(await told(it, cheap)).toMatch(/This costs 5 credits by now/);
  const submitted = people.submit(ada, channel, 'v1:pictureEdit:5', { prompt: 'a red scarf' }, question);
  await discord.ask(submitted);
  const view = await it.runOf(submitted);
  expect(view.run).toMatchObject({ workflow: 'edit', state: 'succeeded', prompt: 'a red scarf' });
  expect(view.assets.map(({ step }) => step)).toEqual([null, 1]);
  // Without the question there is no picture.
  expect(await told(it, people.submit(ada, channel, 'v1:pictureEdit:5', { prompt: 'a' }))).toMatch(/any more/);

  for (const [name, values] of [
    ['image', { prompt: 'a fox', ref: await picture() }],
    ['edit', { image: await picture(), prompt: 'at night' }],
  ] as const) {
    const started = people.command(ada, channel, name, values);
    await discord.ask(started);
    const { run, assets } = await it.runOf(started);
    expect(run.state, name).toBe('succeeded');
    expect(
      assets.some(({ step }) => step === null),
      name,
    ).toBe(true);
  }
  expect(await checkInvariants(it.worker.services.db, { atRest: true })).toEqual([]);
});

test('a form takes the images of an entry of the cast, shows them to who asks, and prompts use them', async () => {
  const it = await openVidGenie();
  const { discord, channel, ada } = it;
  const { people } = discord;
  const add = people.command(ada, channel, 'cast', { action: 'add', name: 'fox' });
  await discord.ask(add);
  expect(add.interaction).toMatchObject({ answered: 9, data: { custom_id: 'v1:form:cast' } });
  const images = [await picture(), await picture()];
  const values = { name: 'fox', images, description: 'red', kind: 'character', mayUse: ['yes'] };
  expect(await told(it, people.submit(ada, channel, 'v1:form:cast', values))).toMatch(/@fox is in the cast/);
  const show = people.command(ada, channel, 'cast', { action: 'show', name: 'fox' });
  expect(await told(it, show)).toMatch(/^### @fox\n/);
  expect((await discord.replyEphemeral(show)).attachments).toHaveLength(2);
  const used = people.command(ada, channel, 'image', { prompt: '@fox in the snow' });
  await discord.ask(used);
  const { run } = await it.runOf(used);
  expect(run).toMatchObject({ state: 'succeeded', cast: [{ name: 'fox' }] });
});

/** The bot's answer to a message. */
const answerTo = (it: World, channel: Channel, id: string) =>
  it.discord.world.until(() => it.discord.world.messagesIn(channel.id).find(({ reference }) => reference === id));

test('a mention in the thread of a result is answered with what it would cost, once, and its button starts it', async () => {
  const it = await openVidGenie(rich);
  const { discord, channel, ada } = it;
  const { people, world } = discord;
  const me = `<@${world.applicationId}>`;
  const { view, thread, result } = await resultOf(it, ada, { prompt: 'a fox', frames: 2 });
  const film = people.press(ada, thread, buttonId(result, '1 · 18 credits'), result);
  await discord.ask(film);
  const filmed = await it.runOf(film);

  const bob = discord.person('member', { name: 'Bob' });
  const wish = people.say(bob, thread, `${me} make it night`);
  // Discord may deliver it twice.
  discord.say(wish);
  discord.say(wish);
  const card = await answerTo(it, thread, wish.id);
  expect(card.pings).toEqual([]);
  const [[label = ''] = []] = rowsOf(card);
  expect(label).toMatch(/· \d+ credits$/);
  const before = (await runsIn(it)).length;
  const presses = [bob, ada].map((who) => people.press(who, thread, buttonId(card, label), card));
  for (const press of presses) await discord.ask(press);
  // The newest result in the thread is meant, and a proposal is carried out once.
  const [started, ...more] = await runsIn(it);
  expect(started?.run).toMatchObject({ memberName: 'Bob', workflow: 'edit', parentId: filmed.run.id });
  expect(more).toHaveLength(before);
  expect(presses.map(({ interaction }) => interaction.ephemeralReplies.length)).toEqual([0, 1]);
  if (started) await delivered(it.worker, started.run.id);

  // A reply says which result it is about.
  const about = people.say(bob, thread, `${me} add a red scarf to image 2`, { replyTo: result.id });
  discord.say(about);
  const other = await answerTo(it, thread, about.id);
  const [[begin = ''] = []] = rowsOf(other);
  // The press may be delivered twice, too, and the second delivery be answered first. Everybody sees its answer all the same.
  const begun = people.press(bob, thread, buttonId(other, begin), other);
  const firstAnswer = world.until(() => begun.interaction.answered !== null);
  const path = /^\/interactions\/\d+\/[^/]+\/callback$/;
  discord.faults.push({ path, times: 1, until: firstAnswer.then(() => {}) });
  const runsBefore = (await runsIn(it)).length;
  discord.send(begun);
  await expect.poll(async () => (await runsIn(it)).length).toBe(runsBefore + 1);
  await discord.sendOverHttp(begun, it.bot.endpoint);
  expect(begun.interaction.ephemeralReplies).toEqual([]);
  const [second] = await runsIn(it);
  const step = view.steps.find(({ variant }) => variant === 2)?.number;
  expect(second?.run).toMatchObject({ workflow: 'edit', parentId: view.run.id, parentStep: step });
  if (second) await delivered(it.worker, second.run.id);

  // Elsewhere it says how to begin. Bots, webhooks and messages that do not mention it get no answer.
  const others = [
    people.say(bob, thread, `${me} make it day`, { isBot: true }),
    people.say(bob, thread, `${me} make it day`, { webhookId: world.newId() }),
    people.say(bob, thread, 'make it day'),
    people.say(bob, thread, 'lovely', { replyTo: result.id }),
  ];
  for (const one of others) discord.say(one);
  const lost = people.say(bob, channel, `${me} hello`);
  discord.say(lost);
  expect(readable((await answerTo(it, channel, lost.id)).components)).toMatch(/\/vidgenie complete/);

  // In a thread that members opened themselves, a run has no thread of its own, and its result is meant all the same.
  const own = discord.channel(it.guild, { type: 11, parentId: channel.id });
  const typed = people.command(ada, own, 'image', { prompt: 'a hen' });
  await discord.ask(typed);
  await it.runOf(typed);
  const there = people.say(bob, own, `${me} make it night`);
  discord.say(there);
  expect(rowsOf(await answerTo(it, own, there.id))).toEqual([[expect.stringMatching(/^Start · /)]]);
  const answered = world.messagesIn(thread.id).flatMap(({ nonce }) => (nonce?.startsWith('m') ? nonce : []));
  expect(answered).toEqual([`m${wish.id}`, `m${about.id}`]);
  expect(await checkInvariants(it.worker.services.db, { atRest: true })).toEqual([]);
});
