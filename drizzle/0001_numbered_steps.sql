-- online
-- Steps get numbers. Bots and workers of the version before go on meanwhile: triggers number what they write.
ALTER TYPE "public"."step_kind" ADD VALUE IF NOT EXISTS 'join';
--> statement-breakpoint
ALTER TYPE "public"."workflow" ADD VALUE IF NOT EXISTS 'story';
--> statement-breakpoint
ALTER TYPE "public"."workflow" ADD VALUE IF NOT EXISTS 'extend';
--> statement-breakpoint
ALTER TABLE "assets" ADD COLUMN IF NOT EXISTS "step_number" integer;
--> statement-breakpoint
ALTER TABLE "provider_orphans" ADD COLUMN IF NOT EXISTS "step_number" integer;
--> statement-breakpoint
ALTER TABLE "runs"
  ADD COLUMN IF NOT EXISTS "unreached_steps" integer[],
  ADD COLUMN IF NOT EXISTS "needs_worker" smallint DEFAULT 0 NOT NULL;
--> statement-breakpoint
ALTER TABLE "steps"
  ADD COLUMN IF NOT EXISTS "number" integer,
  ADD COLUMN IF NOT EXISTS "inputs" integer[] DEFAULT '{}' NOT NULL,
  ADD COLUMN IF NOT EXISTS "scene" integer,
  ADD COLUMN IF NOT EXISTS "variant" integer,
  ADD COLUMN IF NOT EXISTS "seconds" integer,
  ADD COLUMN IF NOT EXISTS "is_extension" boolean DEFAULT false NOT NULL,
  ADD COLUMN IF NOT EXISTS "size" text DEFAULT '' NOT NULL,
  ADD COLUMN IF NOT EXISTS "due_at" timestamp with time zone,
  ADD COLUMN IF NOT EXISTS "failed_attempts" integer DEFAULT 0 NOT NULL;
--> statement-breakpoint
-- Processes of an older version may go on beside newer ones for a while. They name a step by its kind.
CREATE OR REPLACE FUNCTION number_step_of_older_version() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF NEW.number IS NULL THEN
    NEW.number := CASE NEW.kind::text WHEN 'enhance' THEN 1 WHEN 'image' THEN 2 ELSE 3 END;
    -- An input that the run does not have is ignored.
    NEW.inputs := CASE NEW.kind::text WHEN 'image' THEN '{1}'::integer[] WHEN 'video' THEN '{1,2}' ELSE '{}' END;
  END IF;
  RETURN NEW;
END
$$;
--> statement-breakpoint
CREATE OR REPLACE TRIGGER steps_of_older_version BEFORE INSERT ON steps
FOR EACH ROW EXECUTE FUNCTION number_step_of_older_version();
--> statement-breakpoint
CREATE OR REPLACE FUNCTION number_asset_of_older_version() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF NEW.step_number IS NULL AND NEW.step IS NOT NULL THEN
    NEW.step_number := CASE NEW.step::text WHEN 'enhance' THEN 1 WHEN 'image' THEN 2 ELSE 3 END;
  END IF;
  RETURN NEW;
END
$$;
--> statement-breakpoint
CREATE OR REPLACE TRIGGER assets_of_older_version BEFORE INSERT ON assets
FOR EACH ROW EXECUTE FUNCTION number_asset_of_older_version();
--> statement-breakpoint
-- A sweeper of the version before takes a result without a kind of step for an image that a member gave, and would remove it after
-- a day. It leaves `erase_due_at` empty, and newer ones do not.
CREATE OR REPLACE FUNCTION keep_results_from_older_version() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF OLD.removed_at IS NULL AND NEW.removed_at IS NOT NULL AND NEW.erase_due_at IS NULL
    AND NEW.step IS NULL AND NEW.step_number IS NOT NULL THEN
    RETURN NULL;
  END IF;
  RETURN NEW;
END
$$;
--> statement-breakpoint
CREATE OR REPLACE TRIGGER assets_kept_from_older_version BEFORE UPDATE OF removed_at ON assets
FOR EACH ROW EXECUTE FUNCTION keep_results_from_older_version();
--> statement-breakpoint
-- Numbers the steps of old runs, which have at most one step of each kind, 200 runs in each transaction. It never waits for a row
-- that somebody else writes: it comes back to it. So it cannot block anybody for longer than a transaction takes, nor deadlock.
DO $$
DECLARE
  done uuid := '00000000-0000-0000-0000-000000000000';
  last uuid;
  runs_done integer := 0;
