-- How many runs of a member are not settled. Volatile, so that each evaluation looks anew: a submit that waited for its account's
-- row evaluates it again, and then sees the runs of those whom it waited for.
CREATE FUNCTION member_runs_unsettled(workspace text, member text) RETURNS integer LANGUAGE plpgsql VOLATILE AS $$
BEGIN
  RETURN (
    SELECT count(*) FROM runs
    WHERE workspace_id = workspace AND state IN ('queued', 'running') AND member_id = member AND settled_at IS NULL
  );
END
$$;
--> statement-breakpoint
-- Leases up to `most` runs that are due. Work in progress comes first, and so does the end of a run that was canceled while it
-- waited; then new runs: from the workspaces with the fewest runs at work, in turn, the oldest first, within the limits of each
-- member and workspace.
--
-- It is a function for two reasons. Each statement in it sees what is committed by then: the lock comes before the look, so two
-- relays can never together start one run too many. And the lock is held within one round trip: a relay that is stopped in the
-- middle of its work holds up nobody.
--
-- Nothing here looks at more than a few rows for each workspace that waits, however long its queue is. The planner is told to
-- use the indexes that this was written for: statistics of a queue are always out of date.
CREATE FUNCTION dispatch_due(most integer, visibility interval, member_most integer, workspace_most integer)
RETURNS TABLE (id uuid, dispatch integer) LANGUAGE plpgsql VOLATILE
SET enable_seqscan = off SET enable_bitmapscan = off SET enable_hashjoin = off SET enable_mergejoin = off SET jit = off AS $$
#variable_conflict use_column
DECLARE
  room integer;
BEGIN
  RETURN QUERY
  WITH going AS MATERIALIZED (
    SELECT r.id FROM runs r
    WHERE (r.state <> 'queued' OR r.cancel_requested_at IS NOT NULL) AND r.due_at <= now()
    ORDER BY r.due_at LIMIT most FOR UPDATE SKIP LOCKED
  )
  UPDATE runs r SET due_at = now() + visibility, dispatch = r.dispatch + 1, busy = true
  FROM going WHERE r.id = going.id
  RETURNING r.id, r.dispatch;
  GET DIAGNOSTICS room = ROW_COUNT;
  room := most - room;
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
  RETURNING r.id, r.dispatch;
END
$$;
