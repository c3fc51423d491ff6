-- Hooks: a vendor says that a step is over. Older workers neither read nor write these columns, and poll by their own schedule.
CREATE TABLE IF NOT EXISTS "hook_arrivals" (
	"vendor" text PRIMARY KEY NOT NULL,
	"arrived_at" timestamp with time zone NOT NULL,
	"missed_at" timestamp with time zone
);
--> statement-breakpoint
ALTER TABLE "runs" ADD COLUMN IF NOT EXISTS "hooked_at" timestamp with time zone;--> statement-breakpoint
ALTER TABLE "steps" ADD COLUMN IF NOT EXISTS "hooked_at" timestamp with time zone;
