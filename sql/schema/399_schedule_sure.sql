-- As in 391, and as 341 says: a model that is not even sure enough to propose starts no talk with the requester.
create or replace function schedule_wanted() returns trigger language plpgsql as $$
begin
	if new.intent = 'SCHEDULING' and (new.state <> 'REJECTED' or new.provider = 'builtin') then
		perform fl_enqueue('scheduling-agent', 'schedule.read', jsonb_build_object('intake_id', new.intake_id), 5, null, new.intake_id::text);
	end if;
	return null;
end
$$;
