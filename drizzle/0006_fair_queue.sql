DROP INDEX "runs_due_new";--> statement-breakpoint
DROP INDEX "runs_due_going";--> statement-breakpoint
ALTER TABLE "workspaces" ADD COLUMN "served_at" timestamp with time zone;--> statement-breakpoint
CREATE INDEX "runs_waiting" ON "runs" USING btree ("workspace_id","created_at","id") WHERE "runs"."state" = 'queued' AND "runs"."cancel_requested_at" IS NULL;--> statement-breakpoint
CREATE INDEX "runs_unsettled" ON "runs" USING btree ("workspace_id","state","member_id") WHERE "runs"."settled_at" IS NULL;--> statement-breakpoint
CREATE INDEX "runs_due_going" ON "runs" USING btree ("due_at") WHERE ("runs"."state" <> 'queued' OR "runs"."cancel_requested_at" IS NOT NULL) AND "runs"."due_at" IS NOT NULL;