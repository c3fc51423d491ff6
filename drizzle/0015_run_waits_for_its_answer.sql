-- The same function as before, but for one line: a new run that waits for the message which answers its command is not due yet, and is
-- passed over. It holds up nobody: whoever comes after it in its workspace is started meanwhile.
CREATE OR REPLACE FUNCTION dispatch_due(
  most integer, visibility interval, member_most integer, workspace_most integer, polls_in_a_job integer DEFAULT 1
)
RETURNS TABLE (id uuid, dispatch integer, is_poll boolean) LANGUAGE plpgsql VOLATILE
SET enable_seqscan = off SET enable_bitmapscan = off SET enable_hashjoin = off SET enable_mergejoin = off SET jit = off AS $$
#variable_conflict use_column
DECLARE
  room integer;
  taken uuid[];
  polls uuid[];
BEGIN
  WITH due AS MATERIALIZED (
    -- Whoever came to nothing last time is tried alone: it may end its worker, and the runs beside it would pay for that.
    SELECT r.id, r.due_at, r.setbacks = 0 AND r.cancel_requested_at IS NULL
      AND r.due_at = date_bin('250 ms', r.due_at, timestamptz 'epoch')
      AND EXISTS (SELECT FROM steps s WHERE s.run_id = r.id AND s.state = 'submitted') AS is_poll
    FROM runs r
    WHERE (r.state <> 'queued' OR r.cancel_requested_at IS NOT NULL) AND r.due_at <= now()
    ORDER BY r.due_at LIMIT most * polls_in_a_job FOR UPDATE OF r SKIP LOCKED
  ), filled AS (
    SELECT due.id, due.is_poll, count(*) FILTER (WHERE NOT due.is_poll) OVER so_far
      + ceil(count(*) FILTER (WHERE due.is_poll) OVER so_far / polls_in_a_job::numeric) AS jobs
    FROM due WINDOW so_far AS (ORDER BY due.due_at, due.id)
  )
  SELECT array_agg(f.id), array_agg(f.id) FILTER (WHERE f.is_poll), most - coalesce(max(f.jobs), 0)
  INTO taken, polls, room
  FROM filled f WHERE f.jobs <= most;

  RETURN QUERY
  UPDATE runs r SET due_at = now() + visibility, dispatch = r.dispatch + 1, busy = true
  WHERE r.id = ANY (taken)
  RETURNING r.id, r.dispatch, coalesce(r.id = ANY (polls), false);
  IF room <= 0 OR NOT EXISTS (SELECT FROM runs WHERE state = 'queued' AND cancel_requested_at IS NULL) THEN
    RETURN;
  END IF;

  PERFORM pg_advisory_xact_lock(hashtext('vidgenie dispatch'));
  RETURN QUERY
  -- One probe of the index finds the next workspace: the runs between are not read.
  WITH RECURSIVE hop AS (
    (SELECT r.workspace_id FROM runs r WHERE r.state = 'queued' AND r.cancel_requested_at IS NULL
      ORDER BY r.workspace_id LIMIT 1)
    UNION ALL
    SELECT next.workspace_id FROM hop CROSS JOIN LATERAL (
      SELECT r.workspace_id FROM runs r
      WHERE r.state = 'queued' AND r.cancel_requested_at IS NULL AND r.workspace_id > hop.workspace_id
      ORDER BY r.workspace_id LIMIT 1
    ) next
  ), load AS MATERIALIZED (
    SELECT hop.workspace_id, w.served_at, at_work.runs
    FROM hop JOIN workspaces w ON w.id = hop.workspace_id CROSS JOIN LATERAL (
      SELECT count(*)::integer AS runs FROM runs r
      WHERE r.workspace_id = hop.workspace_id AND r.state = 'running' AND r.settled_at IS NULL
    ) at_work
    WHERE at_work.runs < workspace_most
    ORDER BY at_work.runs, w.served_at NULLS FIRST, hop.workspace_id
  ), eligible AS MATERIALIZED (
    -- Workspaces come in the order of their load. Whatever will be started belongs to the first `room` of those that have a run
    -- to start at all, so that the limit below stops the search when they have been seen.
    SELECT load.workspace_id, load.served_at, load.runs, own.created_at, own.id
    FROM load CROSS JOIN LATERAL (
      SELECT r.created_at, r.id FROM runs r CROSS JOIN LATERAL (
        SELECT count(*) AS runs FROM runs m
        WHERE m.workspace_id = r.workspace_id AND m.state = 'running' AND m.member_id = r.member_id AND m.settled_at IS NULL
      ) of_member
      WHERE r.workspace_id = load.workspace_id AND r.state = 'queued' AND r.cancel_requested_at IS NULL
        AND r.due_at <= now()
        AND CASE WHEN of_member.runs >= member_most THEN false ELSE of_member.runs + (
          SELECT count(*) FROM runs b
          WHERE b.workspace_id = r.workspace_id AND b.state = 'queued' AND b.cancel_requested_at IS NULL
            AND (b.created_at, b.id) < (r.created_at, r.id) AND b.member_id = r.member_id
        ) < member_most END
      ORDER BY r.created_at, r.id LIMIT least(room, workspace_most - load.runs)
    ) own
    LIMIT room * room
  ), picked AS MATERIALIZED (
    SELECT e.id FROM (
      SELECT *, runs + row_number() OVER (PARTITION BY workspace_id ORDER BY created_at, id) AS level FROM eligible
    ) e
    ORDER BY e.level, e.served_at NULLS FIRST, e.workspace_id LIMIT room
  ), fresh AS MATERIALIZED (
    -- Compared as text, so that the rows are found by their ids and not among everything that waits.
    SELECT r.id, r.workspace_id FROM picked p JOIN runs r ON r.id = p.id
    WHERE r.state::text = 'queued' AND r.cancel_requested_at IS NULL
    FOR UPDATE OF r SKIP LOCKED
  ), served AS (
    UPDATE workspaces w SET served_at = clock_timestamp() WHERE w.id IN (SELECT fresh.workspace_id FROM fresh)
  )
  UPDATE runs r SET state = 'running', due_at = now() + visibility, dispatch = r.dispatch + 1, busy = true
  FROM fresh WHERE r.id = fresh.id
  RETURNING r.id, r.dispatch, false;
END
$$;
