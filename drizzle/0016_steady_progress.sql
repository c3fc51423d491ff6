ALTER TABLE "steps" ADD COLUMN "expected_ms" integer;--> statement-breakpoint
ALTER TABLE "steps" ADD COLUMN "shown" double precision DEFAULT 0 NOT NULL;