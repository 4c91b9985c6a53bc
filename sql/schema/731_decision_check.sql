-- As sql/schema/600_light_check.sql for the tables that a decision and the end of a job write: their CHECKs, and the condition of a trigger, were read from their texts by each statement.

create function decision_row_fits(p_state text, p_confidence float8, p_priority smallint) returns boolean language plpgsql immutable parallel safe as $$
begin
	return p_state in ('PROPOSED', 'AUTO_EXECUTED', 'PENDING_APPROVAL', 'APPROVED', 'EXECUTED', 'REJECTED', 'EXPIRED', 'FAILED', 'ROLLED_BACK')
		and coalesce(p_confidence between 0 and 1, true) and coalesce(p_priority between 1 and 9, true);
end
$$;
alter table agent_decisions drop constraint agent_decisions_state_check, drop constraint agent_decisions_confidence_check, drop constraint agent_decisions_priority_check,
	add constraint agent_decisions_fits check (decision_row_fits(state, confidence, priority)) not valid;

create function job_history_fits(p_state text) returns boolean language plpgsql immutable parallel safe as $$
begin
	return p_state in ('completed', 'dead', 'cancelled');
end
$$;
alter table job_history drop constraint job_history_state_check, add constraint job_history_fits check (job_history_fits(state)) not valid;

-- A line of import or export tells its end elsewhere, where it said so; the platform's own jobs have nobody to tell.
create or replace function job_told() returns trigger language plpgsql as $$
begin
	if old.org_id <> 'ffffffff-ffff-ffff-ffff-ffffffffffff' then
		perform public.job_tell(old, h.state, old.progress_done, old.progress_total, null) from public.job_history h where h.org_id = old.org_id and h.id = old.id;
	end if;
	return null;
end
$$;
drop trigger jobs_told on jobs;
create trigger jobs_told after delete on jobs for each row when (old.progress_url is not null) execute function job_told();
