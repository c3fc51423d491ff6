-- online
CREATE INDEX CONCURRENTLY IF NOT EXISTS "runs_by_member" ON "runs" USING btree ("workspace_id","member_id","created_at");
--> statement-breakpoint
CREATE INDEX CONCURRENTLY IF NOT EXISTS "runs_settled_undelivered" ON "runs" USING btree ("workspace_id") WHERE "runs"."settled_at" IS NOT NULL AND "runs"."delivered_at" IS NULL;
--> statement-breakpoint
CREATE INDEX CONCURRENTLY IF NOT EXISTS "credit_transactions_used" ON "credit_transactions" USING btree ("workspace_id","created_at") INCLUDE ("kind","amount") WHERE "credit_transactions"."kind" IN ('capture', 'refund');
--> statement-breakpoint
-- The keys under which the index finds the words of a workspace: one for each three bytes in a row, in lower case. A text that
-- contains some words has all keys of the words. Bytes instead of letters, so that one Japanese letter already has a key, and the
-- same in every locale. The workspace is part of each key, so a search reads nothing of other workspaces. Null: too few bytes.
CREATE OR REPLACE FUNCTION search_keys(workspace text, words text) RETURNS bigint[]
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE COST 1000 AS $$
DECLARE
  bytes bytea := pg_catalog.convert_to(pg_catalog.lower(words), 'UTF8');
  first_key bigint := pg_catalog.hashtext(workspace)::bigint * 16777216;
BEGIN
  RETURN nullif(ARRAY(
    SELECT first_key + pg_catalog.get_byte(bytes, at) * 65536 + pg_catalog.get_byte(bytes, at + 1) * 256
      + pg_catalog.get_byte(bytes, at + 2)
    FROM pg_catalog.generate_series(0, pg_catalog.length(bytes) - 3) AS at
  ), '{}');
END
$$;
--> statement-breakpoint
-- New entries wait in a list until there are enough of them to be sorted in at once. Every search reads that list, so it is short.
CREATE INDEX CONCURRENTLY IF NOT EXISTS "runs_by_words" ON "runs" USING gin (search_keys("workspace_id", "prompt")) WITH (gin_pending_list_limit = 512) WHERE "runs"."delivered_at" IS NOT NULL;
--> statement-breakpoint
CREATE TABLE IF NOT EXISTS "credit_use" (
	"workspace_id" text NOT NULL,
	"day" date NOT NULL,
	"member_id" text NOT NULL,
	"credits" integer NOT NULL,
	CONSTRAINT "credit_use_workspace_id_day_member_id_pk" PRIMARY KEY("workspace_id","day","member_id")
);
--> statement-breakpoint
-- Only while this migration runs: the entries of the ledger that are older than the trigger, and how many of them are counted.
CREATE TABLE IF NOT EXISTS "credit_use_to_count" ("counted_id" bigint NOT NULL, "last_id" bigint NOT NULL);
--> statement-breakpoint
-- Captures and refunds are written under the lock of the account, so nobody waits for these rows.
CREATE OR REPLACE FUNCTION count_credit_use() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO credit_use AS used (workspace_id, day, member_id, credits)
  VALUES (
    NEW.workspace_id, (NEW.created_at AT TIME ZONE 'UTC')::date,
    coalesce((SELECT member_id FROM runs WHERE id = NEW.run_id), ''),
    CASE NEW.kind WHEN 'capture' THEN NEW.amount ELSE -NEW.amount END
  )
  ON CONFLICT (workspace_id, day, member_id) DO UPDATE SET credits = used.credits + excluded.credits;
  RETURN NULL;
END
$$;
--> statement-breakpoint
-- The trigger counts every entry that is written from now on. While the table is locked, nobody is in the middle of an entry, and
-- none has an id yet that it has not written. So all entries up to the newest id are there to be counted, and no others.
DO $$
BEGIN
  IF EXISTS (SELECT FROM pg_trigger WHERE tgname = 'credit_transactions_use' AND tgrelid = 'credit_transactions'::regclass) THEN
    RETURN;
  END IF;
  LOCK TABLE credit_transactions IN SHARE ROW EXCLUSIVE MODE;
  CREATE TRIGGER credit_transactions_use AFTER INSERT ON credit_transactions
  FOR EACH ROW WHEN (NEW.kind IN ('capture', 'refund')) EXECUTE FUNCTION count_credit_use();
  INSERT INTO credit_use_to_count SELECT 0, coalesce(max(id), 0) FROM credit_transactions;
END
$$;
--> statement-breakpoint
-- A purge blanks the members of a workspace's runs, and its name at the end. The credits that were used stay, and nobody's.
-- The lock is for the time of this migration: nothing of what is counted meanwhile may name a member after the purge.
CREATE OR REPLACE FUNCTION forget_credit_use() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  PERFORM pg_advisory_xact_lock(7431004);
  WITH named AS (
    DELETE FROM credit_use WHERE workspace_id = NEW.id AND member_id <> '' RETURNING day, credits
  )
  INSERT INTO credit_use AS used (workspace_id, day, member_id, credits)
  SELECT NEW.id, day, '', sum(credits) FROM named GROUP BY day
  ON CONFLICT (workspace_id, day, member_id) DO UPDATE SET credits = used.credits + excluded.credits;
  RETURN NULL;
END
$$;
--> statement-breakpoint
CREATE OR REPLACE TRIGGER workspaces_purged AFTER UPDATE OF name ON workspaces
FOR EACH ROW WHEN (NEW.name = '') EXECUTE FUNCTION forget_credit_use();
--> statement-breakpoint
-- Counts the older entries, some at a time. What was counted and how far it went are written together, so a migration that is
-- killed and repeated counts no entry twice.
DO $$
DECLARE
  counted bigint;
  until bigint;
BEGIN
  LOOP
    PERFORM pg_advisory_xact_lock(7431004);
    SELECT counted_id, least(counted_id + 10000, last_id) INTO counted, until FROM credit_use_to_count;
    EXIT WHEN until IS NULL OR counted >= until;
    INSERT INTO credit_use AS used (workspace_id, day, member_id, credits)
    SELECT t.workspace_id, (t.created_at AT TIME ZONE 'UTC')::date, coalesce(r.member_id, ''),
      sum(CASE t.kind WHEN 'capture' THEN t.amount ELSE -t.amount END)
    FROM credit_transactions t LEFT JOIN runs r ON r.id = t.run_id
    WHERE t.id > counted AND t.id <= until AND t.kind IN ('capture', 'refund')
    GROUP BY 1, 2, 3 ORDER BY 1, 2, 3
    ON CONFLICT (workspace_id, day, member_id) DO UPDATE SET credits = used.credits + excluded.credits;
    UPDATE credit_use_to_count SET counted_id = until;
    COMMIT;
  END LOOP;
END
$$;
--> statement-breakpoint
DROP TABLE "credit_use_to_count";
