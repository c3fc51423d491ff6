CREATE TABLE "catalogues" (
	"id" text PRIMARY KEY NOT NULL,
	"models" jsonb NOT NULL,
	"changes" jsonb DEFAULT '[]'::jsonb NOT NULL,
	"looked_at" timestamp with time zone DEFAULT now() NOT NULL,
	"read_at" timestamp with time zone
);
--> statement-breakpoint
ALTER TABLE "steps"
  ADD COLUMN "is_cost_estimate" boolean DEFAULT false NOT NULL,
  ADD COLUMN "instead_of" jsonb;