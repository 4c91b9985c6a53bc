-- Nobody calls it any more: decisions are written a round at a time since 730, in the release that landed as well.
drop function decision_record(uuid, text, jsonb, jsonb, bytea, bytea, boolean);
