-- online
ALTER TYPE "public"."workflow" ADD VALUE IF NOT EXISTS 'edit';
--> statement-breakpoint
CREATE TABLE IF NOT EXISTS "cast_entries" (
	"id" uuid PRIMARY KEY DEFAULT gen_random_uuid() NOT NULL,
	"workspace_id" text NOT NULL,
	"name" text NOT NULL,
	"kind" text NOT NULL,
	"description" text NOT NULL,
	"images" jsonb NOT NULL,
	"added_by" text NOT NULL,
	"added_by_name" text NOT NULL,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL,
	"removed_at" timestamp with time zone,
	"erased_at" timestamp with time zone,
	CONSTRAINT "cast_entries_workspace_id_workspaces_id_fk" FOREIGN KEY ("workspace_id") REFERENCES "public"."workspaces"("id") ON DELETE no action ON UPDATE no action,
	CONSTRAINT "cast_erased_after_removed" CHECK ("cast_entries"."erased_at" IS NULL OR "cast_entries"."removed_at" IS NOT NULL)
);
--> statement-breakpoint
CREATE TABLE IF NOT EXISTS "proposals" (
	"id" uuid PRIMARY KEY NOT NULL,
	"workspace_id" text NOT NULL,
	"run_id" uuid NOT NULL,
	"step_number" integer NOT NULL,
	"member_id" text NOT NULL,
	"change" text NOT NULL,
	"words" text NOT NULL,
	"motion" text,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "proposals_workspace_id_workspaces_id_fk" FOREIGN KEY ("workspace_id") REFERENCES "public"."workspaces"("id") ON DELETE no action ON UPDATE no action,
	CONSTRAINT "proposals_run_id_runs_id_fk" FOREIGN KEY ("run_id") REFERENCES "public"."runs"("id") ON DELETE no action ON UPDATE no action
);
--> statement-breakpoint
ALTER TABLE "assets" ADD COLUMN IF NOT EXISTS "flagged" text[];
--> statement-breakpoint
ALTER TABLE "runs"
  ADD COLUMN IF NOT EXISTS "parent_id" uuid,
  ADD COLUMN IF NOT EXISTS "parent_step" integer,
  ADD COLUMN IF NOT EXISTS "cast" jsonb DEFAULT '[]'::jsonb NOT NULL;
--> statement-breakpoint
CREATE UNIQUE INDEX IF NOT EXISTS "cast_names" ON "cast_entries" USING btree ("workspace_id","name") WHERE "cast_entries"."removed_at" IS NULL;
--> statement-breakpoint
CREATE INDEX IF NOT EXISTS "cast_to_erase" ON "cast_entries" USING btree ("removed_at") WHERE "cast_entries"."removed_at" IS NOT NULL AND "cast_entries"."erased_at" IS NULL;
--> statement-breakpoint
CREATE INDEX IF NOT EXISTS "proposals_by_run" ON "proposals" USING btree ("run_id");
--> statement-breakpoint
CREATE INDEX IF NOT EXISTS "proposals_by_workspace" ON "proposals" USING btree ("workspace_id");
--> statement-breakpoint
CREATE INDEX CONCURRENTLY IF NOT EXISTS "runs_by_parent" ON "runs" USING btree ("parent_id","created_at") WHERE "runs"."parent_id" IS NOT NULL;
--> statement-breakpoint
CREATE INDEX CONCURRENTLY IF NOT EXISTS "runs_with_cast" ON "runs" USING btree ("workspace_id") WHERE "runs"."cast" <> '[]' AND "runs"."settled_at" IS NULL;
--> statement-breakpoint
-- The run that a member has started with the same press of a button within the last seconds: from the same result, with the same
-- words and for the same change. A submit that waited for the account's row asks again and sees what was written meanwhile, because
-- the function is volatile. So two presses at the same instant make one run. A canceled run answers no press: whoever stopped it may
-- start another, and a run that was taken back was never told to anybody.
CREATE OR REPLACE FUNCTION recent_child(parent uuid, step integer, member text, of_workflow text, of_change text, words text, seconds integer)
RETURNS uuid LANGUAGE plpgsql VOLATILE AS $$
BEGIN
  RETURN (
    SELECT r.id FROM runs r
    WHERE r.parent_id = parent AND r.parent_step IS NOT DISTINCT FROM step AND r.member_id = member
      AND r.workflow::text = of_workflow AND r.options ->> 'change' = of_change AND r.prompt = words
      AND r.state <> 'canceled'
      AND r.created_at > clock_timestamp() - make_interval(secs => seconds)
    ORDER BY r.created_at DESC LIMIT 1
  );
END
$$;
