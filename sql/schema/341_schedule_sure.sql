-- The scheduling agent writes to requesters by itself, so it begins only where a meeting is meant: by the request's own words (builtin), by a model that is at
-- least sure enough to propose, or by the person who approved the destination. A request that nobody understood is left to a person.
create or replace function schedule_wanted() returns trigger language plpgsql as $$
begin
	if new.intent = 'SCHEDULING' and (new.state <> 'REJECTED' or new.provider = 'builtin') then
		perform fl_enqueue('scheduling-agent', 'schedule.read', jsonb_build_object('intake_id', new.intake_id), 5, null, new.intake_id::text);
	end if;
	return null;
end
$$;

-- At the end of the transaction, when the request lies where the person sent it.
create function schedule_approved() returns trigger language plpgsql as $$
begin
	if new.intent is distinct from 'SCHEDULING' and exists (select from intake_requests r join pipelines p on p.org_id = r.org_id and p.id = r.pipeline_id
			where r.org_id = fl_org() and r.id = new.intake_id and p.intent = 'SCHEDULING') then
		perform fl_enqueue('scheduling-agent', 'schedule.read', jsonb_build_object('intake_id', new.intake_id), 5, null, new.intake_id::text);
	end if;
	return null;
end
$$;
create constraint trigger schedule_approved after update of state on agent_decisions deferrable initially deferred for each row
	when (old.state = 'PENDING_APPROVAL' and new.state = 'EXECUTED') execute function schedule_approved();
