import { eq } from 'drizzle-orm';
import { expect, onTestFinished, test } from 'vitest';
import { z } from 'zod';
import { createHttpServer } from '../../src/bots/http.ts';
import { startBots } from '../../src/bots.ts';
import { checkInvariants } from '../../src/db/invariants.ts';
import { runs } from '../../src/db/schema.ts';
import { createLog } from '../../src/observability/log.ts';
import { newcomer, vidgenie } from '../support/command-line.ts';
import { createTestDatabase } from '../support/database.ts';
import { createDiscord } from '../support/discord/discord.ts';
import { createInstallation } from '../support/program.ts';

test('a bot that was told to stop says so to whoever sends it requests, and still accepts what they send until they see it', async () => {
  const [discord, database] = await Promise.all([createDiscord(), createTestDatabase()]);
  const { environment } = await newcomer();
  const bot = vidgenie(['start'], {
    ...environment,
    VIDGENIE_ROLE: 'bot',
    PORT: '0',
    DATABASE_URL: database.url,
    VIDGENIE_KEYRING: process.env.TEST_KEYRING,
    DISCORD_PUBLIC_KEY: discord.publicKey,
    DISCORD_SHARDS: 'none',
    DISCORD_TOKEN: discord.address.token,
    DISCORD_API_URL: discord.address.apiUrl,
  });
  const { port } = z.object({ port: z.int() }).parse(JSON.parse(await bot.said(/listening for/)));
  const base = `http://127.0.0.1:${port}`;
  await bot.said(/at work/);
  const before = await fetch(`${base}/readyz`);
  expect([before.status, before.headers.get('connection')]).toEqual([200, 'keep-alive']);

  const toldAt = performance.now();
  bot.child.kill('SIGTERM');
  await bot.said(/stopping/);
  const ready = await fetch(`${base}/readyz`);
  expect([ready.status, ready.headers.get('connection')]).toEqual([503, 'close']);
  expect(await ready.json()).toMatchObject({ status: 'stopping' });
  const asked = discord.people.command(discord.person(), discord.channel(discord.guild()), 'image', {
    prompt: 'a fox',
  });
  const answered = await discord.sendOverHttp(asked, `${base}/discord/interactions`);
  expect([answered.status, answered.headers.get('connection')]).toEqual([200, 'close']);

  expect(await bot.exit).toBe(0);
  expect(performance.now() - toldAt).toBeLessThan(10_000);
  const key = `discord:${asked.interaction.id}`;
  expect(await database.db.select().from(runs).where(eq(runs.requestKey, key))).toMatchObject([{ state: 'queued' }]);
  const told = discord.world.messages.get(asked.interaction.originalId ?? '');
  expect(JSON.stringify(told)).toContain('6 credits held');
  expect(await checkInvariants(database.db, { atRest: false })).toEqual([]);
});

test('where nobody comes from outside, nobody is waited for', async () => {
  const installation = await createInstallation(await createTestDatabase());
  const program = await installation.open({ worker: false });
  const http = createHttpServer();
  const anHourMs = 3_600_000;
  const stop = await startBots(program, createLog('silent', false), http, anHourMs);
  onTestFinished(stop);
  await stop();
  expect(http.port()).toBeNull();
});
