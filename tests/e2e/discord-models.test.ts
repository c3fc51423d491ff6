import { expect, test } from 'vitest';
import { z } from 'zod';
import { workspaceOf } from '../../src/bots/discord/conversation.ts';
import { accountOf } from '../../src/db/credits.ts';
import { checkInvariants } from '../../src/db/invariants.ts';
import { settingsOf } from '../../src/db/workspaces.ts';
import { nextPrices } from '../../src/pipeline/quote.ts';
import { openVidGenie } from '../support/discord/server.ts';
import { buttonId, readable } from '../support/discord/world.ts';

const prices = { from: 'book', creditMicroUsd: 50_000, markupPercent: 20 } as const;
const aliases = { best: ['studio/other-image', 'studio/other-video'] };

async function opened(others: { isGone?: () => boolean } = {}) {
  const it = await openVidGenie({ vendor: { choice: { aliases, ...others } }, prices });
  const { discord, guild, channel, ada, worker } = it;
  const { people } = discord;
  const admin = discord.person('admin');
  const { db } = worker.services;
  const workspaceId = workspaceOf(guild.id, ada.id);
  const ask = async (name: string, values: Record<string, string | number | boolean>, who = ada) => {
    const asked = people.command(who, channel, name, values);
    await discord.ask(asked);
    return asked;
  };
  const told = async (name: string, values: Record<string, string | number | boolean>, who = ada) =>
    readable((await discord.replyEphemeral(await ask(name, values, who))).components);
  const choices = async (name: string, values: Record<string, string | number | boolean>, option = 'model') => {
    const typing = people.complete(ada, channel, name, values, option);
    await discord.ask(typing);
    return z.object({ choices: z.array(z.unknown()) }).parse(typing.interaction.data).choices;
  };
  const balance = async () => (await accountOf(db, workspaceId)).balance;
  return { ...it, db, workspaceId, admin, ask, told, choices, balance };
}

test('while a member types, the models are listed with aliases first, their abilities and their price for the options at hand', async () => {
  const { choices } = await opened();
  const prompt = 'a fox';
  // 8 s with sound: 96 cents and a fifth more are 24 credits of 5 cents. The first choices have the prices of the table.
  expect(await choices('complete', { prompt, model: '' })).toEqual([
    { name: 'best · studio/other-image + studio/other-video · 25 credits', value: 'best' },
    { name: 'vendor-video · 3–15 s · 720p–1080p · 18 credits', value: 'vendor-video' },
    { name: 'studio/other-video · 4–10 s · 720p–4K · 24 credits', value: 'studio/other-video' },
    { name: 'vendor-image · image · 5 credits', value: 'vendor-image' },
    { name: 'studio/other-image · image · 1 credit', value: 'studio/other-image' },
    { name: 'vendor-words · prompt · 1 credit', value: 'vendor-words' },
  ]);
  // Only the steps of the workflow, only what is typed (a name or a title), and the price that the run would have.
  expect(await choices('image', { prompt, variants: 3, model: 'OTHER' })).toEqual([
    { name: 'best · studio/other-image · 3 credits', value: 'best' },
    { name: 'studio/other-image · image · 3 credits', value: 'studio/other-image' },
  ]);
  expect(await choices('complete', { prompt, duration: 4, audio: false, model: 'the other camera' })).toEqual([
    { name: 'studio/other-video · 4–10 s · 720p–4K · 10 credits', value: 'studio/other-video' },
  ]);
  // A choice replaces all that was typed, so it repeats what comes before.
  expect(await choices('complete', { prompt, resolution: '4k', model: 'vendor-image+other-v' })).toEqual([
    { name: 'best · studio/other-image + studio/other-video · 25 credits', value: 'vendor-image+best' },
    { name: 'studio/other-video · 4–10 s · 720p–4K · 24 credits', value: 'vendor-image+studio/other-video' },
  ]);
  expect(await choices('complete', { prompt, resolution: '4k', model: 'vendor-video' })).toEqual([
    { name: 'vendor-video · 3–15 s · 720p–1080p · not with these options', value: 'vendor-video' },
  ]);
  // The other options depend on the model.
  expect(await choices('complete', { prompt, model: 'studio/other-video', resolution: '4' }, 'resolution')).toEqual([
    { name: '4k', value: '4k' },
  ]);
  expect(await choices('complete', { prompt, resolution: '4' }, 'resolution')).toEqual([]);
});

