import { eq } from 'drizzle-orm';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { discordConversation } from '../../src/bots/discord/conversation.ts';
import { actionId, menuId } from '../../src/bots/discord/customId.ts';
import { envelope } from '../../src/bots/discord/incoming.ts';
import { runs } from '../../src/db/schema.ts';
import { commandedWorkflows, type RunId } from '../../src/domain.ts';
import { createTestDatabase } from '../support/database.ts';
import { createDiscord, type Discord } from '../support/discord/discord.ts';
import { isThinking } from '../support/discord/messages.ts';
import type { Asked } from '../support/discord/people.ts';
import { answer } from '../support/discord/routes.ts';
import { openBot } from '../support/discord/server.ts';
import type { Message } from '../support/discord/world.ts';
import { brokenText, damage, damagedBy, each, headerText, heldRuns, hex, inTime, plenty } from '../support/hostile.ts';
import { createInstallation } from '../support/program.ts';
import { png } from '../support/providers/call.ts';

/** A bot whose answers Discord accepts, without a worker, so that held credits stay held. */
async function openInDiscord() {
  const discord = await createDiscord();
  const installation = await createInstallation(await createTestDatabase());
  const program = await installation.open({ worker: false, config: { freeCredits: plenty } });
  const bot = await openBot(program, discord, 'none');
  const send = async ({ interaction }: Asked, body: string) => {
    const answered = await inTime(discord.sendSigned(body, bot.endpoint));
    if (answered.ok) answer(discord.world, interaction, await answered.json());
    return answered.status;
  };
  return { discord, db: program.services.db, bot, send };
}

/** All interactions that start a run, and some that do not. */
function asksOf(discord: Discord, run: RunId, channel: ReturnType<Discord['channel']>) {
  const { people } = discord;
  const ada = discord.person('admin');
  const photo = { filename: 'fox.png', contentType: 'image/png', bytes: png };
  const prompt = 'a fox in the snow';
  const film = { duration: 8, resolution: '1080p', audio: true };
  // A saved setting changes the meaning of everything else there, so settings go to another server.
  const elsewhere = discord.channel(discord.guild());
  const starting = [
    () => people.command(ada, channel, 'complete', { prompt, style: 'anime', quality: 'hd', aspect: 'tall', ...film }),
    () => people.command(ada, channel, 'story', { prompt, scenes: 3, duration: 30, cut: 'fade' }),
    () => people.command(ada, channel, 'image', { prompt, variants: 2, quality: 'standard', aspect: 'square' }),
    () => people.command(ada, channel, 'video', { image: photo, prompt: 'it runs', ...film }),
    () => people.command(ada, channel, 'edit', { image: photo, prompt, quality: 'standard' }),
    () => people.messageCommand(ada, channel, [photo]),
    () => people.press(ada, channel, actionId('again', run)),
    () => people.submit(ada, channel, actionId('edit', run, 0, 2), { prompt }),
  ];
  const others = [
    () => people.complete(ada, channel, 'complete', { prompt }, 'prompt'),
    () => people.command(ada, channel, 'credits'),
    () => people.press(ada, channel, 'v1:cancel:0b8f6a52-0000-4000-8000-000000000000'),
    () => people.press(ada, channel, actionId('change', run, 6, 2)),
    () => people.press(ada, channel, `v1:start:${run}:6`),
    () => people.press(ada, channel, menuId(run)),
    () => people.submit(ada, elsewhere, 'v1:form:settings', { style: 'anime' }),
  ];
  return { starting, others };
}

test('1,400 requests to the Discord endpoint, forged or signed and damaged, are answered; held is the price of what was taken', async () => {
  const { discord, db, bot, send } = await openInDiscord();
  const { world } = discord;
  const channel = discord.channel(discord.guild());
  const first = discord.people.command(discord.person('member'), channel, 'image', { prompt: 'a fox' });
  const sane = JSON.stringify(first.payload);
  expect(await send(first, sane)).toBe(200);
  // Every answer is recorded.
  const [run] = await db
    .select()
    .from(runs)
    .where(eq(runs.requestKey, `discord:${first.interaction.id}`));
  if (!run) throw new Error('there is no run');

  const forged = fc.record({
    body: brokenText(sane),
    signature: fc.oneof(hex(128), hex(64), headerText),
    timestamp: fc.oneof(fc.nat().map(String), headerText),
  });
  await each(400, forged, async ({ body, signature, timestamp }) => {
    const headers = { 'x-signature-ed25519': signature, 'x-signature-timestamp': timestamp };
    const answered = await inTime(fetch(bot.endpoint, { method: 'POST', body, headers }));
    expect(answered.status).toBe(401);
  });
  const { starting, others } = asksOf(discord, run.id, channel);
  const hostile = fc.record({
    ask: fc.oneof({ weight: 4, arbitrary: fc.constantFrom(...starting) }, fc.constantFrom(...others)),
    changes: damage,
  });
  await each(1_000, hostile, async ({ ask, changes }) => {
    const asked = ask();
    const body = JSON.stringify(damagedBy(asked.payload, changes));
    expect(await send(asked, body), body).toBe(envelope.safeParse(JSON.parse(body)).success ? 200 : 400);
  });

  await bot.stop();
  const isTaken = ({ onlyFor, flags }: Message) => onlyFor === null && !isThinking({ flags });
  const taken = [...world.messages.values()].filter(isTaken).map(({ id }) => id);
  const held = await heldRuns(db);
  expect(held.runs).toHaveLength(taken.length);
  // A run that learns too late which message answered its command posts by itself; a busy machine may have such.
  const roots = held.runs.flatMap(({ conversation }) => discordConversation.parse(conversation).rootId ?? []);
  expect(taken).toEqual(expect.arrayContaining(roots));
  expect(new Set(roots).size).toBe(roots.length);
  expect(roots.length).toBeGreaterThan(taken.length / 2);

  expect(held.others).toEqual([]);
  // The damage leaves many inputs valid, and many not.
  expect(new Set(held.runs.map(({ workflow }) => workflow))).toEqual(new Set(commandedWorkflows));
  expect(taken.length).toBeGreaterThan(30);
  expect(taken.length).toBeLessThan(900);
});
