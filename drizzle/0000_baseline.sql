CREATE TYPE "public"."media_kind" AS ENUM('image', 'video');--> statement-breakpoint
CREATE TYPE "public"."platform" AS ENUM('terminal', 'discord', 'slack', 'web');--> statement-breakpoint
CREATE TYPE "public"."run_state" AS ENUM('queued', 'running', 'succeeded', 'failed', 'canceled');--> statement-breakpoint
CREATE TYPE "public"."step_kind" AS ENUM('enhance', 'image', 'video');--> statement-breakpoint
CREATE TYPE "public"."step_state" AS ENUM('pending', 'submitting', 'submitted', 'storing', 'done', 'failed', 'skipped');--> statement-breakpoint
CREATE TYPE "public"."transaction_kind" AS ENUM('grant', 'hold', 'capture', 'release', 'refund', 'adjust');--> statement-breakpoint
CREATE TYPE "public"."workflow" AS ENUM('complete', 'image', 'video');--> statement-breakpoint
CREATE TABLE "api_tokens" (
	"id" uuid PRIMARY KEY DEFAULT gen_random_uuid() NOT NULL,
	"workspace_id" text NOT NULL,
	"scope" text NOT NULL,
	"label" text NOT NULL,
	"hash" text NOT NULL,
	"last_four" text NOT NULL,
	"created_by" text NOT NULL,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL,
	"last_used_at" timestamp with time zone,
	"revoked_at" timestamp with time zone,
	CONSTRAINT "api_tokens_hash" UNIQUE("hash"),
	CONSTRAINT "scope_is_known" CHECK ("api_tokens"."scope" IN ('member', 'admin', 'operator'))
);
--> statement-breakpoint
CREATE TABLE "assets" (
	"id" uuid PRIMARY KEY DEFAULT gen_random_uuid() NOT NULL,
	"run_id" uuid NOT NULL,
	"step" "step_kind",
	"kind" "media_kind" NOT NULL,
	"object_key" text NOT NULL,
	"mime" text NOT NULL,
	"width" integer NOT NULL,
	"height" integer NOT NULL,
	"seconds" double precision,
	"bytes" bigint NOT NULL,
	"sha256" text NOT NULL,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL,
	"removed_at" timestamp with time zone,
	"erased_at" timestamp with time zone,
	"erase_attempts" integer DEFAULT 0 NOT NULL,
	"erase_due_at" timestamp with time zone,
	CONSTRAINT "one_asset_per_step" UNIQUE NULLS NOT DISTINCT("run_id","step"),
	CONSTRAINT "erased_after_removed" CHECK ("assets"."erased_at" IS NULL OR "assets"."removed_at" IS NOT NULL)
);
--> statement-breakpoint
CREATE TABLE "credit_accounts" (
	"workspace_id" text PRIMARY KEY NOT NULL,
	"balance" integer DEFAULT 0 NOT NULL,
	"held" integer DEFAULT 0 NOT NULL,
	CONSTRAINT "balance_not_negative" CHECK ("credit_accounts"."balance" >= 0),
	CONSTRAINT "held_not_negative" CHECK ("credit_accounts"."held" >= 0)
);
--> statement-breakpoint
CREATE TABLE "credit_transactions" (
	"id" bigserial PRIMARY KEY NOT NULL,
	"workspace_id" text NOT NULL,
	"run_id" uuid,
	"kind" "transaction_kind" NOT NULL,
	"amount" integer NOT NULL,
	"balance_after" integer NOT NULL,
	"held_after" integer NOT NULL,
	"idempotency_key" text NOT NULL,
	"note" text DEFAULT '' NOT NULL,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "credit_transactions_idempotency_key" UNIQUE("idempotency_key"),
	CONSTRAINT "amounts_are_positive" CHECK ("credit_transactions"."amount" > 0 OR "credit_transactions"."kind" = 'adjust' OR ("credit_transactions"."kind" = 'hold' AND "credit_transactions"."amount" = 0)),
	CONSTRAINT "run_kinds_name_their_run" CHECK (("credit_transactions"."kind" IN ('hold', 'capture', 'release', 'refund')) = ("credit_transactions"."run_id" IS NOT NULL))
);
--> statement-breakpoint
CREATE TABLE "edit_budgets" (
	"workspace_id" text PRIMARY KEY NOT NULL,
	"edits" double precision NOT NULL,
	"counted_at" timestamp with time zone DEFAULT now() NOT NULL,
	"paused_until" timestamp with time zone
);
--> statement-breakpoint
CREATE TABLE "key_audit" (
	"id" bigserial PRIMARY KEY NOT NULL,
	"workspace_id" text NOT NULL,
	"provider" text NOT NULL,
	"purpose" text NOT NULL,
	"action" text NOT NULL,
	"actor" text,
	"run_id" uuid,
	"step" "step_kind",
	"note" text DEFAULT '' NOT NULL,
	"last_four" text DEFAULT '' NOT NULL,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL
);
--> statement-breakpoint
CREATE TABLE "provider_orphans" (
	"id" bigserial PRIMARY KEY NOT NULL,
	"run_id" uuid NOT NULL,
	"step" "step_kind" NOT NULL,
	"provider" text NOT NULL,
	"dispatch" integer NOT NULL,
	"handle" jsonb,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL
);
--> statement-breakpoint
CREATE TABLE "rate_limits" (
	"key" text PRIMARY KEY NOT NULL,
	"points" integer NOT NULL,
	"expire" timestamp with time zone
);
--> statement-breakpoint
CREATE TABLE "runs" (
	"id" uuid PRIMARY KEY NOT NULL,
	"workspace_id" text NOT NULL,
	"request_key" text NOT NULL,
	"member_id" text NOT NULL,
	"member_name" text NOT NULL,
	"workflow" "workflow" NOT NULL,
	"prompt" text NOT NULL,
	"options" jsonb NOT NULL,
	"platform" "platform",
	"conversation" jsonb NOT NULL,
	"posted_messages" jsonb DEFAULT '{}'::jsonb NOT NULL,
	"state" "run_state" DEFAULT 'queued' NOT NULL,
	"price_credits" integer NOT NULL,
	"captured_credits" integer,
	"released_credits" integer,
	"failure" jsonb,
	"cancel_requested_at" timestamp with time zone,
	"due_at" timestamp with time zone DEFAULT now(),
	"dispatch" integer DEFAULT 0 NOT NULL,
	"claimed" integer DEFAULT 0 NOT NULL,
	"busy" boolean DEFAULT false NOT NULL,
	"failed_attempts" integer DEFAULT 0 NOT NULL,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL,
	"started_at" timestamp with time zone,
	"settled_at" timestamp with time zone,
	"delivered_at" timestamp with time zone,
	"delivery_failure" jsonb,
	"unreached" text[],
	"deleted_at" timestamp with time zone,
	CONSTRAINT "runs_request_key" UNIQUE("request_key"),
	CONSTRAINT "terminal_if_and_only_if_settled" CHECK (("runs"."state" IN ('succeeded', 'failed', 'canceled')) = ("runs"."settled_at" IS NOT NULL)),
	CONSTRAINT "settled_to_the_last_credit" CHECK ("runs"."settled_at" IS NULL OR ("runs"."captured_credits" + "runs"."released_credits" = "runs"."price_credits" AND "runs"."captured_credits" >= 0 AND "runs"."released_credits" >= 0)),
	CONSTRAINT "prompt_is_bounded" CHECK (char_length("runs"."prompt") <= 4000),
	CONSTRAINT "deleted_after_settled" CHECK ("runs"."deleted_at" IS NULL OR "runs"."settled_at" IS NOT NULL),
	CONSTRAINT "delivered_after_settled" CHECK ("runs"."delivered_at" IS NULL OR "runs"."settled_at" IS NOT NULL),
	CONSTRAINT "undelivered_stays_due" CHECK ("runs"."delivered_at" IS NOT NULL OR "runs"."due_at" IS NOT NULL)
);
--> statement-breakpoint
CREATE TABLE "slack_installations" (
	"workspace_id" text PRIMARY KEY NOT NULL,
	"team_id" text,
	"enterprise_id" text,
	"is_org_wide" boolean NOT NULL,
	"app_id" text NOT NULL,
	"bot_id" text NOT NULL,
	"bot_user_id" text NOT NULL,
	"scopes" text[] NOT NULL,
	"installed_by" text NOT NULL,
	"installed_at" timestamp with time zone DEFAULT now() NOT NULL
);
--> statement-breakpoint
CREATE TABLE "steps" (
	"run_id" uuid NOT NULL,
	"kind" "step_kind" NOT NULL,
	"state" "step_state" DEFAULT 'pending' NOT NULL,
	"price_credits" integer NOT NULL,
	"provider" text NOT NULL,
	"model" text NOT NULL,
	"key_source" text DEFAULT 'none' NOT NULL,
	"handle" jsonb,
	"submits" integer DEFAULT 0 NOT NULL,
	"fraction" double precision,
	"expected_ms" integer,
	"shown" double precision DEFAULT 0 NOT NULL,
	"enhanced" jsonb,
	"failure" jsonb,
	"cost_micro_usd" bigint,
	"usage" jsonb,
	"started_at" timestamp with time zone,
	"finished_at" timestamp with time zone,
	CONSTRAINT "steps_run_id_kind_pk" PRIMARY KEY("run_id","kind"),
	CONSTRAINT "paid_submits_are_bounded" CHECK ("steps"."submits" BETWEEN 0 AND CASE "steps"."kind" WHEN 'video' THEN 1 ELSE 2 END),
	CONSTRAINT "submitted_has_a_handle" CHECK ("steps"."state" <> 'submitted' OR "steps"."handle" IS NOT NULL)
);
--> statement-breakpoint
CREATE TABLE "web_links" (
	"hash" text PRIMARY KEY NOT NULL,
	"workspace_id" text NOT NULL,
	"member_id" text NOT NULL,
	"member_name" text NOT NULL,
	"is_admin" boolean NOT NULL,
	"channel_ids" text[] DEFAULT '{}',
	"locale" text NOT NULL,
	"expires_at" timestamp with time zone NOT NULL,
	"consumed_at" timestamp with time zone
);
--> statement-breakpoint
CREATE TABLE "web_sessions" (
	"hash" text PRIMARY KEY NOT NULL,
	"workspace_id" text NOT NULL,
	"member_id" text NOT NULL,
	"member_name" text NOT NULL,
	"admin_until" timestamp with time zone,
	"channel_ids" text[] DEFAULT '{}',
	"locale" text NOT NULL,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL,
	"expires_at" timestamp with time zone NOT NULL
);
--> statement-breakpoint
CREATE TABLE "workspace_keys" (
	"workspace_id" text NOT NULL,
	"provider" text NOT NULL,
	"purpose" text NOT NULL,
	"box" "bytea" NOT NULL,
	"wrapped_key" "bytea" NOT NULL,
	"key_version" text NOT NULL,
	"last_four" text NOT NULL,
	"fingerprint" text NOT NULL,
	"status" text DEFAULT 'unchecked' NOT NULL,
	"checked_at" timestamp with time zone,
	"created_by" text NOT NULL,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "workspace_keys_workspace_id_provider_purpose_pk" PRIMARY KEY("workspace_id","provider","purpose")
);
--> statement-breakpoint
CREATE TABLE "workspaces" (
	"id" text PRIMARY KEY NOT NULL,
	"platform" "platform" NOT NULL,
	"name" text NOT NULL,
	"settings" jsonb DEFAULT '{}'::jsonb NOT NULL,
	"topped_up_for" text DEFAULT '' NOT NULL,
	"served_at" timestamp with time zone,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL
);
--> statement-breakpoint
ALTER TABLE "api_tokens" ADD CONSTRAINT "api_tokens_workspace_id_workspaces_id_fk" FOREIGN KEY ("workspace_id") REFERENCES "public"."workspaces"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "assets" ADD CONSTRAINT "assets_run_id_runs_id_fk" FOREIGN KEY ("run_id") REFERENCES "public"."runs"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "credit_accounts" ADD CONSTRAINT "credit_accounts_workspace_id_workspaces_id_fk" FOREIGN KEY ("workspace_id") REFERENCES "public"."workspaces"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "credit_transactions" ADD CONSTRAINT "credit_transactions_workspace_id_credit_accounts_workspace_id_fk" FOREIGN KEY ("workspace_id") REFERENCES "public"."credit_accounts"("workspace_id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "runs" ADD CONSTRAINT "runs_workspace_id_credit_accounts_workspace_id_fk" FOREIGN KEY ("workspace_id") REFERENCES "public"."credit_accounts"("workspace_id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "slack_installations" ADD CONSTRAINT "slack_installations_workspace_id_workspaces_id_fk" FOREIGN KEY ("workspace_id") REFERENCES "public"."workspaces"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "steps" ADD CONSTRAINT "steps_run_id_runs_id_fk" FOREIGN KEY ("run_id") REFERENCES "public"."runs"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "web_links" ADD CONSTRAINT "web_links_workspace_id_workspaces_id_fk" FOREIGN KEY ("workspace_id") REFERENCES "public"."workspaces"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "web_sessions" ADD CONSTRAINT "web_sessions_workspace_id_workspaces_id_fk" FOREIGN KEY ("workspace_id") REFERENCES "public"."workspaces"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "workspace_keys" ADD CONSTRAINT "workspace_keys_workspace_id_workspaces_id_fk" FOREIGN KEY ("workspace_id") REFERENCES "public"."workspaces"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
CREATE INDEX "api_tokens_by_workspace" ON "api_tokens" USING btree ("workspace_id","created_at");--> statement-breakpoint
CREATE INDEX "assets_kept" ON "assets" USING btree ("created_at") WHERE "assets"."removed_at" IS NULL;--> statement-breakpoint
CREATE INDEX "assets_to_erase" ON "assets" USING btree (coalesce("erase_due_at", "removed_at")) WHERE "assets"."removed_at" IS NOT NULL AND "assets"."erased_at" IS NULL;--> statement-breakpoint
CREATE INDEX "credit_transactions_by_workspace" ON "credit_transactions" USING btree ("workspace_id","id");--> statement-breakpoint
CREATE INDEX "credit_transactions_by_run" ON "credit_transactions" USING btree ("run_id");--> statement-breakpoint
CREATE INDEX "key_audit_by_workspace" ON "key_audit" USING btree ("workspace_id","id");--> statement-breakpoint
CREATE UNIQUE INDEX "one_use_per_step" ON "key_audit" USING btree ("run_id","step","provider") WHERE "key_audit"."action" = 'used';--> statement-breakpoint
CREATE INDEX "runs_waiting" ON "runs" USING btree ("workspace_id","created_at","id") WHERE "runs"."state" = 'queued' AND "runs"."cancel_requested_at" IS NULL;--> statement-breakpoint
CREATE INDEX "runs_due_going" ON "runs" USING btree ("due_at") WHERE ("runs"."state" <> 'queued' OR "runs"."cancel_requested_at" IS NOT NULL) AND "runs"."due_at" IS NOT NULL;--> statement-breakpoint
CREATE INDEX "runs_unsettled" ON "runs" USING btree ("workspace_id","state","member_id") WHERE "runs"."settled_at" IS NULL;--> statement-breakpoint
CREATE INDEX "runs_by_workspace" ON "runs" USING btree ("workspace_id","created_at");--> statement-breakpoint
CREATE INDEX "web_links_by_workspace" ON "web_links" USING btree ("workspace_id");--> statement-breakpoint
CREATE INDEX "web_sessions_by_workspace" ON "web_sessions" USING btree ("workspace_id");--> statement-breakpoint
CREATE INDEX "workspace_keys_by_version" ON "workspace_keys" USING btree ("key_version");
--> statement-breakpoint
-- The ledger is a record of what happened. Nobody may rewrite it, not even VidGenie.
CREATE FUNCTION refuse_ledger_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION 'credit_transactions is append-only: record an adjustment instead of a %', TG_OP
    USING ERRCODE = 'restrict_violation';
END
$$;
--> statement-breakpoint
CREATE TRIGGER credit_transactions_append_only BEFORE UPDATE OR DELETE ON credit_transactions
  FOR EACH ROW EXECUTE FUNCTION refuse_ledger_change();
--> statement-breakpoint
CREATE TRIGGER credit_transactions_no_truncate BEFORE TRUNCATE ON credit_transactions
  FOR EACH STATEMENT EXECUTE FUNCTION refuse_ledger_change();
--> statement-breakpoint
-- The key audit is a record of what happened. Nobody may rewrite it, not even VidGenie.
CREATE FUNCTION refuse_key_audit_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION 'key_audit is append-only: it takes no %', TG_OP
    USING ERRCODE = 'restrict_violation';
END
$$;
--> statement-breakpoint
CREATE TRIGGER key_audit_append_only BEFORE UPDATE OR DELETE ON key_audit
  FOR EACH ROW EXECUTE FUNCTION refuse_key_audit_change();
--> statement-breakpoint
CREATE TRIGGER key_audit_no_truncate BEFORE TRUNCATE ON key_audit
  FOR EACH STATEMENT EXECUTE FUNCTION refuse_key_audit_change();
--> statement-breakpoint
-- The number of a member's unsettled runs. It is volatile, so that PostgreSQL evaluates it anew each time: a submit that waited
-- for its account's row evaluates it again and then counts the runs of the submits that it waited for.
CREATE FUNCTION member_runs_unsettled(workspace text, member text) RETURNS integer LANGUAGE plpgsql VOLATILE AS $$
BEGIN
  RETURN (
    SELECT count(*) FROM runs
    WHERE workspace_id = workspace AND state IN ('queued', 'running') AND member_id = member AND settled_at IS NULL
  );
END
$$;
--> statement-breakpoint
-- Leases due runs, for at most `most` jobs. Every run is one job, with one exception: runs that only poll their provider and fall
-- due in the same quarter of a second share a job, up to `polls_in_a_job` of them. Runs in progress come first, and so do runs
-- that were canceled while they waited. Then come new runs: from the workspaces with the fewest running runs, in turn, the oldest
-- first, within the limits of each member and workspace.
--
-- It is a function for two reasons. Each statement in it sees everything that is committed by then: it takes the lock before it
-- reads, so two relays can never together start one run too many. And it holds the lock within one round trip: a relay that stops
-- in the middle of its work blocks no other relay.
--
-- No statement here reads more than a few rows for each waiting workspace, however long its queue is. The settings make the
-- planner use the indexes that the statements were written for, because the statistics of a queue are always out of date.
--
-- A new run that waits for the message which answers its command is not due yet. This function skips it, and later runs of its
-- workspace start meanwhile.
CREATE FUNCTION dispatch_due(
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
    -- A run whose last turn failed gets a job of its own: it may crash its worker, and other runs in the same job would suffer.
    SELECT r.id, r.due_at, r.failed_attempts = 0 AND r.cancel_requested_at IS NULL
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
