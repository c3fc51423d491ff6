-- online
CREATE TABLE IF NOT EXISTS "admin_audit" (
	"id" bigserial PRIMARY KEY NOT NULL,
	"workspace_id" text NOT NULL,
	"action" text NOT NULL,
	"actor" text,
	"subject" text,
	"details" jsonb DEFAULT '{}'::jsonb NOT NULL,
	"key_audit_id" bigint,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "admin_audit_key_audit_id" UNIQUE("key_audit_id")
);
--> statement-breakpoint
CREATE INDEX IF NOT EXISTS "admin_audit_by_time" ON "admin_audit" USING btree ("created_at","id");--> statement-breakpoint
CREATE INDEX IF NOT EXISTS "admin_audit_by_workspace" ON "admin_audit" USING btree ("workspace_id","created_at","id");--> statement-breakpoint
CREATE UNIQUE INDEX IF NOT EXISTS "one_retry_of_run" ON "admin_audit" USING btree ("subject") WHERE "admin_audit"."action" = 'run_retried';
--> statement-breakpoint
-- The audit is a record of what happened. Nobody may rewrite it, not even VidGenie.
CREATE OR REPLACE FUNCTION refuse_admin_audit_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION 'admin_audit is append-only: it takes no %', TG_OP
    USING ERRCODE = 'restrict_violation';
END
$$;
--> statement-breakpoint
CREATE OR REPLACE TRIGGER admin_audit_append_only BEFORE UPDATE OR DELETE ON admin_audit
  FOR EACH ROW EXECUTE FUNCTION refuse_admin_audit_change();
--> statement-breakpoint
CREATE OR REPLACE TRIGGER admin_audit_no_truncate BEFORE TRUNCATE ON admin_audit
  FOR EACH STATEMENT EXECUTE FUNCTION refuse_admin_audit_change();
--> statement-breakpoint
-- Changes of keys stand in both audits, in one transaction, also if a process of an earlier version makes the change.
CREATE OR REPLACE FUNCTION copy_key_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO admin_audit (workspace_id, action, actor, details, key_audit_id, created_at)
  VALUES (
    NEW.workspace_id, 'key_' || NEW.action, NEW.actor,
    jsonb_build_object('provider', NEW.provider, 'purpose', NEW.purpose, 'lastFour', NEW.last_four, 'note', NEW.note),
    NEW.id, NEW.created_at
  ) ON CONFLICT (key_audit_id) DO NOTHING;
  RETURN NULL;
END
$$;
--> statement-breakpoint
CREATE OR REPLACE TRIGGER key_audit_copy_change AFTER INSERT ON key_audit
  FOR EACH ROW WHEN (NEW.action IN ('set', 'removed', 'rotated')) EXECUTE FUNCTION copy_key_change();
--> statement-breakpoint
INSERT INTO admin_audit (workspace_id, action, actor, details, key_audit_id, created_at)
SELECT workspace_id, 'key_' || action, actor,
  jsonb_build_object('provider', provider, 'purpose', purpose, 'lastFour', last_four, 'note', note), id, created_at
FROM key_audit WHERE action IN ('set', 'removed', 'rotated') ORDER BY id
ON CONFLICT (key_audit_id) DO NOTHING;
