import { sql } from 'drizzle-orm';
import { expect, test } from 'vitest';
import { accountOf } from '../../src/db/credits.ts';
import { checkInvariants } from '../../src/db/invariants.ts';
import { runs } from '../../src/db/schema.ts';
import { openVidGenie } from '../support/discord/server.ts';
import { expectToldOnce } from '../support/discord/told.ts';
import { readable } from '../support/discord/world.ts';

type InDiscord = Awaited<ReturnType<typeof openVidGenie>>;

const posts = /^\/channels\/\d+\/messages$/;
const tooLarge = { status: 413, body: { message: 'Request entity too large', code: 40005 } };

async function leftOf({ worker }: InDiscord): Promise<number> {
  const { db } = worker.services;
  expect(await checkInvariants(db, { atRest: true })).toEqual([]);
  const [run] = await db.select({ workspaceId: runs.workspaceId }).from(runs);
  if (!run) throw new Error('there is no run');
  return (await accountOf(db, run.workspaceId)).balance;
}

/** With the page of `PUBLIC_URL`, members can fetch stored results there. Without it, they cannot. */
const places = [
  ['nobody can fetch it', null, 23],
  ['the page has it', 'https://vidgenie.example', 0],
] as const;

test.for(places)(
  'a result that is too large for the server is paid for only when somebody can fetch it: %s',
  async ([, publicUrl, back]) => {
    const it = await openVidGenie({ publicUrl });
    const { discord, channel, ada } = it;
    // The first post is the progress.
    discord.faults.push({ path: posts, times: 1 }, { path: posts, times: 1, answer: tooLarge });
    const asked = discord.people.command(ada, channel, 'complete', { prompt: 'a fox' });
    await discord.ask(asked);
    const { run } = await it.runOf(asked);
    expect(run).toMatchObject({ capturedCredits: 24, deliveryFailure: null });
    expect(await leftOf(it)).toBe(76 + back);
    const { result, root } = await expectToldOnce(discord, asked, /are ready/);
    expect(result?.attachments).toEqual([]);
    const said = readable(result?.components ?? []);
    expect(said).toMatch(/too large for this server/);
    expect(said).toContain(`${76 + back} left`);
    expect(/23 credits went back/.test(said)).toBe(back > 0);
    expect(/23 credits went back/.test(readable(root?.components ?? []))).toBe(back > 0);
  },
);

test.for(places)(
  'a film that is too large for the server is paid for, with all that it is made of, only when somebody can fetch it: %s',
  async ([, publicUrl, back]) => {
    const it = await openVidGenie({ publicUrl });
    const { discord, channel, ada } = it;
    discord.faults.push({ path: posts, times: 1 }, { path: posts, times: 1, answer: tooLarge });
    const asked = discord.people.command(ada, channel, 'story', { prompt: 'a fox' });
    await discord.ask(asked);
    const { run } = await it.runOf(asked);
    const captured = run.capturedCredits ?? 0;
    expect(captured).toBeGreaterThan(20);
    // The shot list stays paid.
    expect(await leftOf(it)).toBe(100 - captured + (back > 0 ? captured - 1 : 0));
  },
);

test.for(places)(
  'a channel that is gone before its result costs only what can still be fetched: %s',
  async ([, publicUrl, back]) => {
    const it = await openVidGenie({ publicUrl });
    const { discord, channel, ada } = it;
    const gone = Promise.withResolvers<void>();
    discord.faults.push({ path: posts, times: 1 }, { path: posts, times: 1, until: gone.promise });
    const asked = discord.people.command(ada, channel, 'complete', { prompt: 'a fox' });
    await discord.ask(asked);
    const thread = await discord.thread(asked);
    discord.world.channels.delete(thread.id);
    discord.world.channels.delete(channel.id);
    gone.resolve();
    const { run } = await it.runOf(asked);
    expect(run.deliveryFailure).toMatchObject({ detail: 'The channel was deleted.' });
    expect(await leftOf(it)).toBe(76 + back);
  },
);

test('a Discord that is away until nobody tries any more costs nothing that nobody has', async () => {
  const it = await openVidGenie();
  const { discord, channel, ada, worker } = it;
  const failing = { status: 500, body: { message: 'oops', code: 0 } };
  discord.faults.push({ path: posts, times: 1 }, { path: posts, times: 1_000, answer: failing });
  const asked = discord.people.command(ada, channel, 'complete', { prompt: 'a fox' });
  await discord.ask(asked);
  // Makes it look as if delivery had been tried for the full quarter of an hour.
  const last = () =>
    worker.services.db.execute(sql`
      UPDATE runs SET failed_attempts = 24, due_at = now() WHERE settled_at IS NOT NULL AND NOT busy RETURNING id`);
  await expect.poll(async () => [...(await last())].length, { timeout: 20_000 }).toBe(1);
  const { run } = await it.runOf(asked);
  expect(run.deliveryFailure).not.toBeNull();
  expect(await leftOf(it)).toBe(99);
});
