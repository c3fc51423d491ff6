import { sql } from 'drizzle-orm';
import { describe, expect, onTestFinished, test } from 'vitest';
import { discordPostedMessages } from '../../src/bots/discord/conversation.ts';
import { checkInvariants } from '../../src/db/invariants.ts';
import { runs } from '../../src/db/schema.ts';
import type { Failpoint } from '../../src/pipeline/failpoints.ts';
import { createTestDatabase } from '../support/database.ts';
import { createDiscord, type Fault } from '../support/discord/discord.ts';
import { isThinking } from '../support/discord/messages.ts';
import { openBot, openWorker, runOf } from '../support/discord/server.ts';
import { expectToldOnce } from '../support/discord/told.ts';
import { readable } from '../support/discord/world.ts';
import { startWorkerProcess } from '../support/processes.ts';
import { createInstallation, delivered, endLeases, type Installation } from '../support/program.ts';

const killedAt: { failpoint: Failpoint; step?: 'image' | 'video' }[] = [
  { failpoint: 'turn_claimed' },
  { failpoint: 'step_sent', step: 'image' },
  { failpoint: 'step_done', step: 'image' },
  { failpoint: 'step_submitted', step: 'video' },
  // At this point the progress message has its preview.
  { failpoint: 'step_polled', step: 'video' },
  { failpoint: 'run_settled' },
  { failpoint: 'run_told' },
  // Nobody knows whether the film was paid for. We do not submit it again, and the thread has the image.
  { failpoint: 'step_sent', step: 'video' },
];
/** The other failpoints of `tests/fault/crash.test.ts` lie between two calls to Discord, and so do these. */
const isInterrupted = (at: (typeof killedAt)[number] | null) => at?.failpoint === 'step_sent' && at.step === 'video';
/** Calls that Discord carries out, but whose answer never reaches the worker, because it is killed at that moment. */
const killedDuring: Record<string, Omit<Fault, 'times'>> = {
  'the thread is opened': { method: 'POST', path: /\/threads$/ },
  'the progress is posted': { method: 'POST', path: /^\/channels\/\d+\/messages$/ },
  'the progress is edited': { method: 'PATCH', path: /^\/channels\/\d+\/messages\/\d+$/ },
};

const whole = ['succeeded', /are ready/, 2] as const;

describe('a worker is killed', () => {
  const cases = [
    ...killedAt.map((at) => ({ name: `at ${at.failpoint} ${at.step ?? ''}`, at, fault: null })),
    ...Object.entries(killedDuring).map(([name, fault]) => ({ name: `while ${name}`, at: null, fault })),
    { name: 'while the result is posted', at: null, fault: 'result' as const },
  ];
  test.for(cases)('$name, and its thread still ends right, nothing said twice', async ({ at, fault }) => {
    const discord = await createDiscord();
    const channel = discord.channel(discord.guild());
    const installation = await createInstallation(await createTestDatabase());
    const bot = await installation.open({ worker: false });
    await openBot(bot, discord);
    const doomed = startWorkerProcess(installation, {
      discord: { ...discord.address, bot: false },
      at: at ? { ...at, how: 'kill' } : null,
    });
    await doomed.reached('ready');
    const die = async () => {
      doomed.process.kill('SIGKILL');
      await doomed.exited;
    };
    if (fault === 'result') {
      // The first post is the progress, the second the result.
      discord.faults.push({ method: 'POST', path: /^\/channels\/\d+\/messages$/, times: 1 });
      discord.faults.push({ method: 'POST', path: /^\/channels\/\d+\/messages$/, times: 1, afterwards: die });
    } else if (fault) discord.faults.push({ ...fault, times: 1, afterwards: die });
    const asked = discord.people.command(discord.person(), channel, 'complete', { prompt: 'a fox' });
    await discord.ask(asked);
    await doomed.exited;
    await endLeases(installation.database);

    const survivor = await openWorker(installation, discord);
    const view = await runOf(survivor, discord, asked);
    const [state, outcome, files] = isInterrupted(at) ? (['failed', /the video is not/, 1] as const) : whole;
    expect(view.run.state).toBe(state);
    const { result, progress } = await expectToldOnce(discord, asked, outcome);
    expect(result?.attachments).toHaveLength(files);
    expect(progress?.attachments).toEqual([]);
    expect(await checkInvariants(installation.database.db, { atRest: true })).toEqual([]);
  });
});

