-- Jobs that were given up are faults too (OBS-11): by kind and by what they failed of, masked, with organisation and person by id. What tells faults tells none of its own.
create function job_fault() returns trigger language plpgsql as $$
begin
	perform public.program_error('job ' || new.kind, concat_ws(' ', new.queue, new.fingerprint),
		regexp_replace(regexp_replace(coalesce(new.last_error, 'given up'), '[^[:space:]<>"@]+@[^[:space:]<>"@]+', '[e-mail]', 'g'), '[0-9]{9,}', '[number]', 'g'), 0,
		case when new.org_id <> 'ffffffff-ffff-ffff-ffff-ffffffffffff' then new.org_id::text else '' end, coalesce(new.user_id::text, ''), '', coalesce(new.request_id, ''));
	return null;
end
$$;
select fl_definer_function('job_fault()');
create trigger fault after insert on job_history for each row when (new.state = 'dead' and new.kind <> 'fault.tell') execute function job_fault();
