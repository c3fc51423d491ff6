import { randomUUID } from 'node:crypto';
import postgres from 'postgres';
import type { Tx } from '../../src/db/client.ts';
import { insertRun } from '../../src/db/insertRun.ts';
import { type RunId, runId, runOptions, type WorkspaceId } from '../../src/domain.ts';
import { newStepOf } from './views.ts';

/** A workspace with many of all runs. */
export const large = 'terminal:large';
/** Members of the large workspace: one with a few old runs, one with a tenth of its runs. */
export const members = { few: 'member few', many: 'member many' };
/** A word that every eighth prompt has, and one that none has although other words share its letters. */
export const words = { common: 'lantern', none: 'lanterfox' };
/** Japanese words in the prompt of the first run of the large workspace. */
export const oldestWords = '猫の灯台';

type Size = {
  runs: number;
  /** Every how many runs one is of the large workspace. */
  every?: number;
  /** How many members the large workspace has, besides the two. */
  members?: number;
  /** How many of the newest runs are not over yet. */
  unfinished?: number;
  /** How many workspaces there are besides the large one: `terminal:w0`, `terminal:w1` and so on. */
  workspaces?: number;
};

const grant = 1_000_000_000;

const vocabulary = [
  'lantern lighthouse meadow copper violet harbour glacier orchard thunder marble',
  'fox heron whale badger otter falcon lynx hedgehog sparrow salmon',
  'quiet golden frosted burning hollow silver tangled distant painted sleeping',
  'at under beside above through behind over within along beyond',
  'dawn midnight winter autumn storm moonlight rain fog snowfall sunrise',
  'watercolour cinematic macro portrait panorama close-up isometric sketch neon noir',
  'with without against and the of in on a an',
  'river mountain city forest desert island station bridge tower garden',
];

/** One word of each line of the vocabulary, and a number of which there are few. */
const promptOf = `concat_ws(' ', ${vocabulary
  .map((line, at) => `('{${line.replaceAll(' ', ',')}}'::text[])[1 + abs(hashint4(n + ${at} * 7919)) % 10]`)
  .join(', ')}, 'no', to_hex(hashint4(n)), CASE n WHEN 0 THEN '${oldestWords}' END)`;

const perChunk = 100_000;

/**
 * Writes the history of an installation: the runs of a year, one after the other, as the program would, with a right ledger. Each
 * run has 3 steps, 2 assets and 2 or 3 rows of the ledger. A tenth of them failed at their video and began with an image that a
 * member gave.
 */
export async function writeHistory(url: string, size: Size): Promise<void> {
  const whole = {
    every: 5,
    members: 40,
    unfinished: 0,
    workspaces: Math.max(10, Math.round(size.runs / 2_000)),
    ...size,
  };
  // A new connection would not have the temporary table.
  const client = postgres(url, { max: 1, max_lifetime: null, onnotice: () => {} });
  const send = (text: string) => client.unsafe(text);
  try {
    // PostgreSQL then checks no foreign keys and calls no triggers. What the triggers would write is written at the end.
    await send('SET session_replication_role = replica');
    await send('SET synchronous_commit = off');
    await send(`INSERT INTO workspaces (id, platform, name, topped_up_for)
      SELECT id, 'terminal', id, to_char(now() AT TIME ZONE 'UTC', 'YYYY-MM') FROM (
        SELECT '${large}' AS id UNION ALL SELECT 'terminal:w' || n FROM generate_series(0, ${whole.workspaces - 1}) n) ids`);
    await send(`INSERT INTO credit_accounts SELECT id, ${grant}, 0 FROM workspaces`);
    await send(`INSERT INTO credit_transactions (workspace_id, kind, amount, balance_after, held_after, idempotency_key, created_at)
      SELECT id, 'grant', ${grant}, ${grant}, 0, 'grant:' || id, now() - interval '1 year' FROM workspaces`);
    for (let from = 0; from < size.runs; from += perChunk) {
      await send(chunkOf(whole, from, Math.min(size.runs, from + perChunk)));
      for (const text of partsOfChunk) await send(text);
    }
    await send(`INSERT INTO credit_use (workspace_id, day, member_id, credits)
      SELECT t.workspace_id, (t.created_at AT TIME ZONE 'UTC')::date, r.member_id,
        sum(CASE t.kind WHEN 'capture' THEN t.amount ELSE -t.amount END)
      FROM credit_transactions t JOIN runs r ON r.id = t.run_id WHERE t.kind IN ('capture', 'refund') GROUP BY 1, 2, 3 ORDER BY 2`);
    await send('VACUUM ANALYZE');
  } finally {
    await client.end();
  }
}

/** The common part of the rows of some runs. `balance` and `held` are those of the workspace before the run. */
const chunkOf = (size: Required<Size>, from: number, to: number): string => `
  CREATE TEMPORARY TABLE made AS
  SELECT m.*, a.balance - coalesce(sum(CASE WHEN m.is_open THEN 24 ELSE m.captured END) OVER earlier, 0) AS balance,
    a.held + coalesce(sum(CASE WHEN m.is_open THEN 24 END) OVER earlier, 0) AS held
  FROM (
    SELECT n, overlay(overlay(md5('run ' || n) placing '4' from 13) placing '8' from 17)::uuid AS id,
      CASE WHEN n % ${size.every} = 0 THEN '${large}' ELSE 'terminal:w' || abs(hashint4(n)) % ${size.workspaces} END AS workspace,
      CASE WHEN n % ${size.every} <> 0 THEN 'member ' || n % 40 WHEN n / ${size.every} IN (0, 20, 40, 60) THEN '${members.few}'
        WHEN n / ${size.every} % 10 = 1 THEN '${members.many}' ELSE 'member ' || abs(hashint4(n)) % ${size.members} END AS member,
      now() - (${size.runs} - n) * (interval '1 year' / ${size.runs}) - interval '2 hours' AS at,
      n >= ${size.runs - size.unfinished} AS is_open, ${promptOf} AS prompt,
      CASE WHEN n / ${size.every} % 10 = 3 AND n < ${size.runs - size.unfinished} THEN 6 ELSE 24 END AS captured
    FROM generate_series(${from}, ${to - 1}) n) m
  JOIN credit_accounts a ON a.workspace_id = m.workspace
  WINDOW earlier AS (PARTITION BY m.workspace ORDER BY m.n ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING)`;

