CREATE TYPE "public"."face" AS ENUM('terminal', 'discord', 'slack');--> statement-breakpoint
CREATE TYPE "public"."media_kind" AS ENUM('image', 'video');--> statement-breakpoint
CREATE TYPE "public"."run_state" AS ENUM('queued', 'running', 'succeeded', 'failed', 'canceled');--> statement-breakpoint
CREATE TYPE "public"."step_kind" AS ENUM('enhance', 'image', 'video');--> statement-breakpoint
CREATE TYPE "public"."step_state" AS ENUM('pending', 'submitting', 'submitted', 'storing', 'done', 'failed', 'skipped');--> statement-breakpoint
CREATE TYPE "public"."transaction_kind" AS ENUM('grant', 'hold', 'capture', 'release', 'refund', 'adjust');--> statement-breakpoint
CREATE TYPE "public"."workflow" AS ENUM('complete', 'image', 'video');--> statement-breakpoint
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
	CONSTRAINT "one_asset_per_step" UNIQUE NULLS NOT DISTINCT("run_id","step")
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
CREATE TABLE "runs" (
	"id" uuid PRIMARY KEY NOT NULL,
	"workspace_id" text NOT NULL,
	"request_key" text NOT NULL,
	"member_id" text NOT NULL,
	"member_name" text NOT NULL,
	"workflow" "workflow" NOT NULL,
	"prompt" text NOT NULL,
	"options" jsonb NOT NULL,
	"place" jsonb NOT NULL,
	"speech" jsonb DEFAULT '{}'::jsonb NOT NULL,
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
	"setbacks" integer DEFAULT 0 NOT NULL,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL,
	"started_at" timestamp with time zone,
	"settled_at" timestamp with time zone,
	"delivered_at" timestamp with time zone,
	"delivery_failure" jsonb,
	CONSTRAINT "runs_request_key" UNIQUE("request_key"),
	CONSTRAINT "terminal_if_and_only_if_settled" CHECK (("runs"."state" IN ('succeeded', 'failed', 'canceled')) = ("runs"."settled_at" IS NOT NULL)),
	CONSTRAINT "settled_to_the_last_credit" CHECK ("runs"."settled_at" IS NULL OR ("runs"."captured_credits" + "runs"."released_credits" = "runs"."price_credits" AND "runs"."captured_credits" >= 0 AND "runs"."released_credits" >= 0)),
	CONSTRAINT "prompt_is_bounded" CHECK (char_length("runs"."prompt") <= 4000),
	CONSTRAINT "delivered_after_settled" CHECK ("runs"."delivered_at" IS NULL OR "runs"."settled_at" IS NOT NULL),
	CONSTRAINT "undelivered_stays_due" CHECK ("runs"."delivered_at" IS NOT NULL OR "runs"."due_at" IS NOT NULL)
);
--> statement-breakpoint
CREATE TABLE "steps" (
	"run_id" uuid NOT NULL,
	"kind" "step_kind" NOT NULL,
	"state" "step_state" DEFAULT 'pending' NOT NULL,
	"price_credits" integer NOT NULL,
	"provider" text NOT NULL,
	"model" text NOT NULL,
	"handle" jsonb,
	"submits" integer DEFAULT 0 NOT NULL,
	"fraction" double precision,
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
CREATE TABLE "workspaces" (
	"id" text PRIMARY KEY NOT NULL,
	"face" "face" NOT NULL,
	"name" text NOT NULL,
	"settings" jsonb DEFAULT '{}'::jsonb NOT NULL,
	"topped_up_for" text DEFAULT '' NOT NULL,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL
);
--> statement-breakpoint
ALTER TABLE "assets" ADD CONSTRAINT "assets_run_id_runs_id_fk" FOREIGN KEY ("run_id") REFERENCES "public"."runs"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "credit_accounts" ADD CONSTRAINT "credit_accounts_workspace_id_workspaces_id_fk" FOREIGN KEY ("workspace_id") REFERENCES "public"."workspaces"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "credit_transactions" ADD CONSTRAINT "credit_transactions_workspace_id_credit_accounts_workspace_id_fk" FOREIGN KEY ("workspace_id") REFERENCES "public"."credit_accounts"("workspace_id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "runs" ADD CONSTRAINT "runs_workspace_id_credit_accounts_workspace_id_fk" FOREIGN KEY ("workspace_id") REFERENCES "public"."credit_accounts"("workspace_id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "steps" ADD CONSTRAINT "steps_run_id_runs_id_fk" FOREIGN KEY ("run_id") REFERENCES "public"."runs"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
CREATE INDEX "credit_transactions_by_workspace" ON "credit_transactions" USING btree ("workspace_id","id");--> statement-breakpoint
CREATE INDEX "credit_transactions_by_run" ON "credit_transactions" USING btree ("run_id");--> statement-breakpoint
CREATE INDEX "runs_due_new" ON "runs" USING btree ("due_at") WHERE "runs"."state" = 'queued';--> statement-breakpoint
CREATE INDEX "runs_due_going" ON "runs" USING btree ("due_at") WHERE "runs"."state" <> 'queued' AND "runs"."due_at" IS NOT NULL;--> statement-breakpoint
CREATE INDEX "runs_by_workspace" ON "runs" USING btree ("workspace_id","created_at");