import { randomUUID } from 'node:crypto';
import postgres from 'postgres';
import type { Tx } from '../../src/db/client.ts';
import { insertRun } from '../../src/db/runs.ts';
import { type RunId, runId, runOptions, type WorkspaceId } from '../../src/domain.ts';
import { newStepOf } from './views.ts';

/** The workspace with a fifth of all runs. The others are `terminal:w1`, `terminal:w2` and so on. */
export const large = 'terminal:large';

const grant = 1_000_000_000;
const perChunk = 50_000;

/**
 * Writes the delivered runs of a year, one after the other, as the program would: each with 3 steps, 2 assets and 2 or 3 rows of
 * the ledger, in a right ledger. Every tenth run failed at its video and began with an image that a member gave.
 */
export async function fillWithRuns(
  url: string,
  { runs, workspaces }: { runs: number; workspaces: number },
): Promise<void> {
  const client = postgres(url, { max: 1, onnotice: () => {} });
  const send = (text: string) => client.unsafe(text);
  try {
    // PostgreSQL then checks no foreign keys and calls no triggers.
    await send('SET session_replication_role = replica');
    await send('SET synchronous_commit = off');
    await send(`INSERT INTO workspaces (id, platform, name, topped_up_for)
      SELECT id, 'terminal', id, to_char(now() AT TIME ZONE 'UTC', 'YYYY-MM') FROM (
        SELECT '${large}' AS id UNION ALL SELECT 'terminal:w' || n FROM generate_series(1, ${workspaces}) n) ids`);
    await send(`INSERT INTO credit_accounts SELECT id, ${grant}, 0 FROM workspaces`);
    await send(`INSERT INTO credit_transactions (workspace_id, kind, amount, balance_after, held_after, idempotency_key, created_at)
      SELECT id, 'grant', ${grant}, ${grant}, 0, 'grant:' || id, now() - interval '1 year' FROM workspaces`);
    for (let from = 0; from < runs; from += perChunk) {
      await send(chunkOf({ runs, workspaces }, from, Math.min(runs, from + perChunk)));
      for (const text of partsOfChunk) await send(text);
    }
    await send('VACUUM ANALYZE');
  } finally {
    await client.end();
  }
}

/** The common part of the rows of some runs. `balance` is that of the workspace before the run. */
const chunkOf = ({ runs, workspaces }: { runs: number; workspaces: number }, from: number, to: number): string => `
  CREATE TEMPORARY TABLE made AS
  SELECT m.*, a.balance - coalesce(sum(m.captured) OVER (PARTITION BY m.workspace ORDER BY m.n ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING), 0) AS balance
  FROM (
    SELECT n, md5('run ' || n)::uuid AS id, CASE WHEN n % 5 = 1 THEN '${large}' ELSE 'terminal:w' || (1 + n % ${workspaces}) END AS workspace,
      now() - (${runs} - n) * (interval '1 year' / ${runs}) - interval '2 hours' AS at, CASE WHEN n % 10 = 0 THEN 6 ELSE 24 END AS captured
    FROM generate_series(${from}, ${to - 1}) n) m
  JOIN credit_accounts a ON a.workspace_id = m.workspace`;