test('a run with a chosen model uses it for what it is listed for, is told with it, and costs exactly that', async () => {
  const it = await opened();
  const { discord, ask, runOf, balance, db, worker } = it;
  const before = 100;
  const asked = await ask('complete', { prompt: 'a fox', resolution: '4k', model: 'vendor-image, studio/other-video' });
  const view = await runOf(asked);
  expect(view.run).toMatchObject({
    state: 'succeeded',
    priceCredits: 30,
    capturedCredits: 30,
    options: { models: ['vendor-image', 'studio/other-video'] },
  });
  expect(view.steps.map(({ model, priceCredits }) => [model, priceCredits])).toEqual([
    ['vendor-words', 1],
    ['vendor-image', 5],
    ['studio/other-video', 24],
  ]);
  expect(await balance()).toBe(before - 30);
  expect(await checkInvariants(db, { atRest: true })).toEqual([]);

  // Buttons keep the models: a longer film is made by the same one, and another image by the image's model.
  const { extend, extendSeconds } = await nextPrices(worker.services, view);
  expect([extend, extendSeconds]).toEqual([24, 8]);
  const thread = await discord.thread(asked);
  const result = await discord.world.until(() =>
    discord.world.messagesIn(thread.id).find((one) => readable(one.components).includes('Extend by 8 s')),
  );
  expect(readable(result.components)).toMatch(/studio\/other-video, 64/);
  const pressed = discord.people.press(it.ada, thread, buttonId(result, 'Extend by 8 s · 24 credits'));
  await discord.ask(pressed);
  const longer = await runOf(pressed);
  expect(longer.run).toMatchObject({
    workflow: 'extend',
    capturedCredits: 24,
    options: { models: view.run.options.models },
  });
  expect(longer.steps.map(({ kind, model }) => [kind, model])).toEqual([
    ['video', 'studio/other-video'],
    ['video', 'studio/other-video'],
    ['join', 'join'],
  ]);
  expect(await balance()).toBe(before - 54);
});

test('what cannot be chosen is refused with what is meant or what would do, and nothing is charged', async () => {
  const { told, admin, balance, db, workspaceId } = await opened();
  const prompt = 'a fox';
  expect(await told('complete', { prompt, model: 'other-vidoe' })).toMatch(
    /No model is called other-vidoe[\s\S]*Nothing was charged/,
  );
  expect(await told('complete', { prompt, model: 'studio/other-vidoe' })).toMatch(/Did you mean studio\/other-video\?/);
  expect(await told('image', { prompt, model: 'studio/other-video' })).toMatch(
    /has nothing to do here[\s\S]*makes videos, and image needs none\. It works with complete, video or story\. Nothing was charged/,
  );
  expect(await told('image', { prompt, model: 'a,b,c,d,e,f,g' })).toMatch(/up to 6 of them/);
  const allow = 'vendor-video, vendor-image';
  expect(await told('settings', { allow }, admin)).toMatch(
    /Models that members may use[\s\S]*vendor-video, vendor-image/,
  );
  expect(await told('complete', { prompt, model: 'studio/other-video' })).toMatch(
    /may not be used here[\s\S]*allows vendor-video\. Nothing was charged/,
  );
  expect(await balance()).toBe(100);
  expect((await settingsOf(db, workspaceId)).allowedModels).toEqual(['vendor-video', 'vendor-image']);
});