const partsOfChunk = [
  `INSERT INTO runs (id, workspace_id, request_key, member_id, member_name, workflow, prompt, options, conversation, posted_messages,
    state, price_credits, captured_credits, released_credits, failure, due_at, dispatch, claimed, created_at, started_at, settled_at,
    delivered_at, unreached_steps, needs_worker)
  SELECT id, workspace, 'history:' || id, member, initcap(member), 'complete', prompt,
    '{"style": "cinematic", "aspect": "16:9", "quality": "standard", "duration": 6, "resolution": "720p", "audio": true, "change": null}',
    jsonb_build_object('channel', 'C0123456789', 'threadTs', n::text, 'userId', 'U0123456789'),
    jsonb_build_object('status', jsonb_build_object('ts', n::text, 'channel', 'C0123456789')),
    (CASE WHEN is_open THEN 'running' WHEN captured = 24 THEN 'succeeded' ELSE 'failed' END)::run_state, 24,
    CASE WHEN NOT is_open THEN captured END, CASE WHEN NOT is_open THEN 24 - captured END,
    CASE WHEN captured < 24 THEN '{"kind": "refused", "detail": ""}'::jsonb END,
    CASE WHEN is_open THEN now() + interval '1 hour' END, 7, 7, at, at + interval '1 s',
    CASE WHEN NOT is_open THEN at + interval '90 s' END, CASE WHEN NOT is_open THEN at + interval '92 s' END, '{}', 3
  FROM made ORDER BY n`,
  `INSERT INTO steps (run_id, number, kind, inputs, size, state, price_credits, provider, model, key_source, submits, expected_ms,
    shown, handle, enhanced, cost_micro_usd, usage, started_at, finished_at)
  SELECT id, k, (ARRAY['enhance', 'image', 'video'])[k]::step_kind, (ARRAY['{}', '{1}', '{1,2}'])[k]::int[],
    (ARRAY['', 'standard 16:9', '720p 6s'])[k],
    (CASE WHEN k < 3 THEN 'done' WHEN is_open THEN 'submitted' WHEN captured < 24 THEN 'failed' ELSE 'done' END)::step_state,
    (ARRAY[1, 5, 18])[k], (ARRAY['openai', 'openai', 'google'])[k], (ARRAY['words-1', 'image-1', 'video-1'])[k], 'operator', 1,
    k * 20000, 1, CASE WHEN k = 3 THEN jsonb_build_object('operation', 'models/video-1/operations/' || md5(n::text)) END,
    CASE WHEN k = 1 THEN jsonb_build_object('prompt', prompt || ' ' || prompt, 'motion', 'slow push in') END, k * 40000,
    '{"inputTokens": 412, "outputTokens": 120}', at + k * interval '10 s',
    CASE WHEN NOT (is_open AND k = 3) THEN at + k * interval '28 s' END
  FROM made, generate_series(1, 3) k ORDER BY n, k`,
  `INSERT INTO assets (run_id, step_number, kind, object_key, mime, width, height, seconds, bytes, sha256, created_at, is_given,
    removed_at, erased_at)
  SELECT id, nullif(k, 1), (ARRAY['image', 'image', 'video'])[k]::media_kind, 'runs/' || id || '/' || k || '-' || md5(k || 'key' || n),
    (ARRAY['image/png', 'image/png', 'video/mp4'])[k], 1280, 720, CASE WHEN k = 3 THEN 6 END, 1000000 * k,
    md5(k || 'sha' || n) || md5(n || 'sha' || k), at + k * interval '28 s', k = 1,
    CASE WHEN k = 1 AND at < now() - interval '1 day' THEN at + interval '1 day' END,
    CASE WHEN k = 1 AND at < now() - interval '1 day' THEN at + interval '1 day' END
  FROM made, generate_series(1, 3) k
  WHERE CASE k WHEN 1 THEN captured < 24 WHEN 3 THEN captured = 24 AND NOT is_open ELSE true END ORDER BY n, k`,
  `INSERT INTO credit_transactions (workspace_id, run_id, kind, amount, balance_after, held_after, idempotency_key, created_at)
  SELECT workspace, id, kind::transaction_kind, amount, balance_after, held_after, kind || ':' || id,
    CASE kind WHEN 'hold' THEN at ELSE at + interval '90 s' END
  FROM made CROSS JOIN LATERAL (VALUES
    (1, 'hold', 24, balance - 24, held + 24), (2, 'capture', captured, balance - 24, held + 24 - captured),
    (3, 'release', 24 - captured, balance - captured, held)
  ) AS entry (nth, kind, amount, balance_after, held_after)
  WHERE nth = 1 OR (NOT is_open AND amount > 0) ORDER BY n, nth`,
  `UPDATE credit_accounts a SET balance = a.balance - spent.credits, held = a.held + spent.held FROM (
    SELECT workspace, sum(CASE WHEN is_open THEN 24 ELSE captured END) AS credits, sum(CASE WHEN is_open THEN 24 ELSE 0 END) AS held
    FROM made GROUP BY 1) spent
  WHERE spent.workspace = a.workspace_id`,
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