const partsOfChunk = [
  `INSERT INTO runs (id, workspace_id, request_key, member_id, member_name, workflow, prompt, options, conversation, posted_messages,
    state, price_credits, captured_credits, released_credits, failure, due_at, dispatch, claimed, created_at, started_at, settled_at,
    delivered_at, unreached_steps, needs_worker)
  SELECT id, workspace, 'filled:' || id, 'member ' || n % 40, 'Member', 'complete', 'a quiet lighthouse above the harbour at dawn, number ' || n,
    '{"style": "cinematic", "aspect": "16:9", "quality": "standard", "duration": 6, "resolution": "720p", "audio": true, "change": null}',
    jsonb_build_object('channel', 'C0123456789', 'threadTs', n::text, 'userId', 'U0123456789'),
    jsonb_build_object('status', jsonb_build_object('ts', n::text, 'channel', 'C0123456789')),
    (CASE captured WHEN 24 THEN 'succeeded' ELSE 'failed' END)::run_state, 24, captured, 24 - captured,
    CASE captured WHEN 24 THEN NULL ELSE '{"kind": "refused", "detail": ""}'::jsonb END, NULL, 7, 7, at, at + interval '1 s',
    at + interval '90 s', at + interval '92 s', '{}', 3
  FROM made ORDER BY n`,
  `INSERT INTO steps (run_id, number, kind, inputs, size, state, price_credits, provider, model, key_source, submits, expected_ms,
    shown, handle, enhanced, cost_micro_usd, usage, started_at, finished_at)
  SELECT id, k, (ARRAY['enhance', 'image', 'video'])[k]::step_kind, (ARRAY['{}', '{1}', '{1,2}'])[k]::int[],
    (ARRAY['', 'standard 16:9', '720p 6s'])[k], (CASE WHEN captured < 24 AND k = 3 THEN 'failed' ELSE 'done' END)::step_state,
    (ARRAY[1, 5, 18])[k], (ARRAY['openai', 'openai', 'google'])[k], (ARRAY['words-1', 'image-1', 'video-1'])[k], 'operator', 1,
    k * 20000, 1, CASE WHEN k = 3 THEN jsonb_build_object('operation', 'models/video-1/operations/' || md5(n::text)) END,
    CASE WHEN k = 1 THEN jsonb_build_object('prompt', 'a quiet lighthouse above the harbour at dawn, with warm light', 'motion', 'slow push in') END,
    k * 40000, '{"inputTokens": 412, "outputTokens": 120}', at + k * interval '10 s', at + k * interval '28 s'
  FROM made, generate_series(1, 3) k ORDER BY n, k`,
  `INSERT INTO assets (run_id, step_number, kind, object_key, mime, width, height, seconds, bytes, sha256, created_at, is_given,
    removed_at, erased_at)
  SELECT id, nullif(k, 1), (ARRAY['image', 'image', 'video'])[k]::media_kind, 'runs/' || id || '/' || k || '-' || md5(k || 'key' || n),
    (ARRAY['image/png', 'image/png', 'video/mp4'])[k], 1280, 720, CASE WHEN k = 3 THEN 6 END, 1000000 * k,
    md5(k || 'sha' || n) || md5(n || 'sha' || k), at + k * interval '28 s', k = 1,
    CASE WHEN k = 1 AND at < now() - interval '1 day' THEN at + interval '1 day' END,
    CASE WHEN k = 1 AND at < now() - interval '1 day' THEN at + interval '1 day' END
  FROM made, generate_series(1, 3) k WHERE CASE k WHEN 1 THEN captured < 24 WHEN 3 THEN captured = 24 ELSE true END ORDER BY n, k`,
  `INSERT INTO credit_transactions (workspace_id, run_id, kind, amount, balance_after, held_after, idempotency_key, created_at)
  SELECT workspace, id, kind::transaction_kind, amount, balance_after, held_after, kind || ':' || id,
    CASE kind WHEN 'hold' THEN at ELSE at + interval '90 s' END
  FROM made CROSS JOIN LATERAL (VALUES
    (1, 'hold', 24, balance - 24, 24), (2, 'capture', captured, balance - 24, 24 - captured),
    (3, 'release', 24 - captured, balance - captured, 0)
  ) AS entry (nth, kind, amount, balance_after, held_after)
  WHERE amount > 0 ORDER BY n, nth`,
  `UPDATE credit_accounts a SET balance = a.balance - spent.credits
  FROM (SELECT workspace, sum(captured) AS credits FROM made GROUP BY 1) spent WHERE spent.workspace = a.workspace_id`,
  'DROP TABLE made',
];

/** Inserts a run that waits, with one step. */
export async function insertOne(
  tx: Tx,
  workspaceId: WorkspaceId,
  requestKey: string,
  priceCredits = 6,
): Promise<RunId> {
  const id = runId.parse(randomUUID());
  await insertRun(tx, {
    id,
    workspaceId,
    requestKey,
    memberId: 'ada',
    memberName: 'Ada',
    workflow: 'image',
    prompt: 'x',
    options: runOptions.parse({}),
    conversation: {},
    steps: [newStepOf('enhance', { priceCredits })],
    input: null,
  });
  return id;
}
