ALTER TABLE "web_links" ADD COLUMN "channel_ids" text[] DEFAULT '{}';--> statement-breakpoint
ALTER TABLE "web_sessions" ADD COLUMN "channel_ids" text[] DEFAULT '{}';