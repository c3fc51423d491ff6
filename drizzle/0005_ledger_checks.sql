-- online
CREATE TABLE IF NOT EXISTS "checks" (
	"name" text PRIMARY KEY NOT NULL,
	"position" jsonb NOT NULL,
	"started_at" timestamp with time zone DEFAULT now() NOT NULL,
	"moved_at" timestamp with time zone DEFAULT now() NOT NULL,
	"finished_at" timestamp with time zone
);
--> statement-breakpoint
CREATE TABLE IF NOT EXISTS "ledger_discrepancies" (
	"rule" text NOT NULL,
	"subject" text NOT NULL,
	"found" bigint NOT NULL,
	"expected" bigint NOT NULL,
	"found_at" timestamp with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "ledger_discrepancies_rule_subject_pk" PRIMARY KEY("rule","subject")
);
--> statement-breakpoint
CREATE TABLE IF NOT EXISTS "ledger_open_runs" (
	"run_id" uuid PRIMARY KEY NOT NULL
);
--> statement-breakpoint
ALTER TABLE "runs" ADD COLUMN IF NOT EXISTS "media_removed" boolean DEFAULT false NOT NULL;
--> statement-breakpoint
ALTER TABLE "assets" ADD COLUMN IF NOT EXISTS "is_given" boolean DEFAULT false NOT NULL;
--> statement-breakpoint
-- Processes of an older version do not say whether a member gave an image.
CREATE OR REPLACE FUNCTION tell_given_assets() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  NEW.is_given := NOT EXISTS (SELECT FROM runs WHERE id = NEW.run_id AND parent_step IS NOT NULL);
  RETURN NEW;
END
$$;
--> statement-breakpoint
CREATE OR REPLACE TRIGGER assets_given_in_older_version BEFORE INSERT ON assets
FOR EACH ROW WHEN (NEW.step_number IS NULL AND NEW.step IS NULL AND NOT NEW.is_given) EXECUTE FUNCTION tell_given_assets();
--> statement-breakpoint
DO $$
DECLARE
  done uuid := '00000000-0000-0000-0000-000000000000';
  last uuid;
BEGIN
  LOOP
    SELECT id INTO last FROM (SELECT id FROM runs WHERE id > done ORDER BY id LIMIT 500) AS batch ORDER BY id DESC LIMIT 1;
    EXIT WHEN last IS NULL;
    LOOP
      UPDATE assets SET is_given = true
      WHERE ctid = ANY (ARRAY(
        SELECT a.ctid FROM assets a JOIN runs r ON r.id = a.run_id
        WHERE a.run_id > done AND a.run_id <= last AND a.step_number IS NULL AND a.step IS NULL AND NOT a.is_given
          AND r.parent_step IS NULL
        FOR UPDATE OF a SKIP LOCKED));
      COMMIT;
      EXIT WHEN NOT EXISTS (
        SELECT FROM assets a JOIN runs r ON r.id = a.run_id
        WHERE a.run_id > done AND a.run_id <= last AND a.step_number IS NULL AND a.step IS NULL AND NOT a.is_given
          AND r.parent_step IS NULL);
      PERFORM pg_sleep(0.1);
    END LOOP;
    done := last;
  END LOOP;
END
$$;
--> statement-breakpoint
CREATE INDEX CONCURRENTLY IF NOT EXISTS "assets_results_kept" ON "assets" USING btree ("created_at","id") WHERE "assets"."removed_at" IS NULL AND NOT "assets"."is_given";
--> statement-breakpoint
CREATE INDEX CONCURRENTLY IF NOT EXISTS "assets_given_kept" ON "assets" USING btree ("created_at","id") WHERE "assets"."removed_at" IS NULL AND "assets"."is_given";
--> statement-breakpoint
CREATE INDEX CONCURRENTLY IF NOT EXISTS "runs_to_empty" ON "runs" USING btree ("deleted_at") WHERE "runs"."deleted_at" IS NOT NULL AND "runs"."delivered_at" IS NOT NULL AND NOT "runs"."media_removed";
--> statement-breakpoint
DROP INDEX CONCURRENTLY IF EXISTS "assets_kept";