test.for([
  ['by the worker that posted it', null],
  ['by another worker, if that one is killed before it knows', { failpoint: 'run_told', how: 'kill' }],
] as const)('a result that is being posted while its run is deleted is taken back %s', async ([, at]) => {
  const discord = await createDiscord();
  const { world, people } = discord;
  const channel = discord.channel(discord.guild());
  const installation = await createInstallation(await createTestDatabase());
  const { db } = installation.database;
  const bot = await installation.open({ worker: false });
  await openBot(bot, discord);
  const worker = startWorkerProcess(installation, { discord: { ...discord.address, bot: false }, at });
  await worker.reached('ready');
  const released = Promise.withResolvers<void>();
  const posts = { method: 'POST', path: /^\/channels\/\d+\/messages$/ };
  const result: Fault = { ...posts, times: 1, until: released.promise };
  // The first post is the progress.
  discord.faults.push({ ...posts, times: 1 }, result);
  const ada = discord.person();
  const asked = people.command(ada, channel, 'complete', { prompt: 'a fox' });
  await discord.ask(asked);
  await expect.poll(() => result.times).toBe(0);

  const [row] = await db.select({ id: runs.id }).from(runs);
  if (!row) throw new Error('the command started no run');
  const thread = await discord.thread(asked);
  await discord.ask(people.press(ada, thread, `v1:delete:${row.id}`));
  const root = world.messages.get(thread.id);
  await world.until(() => readable(root?.components ?? []).includes('deleted by Ada'));
  released.resolve();
  if (at) {
    await worker.exited;
    await endLeases(installation.database);
    await openWorker(installation, discord);
  }
  expect((await delivered(bot, row.id)).run).toMatchObject({ state: 'succeeded', deliveryFailure: null });
  const messages = world.messagesIn(thread.id);
  expect(messages.map(({ nonce }) => nonce?.[0])).toEqual(['p']);
  for (const message of [root, ...messages]) {
    expect(message?.attachments).toEqual([]);
    expect(readable(message?.components ?? [])).toMatch(/^.*Deleted.*\nWhat this run made was deleted\.$/);
  }
  expect(await checkInvariants(db, { atRest: true })).toEqual([]);
});

test('a preview that is still being added when the result is posted leaves the id of the result as it was saved', async () => {
  const discord = await createDiscord();
  const channel = discord.channel(discord.guild());
  const installation = await createInstallation(await createTestDatabase());
  const posted = async () => {
    const [row] = await installation.database.db.select({ postedMessages: runs.postedMessages }).from(runs);
    return discordPostedMessages.parse(row?.postedMessages);
  };
  const atEnd = Promise.withResolvers<ReturnType<typeof posted>>();
  let hasFailed = false;
  const worker = await openWorker(installation, discord, {
    // The first image has its preview long before the second image ends the run, in the same turn.
    vendor: { slowSteps: { 3: 6_000 } },
    reachFailpoint: (failpoint) => {
      if (failpoint !== 'run_told' || hasFailed) return;
      hasFailed = true;
      atEnd.resolve(posted());
      throw new Error('the turn ends before the end of delivery is written');
    },
  });
  await openBot(worker, discord);
  const released = Promise.withResolvers<void>();
  const edits = { method: 'PATCH', path: /^\/channels\/\d+\/messages\/\d+$/, uploads: true } as const;
  const preview: Fault = { ...edits, times: 1, until: released.promise };
  discord.faults.push(preview);
  const asked = discord.people.command(discord.person(), channel, 'image', { prompt: 'a fox', variants: 2 });
  await discord.ask(asked);
  await expect.poll(() => preview.times).toBe(0);
  await expect.poll(async () => (await posted()).resultId).not.toBeNull();
  const { resultId } = await posted();
  released.resolve();
  expect(await atEnd.promise).toMatchObject({ resultId, previews: [{ step: 2 }] });
  await runOf(worker, discord, asked);
  expect((await expectToldOnce(discord, asked, /are ready/)).result?.id).toBe(resultId);
});

