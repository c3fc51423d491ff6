import { randomUUID } from 'node:crypto';
import postgres from 'postgres';
import { onTestFinished } from 'vitest';

export type OldProcess = {
  /** Takes a command. Resolves with the id of the run. */
  submit: () => Promise<string>;
  /** Takes the turns of one run that is due, and stops after a step if told so. Resolves with its id, or null if none is due. */
  work: (stopAfter?: 'enhanced' | 'submitted') => Promise<string | null>;
  /** Adds what a member gave, removes a result as the sweeper does, and writes down a call whose result nobody will deliver. */
  clean: (id: string) => Promise<void>;
};

/** As its database writes it. The old version has one step of each kind. */
const steps = [
  { kind: 'enhance', priceCredits: 1, model: 'vendor-words' },
  { kind: 'image', priceCredits: 5, model: 'vendor-image' },
  { kind: 'video', priceCredits: 18, model: 'vendor-video' },
].map((step) => ({ ...step, provider: 'vendor', keySource: 'none', expectedMs: 1_000 }));
const price = 24;
const options = { style: 'vivid', quality: 'hd', aspect: 'wide', duration: 8, resolution: '1080p', audio: true };

/**
 * A process of the released version 0.1 (schema 0000): the statements that its bots, workers and sweepers send, prepared as it
 * prepares them. None may wait for a lock for longer than a second. It works for one workspace that exists.
 */