test('admins choose what serves without a wish and what may be wished; both are held against what there is', async () => {
  const { told, admin, ask, runOf, choices, discord, channel, db, workspaceId } = await opened();
  const save = async (values: Record<string, string>) => {
    const asked = discord.people.submit(admin, channel, 'v1:form:settings:models', values);
    await discord.ask(asked);
    return readable((await discord.replyEphemeral(asked)).components);
  };
  expect(await save({ model: 'bets', allow: '' })).toMatch(/No model is called bets[\s\S]*Did you mean best\?/);
  expect(await save({ model: '', allow: 'studio/other-imge' })).toMatch(/Did you mean studio\/other-image\?/);
  expect(await save({ model: 'studio/other-video', allow: 'vendor-video' })).toMatch(/may not be used here/);
  expect(await settingsOf(db, workspaceId)).toMatchObject({ allowedModels: [] });
  expect(await save({ model: 'best', allow: 'STUDIO/other-video\nvendor-image, studio/other-image' })).toMatch(
    /Models without a wish\*\* · best[\s\S]*studio\/other-video, vendor-image, studio\/other-image/,
  );
  expect(await settingsOf(db, workspaceId)).toMatchObject({
    defaults: { models: ['best'] },
    allowedModels: ['studio/other-video', 'vendor-image', 'studio/other-image'],
  });
  const usual = await runOf(await ask('image', { prompt: 'a boat' }));
  expect(usual.steps.map(({ model }) => model)).toEqual(['vendor-words', 'studio/other-image']);
  const other = await runOf(await ask('image', { prompt: 'a boat', model: 'vendor-image' }));
  expect(other.steps.map(({ model }) => model)).toEqual(['vendor-words', 'vendor-image']);
  expect(JSON.stringify(await choices('complete', { prompt: 'a boat', model: 'vendor-v' }))).toBe('[]');
  // Another page leaves them as they are, and a command can take them back.
  expect(await told('settings', { style: 'anime' }, admin)).toMatch(/wish\*\* · best/);
  expect(await told('settings', { model: 'none', allow: 'none' }, admin)).toMatch(/wish\*\* · VidGenie chooses/);
  expect(await settingsOf(db, workspaceId)).toMatchObject({
    defaults: { style: 'anime', models: [] },
    allowedModels: [],
  });
});

test('a button on a run whose model is gone or not allowed any more has no wrong price, and its press is refused', async () => {
  let isGone = false;
  const it = await opened({ isGone: () => isGone });
  const { discord, ask, runOf, told, admin, worker, balance } = it;
  const asked = await ask('complete', { prompt: 'a fox', model: 'studio/other-video' });
  const view = await runOf(asked);
  const thread = await discord.thread(asked);
  const before = await balance();
  const press = async () => {
    const pressed = discord.people.press(it.ada, thread, `v1:again:${view.run.id}:99`);
    await discord.ask(pressed);
    return readable((await discord.replyEphemeral(pressed)).components);
  };
  await told('settings', { allow: 'vendor-video' }, admin);
  expect(await nextPrices(worker.services, view)).toMatchObject({ again: null, animate: null, extend: null, vary: 5 });
  expect(await press()).toMatch(/studio\/other-video may not be used here[\s\S]*allows vendor-video/);
  await told('settings', { allow: 'none' }, admin);
  expect((await nextPrices(worker.services, view)).again).toBe(30);
  isGone = true;
  expect(await nextPrices(worker.services, view)).toMatchObject({ again: null, animate: null, extend: null });
  expect(await press()).toMatch(/studio\/other-video cannot be used here any more[\s\S]*Nothing was charged/);
  expect(await balance()).toBe(before);
  // A preferred model that is gone stops nobody.
  expect((await runOf(await ask('complete', { prompt: 'a cat' }))).run.state).toBe('succeeded');
});

test('help names the models of a command with their prices', async () => {
  const { told } = await opened();
  expect(await told('help', { command: 'complete' })).toMatch(
    /Models:[\s\S]*best[\s\S]*studio\/other-video\*\* · 4–10 s · 720p–4K · 24 credits/,
  );
  expect(await told('help', {})).toMatch(
    /choose a model with --model, for example best, vendor-video or studio\/other-video/,
  );
});
