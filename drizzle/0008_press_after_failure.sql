-- The run that a member has started with the same press of a button within the last seconds: from the same result, with the same
-- words and for the same change. A submit that waited for the account's row asks again and sees what was written meanwhile, because
-- the function is volatile. So two presses at the same instant make one run. A canceled or failed run answers no press: the member
-- knows that it is over and may start another, and a run that was taken back was never told to anybody.
CREATE OR REPLACE FUNCTION recent_child(parent uuid, step integer, member text, of_workflow text, of_change text, words text, seconds integer)
RETURNS uuid LANGUAGE plpgsql VOLATILE AS $$
BEGIN
  RETURN (
    SELECT r.id FROM runs r
    WHERE r.parent_id = parent AND r.parent_step IS NOT DISTINCT FROM step AND r.member_id = member
      AND r.workflow::text = of_workflow AND r.options ->> 'change' = of_change AND r.prompt = words
      AND r.state NOT IN ('canceled', 'failed')
      AND r.created_at > clock_timestamp() - make_interval(secs => seconds)
    ORDER BY r.created_at DESC LIMIT 1
  );
END
$$;
