import { setTimeout as delay } from 'node:timers/promises';
import { sql } from 'drizzle-orm';
import { z } from 'zod';
import { runId } from '../../src/domain.ts';
import { createHookTokens } from '../../src/pipeline/hookTokens.ts';
import type { Program } from '../../src/program.ts';
import { crowd, type Figure, type Row } from '../figure.ts';
import { openCopier, openSubmitter, serverPid, submissionIn, submitOne } from '../stage/people.ts';
import { cpuMsOf, startProcess } from '../stage/processes.ts';
import type { Stage } from '../stage/stage.ts';

const videos = 5_000;
const workspaces = 100;
const pollAfterMs = 15_000;
/** How often VidGenie asks about a video whose vendor calls. */
const safetyNetMs = 180_000;
const idleMs = 4_000;
/** By then the worker has started, and without hooks has asked for every video. */
const warmUpMs = { polls: pollAfterMs + 3_000, hooks: 6_000 };
const measuredMs = { polls: 20_000, hooks: 30_000 };
const calls = 400;

/**
 * One worker waits for many videos at a vendor that says when one is over, and at one that does not. None of them is over: each of
 * them costs the same one poll in the end, and the call that brings it is a row of its own.
 */
export const hooks: Figure = {
  name: 'hooks',
  about: `${videos} videos waiting at a vendor that calls, beside the same asked for every ${pollAfterMs / 1_000} s`,
  measure,
};

async function measure(stage: Stage): Promise<Row[]> {
  const place = await stage.installation();
  // Nobody listens there. The bench's own provider makes the videos, and needs no more than a key.
  const google = { GOOGLE_API_KEY: 'AIza-of-the-bench', GOOGLE_BASE_URL: 'http://127.0.0.1:9' };
  const installation = {
    ...place,
    environment: { ...place.environment, ...google, PUBLIC_URL: 'https://bench.example' },
  };
  const submitter = await openSubmitter(stage, installation);
  const database = await serverPid(submitter);
  const pace = { kind: 'waiting', pollAfterMs, hooks: true } as const;

  /** The processor time of a worker and the database over some time, in milliseconds a second. */
  const measured = async (warmMs: number, forMs: number) => {
    const worker = await startProcess(stage, 'worker', installation, { pace });
    await delay(warmMs);
    await worker.used();
    const [before, began] = [cpuMsOf(database), performance.now()];
    await delay(forMs);
    const used = await worker.used();
    const seconds = (performance.now() - began) / 1_000;
    const ofDatabase = (cpuMsOf(database) - before) / seconds;
    const ofWorker = used.cpuMs / seconds;
    return { worker, ofDatabase, ofWorker, both: ofDatabase + ofWorker, polls: used.lateMs.length / seconds };
  };

  const idle = await measured(idleMs / 2, idleMs);
  await idle.worker.kill();
  await crowd(workspaces, 16, (index) => submitOne(submitter, submissionIn(`w${index}`)));
  await (await openCopier(submitter))(videos - workspaces);
  await sendAll(submitter, { everyMs: pollAfterMs, hook: false });
  const polled = await measured(warmUpMs.polls, measuredMs.polls);
  await polled.worker.kill();
  await sendAll(submitter, { everyMs: safetyNetMs, hook: true });
  const hooked = await measured(warmUpMs.hooks, measuredMs.hooks);
  const callMs = await costOfCalls(stage, submitter, installation, { database, ...hooked });

  const pollMs = { polls: (polled.both - idle.both) / polled.polls, hooks: (hooked.both - idle.both) / hooked.polls };
  // A busy machine is late with so many polls. Each counts at the rate at which it was due.
  const due = { polls: videos / (pollAfterMs / 1_000), hooks: videos / (safetyNetMs / 1_000) };
  const costs = { polls: pollMs.polls * due.polls, hooks: pollMs.hooks * due.hooks };
  const percent = (name: string, ms: number) => ({ what: name, value: ms / 10, unit: '% of a core' });
  return [
    {
      what: 'waiting with hooks, of waiting with polls alone, worker and database',
      value: (costs.hooks / costs.polls) * 100,
      unit: '% of the processor time',
      goal: { atMost: 10 },
      beside: [
        percent('with hooks', costs.hooks),
        percent('polls alone', costs.polls),
        { what: 'a poll with hooks', value: pollMs.hooks, unit: 'ms' },
        { what: 'a poll alone', value: pollMs.polls, unit: 'ms' },
        { what: 'polls with hooks', value: hooked.polls, unit: `/s of ${Math.round(due.hooks)}` },
        { what: 'polls alone', value: polled.polls, unit: `/s of ${Math.round(due.polls)}` },
      ],
    },
    {
      what: 'a call and the poll that it brings, bot, worker and database',
      value: callMs,
      unit: 'ms of processor time',
      goal: null,
      beside: [{ what: 'a poll alone', value: pollMs.polls, unit: 'ms' }],
    },
  ];
}