type Way = 'gateway' | 'http';
type Death = {
  name: string;
  way: Way;
  /** The database delays the command until Discord was told that it takes longer. */
  isSlow?: boolean;
  failpoint?: Failpoint;
  /** A call that Discord carries out. The bot dies during it. */
  during?: Omit<Fault, 'times'>;
};
const callback = { method: 'POST', path: /\/callback$/ };
const original = (method: string) => ({ method, path: /\/messages\/@original$/ });
const botDeaths: Death[] = [
  { name: 'while the database is slow, and Discord has heard nothing', way: 'gateway' },
  { name: 'while it is thinking', way: 'gateway', isSlow: true },
  { name: 'right after the run was written', way: 'gateway', failpoint: 'run_inserted' },
  { name: 'right after the run was written', way: 'http', failpoint: 'run_inserted' },
  { name: 'while it answers', way: 'gateway', during: callback },
  { name: 'while it asks which message its answer became', way: 'http', during: original('GET') },
  {
    name: 'right after the run was written, which it was thinking about',
    way: 'gateway',
    isSlow: true,
    failpoint: 'run_inserted',
  },
  {
    name: 'while what it was thinking about becomes its answer',
    way: 'gateway',
    isSlow: true,
    during: original('PATCH'),
  },
];

describe('a bot is killed', () => {
  test.for(botDeaths)(
    '$name ($way): the run ends in its thread, or Discord itself says that it failed',
    async (death) => {
      const discord = await createDiscord();
      const { world } = discord;
      const channel = discord.channel(discord.guild());
      const installation = await createInstallation(await createTestDatabase());
      const { db } = installation.database;
      const doomed = startWorkerProcess(installation, {
        discord: { ...discord.address, publicKey: discord.publicKey, bot: true },
        at: death.failpoint ? { failpoint: death.failpoint, how: 'kill' } : null,
      });
      const port = await doomed.reached('ready');
      const die = async () => {
        doomed.process.kill('SIGKILL');
        await doomed.exited;
      };
      if (death.during) discord.faults.push({ ...death.during, times: 1, afterwards: die });
      const asked = discord.people.command(discord.person(), channel, 'complete', { prompt: 'a fox' });
      const give = () =>
        death.way === 'gateway'
          ? discord.send(asked)
          : void discord.sendOverHttp(asked, `http://127.0.0.1:${port}/discord/interactions`).catch(() => {});
      const isHeldUp = death.isSlow || (!death.failpoint && !death.during);
      const release = isHeldUp ? await lockWorkspaces(installation) : () => {};
      give();
      if (isHeldUp) await waitedFor(installation);
      if (death.isSlow) await world.until(() => asked.interaction.answered === 5);
      if (!death.failpoint && !death.during) await die();
      release();
      await doomed.exited;
      // The run does not wait any longer for the message that answers its command.
      await endLeases(installation.database);

      const worker = await openWorker(installation, discord);
      const [row] = await db.select({ id: runs.id }).from(runs);
      const visible = () => world.messagesIn(channel.id).filter((message) => !isThinking(message));
      if (!row) {
        // Discord shows "The application did not respond", at once or after it has waited for fifteen minutes.
        expect(visible()).toEqual([]);
        expect([null, 5]).toContain(asked.interaction.answered);
      } else {
        expect((await delivered(worker, row.id)).run).toMatchObject({ state: 'succeeded', deliveryFailure: null });
        const [root, ...others] = visible();
        expect(others).toEqual([]);
        if (asked.interaction.answered === 4) expect(root?.id).toBe(asked.interaction.originalId);
        expect(readable(root?.components ?? [])).toMatch(/are ready/);
        expect(readable(root?.components ?? [])).not.toContain('[Cancel]');
        const messages = world.messagesIn(root?.id ?? '');
        expect(messages.map(({ nonce }) => nonce?.[0])).toEqual(['p', 'r']);
        expect(readable(messages[1]?.components ?? [])).toMatch(/are ready/);
      }
      // A run may be missing only if nothing was written.
      expect(row !== undefined || isHeldUp).toBe(true);
      expect(await checkInvariants(db, { atRest: true })).toEqual([]);
    },
  );
});

/** Blocks every command. Resolves with a function that releases them. */
async function lockWorkspaces({ database: { db } }: Installation): Promise<() => void> {
  const [locked, released] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
  const holding = db.transaction(async (tx) => {
    await tx.execute(sql`LOCK TABLE workspaces`);
    locked.resolve();
    await released.promise;
  });
  onTestFinished(async () => {
    released.resolve();
    await holding;
  });
  await locked.promise;
  return released.resolve;
}

/** Resolves when a command waits for the lock. */
async function waitedFor({ database: { db } }: Installation): Promise<void> {
  await expect
    .poll(
      async () =>
        (await db.execute(sql`SELECT FROM pg_locks WHERE NOT granted AND relation = 'workspaces'::regclass`)).length,
    )
    .toBeGreaterThan(0);
}
