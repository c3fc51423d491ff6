ALTER TABLE "assets" ADD COLUMN "removed_at" timestamp with time zone;--> statement-breakpoint
ALTER TABLE "assets" ADD COLUMN "erased_at" timestamp with time zone;--> statement-breakpoint
CREATE INDEX "assets_kept" ON "assets" USING btree ("created_at") WHERE "assets"."removed_at" IS NULL;--> statement-breakpoint
CREATE INDEX "assets_to_erase" ON "assets" USING btree ("removed_at") WHERE "assets"."removed_at" IS NOT NULL AND "assets"."erased_at" IS NULL;--> statement-breakpoint
ALTER TABLE "assets" ADD CONSTRAINT "erased_after_removed" CHECK ("assets"."erased_at" IS NULL OR "assets"."removed_at" IS NOT NULL);