type Waiting = { database: number; worker: Awaited<ReturnType<typeof startProcess>>; both: number };

/** What a vendor's call costs beyond the waiting, in milliseconds of processor time. */
async function costOfCalls(
  stage: Stage,
  submitter: Program,
  installation: Parameters<typeof startProcess>[2],
  { database, worker, both }: Waiting,
): Promise<number> {
  const bot = await startProcess(stage, 'bot', installation);
  const tokens = createHookTokens(submitter.services.vault.keyring);
  const paths = (await waitingVideos(submitter)).map((at) => `/hooks/google/${tokens.make('google', at)}`);
  const call = async (path: string) => {
    const answer = await fetch(`http://127.0.0.1:${bot.port}${path}`, { method: 'POST', body: '{}' });
    if (answer.status !== 204) throw new Error(`a call was answered with ${answer.status}`);
  };
  // A first few, so that the bot has compiled what it needs.
  for (const path of paths.splice(0, 50)) await call(path);
  await delay(1_000);
  await Promise.all([bot.used(), worker.used()]);
  const [before, began] = [cpuMsOf(database), performance.now()];
  await crowd(calls, 4, (index) => call(paths[index] ?? ''));
  // The worker asks for the last of them.
  await delay(2_000);
  const [ofBot, ofWorker] = await Promise.all([bot.used(), worker.used()]);
  const seconds = (performance.now() - began) / 1_000;
  return (ofBot.cpuMs + ofWorker.cpuMs + cpuMsOf(database) - before - both * seconds) / calls;
}

const found = z.array(z.object({ runId, step: z.int() }));

async function waitingVideos({ database: { db } }: Program) {
  const rows = await db.execute(sql`
    SELECT run_id AS "runId", number AS step FROM steps JOIN runs ON runs.id = run_id
    WHERE steps.state = 'submitted' AND runs.due_at > now() + interval '60 seconds' LIMIT ${calls + 50}::int`);
  return found.parse([...rows]);
}

/** Records that all videos were sent, and spreads their next polls over the time between two polls, as polls fall due. */
async function sendAll(
  { database: { db } }: Program,
  { everyMs, hook }: { everyMs: number; hook: boolean },
): Promise<void> {
  await db.execute(sql`
    UPDATE steps SET state = 'done', started_at = now(), finished_at = now() WHERE kind <> 'video'`);
  const gathered = hook ? '5 seconds' : '250 ms';
  await db.execute(sql`
    UPDATE runs SET state = 'running', started_at = now(), busy = false, failed_attempts = 0, due_at = date_bin(
      ${gathered}::interval, now() + random() * make_interval(secs => ${everyMs / 1_000}::float8), timestamptz 'epoch')`);
  await db.execute(sql`
    UPDATE steps SET state = 'submitted', submits = 1, started_at = now(), due_at = NULL, key_source = 'operator',
      handle = jsonb_build_object('firstPollAt', extract(epoch FROM runs.due_at)::float8 * 1000, 'hook', ${hook}::boolean)
    FROM runs WHERE runs.id = run_id AND kind = 'video'`);
  if (hook) await db.execute(sql`INSERT INTO hook_arrivals (vendor, arrived_at) VALUES ('google', now())`);
  await db.execute(sql`VACUUM ANALYZE`);
}
