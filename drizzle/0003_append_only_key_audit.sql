-- The audit of keys is a record of what happened: nobody may rewrite it, the program included.
CREATE FUNCTION refuse_key_audit_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION 'key_audit is append-only: it takes no %', TG_OP
    USING ERRCODE = 'restrict_violation';
END
$$;
--> statement-breakpoint
CREATE TRIGGER key_audit_append_only BEFORE UPDATE OR DELETE ON key_audit
  FOR EACH ROW EXECUTE FUNCTION refuse_key_audit_change();
--> statement-breakpoint
CREATE TRIGGER key_audit_no_truncate BEFORE TRUNCATE ON key_audit
  FOR EACH STATEMENT EXECUTE FUNCTION refuse_key_audit_change();