BEGIN
  LOOP
    SELECT id INTO last FROM (SELECT id FROM runs WHERE id > done ORDER BY id LIMIT 200) AS batch ORDER BY id DESC LIMIT 1;
    EXIT WHEN last IS NULL;
    LOOP
      UPDATE steps s SET
        number = CASE s.kind::text WHEN 'enhance' THEN 1 WHEN 'image' THEN 2 ELSE 3 END,
        inputs = CASE WHEN s.kind::text = 'image' THEN '{1}'::integer[] WHEN s.kind::text = 'video' AND r.workflow::text = 'complete' THEN '{1,2}' ELSE '{}' END,
        seconds = CASE WHEN s.kind::text = 'video' THEN (r.options->>'duration')::integer END,
        size = CASE s.kind::text WHEN 'image' THEN concat(r.options->>'quality', ' ', r.options->>'aspect')
          WHEN 'video' THEN concat(r.options->>'resolution', ' ', r.options->>'duration', 's') ELSE '' END
      FROM runs r
      WHERE r.id = s.run_id AND s.ctid = ANY (ARRAY(
        SELECT ctid FROM steps WHERE run_id > done AND run_id <= last AND number IS NULL FOR UPDATE SKIP LOCKED));
      COMMIT;
      EXIT WHEN NOT EXISTS (SELECT FROM steps WHERE run_id > done AND run_id <= last AND number IS NULL);
      PERFORM pg_sleep(0.1);
    END LOOP;
    done := last;
    runs_done := runs_done + 200;
    -- The log of the migration shows this.
    PERFORM set_config('application_name', format('vidgenie migrate, run %s', runs_done), false);
  END LOOP;
END
$$;
--> statement-breakpoint
ALTER TABLE "steps" DROP CONSTRAINT IF EXISTS "steps_have_numbers", ADD CONSTRAINT "steps_have_numbers" CHECK ("number" IS NOT NULL) NOT VALID;
--> statement-breakpoint
ALTER TABLE "steps" VALIDATE CONSTRAINT "steps_have_numbers";
--> statement-breakpoint
-- The validated check spares PostgreSQL the look at every row.
ALTER TABLE "steps" ALTER COLUMN "number" SET NOT NULL;
--> statement-breakpoint
ALTER TABLE "steps" DROP CONSTRAINT IF EXISTS "steps_have_numbers";
--> statement-breakpoint
CREATE UNIQUE INDEX CONCURRENTLY IF NOT EXISTS "steps_run_id_number_pk" ON "steps" USING btree ("run_id","number");
--> statement-breakpoint
DO $$
BEGIN
  IF NOT EXISTS (SELECT FROM pg_constraint WHERE conrelid = 'steps'::regclass AND conname = 'steps_run_id_number_pk') THEN
    ALTER TABLE "steps"
      DROP CONSTRAINT "steps_run_id_kind_pk",
      ADD CONSTRAINT "steps_run_id_number_pk" PRIMARY KEY USING INDEX "steps_run_id_number_pk";
  END IF;
END
$$;
--> statement-breakpoint
CREATE INDEX CONCURRENTLY IF NOT EXISTS "steps_finished" ON "steps" USING btree ("provider","model","size","finished_at" DESC NULLS LAST) WHERE "steps"."state" = 'done' AND "steps"."started_at" IS NOT NULL;
--> statement-breakpoint
-- The same for the assets of old runs.
DO $$
DECLARE
  done uuid := '00000000-0000-0000-0000-000000000000';
  last uuid;
  runs_done integer := 0;
