-- Rows as a program of this schema leaves them: a run that waits, one whose image is to be made, one whose video is being made, and one
-- that is delivered. All belong to a workspace with 100 credits.
INSERT INTO workspaces (id, platform, name) VALUES ('terminal:local', 'terminal', 'Local');
INSERT INTO credit_accounts (workspace_id, balance, held) VALUES ('terminal:local', 4, 72);
INSERT INTO runs (id, workspace_id, request_key, member_id, member_name, workflow, prompt, options, conversation, state, price_credits,
  captured_credits, released_credits, due_at, dispatch, claimed, started_at, settled_at, delivered_at)
SELECT r.id::uuid, 'terminal:local', 'key ' || r.id, 'ada', 'Ada', 'complete', 'a fox in the snow',
  '{"style": "vivid", "quality": "hd", "aspect": "wide", "duration": 8, "resolution": "1080p", "audio": true}', '{}',
  r.state::run_state, 24, r.captured, r.released, CASE WHEN r.captured IS NULL THEN now() END, r.dispatch, r.dispatch,
  CASE WHEN r.dispatch > 0 THEN now() END, CASE WHEN r.captured IS NOT NULL THEN now() END, CASE WHEN r.captured IS NOT NULL THEN now() END
FROM (VALUES
  ('00000000-0000-4000-8000-000000000001', 'queued', NULL::int, NULL::int, 0),
  ('00000000-0000-4000-8000-000000000002', 'running', NULL, NULL, 3),
  ('00000000-0000-4000-8000-000000000003', 'running', NULL, NULL, 5),
  ('00000000-0000-4000-8000-000000000004', 'succeeded', 24, 0, 9)
) AS r(id, state, captured, released, dispatch);
INSERT INTO steps (run_id, kind, state, price_credits, provider, model, handle, submits, enhanced, started_at, finished_at)
SELECT s.run_id::uuid, s.kind::step_kind, s.state::step_state, s.price, 'vendor', s.model, s.handle::jsonb, s.submits,
  CASE WHEN s.kind = 'enhance' AND s.state = 'done' THEN '{"image": "a fox, in soft light", "motion": "slowly"}'::jsonb END,
  CASE WHEN s.submits > 0 THEN now() END, CASE WHEN s.state = 'done' THEN now() END
FROM (VALUES
  ('00000000-0000-4000-8000-000000000001', 'enhance', 'pending', 1, 'vendor-words', NULL, 0),
  ('00000000-0000-4000-8000-000000000001', 'image', 'pending', 5, 'vendor-image', NULL, 0),
  ('00000000-0000-4000-8000-000000000001', 'video', 'pending', 18, 'vendor-video', NULL, 0),
  ('00000000-0000-4000-8000-000000000002', 'enhance', 'done', 1, 'vendor-words', NULL, 1),
  ('00000000-0000-4000-8000-000000000002', 'image', 'pending', 5, 'vendor-image', NULL, 0),
  ('00000000-0000-4000-8000-000000000002', 'video', 'pending', 18, 'vendor-video', NULL, 0),
  ('00000000-0000-4000-8000-000000000003', 'enhance', 'done', 1, 'vendor-words', NULL, 1),
  ('00000000-0000-4000-8000-000000000003', 'image', 'done', 5, 'vendor-image', NULL, 1),
  ('00000000-0000-4000-8000-000000000003', 'video', 'submitted', 18, 'vendor-video', '{"operation": "3"}', 1),
  ('00000000-0000-4000-8000-000000000004', 'enhance', 'done', 1, 'vendor-words', NULL, 1),
  ('00000000-0000-4000-8000-000000000004', 'image', 'done', 5, 'vendor-image', NULL, 1),
  ('00000000-0000-4000-8000-000000000004', 'video', 'done', 18, 'vendor-video', '{"operation": "4"}', 1)
) AS s(run_id, kind, state, price, model, handle, submits);
INSERT INTO assets (run_id, step, kind, object_key, mime, width, height, seconds, bytes, sha256)
SELECT a.run_id::uuid, a.kind::step_kind, a.kind::media_kind, 'runs/' || a.run_id || '/' || a.kind, a.mime, 64, 36, a.seconds, 1, repeat('0', 64)
FROM (VALUES
  ('00000000-0000-4000-8000-000000000003', 'image', 'image/png', NULL::float8),
  ('00000000-0000-4000-8000-000000000004', 'image', 'image/png', NULL),
  ('00000000-0000-4000-8000-000000000004', 'video', 'video/mp4', 1)
) AS a(run_id, kind, mime, seconds);
INSERT INTO credit_transactions (workspace_id, run_id, kind, amount, balance_after, held_after, idempotency_key) VALUES
  ('terminal:local', NULL, 'grant', 100, 100, 0, 'grant:terminal:local:first'),
  ('terminal:local', '00000000-0000-4000-8000-000000000004', 'hold', 24, 76, 24, 'hold:00000000-0000-4000-8000-000000000004'),
  ('terminal:local', '00000000-0000-4000-8000-000000000004', 'capture', 24, 76, 0, 'capture:00000000-0000-4000-8000-000000000004'),
  ('terminal:local', '00000000-0000-4000-8000-000000000001', 'hold', 24, 52, 24, 'hold:00000000-0000-4000-8000-000000000001'),
  ('terminal:local', '00000000-0000-4000-8000-000000000002', 'hold', 24, 28, 48, 'hold:00000000-0000-4000-8000-000000000002'),
  ('terminal:local', '00000000-0000-4000-8000-000000000003', 'hold', 24, 4, 72, 'hold:00000000-0000-4000-8000-000000000003');
UPDATE workspaces SET topped_up_for = to_char(now() AT TIME ZONE 'UTC', 'YYYY-MM');
