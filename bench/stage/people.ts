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

/**
 * Writes copies of the existing runs, as many as you ask for, each with its hold and with a grant that pays for it. Thousands of commands
 * would take longer than the measurement.
 */
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
      await tx.execute(holdsOfCopies);
    });
    await db.execute(sql`ANALYZE`);
  };
}

const holdsOfCopies = sql`
  WITH copies AS (
    SELECT id, workspace_id, price_credits FROM runs WHERE NOT EXISTS (SELECT FROM credit_transactions WHERE run_id = runs.id)
  ), account AS (
    UPDATE credit_accounts a SET held = a.held + price.credits
    FROM (SELECT workspace_id, sum(price_credits) AS credits FROM copies GROUP BY 1) price WHERE price.workspace_id = a.workspace_id
    RETURNING a.workspace_id, a.balance + price.credits AS granted, a.held - price.credits AS held, price.credits
  ), entry AS (
    SELECT workspace_id, NULL::uuid AS run_id, 'grant' AS kind, credits AS amount, granted AS balance, held, 0 AS nth FROM account
    UNION ALL
    SELECT workspace_id, id, 'hold', price_credits, granted - sum(price_credits) OVER until_now, held + sum(price_credits) OVER until_now,
      row_number() OVER until_now
    FROM copies JOIN account USING (workspace_id) WINDOW until_now AS (PARTITION BY workspace_id ORDER BY id)
  )
  INSERT INTO credit_transactions (workspace_id, run_id, kind, amount, balance_after, held_after, idempotency_key)
  SELECT workspace_id, run_id, kind::transaction_kind, amount, balance, held, coalesce('hold:' || run_id, 'grant:' || gen_random_uuid())
  FROM entry ORDER BY nth`;

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
