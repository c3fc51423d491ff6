DROP INDEX "assets_to_erase";--> statement-breakpoint
ALTER TABLE "assets" ADD COLUMN "erase_attempts" integer DEFAULT 0 NOT NULL;--> statement-breakpoint
ALTER TABLE "assets" ADD COLUMN "erase_due_at" timestamp with time zone;--> statement-breakpoint
CREATE INDEX "assets_to_erase" ON "assets" USING btree (coalesce("erase_due_at", "removed_at")) WHERE "assets"."removed_at" IS NOT NULL AND "assets"."erased_at" IS NULL;