import { randomUUID } from 'node:crypto';
import { sql } from 'drizzle-orm';
import { z } from 'zod';
import { readConfig } from '../../src/config.ts';
import { pollAfter } from '../../src/db/endPoll.ts';
import { type RunId, workspaceId } from '../../src/domain.ts';
import { createLog } from '../../src/observability/log.ts';
import type { Submission } from '../../src/pipeline/submit.ts';
import { openProgram, type Program } from '../../src/program.ts';
import { parentOf } from './processes.ts';
import type { Place, Stage } from './stage.ts';
import { createVendor } from './vendor.ts';

/** A process that takes commands and does no work: this one. */
export async function openSubmitter(stage: Stage, { environment }: Place): Promise<Program> {
  const program = await openProgram(readConfig(environment), createLog('error', false), {
    worker: false,
    providers: createVendor(stage.media, { kind: 'instant' }),
  });
  stage.atEnd(program.stop);
  return program;
}

export const submissionIn = (workspace: string, over: Partial<Submission> = {}): Submission => ({
  workspace: { id: workspaceId.parse(`terminal:${workspace}`), platform: 'terminal', name: workspace },
  // Each person gives one command, because we do not measure the limit of waiting runs for one member.
  member: { id: randomUUID(), name: 'Ada', isAdmin: false },
  requestKey: randomUUID(),
  conversation: {},
  workflow: 'complete',
  prompt: 'a fox in the snow',
  options: {},
  image: null,
  ...over,
});

/** A command of the workspace that the bench's Slack knows. */
export const inSlack: Pick<Submission, 'workspace' | 'conversation'> = {
  workspace: { id: workspaceId.parse('slack:T1'), platform: 'slack', name: 'first' },
  conversation: { channel: 'C1', threadTs: null, userId: 'U2', teamId: 'T1', locale: 'en' },
};

/** Submits a command, and throws if it is not accepted. */
export async function submitOne({ services }: Program, submission: Submission): Promise<RunId> {
  const outcome = await services.submit(submission);
  if (outcome.outcome !== 'accepted') throw new Error(`a command was not accepted: ${JSON.stringify(outcome)}`);
  return outcome.runId;
}

/** Writes copies of the existing runs, as many as you ask for. Thousands of commands would take longer than the measurement. */
export async function openCopier({ database: { db } }: Program): Promise<(count: number) => Promise<void>> {
  await db.execute(sql`
    CREATE TABLE bench_runs AS SELECT to_jsonb(runs) AS run, row_number() OVER (ORDER BY id) - 1 AS place FROM runs`);
  await db.execute(sql`
    CREATE TABLE bench_steps AS
    SELECT number, kind, inputs, scene, variant, seconds, is_extension, size, price_credits, provider, model FROM steps
    WHERE run_id = (SELECT (run->>'id')::uuid FROM bench_runs WHERE place = 0)`);
  return async (count) => {
    await db.transaction(async (tx) => {
      await tx.execute(sql`
        INSERT INTO runs SELECT made.*
        FROM (
          SELECT run || jsonb_build_object('id', gen_random_uuid(), 'request_key', gen_random_uuid(),
            'member_id', gen_random_uuid(), 'created_at', now(), 'due_at', now()) AS one
          FROM generate_series(1, ${count}::int) AS n JOIN bench_runs ON place = n % (SELECT count(*) FROM bench_runs)
          -- So that each copy is made of its own: the planner would remember the ids that it gave first.
          OFFSET 0
        ) AS ones CROSS JOIN LATERAL jsonb_populate_record(NULL::runs, one) AS made`);
      await tx.execute(sql`
        INSERT INTO steps (run_id, number, kind, inputs, scene, variant, seconds, is_extension, size, price_credits, provider, model)
        SELECT runs.id, bench_steps.* FROM runs, bench_steps
        WHERE NOT EXISTS (SELECT FROM steps WHERE run_id = runs.id)`);
      // More credits than the copies hold, because settlements take them from here.
      await tx.execute(sql`UPDATE credit_accounts SET held = held + ${count}::int * 100`);
    });
    await db.execute(sql`ANALYZE`);
  };
}

/**
 * Records that all videos were sent and asked for once, and spreads the next polls of the runs over the time between two polls. Like
 * those that a turn plans, they fall due together with others.
 */
export async function sendAllVideos({ database: { db } }: Program, pollAfterMs: number): Promise<void> {
  await db.execute(sql`
    UPDATE steps SET state = 'done', started_at = now(), finished_at = now() WHERE kind IN ('enhance', 'image')`);
  await db.execute(sql`
    CREATE TABLE bench_polls AS SELECT id, random() * ${pollAfterMs}::float8 AS ms FROM runs`);
  await db.execute(sql`
    UPDATE runs SET state = 'running', started_at = now(), due_at = ${pollAfter(sql`ms`)} FROM bench_polls polls WHERE polls.id = runs.id`);
  await db.execute(sql`
    UPDATE steps SET state = 'submitted', submits = 1, started_at = now(), fraction = 0.5,
      handle = jsonb_build_object('firstPollAt', extract(epoch FROM now())::float8 * 1000 + ms)
    FROM bench_polls polls WHERE polls.id = run_id AND kind = 'video'`);
  await db.execute(sql`VACUUM ANALYZE`);
}

const counted = z.array(z.object({ count: z.coerce.number() }));

export async function deliveredCount({ database }: Program): Promise<number> {
  const rows = await database.db.execute(sql`SELECT count(*) FROM runs WHERE delivered_at IS NOT NULL`);
  return counted.parse(rows)[0]?.count ?? 0;
}

const averaged = z.array(z.object({ average: z.coerce.number() }));

/** The number of jobs per delivered run. Each dispatch is a job, so a turn that was taken twice counts twice. */
export async function dispatchesPerRun({ database }: Program): Promise<number> {
  const rows = await database.db.execute(
    sql`SELECT avg(dispatch)::float8 AS average FROM runs WHERE delivered_at IS NOT NULL`,
  );
  return averaged.parse(rows)[0]?.average ?? Number.NaN;
}

const backend = z.array(z.object({ pid: z.int() }));

/** The process of the database server that this program is connected to. */
export async function serverPid({ database }: Program): Promise<number> {
  const [row] = backend.parse(await database.db.execute(sql`SELECT pg_backend_pid() AS pid`));
  return parentOf(row?.pid ?? 0);
}
