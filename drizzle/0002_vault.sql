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
ALTER TABLE "steps" ADD COLUMN "key_source" text DEFAULT 'none' NOT NULL;--> statement-breakpoint
ALTER TABLE "workspace_keys" ADD CONSTRAINT "workspace_keys_workspace_id_workspaces_id_fk" FOREIGN KEY ("workspace_id") REFERENCES "public"."workspaces"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
CREATE INDEX "key_audit_by_workspace" ON "key_audit" USING btree ("workspace_id","id");--> statement-breakpoint
CREATE UNIQUE INDEX "one_use_per_step" ON "key_audit" USING btree ("run_id","step","provider") WHERE "key_audit"."action" = 'used';--> statement-breakpoint
CREATE INDEX "workspace_keys_by_version" ON "workspace_keys" USING btree ("key_version");