BEGIN
  LOOP
    SELECT id INTO last FROM (SELECT id FROM runs WHERE id > done ORDER BY id LIMIT 200) AS batch ORDER BY id DESC LIMIT 1;
    EXIT WHEN last IS NULL;
    LOOP
      UPDATE assets SET step_number = CASE step::text WHEN 'enhance' THEN 1 WHEN 'image' THEN 2 ELSE 3 END
      WHERE ctid = ANY (ARRAY(
        SELECT ctid FROM assets
        WHERE run_id > done AND run_id <= last AND step IS NOT NULL AND step_number IS NULL FOR UPDATE SKIP LOCKED));
      COMMIT;
      EXIT WHEN NOT EXISTS (
        SELECT FROM assets WHERE run_id > done AND run_id <= last AND step IS NOT NULL AND step_number IS NULL);
      PERFORM pg_sleep(0.1);
    END LOOP;
    done := last;
    runs_done := runs_done + 200;
    PERFORM set_config('application_name', format('vidgenie migrate, run %s', runs_done), false);
  END LOOP;
END
$$;
--> statement-breakpoint
CREATE UNIQUE INDEX CONCURRENTLY IF NOT EXISTS "one_asset_per_numbered_step" ON "assets" USING btree ("run_id","step_number") NULLS NOT DISTINCT;
--> statement-breakpoint
CREATE UNIQUE INDEX CONCURRENTLY IF NOT EXISTS "one_asset_per_kind_of_step" ON "assets" USING btree ("run_id","step");
--> statement-breakpoint
-- Workers of the version before write an asset `ON CONFLICT (run_id, step)`. One of both constraints is always there for them.
DO $$
BEGIN
  IF NOT EXISTS (SELECT FROM pg_constraint WHERE conrelid = 'assets'::regclass AND conname = 'one_asset_per_numbered_step') THEN
    ALTER TABLE "assets"
      DROP CONSTRAINT "one_asset_per_step",
      ADD CONSTRAINT "one_asset_per_numbered_step" UNIQUE USING INDEX "one_asset_per_numbered_step",
      ADD CONSTRAINT "one_asset_per_step" UNIQUE USING INDEX "one_asset_per_kind_of_step";
  END IF;
END
$$;
--> statement-breakpoint
-- It is there if this file is repeated after the statement above.
DROP INDEX CONCURRENTLY IF EXISTS "one_asset_per_kind_of_step";
--> statement-breakpoint
-- The same as before, for a worker of a version: it leaves out the runs that need a newer one.
CREATE OR REPLACE FUNCTION dispatch_due(
  most integer, visibility interval, member_most integer, workspace_most integer, polls_in_a_job integer, worker integer
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
    -- A run whose last turn failed gets a job of its own: it may crash its worker, and other runs in the same job would suffer.
    SELECT r.id, r.due_at, r.failed_attempts = 0 AND r.cancel_requested_at IS NULL
      AND r.due_at = date_bin('250 ms', r.due_at, timestamptz 'epoch')
      AND EXISTS (SELECT FROM steps s WHERE s.run_id = r.id AND s.state = 'submitted') AS is_poll
    FROM runs r
    WHERE (r.state <> 'queued' OR r.cancel_requested_at IS NOT NULL) AND r.due_at <= now() AND r.needs_worker <= worker
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
  -- One index probe finds the next workspace. The runs in between are not read.
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
    -- Workspaces come in the order of their load. All runs to start belong to the first `room` workspaces that have a run to
    -- start. So the limit below ends the search after these.
    SELECT load.workspace_id, load.served_at, load.runs, own.created_at, own.id
    FROM load CROSS JOIN LATERAL (
      SELECT r.created_at, r.id FROM runs r CROSS JOIN LATERAL (
        SELECT count(*) AS runs FROM runs m
        WHERE m.workspace_id = r.workspace_id AND m.state = 'running' AND m.member_id = r.member_id AND m.settled_at IS NULL
      ) of_member
      WHERE r.workspace_id = load.workspace_id AND r.state = 'queued' AND r.cancel_requested_at IS NULL
        AND r.due_at <= now() AND r.needs_worker <= worker
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
    -- Compare the state as text, so that the planner finds the rows by their ids and not among all waiting runs.
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
--> statement-breakpoint
-- Workers of the version before call this.
CREATE OR REPLACE FUNCTION dispatch_due(
  most integer, visibility interval, member_most integer, workspace_most integer, polls_in_a_job integer DEFAULT 1
)
RETURNS TABLE (id uuid, dispatch integer, is_poll boolean) LANGUAGE sql VOLATILE AS $$
  SELECT * FROM dispatch_due(most, visibility, member_most, workspace_most, polls_in_a_job, 0)
$$;