export function openOldProcess(url: string, workspace: string, connections = 1): OldProcess {
  const sql = postgres(url, {
    max: connections,
    onnotice: () => {},
    fetch_types: false,
    connection: { application_name: 'vidgenie', lock_timeout: 1_000 },
  });
  onTestFinished(() => sql.end({ timeout: 1 }));

  const submit = async () => {
    const id = randomUUID();
    await sql`SELECT count(*) FROM runs WHERE request_key = ${id}`;
    const rows = await sql`
      WITH debit AS (
        UPDATE credit_accounts SET balance = balance - ${price}, held = held + ${price}
        WHERE workspace_id = ${workspace} AND balance >= ${price}
          AND NOT EXISTS (SELECT 1 FROM runs WHERE request_key = ${id})
          AND member_runs_unsettled(${workspace}, 'ada') < ${1_000}::int
        RETURNING balance, held
      ), new_run AS (
        INSERT INTO runs (id, workspace_id, request_key, member_id, member_name, workflow, prompt, options, platform, conversation, price_credits, due_at)
        SELECT ${id}::uuid, ${workspace}, ${id}, 'ada', 'Ada', 'complete'::workflow, 'a fox in the snow',
          ${JSON.stringify(options)}::text::jsonb, NULL::platform, '{}'::jsonb, ${price}::int, now() + make_interval(secs => 0::float8)
        FROM debit
        RETURNING id
      ), new_steps AS (
        INSERT INTO steps (run_id, kind, price_credits, provider, model, key_source, expected_ms)
        SELECT new_run.id, s.kind::step_kind, s."priceCredits", s.provider, s.model, s."keySource", s."expectedMs"
        FROM new_run, jsonb_to_recordset(${JSON.stringify(steps)}::text::jsonb)
          AS s(kind text, "priceCredits" int, provider text, model text, "keySource" text, "expectedMs" int)
      ), new_input AS (
        INSERT INTO assets (run_id, step, kind, object_key, mime, width, height, bytes, sha256)
        SELECT new_run.id, NULL, 'image', i."objectKey", i.mime, i.width, i.height, i.bytes, i.sha256
        FROM new_run, jsonb_to_recordset(${JSON.stringify([])}::text::jsonb)
          AS i("objectKey" text, mime text, width int, height int, bytes bigint, sha256 text)
      ), entry AS (
        INSERT INTO credit_transactions (workspace_id, run_id, kind, amount, balance_after, held_after, idempotency_key)
        SELECT ${workspace}, ${id}::uuid, 'hold', ${price}::int, debit.balance, debit.held, ${`hold:${id}`}
        FROM debit
      )
      SELECT balance FROM debit`;
    if (rows.length !== 1) throw new Error('the old process was refused');
    return id;
  };

  const work = async (stopAfter?: 'enhanced' | 'submitted') => {
    const [lease] =
      await sql`SELECT id, dispatch, is_poll FROM dispatch_due(1, make_interval(secs => 20::float8), 1000, 1000, 16)`;
    if (!lease) return null;
    const { id, dispatch } = lease;
    const held = async (rows: Promise<readonly unknown[]>) => {
      if ((await rows).length !== 1) throw new Error(`the old process lost its run ${id}`);
    };
    await held(sql`
      UPDATE runs SET claimed = ${dispatch}, due_at = now() + make_interval(secs => 20::float8), failed_attempts = failed_attempts + 1
      WHERE id = ${id} AND dispatch = ${dispatch} AND claimed < ${dispatch} RETURNING id`);
    const view = await sql`
      SELECT r.id, r.workflow, r.options, r.unreached, r.failed_attempts, s.kind, s.state, s.submits, s.handle, s.enhanced,
        a.object_key, a.step, a.removed_at
      FROM runs r INNER JOIN steps s ON s.run_id = r.id LEFT JOIN assets a ON a.run_id = s.run_id AND (a.step = s.kind OR a.step IS NULL)
      WHERE r.id = ${id}`;
    const finished = new Set(view.filter(({ state }) => state === 'done').map(({ kind }) => String(kind)));
    if (view.length < 3) throw new Error(`the old process does not see the steps of ${id}`);
    const write = (kind: string, state: string) =>
      held(sql`
        WITH held AS (
          UPDATE runs SET state = 'running', started_at = coalesce(started_at, now()), busy = true, failed_attempts = 1
          WHERE id = ${id} AND dispatch = ${dispatch} AND cancel_requested_at IS NULL RETURNING id
        ), step AS (
          UPDATE steps SET state = ${state}::step_state, submits = CASE WHEN ${state} = 'submitting' THEN submits + 1 ELSE submits END,
            handle = CASE WHEN ${state} = 'submitted' THEN '{"operation": "3"}'::jsonb ELSE handle END,
            enhanced = CASE WHEN kind = 'enhance' AND ${state} = 'done' THEN '{"image": "a fox", "motion": "slowly"}'::jsonb ELSE enhanced END,
            started_at = coalesce(started_at, now()), finished_at = CASE WHEN ${state} = 'done' THEN now() END,
            shown = greatest(shown, coalesce(fraction, 0))
          WHERE run_id IN (SELECT id FROM held) AND kind = ${kind}::step_kind
        )
        SELECT id, pg_notify('vidgenie_run', id::text) FROM held`);
    const store = (kind: string) =>
      held(sql`
        WITH held AS (
          UPDATE runs SET busy = true, failed_attempts = 1 WHERE id = ${id} AND dispatch = ${dispatch} RETURNING id
        ), step AS (
          UPDATE steps SET state = 'done', fraction = 1, finished_at = now(), cost_micro_usd = 1 WHERE run_id IN (SELECT id FROM held) AND kind = ${kind}::step_kind
        ), asset AS (
          INSERT INTO assets (run_id, step, kind, object_key, mime, width, height, seconds, bytes, sha256)
          SELECT id, ${kind}::step_kind, ${kind}::media_kind, 'k', 'image/png', 1::int, 1::int, NULL::float8, 1::bigint, '' FROM held
          ON CONFLICT (run_id, step) DO UPDATE SET kind = excluded.kind, object_key = excluded.object_key, mime = excluded.mime,
            width = excluded.width, height = excluded.height, seconds = excluded.seconds, bytes = excluded.bytes, sha256 = excluded.sha256
        )
        SELECT id, pg_notify('vidgenie_run', id::text) FROM held`);
    const handBack = () =>
      held(sql`
        UPDATE runs SET due_at = now(), busy = false, failed_attempts = 0
        WHERE id = ${id} AND dispatch = ${dispatch} RETURNING id`);

    if (!finished.has('enhance')) {
      await write('enhance', 'submitting');
      await write('enhance', 'done');
    }
    if (stopAfter === 'enhanced') return await handBack().then(() => String(id));
    if (!finished.has('image')) {
      await write('image', 'submitting');
      await store('image');
      // An upload that is repeated.
      await store('image');
    }
    if (!view.some(({ kind, state }) => kind === 'video' && state === 'submitted')) {
      await write('video', 'submitting');
      await write('video', 'submitted');
    }
    if (stopAfter === 'submitted') return await handBack().then(() => String(id));
    await held(sql`
      UPDATE runs SET due_at = now() + make_interval(secs => 20::float8)
      WHERE id = ${id} AND dispatch = ${dispatch} AND busy = true RETURNING id`);
    await write('video', 'storing');
    await store('video');
    await held(sql`
      WITH run AS (
        UPDATE runs SET state = 'succeeded'::run_state, failure = NULL::jsonb, settled_at = now(),
          captured_credits = ${price}::int, released_credits = price_credits - ${price}::int,
          started_at = coalesce(started_at, now()), failed_attempts = 1
        WHERE id = ${id} AND dispatch = ${dispatch} AND state IN ('queued', 'running')
        RETURNING id, workspace_id, price_credits AS price, captured_credits AS captured, released_credits AS released
      ), skipped AS (
        UPDATE steps SET state = 'skipped' FROM run WHERE steps.run_id = run.id AND steps.state = 'pending'
      ), account AS (
        UPDATE credit_accounts SET held = held - run.price, balance = balance + run.released
        FROM run WHERE credit_accounts.workspace_id = run.workspace_id
        RETURNING balance, held
      ), entries AS (
        INSERT INTO credit_transactions (workspace_id, run_id, kind, amount, balance_after, held_after, idempotency_key)
        SELECT workspace_id, id, 'capture'::transaction_kind, captured, balance - released, held + released, 'capture:' || id
        FROM run, account WHERE captured > 0
        UNION ALL
        SELECT workspace_id, id, 'release', released, balance, held, 'release:' || id
        FROM run, account WHERE released > 0
      )
      SELECT pg_notify('vidgenie_run', id::text) FROM run`);
    // The enhanced prompt costs a credit, and it reached nobody.
    const unreached = sql`ARRAY(
      SELECT DISTINCT one FROM (
        SELECT unnest(unreached) AS one UNION SELECT jsonb_array_elements_text('["enhance"]'::jsonb)
      ) AS known ORDER BY one)`;
    await held(
      sql`UPDATE runs SET unreached = ${unreached} WHERE id = ${id} AND dispatch = ${dispatch} RETURNING unreached`,
    );
    await held(sql`
      WITH run AS (
        UPDATE runs SET delivered_at = now(), delivery_failure = NULL::jsonb, posted_messages = coalesce('{}'::jsonb, posted_messages),
          unreached = ${unreached}, due_at = NULL, busy = false, failed_attempts = 0
        WHERE id = ${id} AND dispatch = ${dispatch}
        RETURNING id, workspace_id, unreached
      ), owed AS (
        SELECT run.id, run.workspace_id, sum(steps.price_credits)::int AS amount
        FROM run JOIN steps ON steps.run_id = run.id AND steps.state = 'done' AND steps.kind::text = ANY (run.unreached)
        GROUP BY run.id, run.workspace_id
      ), account AS (
        UPDATE credit_accounts SET balance = balance + owed.amount FROM owed
        WHERE credit_accounts.workspace_id = owed.workspace_id AND owed.amount > 0
          AND NOT EXISTS (SELECT 1 FROM credit_transactions WHERE idempotency_key = 'undelivered:' || owed.id)
        RETURNING balance, held
      ), entry AS (
        INSERT INTO credit_transactions (workspace_id, run_id, kind, amount, balance_after, held_after, idempotency_key)
        SELECT workspace_id, id, 'refund'::transaction_kind, amount, balance, held, 'undelivered:' || id FROM owed, account
      )
      SELECT pg_notify('vidgenie_run', id::text) FROM run`);
    return String(id);
  };

  const clean = async (id: string) => {
    await sql`
      INSERT INTO assets (run_id, step, kind, object_key, mime, width, height, bytes, sha256)
      VALUES (${id}, NULL, 'image', 'k', 'image/png', 1, 1, 1, '')`;
    await sql`INSERT INTO provider_orphans (run_id, dispatch, step, provider, handle) VALUES (${id}, 1, 'video', 'vendor', NULL)`;
    await sql`UPDATE assets SET removed_at = now() WHERE run_id = ${id} AND step = 'image' AND removed_at IS NULL`;
  };
  return { submit, work, clean };
}
