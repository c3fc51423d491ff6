import { describe, expect, test } from 'vitest';
import { checkInvariants } from '../../src/db/invariants.ts';
import { runs } from '../../src/db/schema.ts';
import type { Milestone } from '../../src/pipeline/milestones.ts';
import { createTestDatabase } from '../support/database.ts';
import { createDiscord, type Fault } from '../support/discord/discord.ts';
import { openBot, openWorker, runOf } from '../support/discord/server.ts';
import { expectToldOnce } from '../support/discord/told.ts';
import { startWorkerProcess } from '../support/processes.ts';
import { createInstallation, delivered } from '../support/program.ts';

const killedAt: { milestone: Milestone; step?: 'image' | 'video' }[] = [
  { milestone: 'turn_claimed' },
  { milestone: 'step_sent', step: 'image' },
  { milestone: 'step_done', step: 'image' },
  { milestone: 'step_submitted', step: 'video' },
  // With the preview in the progress message.
  { milestone: 'step_polled', step: 'video' },
  { milestone: 'run_settled' },
  { milestone: 'run_told' },
  // Nobody knows whether the film was paid for: it is not sent again, and the thread has the image.
  { milestone: 'step_sent', step: 'video' },
];
/** The other milestones of `tests/fault/crash.test.ts` lie between two words to Discord that these are between as well. */
const isInterrupted = (at: (typeof killedAt)[number] | null) => at?.milestone === 'step_sent' && at.step === 'video';
/** Calls that Discord carries out, and whose answer never reaches the worker, for it is killed at that moment. */
const killedDuring: Record<string, Omit<Fault, 'times'>> = {
  'the thread is opened': { method: 'POST', path: /\/threads$/ },
  'the progress is posted': { method: 'POST', path: /^\/channels\/\d+\/messages$/ },
  'the progress is edited': { method: 'PATCH', path: /^\/channels\/\d+\/messages\/\d+$/ },
};

const whole = ['succeeded', /are ready/, 2] as const;

describe('a worker is killed', () => {
  const cases = [
    ...killedAt.map((at) => ({ name: `at ${at.milestone} ${at.step ?? ''}`, at, fault: null })),
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

test('a bot that is killed right after the run was written leaves a run that is worked and told', async () => {
  const discord = await createDiscord();
  const channel = discord.channel(discord.guild());
  const installation = await createInstallation(await createTestDatabase());
  const doomed = startWorkerProcess(installation, {
    discord: { ...discord.address, bot: true },
    at: { milestone: 'run_inserted', how: 'kill' },
  });
  await doomed.reached('ready');
  const asked = discord.people.command(discord.person(), channel, 'complete', { prompt: 'a fox' });
  await discord.ask(asked);
  expect((await doomed.exited).signal).toBe('SIGKILL');
  const worker = await openWorker(installation, discord);
  const [row] = await installation.database.db.select({ id: runs.id }).from(runs);
  if (!row) throw new Error('there is no run');
  await delivered(worker, row.id);
  await expectToldOnce(discord, asked, /are ready/);
  expect(await checkInvariants(installation.database.db, { atRest: true })).toEqual([]);
});
